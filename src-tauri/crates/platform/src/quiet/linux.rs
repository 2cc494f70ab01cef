//! Linux: the session bus: what on it tells of silence, and who is asked then.
//!
//! A signal says that something may have changed, and its content is not believed: what it is about is asked
//! for. Nobody is started by being asked.

mod desktop;
mod gsettings;

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, future::join};
use tokio::{sync::watch, time::sleep};
use zbus::{
    Connection, MatchRule, Message, MessageStream, fdo::DBusProxy, message::Type,
    zvariant::OwnedValue,
};

use super::Session;
use crate::bus::{Late, Place, Said, answered, ask_after, call, said};

/// Where there is no session bus, when one is looked for again.
const RETRY: Duration = Duration::from_secs(60);
/// Where one who is asked does not answer in time, when it is asked again, and how often.
const ASK_AGAIN: Duration = Duration::from_secs(5);
const ASKED_MAX: usize = 12;
/// Which signals are asked for; those of other desktops seldom come.
const RULES: [(&str, &str, Option<&str>); 8] = [
    ("org.freedesktop.DBus", "NameOwnerChanged", Some(desktop::NOTIFICATIONS.name)),
    ("org.freedesktop.DBus", "NameOwnerChanged", Some(FREEDESKTOP_SAVER.name)),
    ("org.freedesktop.DBus", "NameOwnerChanged", Some(GNOME_SAVER.name)),
    (PROPERTIES, "PropertiesChanged", Some(desktop::NOTIFICATIONS.interface)),
    (PROPERTIES, "PropertiesChanged", Some(desktop::DUNST.interface)),
    (desktop::XFCONF.interface, "PropertyChanged", Some(desktop::XFCE_CHANNEL)),
    (desktop::XFCONF.interface, "PropertyRemoved", Some(desktop::XFCE_CHANNEL)),
    (desktop::DCONF, "Notify", None),
];
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// KDE's and others' screen saver.
const FREEDESKTOP_SAVER: Place = Place {
    name: "org.freedesktop.ScreenSaver",
    path: "/org/freedesktop/ScreenSaver",
    interface: "org.freedesktop.ScreenSaver",
};
/// GNOME's.
const GNOME_SAVER: Place = Place {
    name: "org.gnome.ScreenSaver",
    path: "/org/gnome/ScreenSaver",
    interface: "org.gnome.ScreenSaver",
};

/// Watches for as long as it is polled.
pub(super) async fn run(tell: watch::Sender<Session>) {
    loop {
        if let Err(error) = follow(&tell).await {
            tracing::debug!("the session does not tell of silence: {error}");
        }
        say(&tell, Session { asked: true, ..Session::default() });
        sleep(RETRY).await;
    }
}

fn say(tell: &watch::Sender<Session>, now: Session) {
    tell.send_if_modified(|said| std::mem::replace(said, now) != now);
}

/// Follows one session bus to its end.
async fn follow(tell: &watch::Sender<Session>) -> zbus::Result<()> {
    let connection = Connection::session().await?;
    let bus = DBusProxy::new(&connection).await?;
    // Before anything is asked, so that no change falls in between.
    let messages = MessageStream::from(&connection);
    for (interface, member, first) in RULES {
        let mut rule = MatchRule::builder().msg_type(Type::Signal);
        rule = rule.interface(interface)?.member(member)?;
        if let Some(first) = first {
            rule = rule.arg(0, first)?;
        }
        bus.add_match_rule(rule.build()).await?;
    }
    for saver in [FREEDESKTOP_SAVER.interface, GNOME_SAVER.interface] {
        let rule = MatchRule::builder().msg_type(Type::Signal).interface(saver)?;
        bus.add_match_rule(rule.member("ActiveChanged")?.build()).await?;
    }
    let news = messages.filter_map(|message| async move {
        message.is_ok_and(|message| is_news(&message)).then_some(())
    });
    let ask = || {
        let connection = connection.clone();
        async move {
            let mut answers = (Err(Late), Err(Late));
            for _ in 0..ASKED_MAX {
                answers = join(desktop::do_not_disturb(&connection), saver(&connection)).await;
                if answers.0.is_ok() && answers.1.is_ok() {
                    break;
                }
                sleep(ASK_AGAIN).await;
            }
            answers
        }
        .boxed()
    };
    let is_told = |(do_not_disturb, saver): (Said, Said)| {
        // Of one who is slow, what was known before is so still.
        let before = *tell.borrow();
        let do_not_disturb = do_not_disturb.unwrap_or(before.do_not_disturb);
        let saver = saver.unwrap_or(before.saver);
        say(tell, Session { asked: true, there: true, do_not_disturb, saver });
    };
    ask_after(news.boxed(), ask, is_told).await;
    Ok(())
}

/// Whether a screen saver has the screen.
async fn saver(connection: &Connection) -> Said {
    let active = |place| call::<_, bool>(connection, place, "GetActive", &());
    let (one, other) = join(active(FREEDESKTOP_SAVER), active(GNOME_SAVER)).await;
    answered([said(one), said(other)])
}

/// Whether a message is a signal that may concern an answer.
fn is_news(message: &Message) -> bool {
    let header = message.header();
    if message.message_type() != Type::Signal {
        return false;
    }
    let body = message.body();
    let Some(member) = header.member() else { return false };
    match member.as_str() {
        "PropertiesChanged" => {
            type Changed<'a> =
                (&'a str, std::collections::HashMap<&'a str, OwnedValue>, Vec<&'a str>);
            body.deserialize::<Changed<'_>>().is_ok_and(|(_, changed, invalid)| {
                changed.into_keys().chain(invalid).any(desktop::is_property)
            })
        }
        "PropertyChanged" | "PropertyRemoved" => {
            // The value of the first is not looked at.
            let property = match body.deserialize::<(&str, &str, OwnedValue)>() {
                Ok((_, property, _)) => Ok(property.to_owned()),
                Err(_) => body.deserialize::<(&str, &str)>().map(|(_, it)| it.to_owned()),
            };
            property.is_ok_and(|property| property == desktop::XFCE_PROPERTY)
        }
        "Notify" => body
            .deserialize::<(&str, Vec<&str>, &str)>()
            .is_ok_and(|(prefix, changes, _)| desktop::is_gnome_key(prefix, &changes)),
        // Of no other names than those of the rules.
        "NameOwnerChanged" | "ActiveChanged" => true,
        _ => false,
    }
}
