//! What is to be done with a message: shown, stored quietly, or dropped; and which of the person's
//! rules said so.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    matching::{Condition, Facts, OneOrMany, Pattern, WEIGHT_MAX},
    message::{Message, Priority, RawEvent},
};

/// The most rules of a subscription.
pub const RULES_MAX: usize = 100;
/// The longest name of a rule, in characters.
const NAME_CHARS_MAX: usize = 60;

/// How a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was there before the first connection of a new subscription.
    Backlog,
    /// It was replayed after an interruption.
    Replay,
    /// It came as it happened.
    Live,
}

/// Whether a message is shown. Stored, so a variant's name stays as it is once released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// As a notification.
    Alert,
    /// Not: it is backlog.
    Backlog,
    /// Not: a rule says so.
    Quiet,
    /// Not, and it is not stored either; it is only counted.
    Drop,
}

/// What is done with one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is shown.
    pub decision: Decision,
    /// Its priority, which a rule may have changed.
    pub priority: Priority,
    /// The sound of its notification, where a rule names one.
    pub sound: Option<String>,
    /// The rule that decided.
    pub rule: Option<String>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Show a notification.
    #[default]
    Alert,
    /// Store it and show nothing.
    Quiet,
    /// Neither store nor show it; it is counted.
    Drop,
}

/// A rule of the person's. All of its conditions must hold; of a list, any of it. A rule without a
/// condition holds for every message.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What the messages that it decides on say of it; its number where missing.
    #[serde(default, deserialize_with = "name")]
    pub name: Option<String>,
    /// At least this priority, as the server gave it.
    #[serde(default, deserialize_with = "level")]
    pub min_priority: Option<Priority>,
    /// At most this priority.
    #[serde(default, deserialize_with = "level")]
    pub max_priority: Option<Priority>,
    /// One of these tags is among the message's.
    #[serde(default)]
    pub tag: OneOrMany<String>,
    /// It was published under one of these topics.
    #[serde(default)]
    pub topic: OneOrMany<String>,
    /// Found in the title, or in the beginning of the body.
    #[serde(default)]
    pub text: Option<Pattern>,
    /// Each of these holds of the event itself.
    #[serde(default)]
    pub field: OneOrMany<Condition>,
    /// What it does.
    #[serde(default)]
    pub then: Then,
    /// The priority that it gives.
    #[serde(default, deserialize_with = "level")]
    pub priority: Option<Priority>,
    /// By how much it raises the priority, or lowers it where negative.
    #[serde(default)]
    pub raise: i8,
    /// The sound of the notification: a name of the desktop's sound theme, or `none`.
    #[serde(default, deserialize_with = "name")]
    pub sound: Option<String>,
}

/// Reads a priority of the settings.
///
/// # Errors
/// Where it is none of 1 to 5.
pub fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Priority>, D::Error> {
    match i64::deserialize(deserializer)? {
        level @ 1..=5 => Ok(Some(Priority::clamped(level))),
        level => Err(de::Error::custom(format!("a priority is 1 (lowest) to 5, not {level}"))),
    }
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(deserializer)?;
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let wrong = format!("a name is one line of 1 to {NAME_CHARS_MAX} characters");
        return Err(de::Error::custom(wrong));
    }
    Ok(Some(name))
}

/// What is wrong with the rules of a subscription as a whole.
#[must_use]
pub fn problem(rules: &[Rule]) -> Option<String> {
    if rules.len() > RULES_MAX {
        return Some(format!("a subscription has at most {RULES_MAX} rules"));
    }
    let mut names = HashSet::new();
    let mut labels = rules.iter().enumerate().map(|(number, rule)| label(number, rule));
    if let Some(name) = labels.find(|name| !names.insert(name.clone())) {
        return Some(format!("two rules are called {name:?}; messages tell them by their names"));
    }
    let never = |rule: &Rule| {
        let (least, most) = (rule.min_priority?, rule.max_priority?);
        (least > most).then_some((least.level(), most.level()))
    };
    if let Some((number, (least, most))) =
        rules.iter().enumerate().find_map(|(number, rule)| Some((number, never(rule)?)))
    {
        let name = label(number, &rules[number]);
        return Some(format!(
            "{name:?} can never hold: its min_priority {least} is above its max_priority {most}"
        ));
    }
    // The text of a rule meets title and body.
    let weight: usize = rules
        .iter()
        .map(|rule| {
            let text = rule.text.as_ref().map_or(0, Pattern::weight);
            text + rule.field.iter().map(Condition::weight).sum::<usize>()
        })
        .sum();
    (weight > WEIGHT_MAX).then(|| {
        "the regular expressions of these rules are too much together; make them shorter".to_owned()
    })
}

impl Rule {
    /// What is below this priority is stored quietly; none where nothing is below.
    #[must_use]
    pub fn of_min_priority(least: Priority) -> Option<Self> {
        let below = least.level().checked_sub(1).filter(|below| *below > 0)?;
        Some(Self {
            name: Some("min_priority".to_owned()),
            min_priority: None,
            max_priority: Some(Priority::clamped(below.into())),
            tag: OneOrMany::default(),
            topic: OneOrMany::default(),
            text: None,
            field: OneOrMany::default(),
            then: Then::Quiet,
            priority: None,
            raise: 0,
            sound: None,
        })
    }

    fn holds(&self, message: &Message, facts: &Facts<'_>) -> bool {
        let within = self.min_priority.is_none_or(|least| message.priority >= least)
            && self.max_priority.is_none_or(|most| message.priority <= most);
        let tagged = || {
            self.tag.is_empty()
                || self.tag.iter().any(|tag| message.tags.iter().any(|own| own == tag.as_str()))
        };
        let under = || {
            let topic = message.topic.as_ref();
            self.topic.is_empty()
                || topic.is_some_and(|own| self.topic.iter().any(|topic| own == topic.as_str()))
        };
        let says = || {
            self.text
                .as_ref()
                .is_none_or(|text| text.is_in(&message.title) || text.is_in(&message.body))
        };
        within && tagged() && under() && says() && self.field.iter().all(|one| one.holds(facts))
    }
}

/// Decides about a message that came in this way. The first rule that holds decides.
#[must_use]
pub fn decide(rules: &[Rule], message: &Message, event: &RawEvent, origin: Origin) -> Verdict {
    let facts = Facts::of(event);
    let found = rules.iter().enumerate().find(|(_, rule)| rule.holds(message, &facts));
    let then = found.map_or(Then::Alert, |(_, rule)| rule.then);
    let decision = match (then, origin) {
        (Then::Drop, _) => Decision::Drop,
        (Then::Quiet, _) => Decision::Quiet,
        (Then::Alert, Origin::Backlog) => Decision::Backlog,
        (Then::Alert, Origin::Replay | Origin::Live) => Decision::Alert,
    };
    let Some((number, rule)) = found else {
        return Verdict { decision, priority: message.priority, sound: None, rule: None };
    };
    let own = rule.priority.unwrap_or(message.priority);
    Verdict {
        decision,
        priority: Priority::clamped(i64::from(own.level()) + i64::from(rule.raise)),
        sound: rule.sound.clone(),
        rule: Some(label(number, rule)),
    }
}

/// What a rule is called: its name, or its place from 1.
#[must_use]
pub fn label(number: usize, rule: &Rule) -> String {
    rule.name.clone().unwrap_or_else(|| format!("rule {}", number + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rules(given: Value) -> Vec<Rule> {
        serde_json::from_value(given).unwrap()
    }

    fn message() -> Message {
        Message {
            title: "Build 7 failed".into(),
            body: "main is red".into(),
            priority: Priority::clamped(4),
            tags: vec!["ci".into(), "main".into()],
            topic: Some("builds".into()),
            ..Message::of_text("")
        }
    }

    fn verdict(given: Value, origin: Origin) -> Verdict {
        let data = r#"{"branch":"main","minutes":12}"#;
        let event = RawEvent { kind: "done".into(), data: data.into(), own_id: None };
        decide(&rules(given), &message(), &event, origin)
    }

    #[test]
    fn without_a_rule_all_but_backlog_is_shown() {
        for (origin, decision) in [
            (Origin::Backlog, Decision::Backlog),
            (Origin::Replay, Decision::Alert),
            (Origin::Live, Decision::Alert),
        ] {
            let priority = Priority::clamped(4);
            let wanted = Verdict { decision, priority, sound: None, rule: None };
            assert_eq!(verdict(json!([]), origin), wanted);
        }
    }

    #[test]
    fn each_condition_holds_or_not() {
        for (condition, holds) in [
            (json!({}), true),
            (json!({ "min_priority": 4 }), true),
            (json!({ "min_priority": 5 }), false),
            (json!({ "max_priority": 4 }), true),
            (json!({ "max_priority": 3 }), false),
            (json!({ "tag": "main" }), true),
            (json!({ "tag": ["x", "ci"] }), true),
            (json!({ "tag": "c" }), false),
            (json!({ "topic": "builds" }), true),
            (json!({ "topic": ["a", "b"] }), false),
            (json!({ "text": "failed$" }), true),
            (json!({ "text": "(?i)RED" }), true),
            (json!({ "text": "green" }), false),
            (json!({ "field": { "at": "/branch", "equals": "main" } }), true),
            (
                json!({ "field": [{ "at": "/branch", "exists": true },
                               { "at": "type", "equals": "begun" }] }),
                false,
            ),
            (json!({ "tag": "ci", "topic": "builds", "text": "red", "min_priority": 2 }), true),
            (json!({ "tag": "ci", "topic": "other" }), false),
        ] {
            let mut rule = condition.clone();
            rule["then"] = "quiet".into();
            let wanted = if holds { Decision::Quiet } else { Decision::Alert };
            assert_eq!(verdict(json!([rule]), Origin::Live).decision, wanted, "{condition}");
        }
    }

    #[test]
    fn the_first_that_holds_decides_and_is_named() {
        let given = json!([
            { "text": "green", "then": "drop" },
            { "tag": "ci", "then": "quiet" },
            { "name": "never", "then": "drop" },
        ]);
        let found = verdict(given, Origin::Live);
        assert_eq!((found.decision, found.rule.as_deref()), (Decision::Quiet, Some("rule 2")));
    }

    #[test]
    fn it_raises_and_lowers_and_sounds() {
        let one = |rule: Value| verdict(json!([rule]), Origin::Live);
        let found = one(json!({ "name": "loud", "raise": 9, "sound": "bell" }));
        let wanted = Verdict {
            decision: Decision::Alert,
            priority: Priority::clamped(5),
            sound: Some("bell".into()),
            rule: Some("loud".into()),
        };
        assert_eq!(found, wanted);
        assert_eq!(one(json!({ "raise": -2 })).priority.level(), 2);
        assert_eq!(one(json!({ "priority": 1 })).priority.level(), 1);
    }

    #[test]
    fn backlog_is_dropped_and_quietened_but_never_shown() {
        let of = |then: &str| verdict(json!([{ "then": then }]), Origin::Backlog).decision;
        assert_eq!(of("alert"), Decision::Backlog);
        assert_eq!(of("quiet"), Decision::Quiet);
        assert_eq!(of("drop"), Decision::Drop);
    }

    #[test]
    fn what_is_wrong_with_all_together_is_said() {
        let problem = |given: Value| problem(&rules(given)).unwrap_or_default();
        assert_eq!(problem(json!([{ "tag": "a" }, { "name": "x" }, { "name": "y" }])), "");
        assert!(problem(json!(vec![json!({}); 101])).contains("at most 100"));
        assert!(problem(json!([{ "name": "x" }, { "name": "x" }])).contains("two rules"));
        assert!(problem(json!([{ "name": "rule 2" }, {}])).contains("two rules"));
        assert_eq!(problem(json!([{ "min_priority": 3, "max_priority": 3 }])), "");
        let never = json!([{}, { "min_priority": 5, "max_priority": 2 }]);
        assert!(problem(never).contains("\"rule 2\" can never hold: its min_priority 5 is above"));
        assert_eq!(problem(json!(vec![json!({ "text": "(?i)nightly|release" }); 60])), "");
        let heavy = json!({ "text": "(.{0,1}){90}b" });
        assert!(problem(json!(vec![heavy.clone(); 20])).contains("too much together"));
        let field = json!({ "field": vec![json!({ "at": "/a", "matches": "(.{0,1}){90}b" }); 20] });
        assert!(problem(json!([field])).contains("too much together"));
    }

    #[test]
    fn below_the_least_priority_is_quiet_and_says_why() {
        let rule = |level| Rule::of_min_priority(Priority::clamped(level));
        assert_eq!(rule(1), None, "nothing is below it");
        let rules = [rule(3).unwrap()];
        for (level, wanted) in [(2, Decision::Quiet), (3, Decision::Alert), (5, Decision::Alert)] {
            let message = Message { priority: Priority::clamped(level), ..Message::of_text("x") };
            let verdict = decide(&rules, &message, &RawEvent::default(), Origin::Live);
            assert_eq!(verdict.decision, wanted, "{level}");
            assert_eq!(verdict.rule.is_some(), wanted == Decision::Quiet);
        }
    }

    #[test]
    fn what_is_no_rule_is_said() {
        let wrong = |rule: Value| serde_json::from_value::<Rule>(rule).unwrap_err().to_string();
        for (rule, why) in [
            (json!({ "min_priority": 9 }), "1 (lowest) to 5"),
            (json!({ "then": "shout" }), "unknown variant `shout`"),
            (json!({ "text": "(" }), "no regular expression"),
            (json!({ "tags": "x" }), "unknown field `tags`"),
            (json!({ "name": "" }), "one line"),
            (json!({ "name": "a\nb" }), "one line"),
            (json!({ "raise": 900 }), "900"),
        ] {
            let said = wrong(rule.clone());
            assert!(said.contains(why), "{rule}: {said}");
        }
    }
}
