//! An event as it is on the wire, in one of the forms that the standard allows (WHATWG HTML, 9.2.5).

use fastrand::Rng;

use super::script::Kind;

/// An event that the server has taken.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place in the log.
    pub number: usize,
    /// Its id.
    pub id: String,
    /// The second in which it was published or fell due.
    pub second: i64,
    /// How much text it carries beside its number. Bytes.
    pub padding: usize,
}

impl Event {
    /// Its text; the first word identifies the event wherever it is kept.
    #[must_use]
    pub fn text(&self) -> String {
        format!("m{} {}", self.number, "x".repeat(self.padding)).trim_end().to_owned()
    }

    /// Its block, as this server sends it.
    #[must_use]
    pub fn block(&self, kind: Kind, rng: &mut Rng) -> String {
        let data = match kind {
            Kind::Ntfy => format!(
                r#"{{"id":"{}","time":{},"expires":{},"event":"message","topic":"t","message":"{}"}}"#,
                self.id,
                self.second,
                self.second + 12 * 3600,
                self.text()
            ),
            Kind::Plain | Kind::Nchan => self.text(),
        };
        let mut lines = vec![format!("data:{}{data}", space(rng))];
        if kind != Kind::Ntfy {
            let at = if rng.bool() { 0 } else { lines.len() };
            lines.insert(at, format!("id:{}{}", space(rng), self.id));
        }
        block(&lines, kind, rng)
    }
}

/// Something that is no message: `open` and `keepalive` of ntfy.
#[must_use]
pub fn sign(event: &str, number: u64, second: i64) -> String {
    format!(
        "event: {event}\ndata: {{\"id\":\"sign{number:08}\",\"time\":{second},\"event\":\"{event}\",\"topic\":\"t\"}}\n\n"
    )
}

/// A heartbeat of that server.
#[must_use]
pub fn heartbeat(kind: Kind, number: u64, second: i64, rng: &mut Rng) -> String {
    match kind {
        Kind::Ntfy => sign("keepalive", number, second),
        Kind::Nchan if rng.bool() => "event: ping\n\n".to_owned(),
        Kind::Plain | Kind::Nchan => ": ping\n\n".to_owned(),
    }
}

fn space(rng: &mut Rng) -> &'static str {
    if rng.bool() { " " } else { "" }
}

/// A block. ntfy and Nchan always use the same line end; a server written by hand may use any.
fn block(lines: &[String], kind: Kind, rng: &mut Rng) -> String {
    let mut out = String::new();
    for line in lines.iter().map(String::as_str).chain([""]) {
        // After a CR, an empty line that ends in LF would be part of the line end before it.
        let ends: &[&str] = match (kind, line.is_empty() && out.ends_with('\r')) {
            (Kind::Plain, true) => &["\r\n", "\r"],
            (Kind::Plain, false) => &["\n", "\r\n", "\r"],
            (Kind::Ntfy | Kind::Nchan, _) => &["\n"],
        };
        out.push_str(line);
        out.push_str(rng.choice(ends).unwrap());
    }
    out
}
