//! Rules, tried against what is stored before they are put in force.

use std::path::Path;

use hark_api::{ApiError, MessageTried, ReasonCode, RuleTried, RulesFor, RulesTried, UsualRules};
use hark_config::settings::{self, EditError, Usual};
use hark_engine::{
    feed::{Decoded, Feed},
    message::{Message, Priority, RawEvent},
    policy::{self, Decision, Origin, Rule},
};
use hark_store::StoreError;

use super::Commands;
use crate::{refusals::refusal, to_api};

/// Against how many of the latest messages rules are tried.
const TRIED_MAX: u32 = 100;
/// How much of a message's text is shown, in characters.
const TEXT_CHARS_MAX: usize = 120;

impl Commands {
    /// Tries rules against the latest messages of a subscription; puts them in force where asked to.
    ///
    /// # Errors
    /// Where there is no such subscription, the rules have an error, or the settings cannot be written.
    pub async fn rules(&self, asked: RulesFor) -> Result<RulesTried, ApiError> {
        let wrong = |sentence: String| {
            let values: &[(_, &dyn ToString)] = &[("message", &sentence)];
            ApiError::because(ReasonCode::RulesWrong, values, sentence.clone())
        };
        let mut wanted = self.configuration.wanted();
        let key = settings::key_of(&wanted, &asked.subscription).map_err(refusal)?;
        let Some(mut subscription) = wanted.swap_remove(&key) else {
            return Err(refusal(EditError::Unknown(key)));
        };
        let usual = asked.usual.as_ref().map(meant).transpose().map_err(wrong)?;
        let in_force = async || match subscription.rules.is_empty() {
            // The demo has no rules and is not in the settings file.
            true => Ok(String::new()),
            false => {
                let key = key.clone();
                self.configuration.aside(move |path| settings::rules_of(path, &key)).await
            }
        };
        let text = match (&usual, &asked.rules) {
            (_, Some(text)) => text.clone(),
            (Some((usual, _)), None) => {
                let before = in_force().await?;
                let Some((_, names)) = settings::usual_of(&before, subscription.min_priority)
                else {
                    return Err(ApiError::because(ReasonCode::RulesMore, &[], MORE.to_owned()));
                };
                settings::write_usual(usual, &names)
            }
            (None, None) => in_force().await?,
        };
        let rules = settings::read_rules(&text).map_err(wrong)?;
        if let Some((usual, pictures)) = &usual {
            (subscription.min_priority, subscription.pictures) = (usual.from, *pictures);
        }
        let event = |skipped| {
            self.subscriptions.ledger().read(|store| store.latest_event(&key, skipped)).transpose()
        };
        let events = (0..TRIED_MAX).map_while(event);
        let rules = subscription.deciding(&rules);
        let mut tried = tried(&rules, &*subscription.speaks(), events)
            .map_err(|error| ApiError::plain(error.to_string()))?;
        tried.usual =
            settings::usual_of(&text, subscription.min_priority).map(|(usual, _)| UsualRules {
                from: usual.from.map_or(1, Priority::level),
                never: usual.never,
                only: usual.only,
                sound: usual.sound,
                pictures: subscription.pictures,
            });
        tried.saved = asked.save && (usual.is_some() || asked.rules.is_some());
        tried.text.clone_from(&text);
        match usual {
            Some((usual, pictures)) if asked.save => {
                let set =
                    move |path: &Path| settings::set_usual(path, &key, &text, usual.from, pictures);
                self.change(&[], set).await?;
            }
            None if tried.saved => {
                self.change(&[], move |path| settings::set_rules(path, &key, &text)).await?;
            }
            _ => {}
        }
        Ok(tried)
    }
}

/// What is said to wishes where the rules in force are none.
const MORE: &str =
    "The rules in force say more than this form can. Nothing was changed; see their text.";

/// Wishes as a client says them, and whether pictures are shown.
fn meant(asked: &UsualRules) -> Result<(Usual, bool), String> {
    let words = |all: &[String]| all.iter().map(|word| word.trim().to_owned()).collect();
    let from = match asked.from {
        1 => None,
        level @ 2..=5 => Some(Priority::clamped(level.into())),
        level => return Err(format!("A priority is 1 (lowest) to 5, not {level}.")),
    };
    let (never, only) = (words(&asked.never), words(&asked.only));
    let usual = Usual { from, never, only, sound: asked.sound.clone() };
    settings::check_usual(&usual)?;
    Ok((usual, asked.pictures))
}

/// What the rules would have done with these events, had each come as it happened.
fn tried(
    rules: &[Rule],
    feed: &dyn Feed,
    events: impl Iterator<Item = Result<RawEvent, StoreError>>,
) -> Result<RulesTried, StoreError> {
    let names = rules.iter().enumerate().map(|(number, rule)| policy::label(number, rule));
    let mut tried = RulesTried {
        tried: 0,
        alerts: 0,
        quiet: 0,
        dropped: 0,
        rules: names.map(|name| RuleTried { name, decided: 0 }).collect(),
        messages: Vec::new(),
        text: String::new(),
        usual: None,
        saved: false,
    };
    for event in events {
        let event = event?;
        // What was a message under another feed may not be one under this feed.
        let Decoded::Message(message) = feed.decode(&event) else { continue };
        let verdict = policy::decide(rules, &message, &event, Origin::Live);
        tried.tried += 1;
        match verdict.decision {
            Decision::Alert | Decision::Backlog => tried.alerts += 1,
            Decision::Quiet => tried.quiet += 1,
            Decision::Drop => tried.dropped += 1,
        }
        if let Some(name) = &verdict.rule
            && let Some(rule) = tried.rules.iter_mut().find(|rule| rule.name == *name)
        {
            rule.decided += 1;
        }
        tried.messages.push(MessageTried {
            text: text(&message),
            decision: to_api::decision(verdict.decision),
            priority: verdict.priority.level(),
            rule: verdict.rule,
        });
    }
    Ok(tried)
}

fn text(message: &Message) -> String {
    message.headline().chars().take(TEXT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use hark_engine::feed::Json;

    use super::*;

    #[test]
    fn it_says_what_would_have_become_of_each() {
        let rules = settings::read_rules(
            "[[rules]]\nname = \"noise\"\ntext = \"noise\"\nthen = \"drop\"\n\
             [[rules]]\nmax_priority = 2\nthen = \"quiet\"\n",
        );
        let event = |data: &str| RawEvent { data: data.into(), ..RawEvent::default() };
        let events =
            [event("noise"), event(r#"{"title":"t","priority":1}"#), event("a\nb"), event("{}")];
        let events = events.into_iter().map(Ok);
        let tried = tried(&rules.unwrap(), &Json, events).unwrap();
        assert_eq!((tried.tried, tried.alerts, tried.quiet, tried.dropped), (3, 1, 1, 1));
        let decided: Vec<_> = tried.rules.iter().map(|it| (it.name.as_str(), it.decided)).collect();
        assert_eq!(decided, [("noise", 1), ("rule 2", 1)]);
        assert_eq!(tried.messages[2].text, "a");
        assert_eq!(tried.messages[0].decision, None);
    }

    #[test]
    fn rules_with_an_error_say_where() {
        let wrong = settings::read_rules("[[rules]]\ntext = \"(\"\n").unwrap_err();
        assert!(wrong.starts_with("The rules have an error in line 2, column 8: "), "{wrong}");
        assert!(settings::read_rules("rules = 1").is_err());
        assert!(settings::read_rules(&"[[rules]]\n".repeat(101)).unwrap_err().contains("at most"));
    }
}
