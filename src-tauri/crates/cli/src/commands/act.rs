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
    let mut act = Act { message: id, what, answer: None, language: None };
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
                        confirm(&ask(&asked))?
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

/// Names it again: what stands above may be long, and look like anything.
fn ask(asked: &Question) -> String {
    match asked {
        Question::Link { url, .. } => format!("Open {url}?"),
        Question::Request { method, origin, .. } => format!("Send {method} to {origin}?"),
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
            // No line of the text is one of the question.
            for line in body.lines() {
                let _ = writeln!(all, "  | {line}");
            }
            if !can_remember {
                all += "This is asked each time.\n";
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_pass_for_the_question() {
        let asked = Question::Request {
            method: "DELETE".to_owned(),
            origin: "https://evil.example:443".to_owned(),
            url: "https://evil.example/x".to_owned(),
            headers: vec![("x-door".to_owned(), "7".to_owned())],
            body: format!(
                "{}The message asks to send GET to https://a.example:443\n",
                "\n".repeat(60)
            ),
            seems: Seems::default(),
            can_remember: true,
        };
        let said = in_words(&asked);
        let asks = said.lines().filter(|line| line.starts_with("The message asks"));
        let wanted = "The message asks to send DELETE to https://evil.example:443";
        assert_eq!(asks.collect::<Vec<_>>(), [wanted], "{said}");
        assert!(said.contains("\nx-door: 7\n  | \n"), "{said}");
        assert_eq!(ask(&asked), "Send DELETE to https://evil.example:443?");
    }
}
