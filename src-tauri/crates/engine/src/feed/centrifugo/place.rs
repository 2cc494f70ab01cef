//! Where channels stand, and the cursor that their places make together.
//!
//! A publication's id is `OFFSET@EPOCH/CHANNEL`. A position is one of these for each channel: alone, or
//! several in a JSON array; or [`NOW`].

/// The position of who wants nothing of what was missed, as that cannot be brought.
pub(super) const NOW: &str = "now";
/// Channels of which the place is kept, those of the first names: as many as Centrifugo gives a client
/// unless it is set otherwise. A position of more is too long for a URL. Others are as without a history.
pub(super) const CHANNELS_MAX: usize = 128;

/// A place in a channel.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) channel: String,
    pub(super) epoch: String,
    pub(super) offset: u64,
}

impl Place {
    pub(super) fn read(id: &str) -> Option<Self> {
        let (offset, rest) = id.split_once('@')?;
        let (epoch, channel) = rest.split_once('/')?;
        let offset = offset.parse().ok()?;
        Some(Self { channel: channel.to_owned(), epoch: epoch.to_owned(), offset })
    }

    pub(super) fn id(&self) -> String {
        let Self { channel, epoch, offset } = self;
        format!("{offset}@{epoch}/{channel}")
    }

    /// Those of a position.
    pub(super) fn all(position: Option<&str>) -> Vec<Self> {
        let position = position.unwrap_or_default();
        match serde_json::from_str::<Vec<String>>(position) {
            Ok(ids) => ids.iter().filter_map(|id| Self::read(id)).collect(),
            Err(_) => Self::read(position).into_iter().collect(),
        }
    }
}

/// A position that takes the place of the one before it: a list, also of one alone. None of no place.
pub(super) fn whole<'a>(places: impl Iterator<Item = &'a Place>) -> Option<String> {
    let ids: Vec<String> = places.map(Place::id).collect();
    (!ids.is_empty()).then(|| serde_json::to_string(&ids).ok()).flatten()
}

/// The position of these places.
pub(super) fn position_of(places: &[Place]) -> String {
    let ids: Vec<String> = places.iter().map(Place::id).collect();
    match ids.as_slice() {
        [] => String::new(),
        [id] => id.clone(),
        ids => serde_json::to_string(ids).unwrap_or_default(),
    }
}
