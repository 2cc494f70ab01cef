//! A command as one line, as Windows takes it apart again. Pure.

/// The line of these words, the first of which is the program.
pub(super) fn of(words: &[&str]) -> String {
    let (program, arguments) = words.split_first().unwrap_or((&"", &[]));
    // A program's name holds no quotes, and one without them is looked for at each of its spaces.
    let mut line = format!("\"{program}\"");
    for argument in arguments {
        line.push(' ');
        line.push_str(&quoted(argument));
    }
    line
}

/// A word as `CommandLineToArgvW` reads it: within quotes a backslash stands for itself, unless it, or more of them,
/// come before a quote.
fn quoted(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '\n', '\u{b}', '"']) {
        return word.to_owned();
    }
    let (mut quoted, mut slashes) = (String::from('"'), 0);
    for char in word.chars() {
        match char {
            '\\' => slashes += 1,
            '"' => {
                quoted.extend(std::iter::repeat_n('\\', slashes + 1));
                slashes = 0;
            }
            _ => slashes = 0,
        }
        quoted.push(char);
    }
    quoted.extend(std::iter::repeat_n('\\', slashes));
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_into_the_words_that_it_was_made_of() {
        for (words, line) in [
            (&[r"C:\Hark\harkw.exe", "agent"][..], r#""C:\Hark\harkw.exe" agent"#),
            (
                &[r"C:\Users\me x\harkw.exe", "--profile", r"D:\my files\", "agent"],
                r#""C:\Users\me x\harkw.exe" --profile "D:\my files\\" agent"#,
            ),
            (&["h", "", r"a\b", "a\tb"], "\"h\" \"\" a\\b \"a\tb\""),
            (&["h", r#"a"b"#, r#"a\"b"#, r#"a\\"#], r#""h" "a\"b" "a\\\"b" a\\"#),
            (&["h", r#"a \\" b"#], r#""h" "a \\\\\" b""#),
            (&["h", "100%", "数据 库"], "\"h\" 100% \"数据 库\""),
        ] {
            assert_eq!(of(words), line);
        }
    }
}
