//! GitHub's webhooks (https://docs.github.com/webhooks/webhook-events-and-payloads) as a person reads
//! them: where, what, how it ended.

use serde_json::Value;

use crate::{
    links,
    message::{Message, Priority, Sequence, name, word},
};

/// Conclusions of a run that somebody has to look at.
const BAD: &[&str] = &["failure", "timed_out", "startup_failure", "action_required", "error"];
/// Conclusions that mean nothing to anybody.
const IDLE: &[&str] = &["requested", "queued", "in_progress", "pending", "skipped", "neutral"];

/// The message of a webhook of this event.
pub(super) fn message(event: &str, body: &Value) -> Message {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let count = |pointer: &str| body.pointer(pointer).and_then(Value::as_u64);
    let number =
        |of: &str| count(&format!("/{of}/number")).map_or_else(String::new, |it| format!("#{it}"));
    let action = text("/action").replace('_', " ");
    let who = text("/sender/login");
    let (what, said, url) = match event {
        "push" => {
            let branch = short(text("/ref"));
            let commits = body.get("commits").and_then(Value::as_array).map_or(0, Vec::len);
            let what = match (body.get("deleted"), commits) {
                (Some(Value::Bool(true)), _) => format!("{branch} deleted by {who}"),
                (_, 1) => format!("1 commit to {branch}"),
                (_, 0) => format!("push to {branch}"),
                (_, many) => format!("{many} commits to {branch}"),
            };
            (what, text("/head_commit/message"), text("/compare"))
        }
        "pull_request" => {
            let merged = body.pointer("/pull_request/merged") == Some(&Value::Bool(true));
            let action = if merged && action == "closed" { "merged" } else { &action };
            let (number, title) = (number("pull_request"), text("/pull_request/title"));
            let what = format!("{number} {action}: {title}");
            (what, text("/pull_request/body"), text("/pull_request/html_url"))
        }
        "issues" => {
            let what = format!("{} {action}: {}", number("issue"), text("/issue/title"));
            (what, text("/issue/body"), text("/issue/html_url"))
        }
        "issue_comment" => {
            let what = format!("{who} on {}: {}", number("issue"), text("/issue/title"));
            (what, text("/comment/body"), text("/comment/html_url"))
        }
        "pull_request_review" => {
            let state = text("/review/state").replace('_', " ");
            let number = number("pull_request");
            let what = format!("{number} {state} by {who}: {}", text("/pull_request/title"));
            (what, text("/review/body"), text("/review/html_url"))
        }
        "pull_request_review_comment" => {
            let number = number("pull_request");
            let what = format!("{who} on {number}: {}", text("/pull_request/title"));
            (what, text("/comment/body"), text("/comment/html_url"))
        }
        "commit_comment" => {
            (format!("{who} on a commit"), text("/comment/body"), text("/comment/html_url"))
        }
        "discussion" => {
            let what = format!("{} {action}: {}", number("discussion"), text("/discussion/title"));
            (what, text("/discussion/body"), text("/discussion/html_url"))
        }
        "workflow_run" | "check_run" | "check_suite" | "workflow_job" => {
            let of = |field: &str| text(&format!("/{event}/{field}"));
            let name = [of("name"), text("/check_suite/app/name"), event];
            let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            let on = match of("head_branch") {
                "" => String::new(),
                branch => format!(" on {branch}"),
            };
            let what = format!("{name} {}{on}", in_words(outcome(event, body)));
            (what, of("display_title"), of("html_url"))
        }
        "status" => {
            let what = format!("{} {}", text("/context"), in_words(text("/state")));
            (what, text("/description"), text("/target_url"))
        }
        "deployment_status" => {
            let state = in_words(text("/deployment_status/state"));
            let what = format!("deployment to {} {state}", text("/deployment/environment"));
            (what, text("/deployment_status/description"), text("/deployment_status/target_url"))
        }
        "release" => {
            let named = [text("/release/name"), text("/release/tag_name")];
            let named = named.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
            let what = format!("release {named} {action}");
            (what, text("/release/body"), text("/release/html_url"))
        }
        "create" | "delete" => {
            let what = format!("{} {} {event}d by {who}", text("/ref_type"), text("/ref"));
            (what, "", text("/repository/html_url"))
        }
        "star" | "watch" => {
            let done = if action == "deleted" { "star taken back" } else { "starred" };
            (format!("{done} by {who}"), "", text("/repository/html_url"))
        }
        "fork" => (format!("forked by {who}"), "", text("/forkee/html_url")),
        "ping" => ("webhook set up".to_owned(), text("/zen"), text("/repository/html_url")),
        event => {
            let what = format!("{} {action}", event.replace('_', " "));
            (what, "", text("/repository/html_url"))
        }
    };
    let place = [text("/repository/full_name"), text("/organization/login")];
    let place = place.into_iter().find(|place| !place.is_empty());
    let title = match place {
        Some(place) => format!("{place}: {}", what.trim()),
        None => what.trim().to_owned(),
    };
    Message {
        title: title.into(),
        body: said.into(),
        priority: priority(outcome(event, body)),
        url: links::of_web(url),
        topic: place.and_then(word),
        sequence: sequence(event, body),
        ..Message::of_text("")
    }
}

/// How a run, a check or a deployment ended, or how far it is. Empty where the event is of none.
fn outcome<'a>(event: &str, body: &'a Value) -> &'a str {
    let at = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let found = match event {
        "status" => at("/state"),
        "deployment_status" => at("/deployment_status/state"),
        "workflow_run" | "check_run" | "check_suite" | "workflow_job" => {
            at(&format!("/{event}/conclusion")).or_else(|| at(&format!("/{event}/status")))
        }
        _ => None,
    };
    found.unwrap_or_default()
}

fn in_words(outcome: &str) -> String {
    match outcome {
        "failure" | "startup_failure" | "error" => "failed".to_owned(),
        "success" => "succeeded".to_owned(),
        other => other.replace('_', " "),
    }
}

fn priority(outcome: &str) -> Priority {
    match outcome {
        bad if BAD.contains(&bad) => Priority::clamped(4),
        idle if IDLE.contains(&idle) => Priority::clamped(2),
        _ => Priority::NORMAL,
    }
}

/// A run has one message, the latest.
fn sequence(event: &str, body: &Value) -> Option<Sequence> {
    let id = match event {
        "workflow_run" | "check_run" | "check_suite" | "workflow_job" => {
            body.pointer(&format!("/{event}/id"))?.as_u64()?
        }
        "deployment_status" => body.pointer("/deployment/id")?.as_u64()?,
        _ => return None,
    };
    Some(Sequence { id: name(&format!("{event}/{id}"))?, replaces: true, begins: false })
}

/// `refs/heads/main` as people say it.
fn short(reference: &str) -> &str {
    let prefixes = ["refs/heads/", "refs/tags/"];
    prefixes.iter().find_map(|prefix| reference.strip_prefix(prefix)).unwrap_or(reference)
}
