//! Notification servers as people have them, each with its own manners, and the same story with each: an
//! alert, one that is said twice, updates of a sequence with a restart of the agent between them, trouble, a
//! clear and a storm. Nothing is lost, nothing is said more than once too often, nothing blocks, and what
//! other programs show is never touched: the server's own screen is the judge.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{collections::BTreeMap, time::Duration};

use hark_api::{Message, Shown};
use hark_tests::{
    LONG, Running, World,
    bus::Bus,
    eventually,
    fake::{Manners, Notifications, Notified, OnScreen, USUAL},
    ntfy::Ntfy,
};
use rustix::process::Signal;
use serde_json::json;

/// What happens to a server while a sequence is on its screen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// Nothing.
    Nothing,
    /// It ends, and another one takes its place that counts anew.
    Ends,
    /// It ends while it is to show something.
    EndsBusy,
    /// So does it, before Hark can notice that.
    EndsUnseen,
    /// It answers nothing for a while.
    Freezes,
}
use Trouble::{Ends, EndsBusy, EndsUnseen, Freezes, Nothing};

macro_rules! servers {
    ($($name:ident: $trouble:expr, $manners:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            Story::of($manners, $trouble).await;
        })*
    };
}

const GNOME: Manners = Manners {
    name: "gnome-shell",
    capabilities: &["actions", "body", "body-markup", "icon-static", "persistence", "sound"],
    tells_sender_only: true,
    forgets_senders: true,
    drops_unknown: true,
    ..USUAL
};

const KDE: Manners = Manners {
    name: "Plasma",
    capabilities: &["body", "body-markup", "body-hyperlinks", "actions", "inline-reply"],
    refuses_identical: Some(Duration::from_secs(1)),
    drops_unknown: true,
    ..USUAL
};

servers! {
    usual: Nothing, USUAL;
    gnome: Nothing, GNOME;
    gnome_that_ends: Ends, GNOME;
    kde: Nothing, KDE;
    kde_that_ends: Ends, KDE;
    dunst: Nothing, Manners { name: "dunst", capabilities: &["actions", "body"], ..USUAL };
    mako: Nothing, Manners { name: "mako", capabilities: &["body", "body-markup", "actions"], ..USUAL };
    without_actions: Nothing, Manners { capabilities: &["body"], ..USUAL };
    without_body: Nothing, Manners { capabilities: &["actions"], ..USUAL };
    with_nothing: Nothing, Manners { capabilities: &[], ..USUAL };
    that_reuses_numbers: Nothing, Manners { reuses_numbers: true, ..USUAL };
    that_reuses_numbers_and_ends: Ends, Manners { reuses_numbers: true, ..USUAL };
    that_expires_before_an_update: Nothing, Manners { expires_before_update: true, ..USUAL };
    that_is_slow: Nothing, Manners { delay: Duration::from_millis(400), ..USUAL };
    that_ends: Ends, USUAL;
    that_ends_over_it: EndsBusy, USUAL;
    that_ends_unseen: EndsUnseen, USUAL;
    that_freezes: Freezes, USUAL;
    kde_that_freezes: Freezes, KDE;
}

/// Messages of the storm, of which each tenth is urgent.
const STORM: usize = 300;
/// Notifications that are on the screen at most, with those of the highest priority.
const PLACES: usize = 6;

struct Story {
    world: World,
    bus: Bus,
    manners: Manners,
    screen: Notifications,
    /// All that Hark has sent.
    calls: Vec<Notified>,
    other: Other,
    ntfy: Ntfy,
    agent: Option<Running>,
}

/// Another program, with notifications of its own.
struct Other {
    connection: zbus::Connection,
    shown: Vec<u32>,
}

impl Other {
    /// Shows so many more.
    async fn shows(&mut self, count: usize) {
        let name = "org.freedesktop.Notifications";
        for _ in 0..count {
            let (none, hints) =
                (Vec::<&str>::new(), BTreeMap::<&str, zbus::zvariant::Value>::new());
            let body = format!("It plays {}.", self.shown.len());
            let call = ("Music", 0_u32, "", "A song", body, none, hints, -1_i32);
            let path = "/org/freedesktop/Notifications";
            let answer = self.connection.call_method(Some(name), path, Some(name), "Notify", &call);
            self.shown.push(answer.await.unwrap().body().deserialize().unwrap());
        }
    }

    fn is_sender(&self, shown: &OnScreen) -> bool {
        self.connection.unique_name().unwrap().as_str() == shown.sender
    }

    /// What of it is on the screen, by number.
    fn left(&self, screen: &Notifications) -> Vec<u32> {
        let own = screen.screen().into_iter().filter(|it| self.is_sender(it));
        let mut own: Vec<u32> = own.map(|it| it.id).collect();
        own.sort_unstable();
        own
    }
}

impl Story {
    async fn of(manners: Manners, trouble: Trouble) {
        let mut world = World::new();
        let bus = Bus::start(&mut world).await;
        let screen = Notifications::with(manners, &bus).await;
        let mut other = Other { connection: bus.connect().await, shown: Vec::new() };
        other.shows(2).await;
        let ntfy = Ntfy::start().await;
        let url = ntfy.url("/a");
        world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
        let agent = Some(world.agent().await);
        world.caught_up("news").await;
        let calls = Vec::new();
        let mut it = Self { world, bus, manners, screen, calls, other, ntfy, agent };
        it.alerts().await;
        it.updates(trouble).await;
        it.storm().await;
        it.is_judged().await;
    }

    fn publish(&self, title: &str) {
        self.ntfy.publish_as("message", "a", json!({ "title": title, "message": "text" }));
    }

    fn update(&self, number: u32) {
        let fields =
            json!({ "title": format!("job {number}"), "message": "text", "sequence_id": "job" });
        self.ntfy.publish_as("message", "a", fields);
    }

    /// What of Hark's is on the screen with a title that begins so.
    fn mine(&self, title: &str) -> Vec<OnScreen> {
        let all = self.screen.screen().into_iter();
        all.filter(|it| !self.other.is_sender(it) && it.summary.starts_with(title)).collect()
    }

    /// Waits until so many with such a title are on the screen, and no other that begins like it.
    async fn shows(&self, title: &str, begin: &str, count: usize) -> Vec<OnScreen> {
        eventually(&format!("{count} {title:?} are on the screen"), LONG, async || {
            let (all, wanted) = (self.mine(begin), self.mine(title));
            let is_so = wanted.len() == count && all.len() == count;
            is_so.then_some(wanted).ok_or(format!("{all:?}"))
        })
        .await
    }

    /// Waits until all messages with such a title have become this.
    async fn became(&self, title: &str, wanted: impl Fn(&Message) -> bool) {
        eventually(&format!("what became of {title} is written"), LONG, async || {
            let messages = self.world.all_messages().await;
            let own: Vec<_> = messages.iter().filter(|it| it.title == title).collect();
            let is_so = !own.is_empty() && own.iter().all(|it| wanted(it));
            is_so.then_some(()).ok_or(format!("{own:?}"))
        })
        .await;
    }

    /// One is shown, and another one that is said twice.
    async fn alerts(&mut self) {
        self.publish("plain");
        let plain = self.shows("plain", "plain", 1).await;
        // One that bears no text below its title bears it there.
        let has_body = self.manners.capabilities.contains(&"body");
        assert_eq!(plain[0].body == "text", has_body, "{plain:?}");
        assert_eq!(plain[0].summary.contains("text"), !has_body, "{plain:?}");
        self.publish("twice");
        self.publish("twice");
        let twice = self.shows("twice", "twice", 2).await;
        self.became("twice", |it| it.shown == Shown::Shown).await;
        self.became("plain", |it| it.shown == Shown::Shown).await;
        for shown in plain.into_iter().chain(twice) {
            self.screen.dismiss(shown.id).await;
        }
        for title in ["plain", "twice"] {
            self.became(title, |it| it.dismissed.is_some()).await;
        }
    }

    /// A sequence is one notification, whatever happens, until it is cleared.
    async fn updates(&mut self, trouble: Trouble) {
        for number in 1..=3 {
            self.update(number);
            self.is_updated(number).await;
        }
        self.agent.take().unwrap().kill();
        self.agent = Some(self.world.agent().await);
        self.world.caught_up("news").await;
        self.update(4);
        let shown = self.is_updated(4).await;
        match trouble {
            Nothing => self.update(5),
            Ends => {
                self.ends(shown.id).await;
                self.update(5);
            }
            EndsBusy => {
                self.screen.freeze(true);
                self.update(5);
                self.is_sent("job 5").await;
                self.ends(shown.id).await;
            }
            EndsUnseen => {
                self.agent.as_ref().unwrap().signal(Signal::STOP);
                self.update(5);
                self.ends(shown.id).await;
                self.agent.as_ref().unwrap().signal(Signal::CONT);
            }
            Freezes => {
                self.screen.freeze(true);
                self.update(5);
                self.world.told("notifications_unavailable", true).await;
                self.screen.freeze(false);
            }
        }
        self.is_updated(5).await;
        self.world.told("notifications_unavailable", false).await;
        self.ntfy.publish_as("message_clear", "a", json!({ "sequence_id": "job" }));
        self.shows("job", "job", 0).await;
    }

    async fn is_updated(&self, number: u32) -> OnScreen {
        let title = format!("job {number}");
        let shown = self.shows(&title, "job", 1).await.remove(0);
        self.became(&title, |it| it.shown == Shown::Shown).await;
        shown
    }

    async fn is_sent(&mut self, title: &str) {
        loop {
            let call = self.screen.next().await;
            self.calls.push(call.clone());
            if call.summary.starts_with(title) {
                return;
            }
        }
    }

    /// Another server is there, which has a notification of another program under a number that Hark knew.
    async fn ends(&mut self, known: u32) {
        let next = Notifications::nameless_with(self.manners, &self.bus).await;
        self.take_calls();
        let before = std::mem::replace(&mut self.screen, next);
        before.end().await;
        self.screen.take_name().await;
        self.other.shown.clear();
        self.other.shows(usize::try_from(known).unwrap() + 2).await;
        // Its button is none of Hark's, unless Hark was there first and has that number again.
        if self.other.shown.contains(&known) {
            self.screen.press(known, "snooze").await;
        }
    }

    async fn storm(&mut self) {
        for number in 0..STORM {
            let priority = if number % 10 == 9 { 5 } else { 3 };
            let fields = json!({ "title": format!("storm {number}."), "priority": priority });
            self.ntfy.publish_as("message", "a", fields);
        }
        eventually("each has become something", LONG, async || {
            let messages = self.world.all_messages().await;
            let storm = messages.iter().filter(|it| it.title.starts_with("storm"));
            let ended = storm.filter(|it| matches!(it.shown, Shown::Shown | Shown::Folded)).count();
            let others =
                messages.iter().filter(|it| !matches!(it.shown, Shown::Shown | Shown::Folded));
            let others: BTreeMap<_, _> =
                others.map(|it| (format!("{:?}", it.shown), &it.why)).collect();
            if ended == STORM { Ok(()) } else { Err(format!("{ended} of {STORM}; {others:?}")) }
        })
        .await;
        let all = self.mine("");
        assert!((1..=PLACES).contains(&all.len()), "{all:?}");
        // It goes on: once these are closed there is a place.
        for shown in all {
            self.screen.dismiss(shown.id).await;
        }
        for number in 0..100 {
            let title = format!("after {number}");
            self.publish(&title);
            let shown = eventually("it becomes something", LONG, async || {
                let messages = self.world.all_messages().await;
                let own = messages.into_iter().find(|it| it.title == title);
                own.map(|it| it.shown).filter(|it| *it != Shown::Pending).ok_or("it waits")
            });
            if shown.await == Shown::Shown {
                return;
            }
            for shown in self.mine("") {
                self.screen.dismiss(shown.id).await;
            }
        }
        panic!("there is no place on the screen");
    }

    fn take_calls(&mut self) {
        while let Ok(call) = self.screen.calls.try_recv() {
            self.calls.push(call);
        }
    }

    async fn is_judged(&mut self) {
        self.take_calls();
        let mut expected = self.other.shown.clone();
        expected.sort_unstable();
        assert_eq!(self.other.left(&self.screen), expected, "what others show is as it was");
        let mut times = BTreeMap::<&str, usize>::new();
        for call in &self.calls {
            *times.entry(&call.summary).or_default() += 1;
        }
        let is_of_one = |title: &str| title.starts_with("storm") || title.starts_with("job");
        for (title, times) in times.into_iter().filter(|(title, _)| is_of_one(title)) {
            assert!(times <= 2, "{title} was sent {times} times");
        }
        let closed: Vec<u32> = std::iter::from_fn(|| self.screen.closed.try_recv().ok()).collect();
        assert!(closed.iter().all(|id| !self.other.shown.contains(id)), "{closed:?}");
        self.world.told("notifications_unavailable", false).await;
    }
}
