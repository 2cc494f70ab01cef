//! What Centrifugo sends, and the events that a push stands for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::place::{CHANNELS_MAX, NOW, Place, whole};
use crate::message::RawEvent;

/// What of missed publications is taken at once: of small ones one event holds so many that each would cost a multiple
/// of its bytes. Centrifugo brings 300 of a channel unless it is set otherwise.
pub(super) const PUBLICATIONS_MAX: usize = 10_000;

/// What the server sends: one of these.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Push<'a> {
    pub(super) channel: String,
    #[serde(borrow, rename = "pub")]
    pub(super) publication: Option<Publication<'a>>,
    /// To this connection alone, of no channel.
    #[serde(borrow)]
    pub(super) message: Option<Publication<'a>>,
    #[serde(borrow)]
    pub(super) connect: Option<Connect<'a>>,
    #[serde(borrow)]
    pub(super) subscribe: Option<Stand<'a>>,
    pub(super) unsubscribe: Option<End>,
    pub(super) disconnect: Option<End>,
    /// Ours, for what the first event says of where all channels stand.
    pub(super) stands: Option<Stands>,
}

/// Where channels stand that were asked for with a place.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stands {
    /// Nothing of them is lost.
    Here,
    /// Something is.
    Lost,
    /// They have to be asked for otherwise.
    Anew,
}

/// A publication; of those of a channel with a history the server numbers each.
#[derive(Deserialize, Serialize)]
pub(super) struct Publication<'a> {
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) tags: Option<&'a RawValue>,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<i64>,
    #[serde(skip_serializing)]
    pub(super) offset: Option<u64>,
}

/// The first event.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Connect<'a> {
    #[serde(borrow)]
    pub(super) subs: BTreeMap<String, Stand<'a>>,
}

/// Where a channel stands, and what was missed of it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Stand<'a> {
    pub(super) epoch: String,
    pub(super) offset: u64,
    pub(super) recovered: bool,
    #[serde(borrow)]
    pub(super) publications: Vec<Publication<'a>>,
}

/// One of the events that [`Feed::unfold`] answers: a push of the same form, and the same text whether the
/// publication came at once or was missed first.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    pub(super) channel: &'a str,
    #[serde(rename = "pub", skip_serializing_if = "Option::is_none")]
    pub(super) publication: Option<&'a Publication<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stands: Option<Stands>,
}

impl Told<'_> {
    pub(super) fn event(&self, kind: &str, own_id: Option<String>) -> RawEvent {
        let data = serde_json::to_string(self).unwrap_or_default();
        RawEvent { kind: kind.to_owned(), data, own_id }
    }
}

impl Publication<'_> {
    /// As an event of its own, of a channel in this epoch.
    pub(super) fn event(&self, kind: &str, channel: &str, epoch: Option<&str>) -> RawEvent {
        let at = epoch.filter(|epoch| !epoch.is_empty()).zip(self.offset);
        let id = at.map(|(epoch, offset)| {
            let (channel, epoch) = (channel.to_owned(), epoch.to_owned());
            Place { channel, epoch, offset }.id()
        });
        Told { channel, publication: Some(self), stands: None }.event(kind, id)
    }
}

impl Stand<'_> {
    /// Where the server says that the channel stands: where it was asked for if it could bring all that
    /// came since, else at its end.
    pub(super) fn place(&self, channel: &str) -> Option<Place> {
        let Self { epoch, offset, .. } = self;
        (!epoch.is_empty()).then(|| Place {
            channel: channel.to_owned(),
            epoch: epoch.clone(),
            offset: *offset,
        })
    }
}

/// Why the server ends the connection, or what it sends of a channel.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct End {
    pub(super) code: u32,
    pub(super) reason: String,
}

/// The events of the first one: where all channels stand, then what was missed of each.
pub(super) fn connected(
    kind: &str,
    subs: &BTreeMap<String, Stand<'_>>,
    position: Option<&str>,
) -> Vec<RawEvent> {
    let brought = subs.values().take(CHANNELS_MAX).map(|stand| stand.publications.len());
    if brought.sum::<usize>() > PUBLICATIONS_MAX {
        return vec![asked_for_nothing(kind)];
    }
    let before = Place::all(position);
    let of = |channel: &str| before.iter().find(|place| place.channel == channel);
    let stands = || subs.iter().take(CHANNELS_MAX);
    // Of another epoch the server has brought nothing, and holds perhaps what came since it began.
    let is_other = |(channel, stand): &(&String, &Stand<'_>)| {
        !stand.recovered && of(channel).is_some_and(|place| place.epoch != stand.epoch)
    };
    if stands().any(|one| is_other(&one)) {
        let known = stands().filter(|one| !is_other(one)).filter_map(|(channel, _)| of(channel));
        let id = whole(known);
        // Where no place is left, that it is asked without one is the gap.
        let lost = id.is_some().then(|| told(kind, Stands::Lost, id.clone()));
        return lost.into_iter().chain([told(kind, Stands::Anew, id)]).collect();
    }
    let is_lost = |(channel, stand): (&String, &Stand<'_>)| match of(channel) {
        Some(_) => !stand.recovered,
        // Of one without a history nothing that came meanwhile is brought.
        None => stand.epoch.is_empty(),
    };
    let lost = position == Some(NOW)
        || position.is_some() && (subs.len() > CHANNELS_MAX || stands().any(is_lost));
    let places: Vec<Place> = stands().filter_map(|(channel, stand)| stand.place(channel)).collect();
    let stand = if lost { Stands::Lost } else { Stands::Here };
    let mut events = vec![told(kind, stand, whole(places.iter()))];
    for (channel, stand) in stands() {
        let epoch = Some(stand.epoch.as_str());
        events.extend(stand.publications.iter().map(|it| it.event(kind, channel, epoch)));
    }
    events
}

/// The event after which the server is asked for nothing of what was missed.
pub(super) fn asked_for_nothing(kind: &str) -> RawEvent {
    told(kind, Stands::Anew, Some(NOW.to_owned()))
}

fn told(kind: &str, stands: Stands, own_id: Option<String>) -> RawEvent {
    Told { channel: "", publication: None, stands: Some(stands) }.event(kind, own_id)
}
