//! Rules, tried against what is stored before they are put in force.

use hark_api::{ApiError, MessageTried, RuleTried, RulesFor, RulesTried};
use hark_config::settings::{self, EditError};
use hark_engine::{
    feed::{Decoded, Feed},
    message::{Message, RawEvent},
    policy::{self, Decision, Origin, Rule},
};
use hark_store::StoreError;

use super::Commands;
use crate::{configuration::refusal, to_api};

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
        let wrong = ApiError::plain;
        let mut wanted = self.configuration.wanted();
        let key = settings::key_of(&wanted, &asked.subscription);
        let Some(subscription) = wanted.swap_remove(&key) else {
            return Err(refusal(EditError::Unknown(key)));
        };
        let (rules, text) = match &asked.rules {
            Some(text) => (settings::read_rules(text).map_err(wrong)?, text.clone()),
            // The demo has no rules and is not in the settings file.
            None if subscription.rules.is_empty() => (Vec::new(), String::new()),
            None => {
                let key = key.clone();
                let text =
                    self.configuration.aside(move |path| settings::rules_of(path, &key)).await?;
                (subscription.rules.clone(), text)
            }
        };
        let event = |skipped| {
            self.subscriptions.ledger().read(|store| store.latest_event(&key, skipped)).transpose()
        };
        let events = (0..TRIED_MAX).map_while(event);
        let rules = subscription.deciding(&rules);
        let mut tried = tried(&rules, &*subscription.speaks(), events)
            .map_err(|error| wrong(error.to_string()))?;
        if asked.rules.is_some() && asked.save {
            let rules = text.clone();
            self.change(&[], move |path| settings::set_rules(path, &key, &rules)).await?;
            tried.saved = true;
        }
        tried.text = text;
        Ok(tried)
    }
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
