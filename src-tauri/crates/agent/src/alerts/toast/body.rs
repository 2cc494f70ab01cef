//! The text of a notification: the first lines of what a message says, in the markup of the Desktop
//! Notifications Specification where the server reads that, else as plain words. All of it is a stranger's, and
//! escaped.

use hark_engine::{
    markdown::{self, Span},
    readable::is_blank,
};

use crate::words::Language;

/// A longer text is cut to so many columns, which are some six lines on a screen: there it is looked at, and
/// it is read in Hark. A wide character, as Chinese ones are, takes two.
pub const COLUMNS_MAX: usize = 300;
/// Lines of a body. Of more the first are shown, and how many more there are.
const LINES_MAX: usize = 6;
/// Columns that the line has room for which says so.
const LAST_LINE_COLUMNS_MAX: usize = 40;

/// See the module. Lines of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(Vec<Vec<Span>>);

impl Body {
    /// The first lines of a text that say something.
    #[must_use]
    pub fn of_message(text: &str, is_markdown: bool, language: Language) -> Self {
        let mut lines = match is_markdown {
            true => markdown::lines(text),
            false => Self::of_text(text).0,
        };
        if lines.len() > LINES_MAX {
            let more = lines.len() - (LINES_MAX - 1);
            lines.truncate(LINES_MAX - 1);
            let mut body = Self(lines);
            body.cut(COLUMNS_MAX - LAST_LINE_COLUMNS_MAX);
            body.0.push(vec![Span::plain(&language.more_lines(more))]);
            return body;
        }
        let mut body = Self(lines);
        body.cut(COLUMNS_MAX);
        body
    }

    /// Plain text, without empty lines.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let lines = text.lines().map(str::trim_end).filter(|line| !is_blank(line));
        Self(lines.map(|line| vec![Span::plain(line)]).collect())
    }

    /// These words before the first line.
    pub fn begin(&mut self, words: &str) {
        match self.0.first_mut() {
            Some(first) => first.insert(0, Span::plain(&format!("{words} · "))),
            None => self.0.push(vec![Span::plain(words)]),
        }
    }

    /// The first line in plain words; none where there is none.
    #[must_use]
    pub fn first_line(&self) -> Option<String> {
        let first = self.0.first()?;
        Some(first.iter().map(|span| span.text.as_str()).collect())
    }

    /// As the server is sent it.
    #[must_use]
    pub fn render(&self, markup: bool) -> String {
        let span = |span: &Span| if markup { marked_up(span) } else { span.text.clone() };
        let line = |line: &Vec<Span>| line.iter().map(span).collect::<String>();
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Keeps so many columns, the line feeds among them.
    fn cut(&mut self, columns_max: usize) {
        let mut left = columns_max;
        for line in &mut self.0 {
            for span in line.iter_mut() {
                let wanted = span.text.chars().map(columns).sum();
                if wanted > left {
                    cut_columns(&mut span.text, left);
                }
                left = left.saturating_sub(wanted);
            }
            line.retain(|span| !span.text.is_empty());
            left = left.saturating_sub(1);
        }
        self.0.retain(|line| !line.is_empty());
    }
}

/// How many columns a character takes: two from the scripts on that are written in squares.
fn columns(char: char) -> usize {
    if char < '\u{1100}' || ('\u{2000}'..'\u{2600}').contains(&char) { 1 } else { 2 }
}

/// Cuts a text that takes more columns than these. Where there is room for one, the last says so.
fn cut_columns(text: &mut String, columns_max: usize) {
    let mut left = columns_max.saturating_sub(1);
    let fits = |char: &char| {
        let is_room = columns(*char) <= left;
        left -= if is_room { columns(*char) } else { left };
        is_room
    };
    let kept: String = text.chars().take_while(fits).collect();
    *text = if columns_max == 0 { kept } else { kept + "…" };
}

fn marked_up(Span { text, strong, emphasis }: &Span) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = if *emphasis { format!("<i>{text}</i>") } else { text };
    if *strong { format!("<b>{text}</b>") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str, is_markdown: bool, markup: bool) -> String {
        Body::of_message(text, is_markdown, Language::English).render(markup)
    }

    #[test]
    fn markdown_is_markup_where_the_server_reads_it_and_plain_words_where_not() {
        let text = "# Build 7\n**red**: `a < b` & [log](https://a.example)\n- one\n- _two_";
        let wanted = "<b>Build 7</b>\n<b>red</b>: a &lt; b &amp; log\n• one\n• <i>two</i>";
        assert_eq!(body(text, true, true), wanted);
        assert_eq!(body(text, true, false), "Build 7\nred: a < b & log\n• one\n• two");
        assert_eq!(body("**red**", false, true), "**red**", "where it is none it is text");
    }

    #[test]
    fn no_message_makes_markup_of_its_own() {
        for text in ["<b>x</b>", "<img src=x>", "&lt;b&gt;", "<a href='https://a'>x</a>", "]]><b>"]
        {
            for is_markdown in [false, true] {
                let sent = body(text, is_markdown, true);
                assert!(!sent.contains('<'), "{text}: {sent}");
                assert!(
                    !sent
                        .replace("&amp;", "")
                        .replace("&lt;", "")
                        .replace("&gt;", "")
                        .contains('&')
                );
            }
        }
    }

    #[test]
    fn of_a_long_text_six_lines_are_shown_and_whole_tags() {
        let lines: Vec<String> = (1..=24).map(|line| format!("**line {line}**")).collect();
        let shown = body(&lines.join("\n\n"), true, true);
        assert_eq!(shown.lines().count(), 6);
        assert!(shown.ends_with("<b>line 5</b>\n… 19 more lines"), "{shown}");
        let long = body(&format!("**{}**", "<x".repeat(900)), true, true);
        assert!(long.starts_with("<b>&lt;x") && long.ends_with("…</b>"), "{long}");
        let plain = body(&"ä".repeat(9_000), false, false);
        assert_eq!(plain.chars().count(), COLUMNS_MAX);
        let wide = body(&"好".repeat(9_000), false, false);
        assert_eq!(wide.chars().count(), COLUMNS_MAX / 2);
    }

    #[test]
    fn an_older_one_begins_with_its_time() {
        let mut body = Body::of_text("red");
        body.begin("10:00");
        assert_eq!(body.render(true), "10:00 · red");
        let mut body = Body::default();
        body.begin("10:00");
        assert_eq!(body.render(true), "10:00");
    }
}
