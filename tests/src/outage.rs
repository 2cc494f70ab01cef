//! An agent that follows a server through faults, and what its history must say of each.

use std::{cell::Cell, time::Duration};

use hark_api::{HistoryEntry, Outage, Phase};
use jiff::{SignedDuration, Timestamp};

use crate::{LONG, Running, World, beat::Beat, eventually, space::must};

/// A plain timeout: the server is heard every half second.
pub const HEARTBEAT: Duration = Duration::from_secs(3);
/// Allowed beside a deadline, and for a dial beside a delay: the design's second, and the delay of a busy
/// machine.
const SLACK: Duration = Duration::from_secs(5);
/// A packet that was lost while the network failed is sent again after so long, by Linux.
const RETRANSMIT: Duration = Duration::from_secs(1);

/// An agent that follows a server.
pub struct Link<'a> {
    world: &'a World,
    beat: &'a Beat,
    agent: Running,
}

/// An outage that is over.
pub struct Told {
    /// As the history has it.
    pub outage: Outage,
    /// When it was over.
    pub recovered: Timestamp,
}

impl<'a> Link<'a> {
    /// Starts an agent with the server under this host and more settings.
    pub async fn start(world: &'a World, beat: &'a Beat, host: &str, more: &str) -> Self {
        Self::start_at(world, beat, &beat.url(host), more).await
    }

    /// Starts one that follows the server at a URL of something that stands before it.
    pub async fn start_at(world: &'a World, beat: &'a Beat, url: &str, more: &str) -> Self {
        let start = || world.start_hark("agent", &["agent", "--no-tray"]);
        Self::start_as(world, beat, url, more, start).await
    }

    /// Has the agent started in another way.
    pub async fn start_by(
        world: &'a World,
        beat: &'a Beat,
        host: &str,
        more: &str,
        start: impl FnOnce() -> Running,
    ) -> Self {
        Self::start_as(world, beat, &beat.url(host), more, start).await
    }

    async fn start_as(
        world: &'a World,
        beat: &'a Beat,
        url: &str,
        more: &str,
        start: impl FnOnce() -> Running,
    ) -> Self {
        world.settings(&format!(
            "[subscriptions.news]\nurl = \"{url}\"\nspread = \"1s\"\nmanners = \"near\"\n{more}\n"
        ));
        let agent = world.answers(start()).await;
        let link = Self { world, beat, agent };
        link.all_stored().await;
        link
    }

    /// The agent's process.
    pub fn agent(&self) -> &Running {
        &self.agent
    }

    /// Publishes one more message and waits until all are stored, each once and in order.
    pub async fn all_stored(&self) {
        let count = self.beat.publish();
        let messages = eventually("all messages are stored", LONG, async || {
            let messages = self.world.all_messages().await;
            let stored = messages.len();
            (stored >= count).then_some(messages).ok_or(format!("{stored} of {count}"))
        })
        .await;
        let bodies: Vec<_> = messages.into_iter().map(|message| message.body).collect();
        let wanted: Vec<_> = (0..count).map(|number| format!("message {number}")).collect();
        assert_eq!(bodies, wanted);
    }

    /// Waits until the link is down for this reason.
    pub async fn down(&self, causes: &[&str]) {
        eventually(&format!("it is down by {causes:?}"), LONG, async || {
            match self.world.ask_link("news").await?.phase {
                Phase::BackingOff { cause, .. } | Phase::Dialing { cause: Some(cause), .. }
                    if causes.contains(&cause.code.as_str()) =>
                {
                    Ok(())
                }
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        self.beat.publish();
    }

    /// Waits until there are more outages than these: for a fault that is over before anybody could
    /// see the link down.
    pub async fn lost(&self, before: usize) {
        eventually("it is noticed", LONG, async || {
            let outages = self.outages().await;
            (outages.len() > before).then_some(()).ok_or(format!("{outages:?}"))
        })
        .await;
        self.beat.publish();
    }

    /// Waits until it streams again, and answers the outage, which must have been over in time:
    /// within a retransmission and the slack after the fault, or after the last delay that was drawn.
    pub async fn back(&self, mended: Timestamp) -> Told {
        let last = Cell::new(mended);
        eventually("it streams again", LONG, async || {
            match self.world.ask_link("news").await?.phase {
                Phase::Streaming { .. } => Ok(()),
                Phase::BackingOff { retry_at, .. } => {
                    last.set(retry_at.0.max(mended));
                    Err("it waits")
                }
                _ => Err("it dials"),
            }
            .map_err(str::to_owned)
        })
        .await;
        self.all_stored().await;
        let outage = self.outages().await.into_iter().next().expect("an outage is in the history");
        let recovered = outage.recovered.unwrap_or_else(|| panic!("{outage:?}")).0;
        let late = recovered.duration_since(last.get());
        assert!(late <= signed(RETRANSMIT + SLACK), "back {late:?} after it could be: {outage:?}");
        Told { outage, recovered }
    }

    /// The history's outages, newest first.
    pub async fn outages(&self) -> Vec<Outage> {
        let entries = self.world.all_history().await.into_iter().rev();
        let outages = entries.filter_map(|entry| match entry {
            HistoryEntry::Outage(outage) => Some(outage),
            HistoryEntry::Span(_) | HistoryEntry::Handler(_) => None,
        });
        outages.collect()
    }

    /// A fault from its beginning to its end. Answers how long after the cure it was over.
    pub async fn suffers(
        &self,
        name: &str,
        fault: &str,
        cure: &str,
        causes: &[&str],
        within: Duration,
    ) -> SignedDuration {
        let broken = Timestamp::now();
        must(fault);
        self.down(causes).await;
        must(cure);
        let mended = Timestamp::now();
        let told = self.back(mended).await;
        self.judge(name, broken, mended, &told, causes, within);
        told.recovered.duration_since(mended)
    }

    /// Checks an outage against the fault that caused it.
    #[allow(clippy::too_many_arguments, reason = "each is a number of its own")]
    pub fn judge(
        &self,
        name: &str,
        broken: Timestamp,
        mended: Timestamp,
        told: &Told,
        causes: &[&str],
        within: Duration,
    ) {
        let Told { outage, recovered } = told;
        assert!(causes.contains(&outage.cause.code.as_str()), "{name}: {outage:?}");
        assert!(!outage.cause.sentence.is_empty());
        // The deadline counts from the last line, which may have come after the fault: what was on
        // its way arrives.
        let heard = outage.last_heard.map_or(broken, |heard| heard.0.max(broken));
        let noticed = outage.noticed.0.duration_since(heard);
        assert!(noticed <= signed(within + SLACK), "{name}: noticed after {noticed:?}: {outage:?}");
        println!(
            "{name}: {}; noticed {} ms after it began, back {} ms after it ended",
            outage.cause.code,
            outage.noticed.0.duration_since(broken).as_millis(),
            recovered.duration_since(mended).as_millis(),
        );
    }
}

/// The same for `jiff`.
fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap()
}

/// A firewall with this rule.
#[must_use]
pub fn rule(rule: &str) -> String {
    format!(
        "nft add table inet t; nft 'add chain inet t c {{ type filter hook input priority 0; }}'; \
         nft 'add rule inet t c {rule}'"
    )
}

/// No firewall.
pub const NO_RULES: &str = "nft flush ruleset";

/// Whether a program is installed.
#[must_use]
pub fn there(program: &str) -> bool {
    let found = crate::space::run(&format!("command -v {program}")).0;
    if !found {
        crate::skipped(&format!("{program} is not installed"));
    }
    found
}
