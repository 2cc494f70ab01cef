//! The desktop: who shows what Hark has to show, and who tells it what happens around it. Pure.

use super::{Autostart, Check, Desktop, Group};
use crate::Mark;

pub(super) fn judge(desktop: &Desktop) -> Vec<Check> {
    let check = |about, mark, seen: String| Check::new(Group::Desktop, about, mark, seen);
    let mut checks = Vec::new();
    if let Some(Err(why)) = &desktop.session {
        checks.push(check("session bus", Mark::Warning, format!("There is none: {why}.")).advice(
            "Nothing can be shown without a desktop; on a server that is as it should be: \
                 hark agent --headless",
        ));
    } else {
        if desktop.session.is_some() {
            checks.push(check("session bus", Mark::Ok, "It answers.".to_owned()));
        }
        checks.push(match &desktop.notifications {
            Ok((name, capabilities)) if capabilities.is_empty() => {
                check("notifications", Mark::Ok, format!("{name} shows them."))
            }
            Ok((name, capabilities)) => {
                let can = capabilities.join(", ");
                check("notifications", Mark::Ok, format!("{name} shows them; it can: {can}."))
            }
            Err(why) => {
                let check =
                    check("notifications", Mark::Wrong, format!("Nobody shows them: {why}."));
                match desktop.session {
                    Some(_) => check
                        .advice("Install and start a notification server, such as dunst or mako."),
                    None => check,
                }
            }
        });
        checks.extend(desktop.tray_host.map(|is_there| match is_there {
            true => check("tray", Mark::Ok, "The desktop shows icons.".to_owned()),
            false => check("tray", Mark::Warning, "The desktop shows no icons of programs.".to_owned()).advice(
                "On GNOME, install the extension AppIndicator; without it, hark open shows the window.",
            ),
        }));
    }
    checks.push(match desktop.autostart {
        Autostart::Entry => check(
            "autostart",
            Mark::Ok,
            "The agent starts with the desktop, by an entry of its own.".to_owned(),
        ),
        Autostart::Unit => check(
            "autostart",
            Mark::Ok,
            "The agent starts with the desktop, by its systemd unit.".to_owned(),
        ),
        Autostart::Off if matches!(desktop.session, Some(Err(_))) => {
            check("autostart", Mark::Ok, "The agent does not start with a desktop.".to_owned())
        }
        Autostart::Off => check(
            "autostart",
            Mark::Warning,
            "The agent does not start with the desktop.".to_owned(),
        )
        .advice("hark autostart on"),
        Autostart::Both => check(
            "autostart",
            Mark::Warning,
            "The agent is started twice: by its systemd unit and by an entry.".to_owned(),
        )
        .advice("hark autostart on"),
    });
    checks.push(match &desktop.sleep {
        Some(Ok(true)) => check("sleep", Mark::Ok, "logind tells of it.".to_owned()),
        None => check("sleep", Mark::Ok, "The clocks are compared every 20 s.".to_owned()),
        Some(Ok(false)) => check(
            "sleep",
            Mark::Ok,
            "There is no logind; the clocks are compared every 20 s instead.".to_owned(),
        ),
        Some(Err(why)) => check(
            "sleep",
            Mark::Ok,
            format!("There is no system bus ({why}); the clocks are compared every 20 s instead."),
        ),
    });
    checks.push(match &desktop.network {
        Ok(()) => check("network", Mark::Ok, "The system tells of its changes.".to_owned()),
        Err(why) => check(
            "network",
            Mark::Warning,
            format!(
                "Its changes are not told: {why}. What is lost is noticed by its heartbeat alone."
            ),
        ),
    });
    checks
}
