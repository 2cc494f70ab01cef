//! What `hark doctor` has found of this machine: a tick, or what to do.

use std::fmt::Write;

use hark_doctor::{
    Mark,
    here::{Check, Group},
};

use crate::look::{Look, column};

/// The column of what was looked at.
const ABOUT_COLUMNS: usize = 14;
/// Where the text begins.
const INDENT: usize = 18;

/// All checks, as a person reads them; a server that is well in one line.
pub fn doctor(checks: &[Check], look: &Look) -> String {
    let mut out = String::new();
    for (group, name) in [(Group::Desktop, "Desktop"), (Group::Files, "Files and agent")] {
        let of_group: Vec<&Check> = checks.iter().filter(|check| check.group == group).collect();
        if !of_group.is_empty() {
            let _ = writeln!(out, "{}", look.bold(name));
            of_group.iter().for_each(|check| one(check, look, &mut out));
            out.push('\n');
        }
    }
    let mut rest: &[Check] = checks;
    while let Some(at) = rest.iter().position(|check| check.subscription.is_some()) {
        rest = &rest[at..];
        let key = rest[0].subscription.as_deref();
        let end = rest.iter().position(|check| check.subscription.as_deref() != key);
        let (these, others) = rest.split_at(end.unwrap_or(rest.len()));
        server(key.unwrap_or_default(), these, look, &mut out);
        rest = others;
    }
    let count = |mark| checks.iter().filter(|check| check.mark == mark).count();
    out.push_str(&match (count(Mark::Wrong), count(Mark::Warning)) {
        (0, 0) => "All is well.\n".to_owned(),
        (0, 1) => "Nothing is wrong; 1 thing could be better.\n".to_owned(),
        (0, warnings) => format!("Nothing is wrong; {warnings} things could be better.\n"),
        (1, _) => "1 thing is wrong.\n".to_owned(),
        (wrong, _) => format!("{wrong} things are wrong.\n"),
    });
    out
}

fn server(key: &str, checks: &[Check], look: &Look, out: &mut String) {
    let _ = writeln!(out, "{}", look.bold(key));
    if let [check] = checks {
        one(check, look, out);
        out.push('\n');
        return;
    }
    let steps: Vec<String> =
        checks.iter().map(|check| format!("{} {}", tick(check.mark, look), check.about)).collect();
    let _ = writeln!(out, "  {}", steps.join("  "));
    // What was not come to has its reason before it.
    let failed = checks.iter().position(|check| check.mark == Mark::Wrong);
    for (at, check) in checks.iter().enumerate() {
        let is_behind = failed.is_some_and(|failed| at > failed && check.mark == Mark::Unknown);
        if check.mark != Mark::Ok && !is_behind {
            one(check, look, out);
        }
    }
    out.push('\n');
}

fn one(check: &Check, look: &Look, out: &mut String) {
    let text = look.indented(&check.seen, INDENT);
    let _ = write!(
        out,
        "  {} {}{}",
        tick(check.mark, look),
        column(check.about, ABOUT_COLUMNS),
        text.trim_start()
    );
    if let Some(advice) = &check.advice {
        out.push_str(&look.indented(&format!("→ {advice}"), INDENT));
    }
}

fn tick(mark: Mark, look: &Look) -> String {
    match mark {
        Mark::Ok => look.good("✓"),
        Mark::Warning => look.uneasy("!"),
        Mark::Wrong => look.bad("✗"),
        Mark::Unknown => look.dim("?"),
    }
}
