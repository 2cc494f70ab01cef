//! Real notification servers, dunst and Xfce's, on a display that nobody sees: an alert, updates in place, a
//! clear and a storm, by what the server itself has on the screen; and a click on a real button.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::Duration;

use hark_api::{Message, Shown};
use hark_tests::{
    LONG, Running, World,
    bus::Bus,
    desktop::{display, painted},
    dunst::Dunst,
    eventually,
    notifyd::Notifyd,
    ntfy::Ntfy,
};
use serde_json::json;

/// Messages of the storm, of which each tenth is urgent.
const STORM: usize = 300;
/// How long a click is waited for until the next, and how often it is looked for.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Notifications that are on the screen at most, with those of the highest priority.
const PLACES: usize = 6;

enum Screen {
    Dunst(Dunst),
    Xfce(Notifyd),
}

struct Followed {
    screen: Screen,
    ntfy: Ntfy,
    _parts: (Vec<Running>, Bus),
    // The last to go: what runs in it ends with it.
    world: World,
}

impl Followed {
    async fn on_dunst() -> Self {
        let mut world = World::new();
        let bus = Bus::start(&mut world).await;
        let display = display(&mut world).await;
        let dunst = Dunst::start(&world, &bus).await;
        Self::on(world, bus, Screen::Dunst(dunst), vec![display]).await
    }

    async fn on_xfce() -> Self {
        let mut world = World::new();
        let bus = Bus::start(&mut world).await;
        let notifyd = Notifyd::start(&mut world, &bus).await;
        Self::on(world, bus, Screen::Xfce(notifyd), Vec::new()).await
    }

    async fn on(world: World, bus: Bus, screen: Screen, mut parts: Vec<Running>) -> Self {
        let ntfy = Ntfy::start().await;
        let url = ntfy.url("/a");
        world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
        parts.insert(0, world.agent().await);
        world.caught_up("news").await;
        Self { screen, ntfy, _parts: (parts, bus), world }
    }

    /// How many notifications the server has on the screen, by itself.
    async fn count(&self) -> usize {
        match &self.screen {
            Screen::Dunst(dunst) => dunst.count().await,
            Screen::Xfce(notifyd) => notifyd.windows(&self.world).await.len(),
        }
    }

    async fn counts(&self, wanted: usize) {
        eventually(&format!("{wanted} are on the screen"), LONG, async || {
            let count = self.count().await;
            (count == wanted).then_some(()).ok_or(count)
        })
        .await;
    }

    /// Waits until the message of this title is shown.
    async fn shows(&self, title: &str) -> Message {
        eventually(&format!("{title} is shown"), LONG, async || {
            let found = self.world.all_messages().await.into_iter().find(|it| it.title == title);
            found.filter(|it| it.shown == Shown::Shown).ok_or("it is not")
        })
        .await
    }

    fn update(&self, number: u32) {
        let fields =
            json!({ "title": format!("job {number}"), "priority": 5, "sequence_id": "job" });
        self.ntfy.publish_as("message", "a", fields);
    }

    /// One of the highest priority stays until it is closed, however long the test takes.
    async fn story(&self) {
        let plain = json!({ "title": "plain", "message": "<b>text</b>", "priority": 5 });
        self.ntfy.publish_as("message", "a", plain);
        self.shows("plain").await;
        self.counts(1).await;
        for number in 1..=3 {
            self.update(number);
            self.shows(&format!("job {number}")).await;
            self.counts(2).await;
        }
        self.ntfy.publish_as("message_clear", "a", json!({ "sequence_id": "job" }));
        self.counts(1).await;
        for number in 0..STORM {
            let priority = if number % 10 == 9 { 5 } else { 3 };
            let fields = json!({ "title": format!("storm {number}"), "priority": priority });
            self.ntfy.publish_as("message", "a", fields);
        }
        let mut most = 0;
        eventually("each has become something", LONG, async || {
            most = most.max(self.count().await);
            let messages = self.world.all_messages().await;
            let storm = messages.iter().filter(|it| it.title.starts_with("storm"));
            let ended = storm.filter(|it| matches!(it.shown, Shown::Shown | Shown::Folded)).count();
            if ended == STORM { Ok(()) } else { Err(format!("{ended} of {STORM}")) }
        })
        .await;
        most = most.max(self.count().await);
        assert!((4..=PLACES).contains(&most), "{most} were on the screen");
    }
}

#[tokio::test]
async fn dunst_shows_each_in_its_place_and_no_storm() {
    let it = Followed::on_dunst().await;
    it.story().await;
    let Screen::Dunst(dunst) = &it.screen else { panic!() };
    let history = dunst.history().await;
    let plain = history.iter().find(|shown| shown.summary == "plain").unwrap();
    assert_eq!(plain.body, "<b>text</b>", "it is text, and no markup");
    assert!(
        history.iter().all(|shown| !["job 1", "job 2"].contains(&&*shown.summary)),
        "{history:?}"
    );
}

#[tokio::test]
async fn xfce_shows_each_in_its_place_and_no_storm() {
    Followed::on_xfce().await.story().await;
}

#[tokio::test]
async fn a_click_on_a_button_in_xfce_does_what_it_says() {
    let it = Followed::on_xfce().await;
    let Screen::Xfce(notifyd) = &it.screen else { panic!() };
    it.ntfy.publish_as("message", "a", json!({ "title": "plain", "priority": 5 }));
    assert_eq!(it.shows("plain").await.read, None);
    it.counts(1).await;
    let window = notifyd.windows(&it.world).await.remove(0);
    painted(&it.world, &window).await;
    // To show it in Hark, to mark it read, to snooze. A window that has just appeared may miss a click.
    eventually("it takes the click", LONG, async || {
        if !notifyd.windows(&it.world).await.contains(&window) {
            return Ok(());
        }
        notifyd.click(&it.world, &window, 1, 3).await;
        let gone = async {
            while notifyd.windows(&it.world).await.contains(&window) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.map_err(|_| "it is still there")
    })
    .await;
    eventually("it is read", LONG, async || {
        let message = it.shows("plain").await;
        message.read.is_some().then_some(()).ok_or(format!("{message:?}"))
    })
    .await;
    it.counts(0).await;
    // Neither of the other two was.
    it.ntfy.publish_as("message", "a", json!({ "title": "not snoozed", "priority": 5 }));
    it.shows("not snoozed").await;
}
