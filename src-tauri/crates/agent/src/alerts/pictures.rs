//! The pictures of messages that have just come: fetched before the message is shown, where its subscription
//! wants that. What is shown with a picture waits for it, and what comes right behind it of the same
//! subscription, which is shown in order; no longer than [`PATIENCE`]: until then the alerts are not told that
//! it is due. What is missed, held back or counted has none.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use hark_config::{credentials::Credentials, settings::Subscription};
use hark_engine::{
    alerts::{Due, PLACES, URGENT_PLACES},
    pictures::Sources,
};
use hark_local::program;
use hark_platform::picture::{Picture, apart};
use hark_store::Shown;
use hark_stream::connection;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use url::Url;

use super::Outbox;
use crate::{ledger::Ledger, status::Status};

/// How long a notification waits for its picture.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long a picture is kept for a notification that is due.
const KEPT_FOR: Duration = Duration::from_secs(5);
/// Pictures that are fetched or kept at once: as many as there are places. Messages beyond that are shown without
/// one, so that a storm of pictures keeps no machine busy. Each has 256 KiB at most.
const PICTURES_MAX: usize = PLACES + URGENT_PLACES;

/// Pictures that are fetched at once for who looks at messages, and for how long each.
const PREVIEWS_MAX: usize = 2;
const PREVIEW_PATIENCE: Duration = Duration::from_secs(8);

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Pictures(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    alerts: Outbox,
    ledger: Ledger,
    status: Status,
    room: Arc<Semaphore>,
    /// Room for those that are looked at.
    previews: Arc<Semaphore>,
    /// By the message's id.
    kept: Mutex<Vec<(i64, Arc<Picture>)>>,
    /// Messages that are not due yet, as their pictures are under way: as many as there is room for.
    under_way: Mutex<BTreeSet<i64>>,
}

/// A picture to be fetched.
struct Wanted {
    message: i64,
    url: Url,
    sources: Sources,
    /// The way to its feed's server.
    way: Subscription,
    _one_of_few: OwnedSemaphorePermit,
}

impl Pictures {
    /// Those of the messages in this ledger, as the settings and silences in this status say.
    #[must_use]
    pub fn new(alerts: Outbox, ledger: Ledger, status: Status) -> Self {
        Self(Arc::new(Inner {
            alerts,
            ledger,
            status,
            room: Arc::new(Semaphore::new(PICTURES_MAX)),
            previews: Arc::new(Semaphore::new(PREVIEWS_MAX)),
            kept: Mutex::default(),
            under_way: Mutex::default(),
        }))
    }

    /// The alerts of a subscription are due, of which these have just come: at once, or with their pictures.
    pub fn due(&self, key: &str, due: Due, came: &[i64]) {
        let wanted = self.wanted(key, came);
        if wanted.is_empty() {
            return self.0.alerts.put(key, due);
        }
        self.under_way().extend(wanted.iter().map(|it| it.message));
        let (pictures, key) = (self.clone(), key.to_owned());
        tokio::spawn(async move { pictures.wait(&key, due, wanted).await });
    }

    /// The picture of a message for who looks at it, fetched and decoded anew. None where it has none, or its
    /// subscription's are not to be fetched.
    ///
    /// # Errors
    /// Why it could not be had, or that too many are fetched just now.
    pub async fn preview(&self, message: i64) -> Result<Option<Picture>, String> {
        let row = self.0.ledger.read(|store| store.message(message));
        let Some(row) = row.map_err(|error| error.to_string())? else { return Ok(None) };
        let Some(way) = self.0.status.has_pictures(&row.subscription) else { return Ok(None) };
        let (Some(sources), Some(url)) = (way.picture_sources(), Sources::of(&row.message)) else {
            return Ok(None);
        };
        let url = sources.judge(url).map_err(|why| why.to_string())?;
        let permit = Arc::clone(&self.0.previews).try_acquire_owned();
        let permit = permit.map_err(|_| "too many are fetched just now".to_owned())?;
        let way = way.without_credentials();
        let wanted = Wanted { message, url, sources, way, _one_of_few: permit };
        let fetched = timeout(PREVIEW_PATIENCE, fetched(&wanted)).await;
        fetched.map_err(|_| "it has not come in time".to_owned())?.map(Some)
    }

    /// Whether the picture of a message is under way: it is due once that has come, or is given up.
    pub(super) fn is_awaited(&self, message: i64) -> bool {
        self.under_way().contains(&message)
    }

    /// The picture of a message, where it has come.
    pub(super) fn take(&self, message: i64) -> Option<Arc<Picture>> {
        let mut kept = self.kept();
        let place = kept.iter().position(|(id, _)| *id == message)?;
        Some(kept.swap_remove(place).1)
    }

    fn wanted(&self, key: &str, came: &[i64]) -> Vec<Wanted> {
        let Some(way) = self.0.status.shows_pictures(key) else { return Vec::new() };
        let Some(sources) = way.picture_sources() else { return Vec::new() };
        let of = |id: &i64| {
            let row = self.0.ledger.read(|store| store.message(*id)).ok()??;
            let url = Sources::of(&row.message).filter(|_| row.shown == Shown::Pending)?;
            let url = sources.judge(url);
            let url = url.inspect_err(|why| none(key, &why.to_string())).ok()?;
            let slot = Arc::clone(&self.0.room).try_acquire_owned().ok()?;
            let (sources, way) = (sources.clone(), way.without_credentials());
            Some(Wanted { message: *id, url, sources, way, _one_of_few: slot })
        };
        came.iter().take(PICTURES_MAX).filter_map(of).collect()
    }

    async fn wait(&self, key: &str, due: Due, wanted: Vec<Wanted>) {
        if timeout(PATIENCE, join_all(wanted.iter().map(|it| self.get(key, it)))).await.is_err() {
            none(key, &format!("it has not come within {} ms", PATIENCE.as_millis()));
        }
        self.under_way().retain(|id| !wanted.iter().any(|it| it.message == *id));
        self.0.alerts.put(key, due);
        // Until then there is no room for another one.
        sleep(KEPT_FOR).await;
        self.kept().retain(|(id, _)| !wanted.iter().any(|it| it.message == *id));
    }

    async fn get(&self, key: &str, wanted: &Wanted) {
        let message = wanted.message;
        match fetched(wanted).await {
            Ok(picture) => {
                self.kept().push((message, Arc::new(picture)));
            }
            Err(why) => none(key, &why),
        }
    }

    fn under_way(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(i64, Arc<Picture>)>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn none(key: &str, why: &str) {
    tracing::info!(subscription = key, "a message is shown without its picture: {why}");
}

async fn fetched(wanted: &Wanted) -> Result<Picture, String> {
    let Wanted { url, sources, way, .. } = wanted;
    let asked = Credentials::new(way.clone()).ask().await;
    let asked = asked.map_err(|cause| cause.code())?;
    let fetched = connection::picture(url.clone(), sources, &asked.via).await;
    let bytes = fetched.map_err(|why| why.to_string())?;
    apart::decoded(&program::sibling(program::HARK), &bytes).await
}
