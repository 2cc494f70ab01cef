//! What the tray shows: a pure projection from the agent's status to icon, tooltip and menu.

use hark_api::{Phase, SnoozeUntil, Status, Why};
use hark_engine::silence::when::{self, Day};
use hark_platform::tray::{Entry, Icon};
use jiff::Zoned;

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
    /// Snooze all until then.
    Snooze(SnoozeUntil),
    /// End every snooze.
    Wake,
    /// End the agent.
    Quit,
}

/// Links that are listed in the menu; the window shows all.
const NOTES_MAX: usize = 8;

/// Minutes.
const AN_HOUR: u32 = 60;

/// The tray for a status at a time.
#[must_use]
pub fn project(status: &Status, now: &Zoned, language: Language) -> View {
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
        (_, _, 0) if connected == followed && status.silence.is_some() => Icon::Silent,
        (_, _, 0) if connected == followed => Icon::Connected,
        (_, _, 0) => Icon::Idle,
        _ => Icon::Trouble,
    };
    let mut tooltip = match icon {
        _ if links.is_empty() => language.pick("Nothing is followed yet", "尚未订阅").to_owned(),
        Icon::Paused => language.pick("Paused", "已暂停").to_owned(),
        _ => match language {
            Language::English => format!("{connected} of {followed} connected"),
            Language::Chinese => format!("{followed} 个订阅中 {connected} 个已连接"),
        },
    };
    if let Some(silence) = &status.silence {
        tooltip = format!("{tooltip} · {}", language.silent(silence, now));
    }
    let mut menu: Vec<Entry<Action>> = links
        .iter()
        .take(NOTES_MAX)
        .map(|link| Entry::Note(format!("{}: {}", link.name, in_words(&link.phase, language))))
        .collect();
    if !menu.is_empty() {
        menu.push(Entry::Rule);
    }
    menu.push(Entry::Click(language.pick("Open Hark", "打开 Hark"), Action::Open));
    menu.push(Entry::Menu(language.pick("Silence", "静默"), silence(status, now, language)));
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

/// The menu of silence for all: until when it is, how to have it and how to end it.
fn silence(status: &Status, now: &Zoned, language: Language) -> Vec<Entry<Action>> {
    let mut menu = Vec::new();
    if let Some(silence) = &status.silence {
        menu.extend([Entry::Note(language.silent(silence, now)), Entry::Rule]);
    }
    let mut offer = |english, chinese, until| {
        menu.push(Entry::Click(language.pick(english, chinese), Action::Snooze(until)));
    };
    offer("For an hour", "一小时", SnoozeUntil::Minutes(AN_HOUR));
    let morning = when::morning(now).to_zoned(now.time_zone().clone());
    match when::day(&morning, now) {
        Day::Today => offer("Until 8:00", "到 8:00", SnoozeUntil::Morning),
        _ => offer("Until tomorrow 8:00", "到明天 8:00", SnoozeUntil::Morning),
    }
    if status.agent.locked.is_some() {
        offer("Until unlocked", "直到解锁", SnoozeUntil::Unlocked);
    }
    if status.silence.as_ref().is_some_and(|silence| silence.why == Why::Snooze) {
        menu.push(Entry::Click(language.pick("End the silence", "结束静默"), Action::Wake));
    }
    menu
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
    use hark_api::{AgentInfo, Cause, Class, Link, Notifications, Silence, Time};

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
            edition: 0,
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

    fn noon() -> Zoned {
        "2026-01-01T12:00:00[UTC]".parse().unwrap()
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
                project(&status(phases.clone()), &noon(), Language::English).icon,
                icon,
                "{phases:?}"
            );
        }
    }

    #[test]
    fn a_whole_view() {
        let view = project(&status(vec![down(), Phase::Paused]), &noon(), Language::English);
        let wanted = View {
            icon: Icon::Trouble,
            tooltip: "0 of 1 connected".into(),
            primary: Action::Open,
            menu: vec![
                Entry::Note("S0: lost, will retry".into()),
                Entry::Note("S1: paused".into()),
                Entry::Rule,
                Entry::Click("Open Hark", Action::Open),
                Entry::Menu(
                    "Silence",
                    vec![
                        Entry::Click("For an hour", Action::Snooze(SnoozeUntil::Minutes(60))),
                        Entry::Click("Until tomorrow 8:00", Action::Snooze(SnoozeUntil::Morning)),
                    ],
                ),
                Entry::Click("Pause all", Action::Pause),
                Entry::Click("Resume all", Action::Resume),
                Entry::Rule,
                Entry::Click("Quit", Action::Quit),
            ],
        };
        assert_eq!(view, wanted);
        let chinese = project(&status(vec![]), &noon(), Language::Chinese);
        assert_eq!(chinese.tooltip, "尚未订阅");
    }

    #[test]
    fn a_silence_is_shown_with_its_end_and_the_way_to_end_it() {
        let streaming = Phase::Streaming { since: now(), catching_up: false };
        let silent = |why, until: Option<&str>, language| {
            let until = until.map(|until| until.parse().unwrap());
            let mut status = status(vec![streaming.clone()]);
            status.silence = Some(Silence { why, passes: None, until });
            status.agent.locked = Some(false);
            project(&status, &noon(), language)
        };
        let view = silent(Why::Snooze, Some("2026-01-02T00:00:00Z"), Language::English);
        assert_eq!(view.icon, Icon::Silent);
        assert_eq!(view.tooltip, "1 of 1 connected · Silent until tomorrow 00:00");
        let menu = |view: View| {
            view.menu.into_iter().find_map(|entry| match entry {
                Entry::Menu(_, entries) => Some(entries),
                _ => None,
            })
        };
        let wanted = vec![
            Entry::Note("Silent until tomorrow 00:00".into()),
            Entry::Rule,
            Entry::Click("For an hour", Action::Snooze(SnoozeUntil::Minutes(60))),
            Entry::Click("Until tomorrow 8:00", Action::Snooze(SnoozeUntil::Morning)),
            Entry::Click("Until unlocked", Action::Snooze(SnoozeUntil::Unlocked)),
            Entry::Click("End the silence", Action::Wake),
        ];
        assert_eq!(menu(view), Some(wanted));
        let view = silent(Why::Snooze, Some("2026-01-02T00:00:00Z"), Language::Chinese);
        assert_eq!(view.tooltip, "1 个订阅中 1 个已连接 · 静默到明天 00:00");
        let view = silent(Why::DoNotDisturb, None, Language::Chinese);
        assert_eq!(view.tooltip, "1 个订阅中 1 个已连接 · 静默：请勿打扰");
        let entries = menu(view).unwrap();
        let is_wake = |entry: &Entry<Action>| matches!(entry, Entry::Click(_, Action::Wake));
        assert!(!entries.iter().any(is_wake), "that is the desktop's to end");
    }

    #[test]
    fn in_the_night_the_next_morning_is_that_of_the_day() {
        let at = |time: &str| {
            let now = format!("2026-01-02T{time}[UTC]").parse().unwrap();
            let entries = silence(&status(vec![]), &now, Language::English);
            entries.into_iter().any(|entry| matches!(entry, Entry::Click("Until 8:00", _)))
        };
        let found = ["23:59:59", "00:00:00", "04:59:59", "05:00:00"].map(at);
        assert_eq!(found, [false, true, true, false]);
    }
}
