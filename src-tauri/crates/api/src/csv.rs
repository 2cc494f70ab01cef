//! Messages and history as CSV (RFC 4180), for a spreadsheet. What a stranger wrote is text there and never a
//! formula.

use ::csv::{Error, WriterBuilder};
use serde::Serialize;

use crate::{HandlerEnd, HistoryEntry, Message, SpanKind, Time};

/// Whether the names of the columns stand above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// They do.
    Above,
    /// They do not: what is written goes on with a table.
    Before,
}

/// What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"); some leave out white space before
/// it, and some take the wide forms for it.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Messages.
///
/// # Errors
/// None that is known: it is written to memory.
pub fn messages(messages: &[Message], names: Names) -> Result<String, Error> {
    let columns = [
        "id",
        "time",
        "received",
        "subscription",
        "topic",
        "priority",
        "title",
        "body",
        "tags",
        "url",
        "decision",
        "shown",
        "read",
    ];
    let row = |one: &Message| {
        vec![
            one.id.to_string(),
            one.time.to_string(),
            one.received.to_string(),
            one.subscription.clone(),
            one.topic.clone().unwrap_or_default(),
            one.priority.to_string(),
            one.title.clone(),
            one.body.clone(),
            one.tags.join(" "),
            one.url.clone().unwrap_or_default(),
            word(&one.decision),
            word(&one.shown),
            optional(one.read),
        ]
    };
    table(&columns, names, messages.iter().map(row))
}

/// The history. Lengths are seconds.
///
/// # Errors
/// None that is known: it is written to memory.
pub fn history(entries: &[HistoryEntry], names: Names) -> Result<String, Error> {
    let columns = [
        "kind",
        "subscription",
        "from",
        "to",
        "seconds",
        "attempts",
        "code",
        "why",
        "may_have_missed",
    ];
    table(&columns, names, entries.iter().map(entry))
}

fn entry(entry: &HistoryEntry) -> Vec<String> {
    match entry {
        HistoryEntry::Outage(one) => vec![
            "outage".to_owned(),
            one.subscription.clone(),
            one.noticed.to_string(),
            optional(one.recovered),
            seconds(one.duration_ms),
            one.attempts.to_string(),
            one.cause.code.clone(),
            one.cause.sentence.clone(),
            one.gap.to_string(),
        ],
        HistoryEntry::Span(one) => {
            let ms = one.to.map(|to| to.0.as_millisecond() - one.from.0.as_millisecond());
            let length = ms.and_then(|ms| u64::try_from(ms).ok()).map(seconds);
            vec![
                word(&one.span),
                one.subscription.clone().unwrap_or_default(),
                one.from.to_string(),
                optional(one.to),
                length.unwrap_or_default(),
                String::new(),
                String::new(),
                String::new(),
                (one.span == SpanKind::Missed).to_string(),
            ]
        }
        HistoryEntry::Handler(one) => {
            let code = match (one.ended, one.code) {
                (HandlerEnd::Code, Some(code)) => code.to_string(),
                (ended, _) => word(&ended),
            };
            vec![
                "handler".to_owned(),
                one.subscription.clone(),
                one.at.to_string(),
                String::new(),
                seconds(one.took_ms),
                String::new(),
                code,
                format!("{} on {}", one.handler, one.on),
                String::new(),
            ]
        }
    }
}

fn table(
    columns: &[&str],
    names: Names,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<String, Error> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    if names == Names::Above {
        writer.write_record(columns)?;
    }
    for row in rows {
        writer.write_record(row.into_iter().map(as_text))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A field that no spreadsheet calculates.
fn as_text(field: String) -> String {
    if field.starts_with(FORMULA) { format!("'{field}") } else { field }
}

/// A value's name in the API.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn optional(time: Option<Time>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_text_and_all_else_is_as_it_was() {
        let formulas =
            ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a"];
        let texts = ["a=1", "say \"hi\",\nyou", "磁盘"];
        let fields = [&formulas[..], &texts].concat();
        let row = fields.iter().map(|&field| field.to_owned()).collect();
        let columns = vec!["a"; fields.len()];
        let written = table(&columns, Names::Above, [row].into_iter()).unwrap();
        let mut reader = ::csv::Reader::from_reader(written.as_bytes());
        let read = reader.records().next().unwrap().unwrap();
        let read: Vec<&str> = read.iter().collect();
        let expected = formulas.map(|field| format!("'{field}"));
        let expected = expected.iter().map(String::as_str).chain(texts);
        assert_eq!(read, expected.collect::<Vec<_>>());
    }
}
