//! logind: the computer woke, and whether our session is locked. Both on one connection to the system bus.

use futures_util::{FutureExt, StreamExt, future::join};
use tokio::sync::{mpsc, watch};
use zbus::{
    Connection, MatchRule, MessageStream, message::Type, proxy::CacheProperties,
    zvariant::OwnedValue,
};

use super::Notice;
use crate::bus::{Place, ask_after, call};

#[zbus::proxy(
    interface = "org.freedesktop.login1.Manager",
    default_service = "org.freedesktop.login1",
    default_path = "/org/freedesktop/login1"
)]
trait Logind {
    #[zbus(signal)]
    fn prepare_for_sleep(&self, start: bool) -> zbus::Result<()>;
}

/// The session that this process is in, or else the one that its user looks at (org.freedesktop.login1(5)).
const SESSION: Place = Place {
    name: "org.freedesktop.login1",
    path: "/org/freedesktop/login1/session/auto",
    interface: "org.freedesktop.DBus.Properties",
};
/// Below this are all sessions, each under its own name.
const SESSIONS: &str = "/org/freedesktop/login1/session";
const INTERFACE: &str = "org.freedesktop.login1.Session";
const LOCKED: &str = "LockedHint";

/// Tells for as long as it is polled.
pub(super) async fn watch(tell: mpsc::Sender<Notice>) {
    let watched = async {
        let connection = Connection::system().await?;
        let (woke, locked) = join(wake(&connection, &tell), lock(&connection, &tell)).await;
        woke.and(locked)
    };
    if let Err(error) = watched.await {
        tracing::info!("logind does not tell of sleep: {error}; the clocks are compared instead");
    }
}

async fn wake(connection: &Connection, tell: &mpsc::Sender<Notice>) -> zbus::Result<()> {
    let logind =
        LogindProxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
    let mut signals = logind.receive_prepare_for_sleep().await?;
    while let Some(signal) = signals.next().await {
        let woke = signal.args().is_ok_and(|args| !args.start);
        if woke && tell.send(Notice::Woke).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn lock(connection: &Connection, tell: &mpsc::Sender<Notice>) -> zbus::Result<()> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .interface("org.freedesktop.DBus.Properties")?
        .member("PropertiesChanged")?
        .path_namespace(SESSIONS)?
        .arg(0, INTERFACE)?
        .build();
    let signals = MessageStream::for_match_rule(rule, connection, None).await?;
    let news = signals.filter_map(|message| async move {
        type Changed<'a> = (&'a str, std::collections::HashMap<&'a str, OwnedValue>, Vec<&'a str>);
        let message = message.ok()?;
        let body = message.body();
        let (_, changed, invalid) = body.deserialize::<Changed<'_>>().ok()?;
        changed.into_keys().chain(invalid).any(|name| name == LOCKED).then_some(())
    });
    let ask = || {
        let connection = connection.clone();
        async move {
            let value = call::<_, OwnedValue>(&connection, SESSION, "Get", &(INTERFACE, LOCKED));
            bool::try_from(value.await.ok()?).ok()
        }
        .boxed()
    };
    // What is said last is what counts: it waits in no queue.
    let (said, mut saying) = watch::channel(None);
    let asking = ask_after(news.boxed(), ask, |locked| {
        said.send_replace(locked);
    });
    let telling = async {
        while saying.changed().await.is_ok() {
            let Some(locked) = *saying.borrow_and_update() else { continue };
            if tell.send(Notice::Locked(locked)).await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = asking => {}
        () = telling => {}
    }
    Ok(())
}
