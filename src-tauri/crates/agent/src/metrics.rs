//! The metrics, in the text format of Prometheus (exposition format 0.0.4): what the agent and each link are doing,
//! and what was counted since it started. A label holds a subscription's key, a handler's name or a word of Hark's
//! own; never a URL, a text or a cause in words.
//!
//! Written as plain text: the format is three kinds of lines, and the crates for it bring a registry of metrics
//! that they hold themselves, where here the values are others' already.

use std::fmt::{Display, Write};

use hark_api::{Phase, Severity};
use hark_platform::process;

use crate::{ledger::Ledger, status::Status, tally::Counter};

/// The phases of a link, each with the word for it.
const PHASES: [&str; 6] = ["idle", "dialing", "streaming", "backing_off", "paused", "halted"];

/// See the module.
#[derive(Clone, Debug)]
pub struct Metrics {
    ledger: Ledger,
    status: Status,
}

impl Metrics {
    /// The metrics of this agent.
    #[must_use]
    pub fn new(ledger: Ledger, status: Status) -> Self {
        Self { ledger, status }
    }

    /// All of them now, and how many follow the relay and how many messages these were sent.
    #[must_use]
    pub fn text(&self, clients: u64, sent: u64) -> String {
        let mut page = Page::default();
        let now = self.status.now();
        page.family("hark_build_info", "gauge", "The version of Hark; always 1.");
        page.sample(&[("version", &now.agent.version)], 1);
        self.links(&mut page, &now.links);
        self.counted(&mut page);
        page.family("hark_conditions", "gauge", "Health findings that are told now; always 1.");
        for one in &now.conditions {
            let severity = match one.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            page.sample(&[("code", &*one.code), ("severity", severity)], 1);
        }
        page.family("hark_relay_clients", "gauge", "Clients that follow the relay.");
        page.sample(&[], clients);
        page.family("hark_relay_messages_sent_total", "counter", "Messages sent to its clients.");
        page.sample(&[], sent);
        process(&mut page, now.agent.started.0.as_millisecond() as f64 / 1e3);
        page.0
    }

    fn links(&self, page: &mut Page, links: &[hark_api::Link]) {
        page.family("hark_link_phase", "gauge", "The phase that a link is in: 1 for that one.");
        for link in links {
            for phase in PHASES {
                let labels = [("subscription", &*link.subscription), ("phase", phase)];
                page.sample(&labels, u8::from(phase == word(&link.phase)));
            }
        }
        page.family("hark_link_up", "gauge", "Whether a link is connected.");
        for link in links {
            let up = u8::from(matches!(link.phase, Phase::Streaming { .. }));
            page.sample(&[("subscription", &link.subscription)], up);
        }
        page.family(
            "hark_link_heard_timestamp_seconds",
            "gauge",
            "When the last complete line arrived on a link, in this run of the agent.",
        );
        for link in links {
            if let Some(heard) = link.last_heard {
                let at = heard.0.as_millisecond() as f64 / 1e3;
                page.sample(&[("subscription", &link.subscription)], at);
            }
        }
        page.family(
            "hark_link_cadence_seconds",
            "gauge",
            "How often a line is expected on a link, where that is known.",
        );
        for link in links {
            if let Some(heartbeat) = &link.heartbeat {
                let seconds = heartbeat.cadence_ms as f64 / 1e3;
                page.sample(&[("subscription", &link.subscription)], seconds);
            }
        }
        page.family("hark_messages_stored", "gauge", "Messages that are held.");
        for link in links {
            page.sample(&[("subscription", &link.subscription)], link.messages);
        }
    }

    fn counted(&self, page: &mut Page) {
        for (counter, name, help, labels) in [
            (
                Counter::Outages,
                "hark_outages_total",
                "Outages that began, by the class of their first failure.",
                ("subscription", "class"),
            ),
            (
                Counter::Dials,
                "hark_dials_total",
                "Dials, by why they were made.",
                ("subscription", "reason"),
            ),
            (
                Counter::Messages,
                "hark_events_total",
                "Events with content that came, by what became of them.",
                ("subscription", "outcome"),
            ),
            (
                Counter::Alerts,
                "hark_alerts_total",
                "Alerts, by what became of them; those that were stored without a notification service to show them, too.",
                ("subscription", "outcome"),
            ),
            (
                Counter::HandlerRuns,
                "hark_handler_runs_total",
                "Runs of handlers, by how they ended.",
                ("handler", "outcome"),
            ),
        ] {
            page.family(name, "counter", help);
            for (of, word, count) in self.ledger.tally().of(counter) {
                page.sample(&[(labels.0, &*of), (labels.1, word)], count);
            }
        }
    }
}

/// The process, by the names that Prometheus's own clients use.
fn process(page: &mut Page, started: f64) {
    let usage = process::usage();
    if let Some(cpu) = usage.cpu {
        page.family("process_cpu_seconds_total", "counter", "Processor time that it has taken.");
        page.sample(&[], cpu.as_secs_f64());
    }
    page.family("process_start_time_seconds", "gauge", "When it started, since 1970.");
    page.sample(&[], started);
    for (name, help, value) in [
        ("process_resident_memory_bytes", "Memory that it has (RSS).", usage.resident_bytes),
        ("process_open_fds", "Files and sockets that it has open.", usage.open_files),
        ("process_max_fds", "How many it may have open.", usage.open_files_max),
    ] {
        if let Some(value) = value {
            page.family(name, "gauge", help);
            page.sample(&[], value);
        }
    }
}

fn word(phase: &Phase) -> &'static str {
    match phase {
        Phase::Idle => "idle",
        Phase::Dialing { .. } => "dialing",
        Phase::Streaming { .. } => "streaming",
        Phase::BackingOff { .. } => "backing_off",
        Phase::Paused => "paused",
        Phase::Halted { .. } => "halted",
    }
}

/// A page of metrics, and the name of the family that is being written.
#[derive(Default)]
struct Page(String, &'static str);

impl Page {
    fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.1 = name;
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(self.1);
        for (at, (name, value)) in labels.iter().enumerate() {
            let before = if at == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{name}=\"{}\"", escaped(value));
        }
        let after = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.0, "{after} {value}");
    }
}

/// The value of a label: a backslash, a quotation mark and a line feed are written with a backslash.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_described_and_its_labels_are_escaped() {
        let mut page = Page::default();
        page.family("hark_x_total", "counter", "What is counted.");
        page.sample(&[("handler", "a \"b\"\\\n"), ("outcome", "ok")], 7);
        page.sample(&[], 1.5);
        let wanted = "# HELP hark_x_total What is counted.\n# TYPE hark_x_total counter\n\
                      hark_x_total{handler=\"a \\\"b\\\"\\\\\\n\",outcome=\"ok\"} 7\n\
                      hark_x_total 1.5\n";
        assert_eq!(page.0, wanted);
    }
}
