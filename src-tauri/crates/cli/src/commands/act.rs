//! `hark act`: opens a message's link, or does what one of its buttons is for. What the person has to see
//! before is asked here, in full.

use std::fmt::Write as _;

use hark_api::{Act, ActOn, Acted, Question, Seems, Yes, route};
use hark_local::{clipboard, profile::Profile, program};

use super::{
    client,
    confirm::{can_ask, confirm},
};
use crate::{Done, Failed, arguments::ActOptions, out};

pub async fn act(profile: &Profile, options: ActOptions) -> Done {
    let ActOptions { id, number, yes, remember } = options;
    let what = match number {
        0 => ActOn::Link,
        number => ActOn::Action(number - 1),
    };
    let mut act = Act { message: id, what, answer: None };
    loop {
        match client(profile).call(&route::ACT, &act).await? {
            Acted::Done { ok: true, sentence } => return Ok(out::line(sentence)?),
            Acted::Done { ok: false, sentence } => return Err(Failed(sentence)),
            Acted::Open { url } if program::has_display() => return Ok(program::open_link(&url)?),
            Acted::Open { url } => return Ok(out::line(url)?),
            Acted::Copy { text } if clipboard::copy(&text) => {
                return Ok(out::line("Copied.")?);
            }
            Acted::Copy { text } => return Ok(out::line(text)?),
            Acted::Ask { asked } => {
                // Another one than was answered: the message is another one by now.
                let is_again = act.answer.is_some();
                let is_yes = match (yes && !is_again, can_ask()) {
                    (true, _) => true,
                    (false, true) => {
                        out::line(in_words(&asked))?;
                        confirm(ask(&asked))?
                    }
                    (false, false) => {
                        let what = in_words(&asked);
                        return Err(Failed(format!(
                            "Nothing was done, as nobody could be asked:\n{what}\nIf that is right, say so \
                             with --yes."
                        )));
                    }
                };
                if !is_yes {
                    return Err(Failed("Nothing was done.".to_owned()));
                }
                act.answer = Some(Yes { asked, remember });
            }
        }
    }
}

fn ask(asked: &Question) -> &'static str {
    match asked {
        Question::Link { .. } => "Open it?",
        Question::Request { .. } => "Send it?",
    }
}

/// All that the person is to see.
fn in_words(asked: &Question) -> String {
    match asked {
        Question::Link { url, seems } => format!("{url}\n{}", as_what(seems)),
        Question::Request { method, origin, url, headers, body, seems, can_remember } => {
            let mut all = format!("The message asks to send {method} to {origin}\n{url}\n");
            all += &as_what(seems);
            for (name, value) in headers {
                // Writing to a string cannot fail.
                let _ = writeln!(all, "{name}: {value}");
            }
            if !body.is_empty() {
                let _ = writeln!(all, "\n{body}");
            }
            if !can_remember {
                all += "It carries a credential, so this is asked each time.\n";
            }
            all
        }
    }
}

fn as_what(seems: &Seems) -> String {
    let Seems { host, reads, user } = seems;
    let mut all = String::new();
    if let (Some(host), Some(reads)) = (host, reads) {
        let _ = writeln!(all, "Its host has letters that may look like others: {reads} is {host}.");
    }
    if let Some(user) = user {
        let _ = writeln!(all, "What stands before the @ is no part of its host: {user}");
    }
    all
}
