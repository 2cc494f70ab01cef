//! The difference between what is followed and what the settings want: a pure function. Only its changes
//! pause or resume.

use hark_config::settings::Subscription;
use indexmap::IndexMap;

/// Subscriptions by key, in the order of the settings.
pub type Subscriptions = IndexMap<String, Subscription>;

/// One thing to be done so that what is followed is what is wanted. Each names a subscription's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// No longer followed.
    End(String),
    /// Followed from now on, or over a new connection.
    Begin(String),
    /// The same stream under another name, other rules or bounds, or sent to elsewhere.
    Revise(String),
    /// Paused: its connection ends.
    Pause(String),
    /// Resumed, or dialled at once where it was not paused.
    Resume(String),
}

impl Change {
    /// The key of its subscription.
    #[must_use]
    pub fn key(&self) -> &str {
        let (Self::End(key)
        | Self::Begin(key)
        | Self::Revise(key)
        | Self::Pause(key)
        | Self::Resume(key)) = self;
        key
    }
}

/// The changes, in order, that lead from `before` (followed) to `after` (wanted). Those that a person has
/// `asked` to resume are dialled at once, even if nothing else differs.
#[must_use]
pub fn reconcile(before: &Subscriptions, after: &Subscriptions, asked: &[String]) -> Vec<Change> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let mut changes: Vec<_> = gone.cloned().map(Change::End).collect();
    for (key, after) in after {
        let is_asked = asked.contains(key) && !after.paused;
        match before.get(key) {
            Some(before) if are_one_stream(before, after) => {
                let paused = after.paused;
                if (Subscription { paused, ..before.clone() }) != *after {
                    changes.push(Change::Revise(key.clone()));
                }
                match (before.paused, after.paused) {
                    (false, true) => changes.push(Change::Pause(key.clone())),
                    (true, false) => changes.push(Change::Resume(key.clone())),
                    _ if is_asked => changes.push(Change::Resume(key.clone())),
                    _ => {}
                }
            }
            // Beginning dials already.
            _ => changes.push(Change::Begin(key.clone())),
        }
    }
    changes
}

/// Whether both can use the same connection: only name, rules, what is shown, bounds, where messages are
/// sent, or a pause differ.
fn are_one_stream(before: &Subscription, after: &Subscription) -> bool {
    let (name, rules) = (after.name.clone(), after.rules.clone());
    let (paused, keep, publish) = (after.paused, after.keep, after.publish.clone());
    let (min_priority, hide_content, mute) = (after.min_priority, after.hide_content, after.mute);
    let (pictures, pictures_from) = (after.pictures, after.pictures_from.clone());
    let before = Subscription { pictures, pictures_from, ..before.clone() };
    let shown = Subscription { min_priority, hide_content, mute, ..before };
    Subscription { name, rules, paused, keep, publish, ..shown } == *after
}

#[cfg(test)]
mod tests {
    use hark_config::settings::{KeepSettings, Publish, read_rules};

    use super::*;

    fn all(subscriptions: &[(&str, Subscription)]) -> Subscriptions {
        subscriptions.iter().map(|(key, one)| ((*key).to_owned(), one.clone())).collect()
    }

    fn at(url: &str) -> Subscription {
        Subscription::plain(url.parse().unwrap(), "json")
    }

    fn here() -> Subscription {
        at("https://a.example/x")
    }

    fn of(change: fn(String) -> Change) -> Vec<Change> {
        vec![change("a".into())]
    }

    #[test]
    fn nothing_differs_between_equal_settings() {
        let both = all(&[("a", here()), ("b", at("https://b.example/"))]);
        assert_eq!(reconcile(&both, &both, &[]), []);
        let moved = all(&[("b", at("https://b.example/")), ("a", here())]);
        assert_eq!(reconcile(&both, &moved, &[]), [], "the order is no change");
    }

    #[test]
    fn each_difference_is_one_change() {
        let before = all(&[("a", here())]);
        let rules = read_rules("[[rules]]\nthen = \"quiet\"").unwrap();
        let keep = KeepSettings { days: Some(1), ..KeepSettings::default() };
        let other = Subscription { heartbeat: Some(std::time::Duration::from_secs(9)), ..here() };
        for (after, wanted) in [
            (Subscription { name: Some("A".into()), ..here() }, of(Change::Revise)),
            (Subscription { rules, ..here() }, of(Change::Revise)),
            (Subscription { keep, ..here() }, of(Change::Revise)),
            (Subscription { publish: Some(Publish::default()), ..here() }, of(Change::Revise)),
            (Subscription { mute: true, ..here() }, of(Change::Revise)),
            (Subscription { pictures: true, ..here() }, of(Change::Revise)),
            (Subscription { paused: true, ..here() }, of(Change::Pause)),
            (at("https://a.example/y"), of(Change::Begin)),
            (Subscription { feed: "ntfy".into(), ..here() }, of(Change::Begin)),
            (other, of(Change::Begin)),
        ] {
            assert_eq!(reconcile(&before, &all(&[("a", after.clone())]), &[]), wanted, "{after:?}");
        }
        assert_eq!(reconcile(&before, &all(&[]), &[]), of(Change::End));
        assert_eq!(reconcile(&all(&[]), &before, &[]), of(Change::Begin));
    }

    #[test]
    fn a_pause_goes_with_a_new_name_and_is_one_command() {
        let paused = Subscription { paused: true, name: Some("A".into()), ..here() };
        let (before, after) = (all(&[("a", here())]), all(&[("a", paused)]));
        let both = [Change::Revise("a".into()), Change::Pause("a".into())];
        assert_eq!(reconcile(&before, &after, &[]), both);
        let back = [Change::Revise("a".into()), Change::Resume("a".into())];
        assert_eq!(reconcile(&after, &before, &["a".into()]), back);
    }

    #[test]
    fn what_is_to_be_resumed_is_dialled_though_nothing_differs_but_not_while_paused() {
        let asked = ["a".to_owned()];
        let one = all(&[("a", here())]);
        assert_eq!(reconcile(&one, &one, &asked), of(Change::Resume));
        let paused = all(&[("a", Subscription { paused: true, ..here() })]);
        assert_eq!(reconcile(&paused, &paused, &asked), []);
        assert_eq!(reconcile(&all(&[]), &one, &asked), of(Change::Begin));
    }

    #[test]
    fn what_ends_makes_room_before_anything_begins() {
        let before = all(&[("a", here()), ("b", here())]);
        let after = all(&[("c", here()), ("b", here())]);
        let wanted = [Change::End("a".into()), Change::Begin("c".into())];
        assert_eq!(reconcile(&before, &after, &[]), wanted);
    }
}
