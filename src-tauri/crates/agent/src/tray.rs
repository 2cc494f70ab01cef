//! What the tray shows: a pure projection from the agent's status to icon, tooltip and menu.

use hark_api::{Phase, Status};
use hark_platform::tray::{Entry, Icon};

use crate::words::Language;

/// The tray for a status.
pub type View = hark_platform::tray::View<Action>;

/// What a click means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open the window.
    Open,
    /// Pause every link.
    Pause,
    /// Resume every link.
    Resume,
    /// End the agent.
    Quit,
}

/// Links that are listed in the menu; the window shows all.
const NOTES_MAX: usize = 8;

/// The tray for a status.
#[must_use]
pub fn project(status: &Status, language: Language) -> View {
    let links = &status.links;
    let count =
        |wanted: fn(&Phase) -> bool| links.iter().filter(|link| wanted(&link.phase)).count();
    let paused = count(|phase| matches!(phase, Phase::Paused));
    let connected = count(|phase| matches!(phase, Phase::Streaming { .. }));
    // A lost link that is dialled is not back yet.
    let down = count(|phase| {
        matches!(
            phase,
            Phase::BackingOff { .. } | Phase::Halted { .. } | Phase::Dialing { cause: Some(_), .. }
        )
    });
    let followed = links.len() - paused;
    let icon = match (links.len(), followed, down) {
        (0, _, _) => Icon::Idle,
        (_, 0, _) => Icon::Paused,
        (_, _, 0) if connected == followed => Icon::Connected,
        (_, _, 0) => Icon::Idle,
        _ => Icon::Trouble,
    };
    let tooltip = match icon {
        _ if links.is_empty() => language.pick("Nothing is followed yet", "尚未订阅").to_owned(),
        Icon::Paused => language.pick("Paused", "已暂停").to_owned(),
        _ => match language {
            Language::English => format!("{connected} of {followed} connected"),
            Language::Chinese => format!("{followed} 个订阅中 {connected} 个已连接"),
        },
    };
    let mut menu: Vec<Entry<Action>> = links
        .iter()
        .take(NOTES_MAX)
        .map(|link| Entry::Note(format!("{}: {}", link.name, in_words(&link.phase, language))))
        .collect();
    if !menu.is_empty() {
        menu.push(Entry::Rule);
    }
    menu.push(Entry::Click(language.pick("Open Hark", "打开 Hark"), Action::Open));
    if followed > 0 {
        menu.push(Entry::Click(language.pick("Pause all", "全部暂停"), Action::Pause));
    }
    if paused > 0 {
        menu.push(Entry::Click(language.pick("Resume all", "全部恢复"), Action::Resume));
    }
    menu.push(Entry::Rule);
    menu.push(Entry::Click(language.pick("Quit", "退出"), Action::Quit));
    View { icon, tooltip, primary: Action::Open, menu }
}

fn in_words(phase: &Phase, language: Language) -> &'static str {
    match phase {
        Phase::Idle | Phase::Dialing { .. } => language.pick("connecting", "正在连接"),
        Phase::Streaming { .. } => language.pick("connected", "已连接"),
        Phase::BackingOff { .. } => language.pick("lost, will retry", "已断开，将重试"),
        Phase::Paused => language.pick("paused", "已暂停"),
        Phase::Halted { .. } => language.pick("stopped by the server", "已被服务器停止"),
    }
}

#[cfg(test)]
mod tests {
    use hark_api::{AgentInfo, Cause, Class, Link, Notifications, Time};

    use super::*;

    fn status(phases: Vec<Phase>) -> Status {
        let links = phases.into_iter().enumerate().map(|(n, phase)| Link {
            subscription: format!("s{n}"),
            name: format!("S{n}"),
            origin: "https://a.example".into(),
            feed: "json".into(),
            phase,
            known_since: now(),
            last_heard: None,
            heartbeat: None,
            messages: 0,
            set_aside: 0,
            dropped: 0,
            silence: None,
        });
        let agent = AgentInfo {
            version: "1".into(),
            pid: 1,
            started: now(),
            settings: String::new(),
            tray: true,
            demo: false,
            notifications: Notifications { server: None, capabilities: vec![] },
            feeds: vec![],
            locked: None,
        };
        Status { agent, links: links.collect(), conditions: vec![], silence: None }
    }

    fn now() -> Time {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn down() -> Phase {
        let cause = Cause { class: Class::Server, code: "HTTP 503".into(), sentence: "x".into() };
        Phase::BackingOff { attempt: 1, retry_at: now(), cause }
    }

    fn dialing_again() -> Phase {
        let Phase::BackingOff { cause, .. } = down() else { panic!() };
        Phase::Dialing { attempt: 2, since: now(), cause: Some(cause) }
    }

    #[test]
    fn the_icon_shows_the_worst() {
        let streaming = || Phase::Streaming { since: now(), catching_up: false };
        for (phases, icon) in [
            (vec![], Icon::Idle),
            (vec![streaming()], Icon::Connected),
            (vec![streaming(), Phase::Paused], Icon::Connected),
            (vec![streaming(), down()], Icon::Trouble),
            (vec![Phase::Paused, Phase::Paused], Icon::Paused),
            (vec![Phase::Dialing { attempt: 1, since: now(), cause: None }], Icon::Idle),
            (vec![dialing_again()], Icon::Trouble),
        ] {
            assert_eq!(
                project(&status(phases.clone()), Language::English).icon,
                icon,
                "{phases:?}"
            );
        }
    }

    #[test]
    fn a_whole_view() {
        let view = project(&status(vec![down(), Phase::Paused]), Language::English);
        let wanted = View {
            icon: Icon::Trouble,
            tooltip: "0 of 1 connected".into(),
            primary: Action::Open,
            menu: vec![
                Entry::Note("S0: lost, will retry".into()),
                Entry::Note("S1: paused".into()),
                Entry::Rule,
                Entry::Click("Open Hark", Action::Open),
                Entry::Click("Pause all", Action::Pause),
                Entry::Click("Resume all", Action::Resume),
                Entry::Rule,
                Entry::Click("Quit", Action::Quit),
            ],
        };
        assert_eq!(view, wanted);
        let chinese = project(&status(vec![]), Language::Chinese);
        assert_eq!(chinese.tooltip, "尚未订阅");
    }
}
