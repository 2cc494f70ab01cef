//! Handlers and their runs, as a person reads them.

use std::fmt::Write;

use hark_agent::print::glimpse;
use hark_api::{Handler, HandlerEnd, HandlerRun};

use super::length;
use crate::look::Look;

/// A handler, when it runs, and its latest run.
pub fn handler(one: &Handler, look: &Look) -> String {
    let when = match &one.escalates {
        Some(other) => format!("where {other} has failed"),
        None => one.on.join(", "),
    };
    let whose = one.subscription.as_deref().unwrap_or("all");
    let mut out = format!("{}  {when}, for {whose}: {}\n", one.name, one.program);
    let _ = match (&one.last, one.running) {
        (_, true) => writeln!(out, "    runs now"),
        (Some(last), false) => writeln!(out, "    {}", run(last, look)),
        (None, false) => writeln!(out, "    has not run yet"),
    };
    if one.skipped > 0 {
        let _ = writeln!(
            out,
            "    not run for {} messages: too often, or too many at once",
            one.skipped
        );
    }
    out
}

/// A run in one line.
pub fn run(run: &HandlerRun, look: &Look) -> String {
    let by_hand = if run.by_hand { " by hand" } else { "" };
    let said = match run.output.trim() {
        "" => String::new(),
        output => format!(": {}", glimpse("", output, 0)),
    };
    format!(
        "{}  {}  {} ran{by_hand} for {}, {} after {}{said}",
        look.dim(&look.at(run.at)),
        look.accent(&run.subscription),
        run.handler,
        run.on,
        ended(run),
        length(run.took_ms),
    )
}

/// A run, and all that is kept of what it has printed.
pub fn run_with_output(run: &HandlerRun, look: &Look) -> String {
    let line = self::run(&HandlerRun { output: String::new(), ..run.clone() }, look);
    let end = if run.output.is_empty() || run.output.ends_with('\n') { "" } else { "\n" };
    format!("{line}\n{}{end}", run.output)
}

/// Whether a run did what it was for.
pub fn is_well(run: &HandlerRun) -> bool {
    run.ended == HandlerEnd::Code && run.code == Some(0)
}

/// How a run has ended.
pub fn ended(run: &HandlerRun) -> String {
    let code = run.code.unwrap_or_default();
    match run.ended {
        HandlerEnd::Code if code == 0 => "did well".to_owned(),
        HandlerEnd::Code => format!("ended with code {code}"),
        HandlerEnd::Signal => format!("was ended by signal {code}"),
        HandlerEnd::TimedOut => "took too long and was ended".to_owned(),
        HandlerEnd::Stopped => "was ended with the agent".to_owned(),
        HandlerEnd::NotStarted => "could not be started".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> Look {
        Look::of(None, false, "2026-03-02T12:00:00Z")
    }

    fn failed() -> HandlerRun {
        HandlerRun {
            id: 1,
            handler: "restart".to_owned(),
            on: "lost".to_owned(),
            subscription: "builds".to_owned(),
            by_hand: true,
            at: hark_api::Time(jiff::Timestamp::UNIX_EPOCH),
            took_ms: 1_500,
            ended: HandlerEnd::Code,
            code: Some(3),
            output: "no such\nunit".to_owned(),
        }
    }

    #[test]
    fn a_run_says_what_for_and_how_it_ended() {
        let said = run(&failed(), &look());
        let wanted =
            "  builds  restart ran by hand for lost, ended with code 3 after 1.5 s: no such ⏎ unit";
        assert!(said.ends_with(wanted), "{said}");
        assert!(run_with_output(&failed(), &look()).ends_with("after 1.5 s\nno such\nunit\n"));
        let well = HandlerRun { code: Some(0), by_hand: false, output: String::new(), ..failed() };
        assert!(
            run(&well, &look()).ends_with("restart ran for lost, did well after 1.5 s"),
            "{}",
            run(&well, &look())
        );
    }

    #[test]
    fn a_handler_says_when_it_runs_and_what_became_of_it() {
        let mut one = Handler {
            name: "page".to_owned(),
            on: Vec::new(),
            subscription: None,
            escalates: Some("restart".to_owned()),
            program: "page".to_owned(),
            running: false,
            skipped: 0,
            last: None,
        };
        let said = handler(&one, &look());
        assert_eq!(said, "page  where restart has failed, for all: page\n    has not run yet\n");
        (one.last, one.skipped) = (Some(failed()), 2);
        let said = handler(&one, &look());
        assert!(said.contains("code 3") && said.contains("not run for 2 messages"), "{said}");
    }
}
