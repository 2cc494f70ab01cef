//! A message as a line: its id, when it was sent, whose it is, what it says, and why it was not shown by itself.

use hark_agent::print::text;
use hark_api::{Decision, Message, Shown, Why};

use crate::look::Look;

/// From this priority on a message stands out.
const URGENT: u8 = 4;

/// A message as a line; `comes` where it is printed as it comes, which is before it is shown.
pub fn message(message: &Message, look: &Look, comes: bool) -> String {
    let text = text(&message.title, &message.body, message.priority);
    let by = match (&message.decision, &message.rule) {
        (Decision::Alert, None) if comes && message.shown == Shown::Pending => String::new(),
        (_, None) => unshown(message).map(|why| format!("  ({why})")).unwrap_or_default(),
        (Decision::Quiet, Some(rule)) => format!("  (quiet: {rule})"),
        (Decision::Alert | Decision::Backlog, Some(rule)) => format!("  (rule: {rule})"),
    };
    // By the id the message is named to other commands.
    let begins = look.dim(&format!("{}  {}", message.id, look.at(message.time)));
    let text = if message.priority >= URGENT { look.bold(&text) } else { text };
    format!("{begins}  {}  {text}{}", look.accent(&message.subscription), look.dim(&by))
}

/// Why a message was not shown by itself; none where it was.
fn unshown(message: &Message) -> Option<String> {
    let said = match (message.decision, message.shown) {
        (Decision::Backlog, _) => "from before you followed it",
        (_, Shown::Pending) => "not shown yet",
        (_, Shown::Held) => return Some(format!("held back: {}", why(message))),
        (_, Shown::Digest) => "told together with others",
        (_, Shown::Folded) => "counted, as too many were on the screen",
        (_, Shown::Quiet) => return Some(format!("kept quiet: {}", why(message))),
        (_, Shown::Refused | Shown::Old) => return Some(format!("not shown: {}", why(message))),
        (_, Shown::Withdrawn) => "read elsewhere",
        (_, Shown::Nobody) => "not shown: no notification service",
        (_, Shown::Shown | Shown::No) => return None,
    };
    Some(said.to_owned())
}

/// Why an alert was not shown as it came.
fn why(message: &Message) -> &str {
    match &message.why {
        Some(Why::Mute) => "muted",
        Some(Why::DoNotDisturb) => "do not disturb",
        Some(Why::Snooze) => "snoozed",
        Some(Why::QuietHours) => "quiet hours",
        Some(Why::Age) | None => "no news any more",
        Some(Why::Paused) => "paused",
        Some(Why::Removed) => "no longer followed",
        Some(Why::NoAnswer) => "the notification server did not answer",
        Some(Why::Server(text)) => text,
    }
}
