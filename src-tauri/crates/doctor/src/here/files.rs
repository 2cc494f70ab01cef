//! The files: what the person has written, what Hark keeps, and whether there is room. Pure.

use hark_engine::readable::Line;

use super::{Agent, Check, Credentials, Files, Folder, Group, Permissions, Server};
use crate::Mark;

/// With less room than this, writing will fail soon. Bytes.
const ROOM_BYTES_LOW: u64 = 200 << 20;
/// With less than this, it fails. Bytes.
const ROOM_BYTES_MIN: u64 = 10 << 20;

fn check(about: &'static str, mark: Mark, seen: impl Into<String>) -> Check {
    Check::new(Group::Files, about, mark, seen)
}

pub(super) fn judge(
    files: &Files,
    agent: &Result<Agent, String>,
    servers: &[Server],
) -> Vec<Check> {
    let mut checks = vec![match &files.settings {
        Ok(0) => check("settings", Mark::Warning, "They can be read, and nothing is followed.")
            .advice("hark add URL"),
        Ok(1) => check("settings", Mark::Ok, "They can be read: 1 subscription."),
        Ok(count) => {
            check("settings", Mark::Ok, format!("They can be read: {count} subscriptions."))
        }
        Err(problem) => check("settings", Mark::Wrong, problem.as_str()).advice(match agent {
            Ok(_) => "Until that is mended, what was in force before stays so.",
            Err(_) => "Mend that first: where no agent runs, nothing is in force.",
        }),
    }];
    checks.extend(
        files.presets.iter().map(|problem| check("presets", Mark::Wrong, problem.as_str())),
    );
    checks.extend(servers.iter().filter_map(credentials));
    checks.extend(files.folders.iter().map(folder));
    checks.push(match &files.free_bytes {
        Ok(bytes) => room(*bytes),
        Err(why) => check("room", Mark::Unknown, format!("The disk does not tell: {why}.")),
    });
    checks.extend(match agent {
        Ok(agent) => of_agent(agent),
        Err(why) => vec![
            check("agent", Mark::Warning, why.as_str())
                .advice("hark open, or on a server: hark agent --headless"),
        ],
    });
    checks.push(match &files.database {
        Ok(database) => match (&database.problem, database.whole) {
            (Some(problem), _) => check(
                "database",
                Mark::Wrong,
                format!("It is damaged, as SQLite says: {}.", Line::from(&**problem)),
            )
            .advice(
                "Stop the agent and move the file away: hark stop. What servers still hold comes \
                         again.",
            ),
            (None, true) => check("database", Mark::Ok, "It was looked through and is well."),
            (None, false) => check(
                "database",
                Mark::Unknown,
                "It is too large to be looked through in 20 s; nothing was found until then.",
            ),
        },
        Err(why) => check("database", Mark::Unknown, format!("{why} Only an agent looks into it.")),
    });
    checks
}

fn of_agent(agent: &Agent) -> Vec<Check> {
    let Agent { version, own_version, conditions } = agent;
    let mut checks = vec![if version == own_version {
        check("agent", Mark::Ok, format!("It runs, version {version}."))
    } else {
        check(
            "agent",
            Mark::Warning,
            format!("It runs in version {version}, and this is {own_version}."),
        )
        .advice("Start it anew: hark stop, then hark open")
    }];
    checks.extend(conditions.iter().map(|condition| {
        let mark = if condition.is_error { Mark::Wrong } else { Mark::Warning };
        check("agent", mark, condition.sentence.as_str())
    }));
    checks
}

fn credentials(server: &Server) -> Option<Check> {
    let (mark, seen) = match &server.credentials {
        Credentials::None => return None,
        Credentials::Read => (Mark::Ok, "They can be read, and by you alone.".to_owned()),
        Credentials::Elsewhere => (
            Mark::Unknown,
            "They are in the agent's environment, which is not seen from here.".to_owned(),
        ),
        Credentials::Wrong(sentence) => (Mark::Wrong, sentence.clone()),
    };
    let seen = format!("{}: {seen}", server.key);
    Some(check("credentials", mark, seen))
}

fn folder(folder: &Folder) -> Check {
    let Folder { path, is_private, found } = folder;
    match found {
        Ok(Permissions::NotYet) => {
            check("folder", Mark::Ok, format!("{path} is made when it is needed."))
        }
        Ok(Permissions::Told { is_mine: false, .. }) => {
            check("folder", Mark::Wrong, format!("{path} belongs to another user."))
                .advice("Give it to yourself, or choose another one with --profile DIR.")
        }
        Ok(Permissions::Told { mode, .. }) if mode & 0o700 != 0o700 => {
            check("folder", Mark::Wrong, format!("{path} cannot be used ({mode:03o})."))
                .advice(format!("chmod 700 {path}"))
        }
        Ok(Permissions::Told { mode, .. }) if *is_private && mode & 0o077 != 0 => {
            check("folder", Mark::Warning, format!("Others may enter {path} ({mode:03o})."))
                .advice(format!("chmod 700 {path}"))
        }
        Ok(Permissions::Told { mode, .. }) if mode & 0o022 != 0 => {
            check("folder", Mark::Wrong, format!("Others may write into {path} ({mode:03o})."))
                .advice(format!("chmod go-w {path}"))
        }
        Ok(Permissions::NotTold) => check("folder", Mark::Ok, format!("{path} is there.")),
        Ok(Permissions::Told { .. }) => check("folder", Mark::Ok, format!("{path} is yours.")),
        Err(why) => check("folder", Mark::Wrong, format!("{path} cannot be looked at: {why}.")),
    }
}

fn room(bytes: u64) -> Check {
    let seen = format!("{} are free where the database is.", size(bytes));
    match bytes {
        0..ROOM_BYTES_MIN => {
            check("room", Mark::Wrong, seen).advice("Make room: nothing that comes can be kept.")
        }
        ROOM_BYTES_MIN..ROOM_BYTES_LOW => check("room", Mark::Warning, seen)
            .advice("Make room before it is full; [keep] in the settings bounds what Hark keeps."),
        _ => check("room", Mark::Ok, seen),
    }
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        mib if mib >= 10 << 10 => format!("{} GiB", mib >> 10),
        mib => format!("{mib} MiB"),
    }
}
