//! Posts as servers send them, in simple HTML, made plain text. Not for whole pages.

/// How much is read: a post's text is cut far below it.
const HTML_BYTES_MAX: usize = 512 << 10;
/// A longer tag is taken for text, which bounds the search for its end.
const TAG_BYTES_MAX: usize = 4 << 10;
/// A longer character reference is taken for text.
const ENTITY_BYTES_MAX: usize = 10;

/// What a person would read of `html`: breaks and paragraphs are kept as lines, tags are not.
pub(super) fn plain(html: &str) -> String {
    let mut rest = &html[..html.floor_char_boundary(HTML_BYTES_MAX)];
    let mut out = String::with_capacity(rest.len());
    while let Some(at) = rest.find(['<', '&', '\n', '\r']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = match rest.as_bytes().first() {
            Some(b'<') => tag(rest, &mut out),
            Some(b'&') => entity(rest, &mut out),
            // White space is one space in HTML.
            _ => {
                out.push(' ');
                &rest[1..]
            }
        };
    }
    out.push_str(rest);
    let lines: Vec<&str> = out.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

/// Passes a tag, and writes the lines that it stands for.
fn tag<'a>(text: &'a str, out: &mut String) -> &'a str {
    let Some(end) = text.bytes().take(TAG_BYTES_MAX).position(|byte| byte == b'>') else {
        // It is no tag.
        out.push('<');
        return &text[1..];
    };
    let inside = text[1..end].trim_start();
    let name: String = inside
        .chars()
        .take_while(|&c| c.is_ascii_alphanumeric() || c == '/')
        .take(12)
        .collect::<String>()
        .to_ascii_lowercase();
    match name.as_str() {
        "br" | "br/" | "li" | "/ul" | "/ol" => out.push('\n'),
        "/p" | "/blockquote" | "/pre" => out.push_str("\n\n"),
        _ => {}
    }
    &text[end + 1..]
}

/// Passes a character reference, and writes its character.
fn entity<'a>(text: &'a str, out: &mut String) -> &'a str {
    const NAMED: &[(&str, char)] = &[
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("hellip", '…'),
    ];
    let end = text.bytes().take(ENTITY_BYTES_MAX + 2).position(|byte| byte == b';');
    let found = end.and_then(|end| {
        let name = &text[1..end];
        let character = match name.strip_prefix('#') {
            Some(number) => {
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)?
            }
            None => NAMED.iter().find(|(known, _)| *known == name)?.1,
        };
        Some((character, &text[end + 1..]))
    });
    match found {
        Some((character, rest)) => {
            out.push(character);
            rest
        }
        None => {
            out.push('&');
            &text[1..]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads_is_kept() {
        for (html, text) in [
            ("<p>One<br>two<br/>three</p><p>four</p>", "One\ntwo\nthree\n\nfour"),
            ("a\n  b", "a   b"),
            (r#"<span class="h-card"><a href="https://x/">@<span>a</span></a></span> hi"#, "@a hi"),
            ("1 &lt; 2 &amp;&amp; &#51; &#x3E; 2&nbsp;&quot;", "1 < 2 && 3 > 2 \""),
            ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn broken_html_does_no_harm() {
        for (html, text) in [
            ("a < b", "a < b"),
            ("<", "<"),
            ("&", "&"),
            ("&;&#;&#x;&#55296;&#x110000;&unknown;", "&;&#;&#x;&#55296;&#x110000;&unknown;"),
            ("<ключ>x</é", "x</é"),
            ("&ключ;", "&ключ;"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
        assert_eq!(plain(&"<".repeat(100_000)).len(), 100_000);
        assert_eq!(plain(&"&".repeat(100_000)).len(), 100_000);
    }
}
