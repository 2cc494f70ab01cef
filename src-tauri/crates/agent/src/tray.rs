//! What the tray shows: a pure projection from the agent's status to icon, tooltip and menu.

use hark_api::{Severity, SnoozeUntil, Standing, Status, Why};
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
    /// Open it at a message.
    Message(i64),
    /// Open it where it says how each connection is.
    Connections,
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

/// What the tray shows of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// Whether there is something to read.
    pub unread: bool,
    /// The latest messages, the newest first, each with its id and what may be seen of it.
    pub latest: Vec<(i64, String)>,
}

/// How many messages the menu has.
pub const LATEST: u32 = 3;
/// Links that are listed in the menu as not well; the window shows all.
const WRONG_MAX: usize = 5;
/// Characters of an entry: menus are as wide as their widest.
const ENTRY_CHARS_MAX: usize = 60;

/// Minutes.
const AN_HOUR: u32 = 60;

/// The tray for a status at a time.
#[must_use]
pub fn project(status: &Status, glance: &Glance, now: &Zoned, language: Language) -> View {
    let links = &status.links;
    let count = |wanted| links.iter().filter(|link| link.phase.standing() == wanted).count();
    let [paused, live, trying, need_you] =
        [Standing::Paused, Standing::Live, Standing::Trying, Standing::NeedsYou].map(count);
    let followed = links.len() - paused;
    let is_broken = status.conditions.iter().any(|it| it.severity == Severity::Error);
    let icon = match (links.len(), followed) {
        _ if need_you > 0 || is_broken => Icon::NeedsYou,
        (0, _) => Icon::Idle,
        (_, 0) => Icon::Paused,
        _ if trying > 0 => Icon::Trying,
        _ if status.silence.is_some() => Icon::Silent,
        _ => Icon::Live,
    };
    let mut line = vec![match (links.len(), followed) {
        (0, _) => language.pick("Nothing is followed yet", "尚未订阅").to_owned(),
        (_, 0) => language.pick("Paused", "已暂停").to_owned(),
        _ => language.live(live, followed),
    }];
    // The one that is worst, of several the first.
    let worst = links.iter().filter(|link| link.phase.standing() > Standing::Live);
    if let Some(worst) = worst.rev().max_by_key(|link| link.phase.standing()) {
        line.push(language.is(&worst.name, worst.phase.standing()));
    } else if is_broken {
        line.push(language.pick("Hark needs you", "Hark 需要处理").to_owned());
    }
    line.extend(status.silence.as_ref().map(|silence| language.silent(silence, now)));
    if glance.unread {
        line.push(language.pick("unread messages", "有未读消息").to_owned());
    }
    let mut menu = Vec::new();
    let mut part = |entries: Vec<Entry<Action>>| {
        if !entries.is_empty() {
            menu.extend(entries);
            menu.push(Entry::Rule);
        }
    };
    part(glance.latest.iter().map(|(id, text)| click(text, Action::Message(*id))).collect());
    let mut wrong: Vec<_> =
        links.iter().filter(|link| link.phase.standing() > Standing::Live).collect();
    wrong.sort_by_key(|link| std::cmp::Reverse(link.phase.standing()));
    let of = |name: &str, standing| click(&language.is(name, standing), Action::Connections);
    let wrong = wrong.iter().take(WRONG_MAX);
    part(wrong.map(|link| of(&link.name, link.phase.standing())).collect());
    menu.push(click(language.pick("Open Hark", "打开 Hark"), Action::Open));
    menu.push(Entry::Menu(language.pick("Silence", "静默"), silence(status, now, language)));
    if followed > 0 {
        menu.push(click(language.pick("Pause all", "全部暂停"), Action::Pause));
    }
    if paused > 0 {
        menu.push(click(language.pick("Resume all", "全部恢复"), Action::Resume));
    }
    menu.push(Entry::Rule);
    menu.push(click(language.pick("Quit", "退出"), Action::Quit));
    View { icon, unread: glance.unread, tooltip: line.join(" · "), primary: Action::Open, menu }
}

/// An entry of one line that is not too wide.
fn click(text: &str, action: Action) -> Entry<Action> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = match text.char_indices().nth(ENTRY_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    Entry::Click(short, action)
}

/// The menu of silence for all: until when it is, how to have it and how to end it.
fn silence(status: &Status, now: &Zoned, language: Language) -> Vec<Entry<Action>> {
    let mut menu = Vec::new();
    if let Some(silence) = &status.silence {
        menu.extend([Entry::Note(language.silent(silence, now)), Entry::Rule]);
    }
    let mut offer = |english, chinese, until| {
        menu.push(click(language.pick(english, chinese), Action::Snooze(until)));
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
        menu.push(click(language.pick("End the silence", "结束静默"), Action::Wake));
    }
    menu
}

#[cfg(test)]
mod tests {
    use hark_api::{AgentInfo, Cause, Class, Link, Notifications, Phase, Silence, Time};

    use super::*;

    fn status(phases: Vec<Phase>) -> Status {
        let links = phases.into_iter().enumerate().map(|(n, phase)| Link {
            subscription: format!("s{n}"),
            name: format!("S{n}"),
            origin: "https://a.example".into(),
            feed: "json".into(),
            phase,
            lost: None,
            can_send: false,
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

    fn refused() -> Phase {
        let cause = Cause { class: Class::Refused, code: "HTTP 401".into(), sentence: "x".into() };
        Phase::BackingOff { attempt: 1, retry_at: now(), cause }
    }

    fn view(phases: Vec<Phase>) -> View {
        project(&status(phases), &Glance::default(), &noon(), Language::English)
    }

    #[test]
    fn the_icon_shows_the_worst() {
        let streaming = || Phase::Streaming { since: now(), catching_up: false };
        for (phases, icon) in [
            (vec![], Icon::Idle),
            (vec![streaming()], Icon::Live),
            (vec![streaming(), Phase::Paused], Icon::Live),
            (vec![streaming(), down()], Icon::Trying),
            (vec![down(), refused()], Icon::NeedsYou),
            (vec![Phase::Paused, Phase::Paused], Icon::Paused),
            (vec![Phase::Dialing { attempt: 1, since: now(), cause: None }], Icon::Trying),
            (vec![dialing_again()], Icon::Trying),
        ] {
            assert_eq!(view(phases.clone()).icon, icon, "{phases:?}");
        }
        let mut broken = status(vec![streaming()]);
        broken.conditions.push(hark_api::Condition {
            code: "store".into(),
            severity: Severity::Error,
            subscription: None,
            sentence: "x".into(),
        });
        let view = project(&broken, &Glance::default(), &noon(), Language::English);
        assert_eq!((view.icon, view.tooltip.as_str()), (Icon::NeedsYou, "1 live · Hark needs you"));
    }

    #[test]
    fn a_whole_view() {
        let glance = Glance {
            unread: true,
            latest: vec![(7, "S0: Disk\nfull".into()), (6, "x".repeat(99))],
        };
        let status_now = status(vec![down(), Phase::Paused, refused()]);
        let view = project(&status_now, &glance, &noon(), Language::English);
        let click = |text: &str, action| Entry::Click(text.to_owned(), action);
        let wanted = View {
            icon: Icon::NeedsYou,
            unread: true,
            tooltip: "0 of 2 live · S2 needs you · unread messages".into(),
            primary: Action::Open,
            menu: vec![
                click("S0: Disk full", Action::Message(7)),
                click(&format!("{}…", "x".repeat(ENTRY_CHARS_MAX)), Action::Message(6)),
                Entry::Rule,
                click("S2 needs you", Action::Connections),
                click("S0 is being tried", Action::Connections),
                Entry::Rule,
                click("Open Hark", Action::Open),
                Entry::Menu(
                    "Silence",
                    vec![
                        click("For an hour", Action::Snooze(SnoozeUntil::Minutes(60))),
                        click("Until tomorrow 8:00", Action::Snooze(SnoozeUntil::Morning)),
                    ],
                ),
                click("Pause all", Action::Pause),
                click("Resume all", Action::Resume),
                Entry::Rule,
                click("Quit", Action::Quit),
            ],
        };
        assert_eq!(view, wanted);
        let chinese = project(&status(vec![]), &Glance::default(), &noon(), Language::Chinese);
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
            project(&status, &Glance::default(), &noon(), language)
        };
        let view = silent(Why::Snooze, Some("2026-01-02T00:00:00Z"), Language::English);
        assert_eq!(view.icon, Icon::Silent);
        assert_eq!(view.tooltip, "1 live · Silent until tomorrow 00:00");
        let menu = |view: View| {
            view.menu.into_iter().find_map(|entry| match entry {
                Entry::Menu(_, entries) => Some(entries),
                _ => None,
            })
        };
        let wanted = vec![
            Entry::Note("Silent until tomorrow 00:00".into()),
            Entry::Rule,
            click("For an hour", Action::Snooze(SnoozeUntil::Minutes(60))),
            click("Until tomorrow 8:00", Action::Snooze(SnoozeUntil::Morning)),
            click("Until unlocked", Action::Snooze(SnoozeUntil::Unlocked)),
            click("End the silence", Action::Wake),
        ];
        assert_eq!(menu(view), Some(wanted));
        let view = silent(Why::Snooze, Some("2026-01-02T00:00:00Z"), Language::Chinese);
        assert_eq!(view.tooltip, "1 个在线 · 静默到明天 00:00");
        let view = silent(Why::DoNotDisturb, None, Language::Chinese);
        assert_eq!(view.tooltip, "1 个在线 · 静默：请勿打扰");
        let entries = menu(view).unwrap();
        let is_wake = |entry: &Entry<Action>| matches!(entry, Entry::Click(_, Action::Wake));
        assert!(!entries.iter().any(is_wake), "that is the desktop's to end");
    }

    #[test]
    fn in_the_night_the_next_morning_is_that_of_the_day() {
        let at = |time: &str| {
            let now = format!("2026-01-02T{time}[UTC]").parse().unwrap();
            let entries = silence(&status(vec![]), &now, Language::English);
            entries
                .into_iter()
                .any(|entry| matches!(entry, Entry::Click(text, _) if text == "Until 8:00"))
        };
        let found = ["23:59:59", "00:00:00", "04:59:59", "05:00:00"].map(at);
        assert_eq!(found, [false, true, true, false]);
    }
}
