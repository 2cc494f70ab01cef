//! Gathers what `hark doctor` judges of this machine: asks the desktop, the files and the agent, and visits what is
//! followed, several at once. Judges nothing.

use std::{env, io, path::Path, time::Duration};

use futures_util::{StreamExt, stream};
use hark_api::{self as api, HeartbeatSource, Phase, client::CallError, route};
use hark_config::{
    credentials::Credentials as Access,
    presets::Presets,
    settings::{self, Credential, Settings, Subscription, span},
};
use hark_doctor::{
    Observation, Visit as Asked,
    here::{
        Agent, Autostart, Condition, Credentials, Database, Desktop, Files, Folder, Here,
        Permissions, Server, Visit,
    },
    observe,
};
use hark_local::profile::{self, Profile};
use hark_platform::{
    aside::{Aside, FILE_TIMEOUT},
    autostart, clock, desktop, disk,
};
use hark_stream::connection::{Ask, Proxy};
use http::header;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use tokio::time::timeout;

use super::hide::Hidden;
use crate::{Failed, commands::client};

/// How many servers are visited at once.
const VISITS_MAX: usize = 4;
/// How long each is listened to where nothing is said.
const LISTEN: Duration = Duration::from_secs(5);
/// How long one visit may take beyond that: it comes back with ids that it has seen.
const BEYOND: Duration = Duration::from_secs(45);

/// What is found, and what of it is secret.
pub async fn look(profile: &Profile, length: Option<&str>) -> Result<(Here, Hidden), Failed> {
    let length = length.map(span::read).transpose().map_err(Failed)?.unwrap_or(LISTEN);
    let path = profile.settings();
    let presets = Presets::beside(&path);
    let read = settings::read(&path, &presets.presets);
    let status = client(profile).call(&route::STATUS, &()).await.map_err(|error| match error {
        CallError::NoAgent | CallError::Ended => "No agent is running.".to_owned(),
        error => error.to_string(),
    });
    let database = match &status {
        Ok(_) => {
            client(profile).call(&route::DATABASE, &()).await.map_err(|error| error.to_string())
        }
        Err(why) => Err(why.clone()),
    };
    let desktop = match profile.system {
        true => None,
        false => Some(of_desktop(desktop::look().await)),
    };
    let mut hidden = Hidden::new(env::home_dir().map(|home| home.display().to_string()));
    let (servers, count) = match read {
        Ok((_, settings)) => {
            let links = status.as_ref().map_or(&[][..], |status| &status.links);
            let count = settings.subscriptions.len();
            (servers(settings, links, length, &mut hidden).await, Ok(count))
        }
        Err(error) => (Vec::new(), Err(error.to_string())),
    };
    let files = Files {
        settings: count,
        presets: presets.problems,
        folders: folders(profile).await,
        free_bytes: room(profile).await,
        database: database.map(|found| Database { problem: found.problem, whole: found.whole }),
    };
    Ok((Here { desktop, files, agent: status.map(agent), servers }, hidden))
}

fn agent(status: api::Status) -> Agent {
    let told = status.conditions.into_iter();
    Agent {
        version: status.agent.version,
        own_version: env!("CARGO_PKG_VERSION").to_owned(),
        conditions: told
            .map(|condition| Condition {
                is_error: condition.severity == api::Severity::Error,
                code: condition.code,
                subscription: condition.subscription,
                sentence: condition.sentence,
            })
            .collect(),
    }
}

fn of_desktop(found: desktop::Desktop) -> Desktop {
    let startup = profile::settings_of_all().map(autostart::Startup::new);
    let autostart = match startup.map(|startup| startup.now()) {
        None | Some(autostart::Autostart::Off) => Autostart::Off,
        Some(autostart::Autostart::Entry) => Autostart::Entry,
        Some(autostart::Autostart::Unit) => Autostart::Unit,
        Some(autostart::Autostart::Both) => Autostart::Both,
    };
    let desktop::Desktop { session, notifications, tray_host, sleep, network } = found;
    let notifications = notifications.map(|server| (server.name, server.capabilities));
    Desktop { session, notifications, tray_host, autostart, sleep, network }
}

async fn folders(profile: &Profile) -> Vec<Folder> {
    let Profile { config, data, state, runtime, .. } = profile;
    // Settings hold no secret themselves, and a home may be open to a group; the system's own socket is.
    let all = [(config, false), (data, true), (state, true), (runtime, !profile.system)];
    let mut folders: Vec<Folder> = Vec::new();
    for (path, is_private) in all {
        let shown = path.display().to_string();
        if folders.iter().any(|known| known.path == shown) {
            continue;
        }
        let asked = path.clone();
        let found = Aside::default().within(FILE_TIMEOUT, move || disk::found(&asked)).await;
        let found = match found {
            Ok(Ok(disk::Found { access: Some(access), .. })) => {
                Ok(Permissions::Told { is_mine: access.is_mine, mode: access.mode })
            }
            Ok(Ok(disk::Found { access: None, .. })) => Ok(Permissions::NotTold),
            Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Ok(Permissions::NotYet),
            Ok(Err(error)) => Err(error.to_string()),
            Err(slow) => Err(slow.to_string()),
        };
        folders.push(Folder { path: shown, is_private, found });
    }
    folders
}

async fn room(profile: &Profile) -> Result<u64, String> {
    let data = profile.data.clone();
    match Aside::default().within(FILE_TIMEOUT, move || disk::free_bytes(Path::new(&data))).await {
        Ok(free) => free.map_err(|error| error.to_string()),
        Err(slow) => Err(slow.to_string()),
    }
}

async fn servers(
    settings: Settings,
    links: &[api::Link],
    length: Duration,
    hidden: &mut Hidden,
) -> Vec<Server> {
    let mut plans = Vec::new();
    for (key, subscription) in settings.subscriptions {
        hidden.url(&subscription.url);
        if let Some(to) = subscription.publish.as_ref().and_then(|publish| publish.url.as_ref()) {
            hidden.url(to);
        }
        if let Proxy::To(proxy) = &subscription.proxy {
            hidden.url(proxy);
        }
        let (mut credentials, ask) = access(&subscription, hidden).await;
        if let (Credentials::None | Credentials::Read, Some(publish)) =
            (&credentials, &subscription.publish)
        {
            let to = publish.url.clone().unwrap_or_else(|| subscription.sent_from());
            let (to_send, _) = access(&subscription.to_send(&to), hidden).await;
            // One that cannot be read makes no other one unreadable: the server is visited all the same.
            if to_send != Credentials::None {
                credentials = to_send;
            }
        }
        let link = links.iter().find(|link| link.subscription == key);
        let server = Server {
            origin: subscription.origin(),
            credentials,
            visit: Visit::Without,
            heartbeat: link.and_then(learned),
            is_live: link.map(|link| matches!(link.phase, Phase::Streaming { .. })),
            key,
        };
        plans.push((server, subscription, ask));
    }
    let visits = plans.into_iter().map(|(server, subscription, ask)| async move {
        let visit = match ask {
            _ if subscription.paused => Visit::Paused,
            None => Visit::Without,
            Some(ask) => visited(ask, &subscription, length).await,
        };
        Server { visit, ..server }
    });
    stream::iter(visits).buffered(VISITS_MAX).collect().await
}

/// What to ask, where its credentials can be had here; they are noted as secrets.
async fn access(subscription: &Subscription, hidden: &mut Hidden) -> (Credentials, Option<Ask>) {
    let Subscription { bearer, basic, headers, .. } = subscription;
    let named: Vec<&Credential> = bearer
        .iter()
        .chain(basic.iter().map(|basic| &basic.password))
        .chain(headers.values())
        .collect();
    let is_elsewhere = |one: &&&Credential| match one {
        Credential::Env(name) => env::var_os(name).is_none(),
        _ => false,
    };
    if named.iter().find(is_elsewhere).is_some() {
        return (Credentials::Elsewhere, None);
    }
    let asked = Access::attended(subscription.clone()).ask().await;
    for value in asked.iter().flat_map(|ask| ask.headers.values()) {
        hidden.secret(&String::from_utf8_lossy(value.as_bytes()));
    }
    match asked {
        Ok(ask) if named.is_empty() => (Credentials::None, Some(ask)),
        Ok(ask) => (Credentials::Read, Some(ask)),
        Err(cause) => (Credentials::Wrong(cause.sentence(&subscription.origin())), None),
    }
}

/// The interval that the agent has learned, or was told.
fn learned(link: &api::Link) -> Option<Duration> {
    let known = link.heartbeat.as_ref()?;
    let is_known = matches!(known.source, HeartbeatSource::Learned);
    is_known.then(|| Duration::from_millis(known.cadence_ms))
}

async fn visited(ask: Ask, subscription: &Subscription, length: Duration) -> Visit {
    let feed = subscription.recogniser().is_none().then(|| subscription.speaks());
    let limit = length + BEYOND;
    let visit = Asked { ask, feed, length };
    match timeout(limit, observe(visit, || {}, std::future::pending())).await {
        Ok(seen) => {
            let ahead = ahead_of(&seen);
            Visit::Seen(Box::new(seen), ahead)
        }
        Err(_) => Visit::Late(limit),
    }
}

/// How far this machine's clock is ahead of the server's, by its `Date`. Seconds.
fn ahead_of(seen: &Observation) -> Option<i64> {
    let (head, _) = seen.heads.last()?;
    let said = head.headers.get(header::DATE)?.to_str().ok()?;
    let theirs: Timestamp = rfc2822::parse(said).ok()?.timestamp();
    let since = SignedDuration::try_from(head.at.elapsed()).ok()?;
    Some((clock::now().wall - since).duration_since(theirs).as_secs())
}
