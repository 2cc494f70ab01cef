//! The usual rules as plain wishes, and back as the `[[rules]]` tables that say them. Pure. A text is told as wishes
//! only where writing those down again says the same, and nothing of it would be lost: no comment, no name and no
//! rule that a wish does not know.

use hark_engine::message::Priority;
use serde::Deserialize;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::read_rules;

/// How many tags, or texts, a wish may name.
const WORDS_MAX: usize = 50;

/// What most people want of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usual {
    /// Messages of at least this priority alert; none where all do.
    pub from: Option<Priority>,
    /// Those with one of these tags never do.
    pub never: Vec<String>,
    /// Only those do whose title or text holds one of these, in capitals or not; all where there are none.
    pub only: Vec<String>,
    /// The sound of what alerts; the desktop's own where it is none.
    pub sound: Option<String>,
}

/// The names of the rules that wishes become: messages tell them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    never: Option<String>,
    only: Option<String>,
    rest: Option<String>,
    sound: Option<String>,
}

impl Default for Names {
    fn default() -> Self {
        let name = |text: &str| Some(text.to_owned());
        Self {
            never: name("never for these tags"),
            only: name("only with these words"),
            rest: name("without these words"),
            sound: name("sound"),
        }
    }
}

/// A rule that a wish may be written as.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    #[serde(rename = "min_priority")]
    _from: Option<u8>,
    #[serde(default)]
    tag: Words,
    text: Option<String>,
    then: Option<String>,
    sound: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

impl Default for Words {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Words {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(word) => vec![word],
            Self::Many(words) => words,
        }
    }
}

/// The wishes that rules say together with the least priority of their subscription, and the names of the rules;
/// none where the rules say more.
#[must_use]
pub fn usual_of(rules: &str, from: Option<Priority>) -> Option<(Usual, Names)> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        #[serde(default)]
        rules: Vec<Written>,
    }
    let from = from.filter(|least| least.level() > 1);
    let Given { rules: given } = toml::from_str(rules).ok()?;
    let (mut usual, mut names) = (Usual { from, ..Usual::default() }, Names::default());
    let mut left = given.into_iter().peekable();
    let is_quiet = |rule: &Written| rule.then.as_deref() == Some("quiet");
    if let Some(rule) = left.next_if(|rule| is_quiet(rule) && !rule.tag.clone().all().is_empty()) {
        (usual.never, names.never) = (rule.tag.all(), rule.name);
    }
    if let Some(rule) = left.next_if(|rule| rule.text.is_some()) {
        usual.only = phrases(rule.text.as_deref()?)?;
        (usual.sound, names.only) = (rule.sound, rule.name);
        names.rest = left.next_if(is_quiet)?.name;
    } else if let Some(rule) = left.next_if(|rule| rule.sound.is_some()) {
        (usual.sound, names.sound) = (rule.sound, rule.name);
    }
    let same = write_usual(&usual, &names);
    let is_same = read_rules(&same).ok()? == read_rules(rules).ok()?;
    (left.next().is_none() && is_same && !has_comment(rules)).then_some((usual, names))
}

/// The rules that say these wishes, beside the least priority of the subscription.
#[must_use]
pub fn write_usual(usual: &Usual, names: &Names) -> String {
    let mut rules = ArrayOfTables::new();
    let mut push = |name: &Option<String>, parts: Vec<(&str, Item)>| {
        let mut table = Table::new();
        if let Some(name) = name {
            table["name"] = value(name.as_str());
        }
        parts.into_iter().for_each(|(part, item)| table[part] = item);
        rules.push(table);
    };
    let all = |words: &[String]| value(words.iter().map(String::as_str).collect::<Array>());
    if !usual.never.is_empty() {
        push(&names.never, vec![("tag", all(&usual.never)), ("then", value("quiet"))]);
    }
    // A rule that alerts decides before the least priority of the subscription does.
    let least = usual.from.map(|least| ("min_priority", value(i64::from(least.level()))));
    let sound = usual.sound.as_ref().map(|sound| ("sound", value(sound.as_str())));
    if usual.only.is_empty() {
        if let Some(sound) = sound {
            push(&names.sound, least.into_iter().chain([sound]).collect());
        }
    } else {
        let text = ("text", value(pattern(&usual.only)));
        push(&names.only, [text].into_iter().chain(least).chain(sound).collect());
        push(&names.rest, vec![("then", value("quiet"))]);
    }
    if rules.is_empty() {
        return String::new();
    }
    let mut document = DocumentMut::new();
    document.insert("rules", Item::ArrayOfTables(rules));
    document.to_string().trim_start().to_owned()
}

/// What is wrong with wishes.
///
/// # Errors
/// One sentence.
pub fn check_usual(usual: &Usual) -> Result<(), String> {
    for words in [&usual.never, &usual.only] {
        if words.len() > WORDS_MAX {
            return Err(format!("There may be at most {WORDS_MAX} of them."));
        }
        if words.iter().any(|word| word.trim().is_empty() || word.contains(char::is_control)) {
            return Err("Each of them is one line of text.".to_owned());
        }
    }
    Ok(())
}

/// The characters that mean something in a regular expression.
const SPECIAL: &str = "\\.+*?()|[]{}^$#&-~";

/// The regular expression that finds one of these, in capitals or not.
fn pattern(phrases: &[String]) -> String {
    let escaped = |phrase: &String| {
        phrase.chars().fold(String::new(), |all, char| match SPECIAL.contains(char) {
            true => format!("{all}\\{char}"),
            false => format!("{all}{char}"),
        })
    };
    let all: Vec<String> = phrases.iter().map(escaped).collect();
    format!("(?i){}", all.join("|"))
}

/// The phrases that a regular expression finds, where it is one that [`pattern`] makes.
fn phrases(text: &str) -> Option<Vec<String>> {
    let mut all = vec![String::new()];
    let mut chars = text.strip_prefix("(?i)")?.chars();
    while let Some(char) = chars.next() {
        match char {
            '|' => all.push(String::new()),
            '\\' => all.last_mut()?.push(chars.next()?),
            char => all.last_mut()?.push(char),
        }
    }
    (all.iter().all(|phrase| !phrase.is_empty()) && pattern(&all) == text).then_some(all)
}

/// Whether something in a TOML text is a comment, as far as can be told without doubt; else it counts as one.
pub(super) fn has_comment(text: &str) -> bool {
    fn strings(found: &toml::Value) -> usize {
        match found {
            toml::Value::String(text) => text.matches('#').count(),
            toml::Value::Array(all) => all.iter().map(strings).sum(),
            toml::Value::Table(all) => {
                all.iter().map(|(key, one)| key.matches('#').count() + strings(one)).sum()
            }
            _ => 0,
        }
    }
    let Ok(table) = toml::from_str::<toml::Table>(text) else { return true };
    let within = strings(&toml::Value::Table(table));
    text.matches('#').count() != within || text.contains("\\u") || text.contains("\\U")
}
