//! Markdown (CommonMark) as lines of plain words, each with how it is set off: what a notification can show of
//! it. Raw HTML is text, a picture is the words that stand for it, and a link is its words alone, since where
//! it leads is not to be pressed by mistake.

use std::mem;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// More lines than this are left out: a notification shows a few.
pub const LINES_MAX: usize = 64;
/// So much of a text is read, in bytes.
const TEXT_BYTES_MAX: usize = 16 << 10;

/// Of so much of it the links are known, in bytes: the window reads 64 Ki characters.
const LINKS_BYTES_MAX: usize = 256 << 10;

/// Words that are set off in one way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The words.
    pub text: String,
    /// Whether they stand out, as a heading does.
    pub strong: bool,
    /// Whether they are emphasised.
    pub emphasis: bool,
}

impl Span {
    /// Words that are not set off.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

/// The lines of a text in Markdown, without empty ones; of more than [`LINES_MAX`] the first.
#[must_use]
pub fn lines(text: &str) -> Vec<Vec<Span>> {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    let mut reader = Reader::default();
    for event in Parser::new(text) {
        reader.read(event);
        if reader.lines.len() == LINES_MAX {
            return reader.lines;
        }
    }
    reader.end_line();
    reader.lines
}

/// Where the links and pictures of a text in Markdown lead, as they are written.
#[must_use]
pub fn links(text: &str) -> Vec<String> {
    let text = &text[..text.floor_char_boundary(LINKS_BYTES_MAX)];
    Parser::new(text)
        .filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                Some(dest_url.into_string())
            }
            _ => None,
        })
        .collect()
}

#[derive(Default)]
struct Reader {
    lines: Vec<Vec<Span>>,
    line: Vec<Span>,
    /// How deep it is in what stands out, and in what is emphasised.
    strong: u32,
    emphasis: u32,
    /// The number of the next item of each list that it is in; none where they have points.
    lists: Vec<Option<u64>>,
}

impl Reader {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => {
                for (place, line) in text.split('\n').enumerate() {
                    if place > 0 {
                        self.end_line();
                    }
                    self.push(line);
                }
            }
            Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.push(text.trim_end_matches('\n'));
            }
            Event::SoftBreak | Event::HardBreak => self.end_line(),
            Event::Rule => self.end_line(),
            // They are parsed where they are asked for alone.
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.end_line();
                self.strong += 1;
            }
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasis += 1,
            Tag::List(first) => {
                self.end_line();
                self.lists.push(*first);
            }
            Tag::Item => {
                self.end_line();
                let indent = "  ".repeat(self.lists.len().saturating_sub(1));
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{indent}{}. ", *number - 1)
                    }
                    _ => format!("{indent}• "),
                };
                self.line.push(Span::plain(&mark));
            }
            Tag::Paragraph if self.is_at_item() => {}
            Tag::Paragraph | Tag::BlockQuote(_) | Tag::CodeBlock(_) => self.end_line(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.end_line();
                self.strong -= 1;
            }
            TagEnd::Strong => self.strong -= 1,
            TagEnd::Emphasis => self.emphasis -= 1,
            TagEnd::List(_) => {
                self.end_line();
                self.lists.pop();
            }
            TagEnd::Paragraph | TagEnd::Item | TagEnd::BlockQuote(_) | TagEnd::CodeBlock => {
                self.end_line();
            }
            _ => {}
        }
    }

    /// Whether only the mark of an item stands in the line.
    fn is_at_item(&self) -> bool {
        self.line.len() == 1 && !self.lists.is_empty()
    }

    fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let (strong, emphasis) = (self.strong > 0, self.emphasis > 0);
        match self.line.last_mut() {
            Some(last) if (last.strong, last.emphasis) == (strong, emphasis) => {
                last.text.push_str(text);
            }
            _ => self.line.push(Span { text: text.to_owned(), strong, emphasis }),
        }
    }

    fn end_line(&mut self) {
        let line = mem::take(&mut self.line);
        let says_something = line.iter().any(|span| !span.text.trim().is_empty());
        if says_something && self.lines.len() < LINES_MAX {
            self.lines.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines, `*` around what stands out and `_` around what is emphasised.
    fn read(text: &str) -> Vec<String> {
        let span = |Span { text, strong, emphasis }: &Span| match (strong, emphasis) {
            (true, _) => format!("*{text}*"),
            (false, true) => format!("_{text}_"),
            (false, false) => text.clone(),
        };
        lines(text).iter().map(|line| line.iter().map(span).collect()).collect()
    }

    #[test]
    fn what_is_set_off_is_told_from_words() {
        assert_eq!(read("# Build 7\nis **red**, _look_"), ["*Build 7*", "is *red*, _look_"]);
        assert_eq!(read("a `code <b>` c"), ["a code <b> c"]);
        assert_eq!(read("```sh\nmake\n\nrun\n```"), ["make", "run"]);
        assert_eq!(read("> quoted\n> twice"), ["quoted", "twice"]);
        assert_eq!(read("a  \nb\n\n---\n\nc"), ["a", "b", "c"]);
    }

    #[test]
    fn lists_have_points_and_numbers() {
        assert_eq!(read("- one\n- two\n  - three"), ["• one", "• two", "  • three"]);
        assert_eq!(read("3. three\n4. four"), ["3. three", "4. four"]);
        assert_eq!(read("- one\n\n- two"), ["• one", "• two"]);
    }

    #[test]
    fn links_and_pictures_are_their_words() {
        assert_eq!(read("see [the log](https://evil.example/?q=1) now"), ["see the log now"]);
        assert_eq!(read("![a chart](https://a.example/c.png)"), ["a chart"]);
        assert_eq!(read("<https://a.example/>"), ["https://a.example/"]);
    }

    #[test]
    fn html_is_text() {
        assert_eq!(
            read("a <b>c</b>\n\n<script>alert(1)</script>"),
            ["a <b>c</b>", "<script>alert(1)</script>"]
        );
        assert_eq!(read("&lt;b&gt; &amp;"), ["<b> &"]);
    }

    #[test]
    fn a_text_that_is_long_or_nested_costs_little() {
        assert_eq!(lines(&"- x\n".repeat(9_000)).len(), LINES_MAX);
        for open in ["> ", "- ", "*", "_", "[", "![", "<", "`", "#"] {
            let deep = open.repeat(60_000);
            assert!(lines(&deep).len() <= LINES_MAX, "{open}");
        }
        assert_eq!(read(""), [""; 0]);
        assert_eq!(read("ä".repeat(20_000).as_str())[0].chars().count(), TEXT_BYTES_MAX / 2);
    }
}
