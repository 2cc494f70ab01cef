//! The icon in the desktop's tray: what it shows comes in as a value, and clicks go out as values.

mod art;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(target_os = "linux"))]
mod shown;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// Clicks that may wait for the agent.
const CLICKS_MAX: usize = 4;

/// The icon's states, which differ by shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Nothing is followed.
    Idle,
    /// Every link is live.
    Live,
    /// So it is, and nothing of it is shown for now.
    Silent,
    /// A link is not live, and is tried.
    Trying,
    /// Something is not well that only the person can mend.
    NeedsYou,
    /// Everything is paused.
    Paused,
}

/// An entry of the menu, whose click means `A`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry<A> {
    /// A line of text that cannot be clicked.
    Note(String),
    /// Something to click on.
    Click(String, A),
    /// A menu of its own.
    Menu(&'static str, Vec<Entry<A>>),
    /// A rule.
    Rule,
}

/// The tray as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View<A> {
    /// Its icon.
    pub icon: Icon,
    /// Whether the icon has the mark that there is something to read.
    pub unread: bool,
    /// One line.
    pub tooltip: String,
    /// What a click on the icon means.
    pub primary: A,
    /// The entries, from the top.
    pub menu: Vec<Entry<A>>,
}

/// What comes from the tray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<A> {
    /// The person clicked.
    Click(A),
    /// The icon is shown by a desktop now, or no longer.
    Shown(bool),
}

/// The tray, until it is dropped.
#[derive(Debug)]
pub struct Tray<A> {
    views: watch::Sender<View<A>>,
    events: mpsc::Receiver<Event<A>>,
    shown: watch::Receiver<bool>,
    showing: JoinHandle<()>,
}

impl<A: Copy + PartialEq + Send + Sync + 'static> Tray<A> {
    /// Shows this, and later what [`Tray::update`] says. Where no desktop shows icons it waits for one.
    #[must_use]
    pub fn show(view: View<A>) -> Self {
        let (views, seen) = watch::channel(view);
        let (event, events) = mpsc::channel(CLICKS_MAX);
        let (tell, shown) = watch::channel(false);
        Self { views, events, shown, showing: tokio::spawn(system::run(seen, event, tell)) }
    }

    /// Shows this from now on.
    pub fn update(&self, view: View<A>) {
        self.views.send_if_modified(|shown| {
            let is_other = *shown != view;
            *shown = view;
            is_other
        });
    }

    /// What comes next. None where the tray has ended.
    pub async fn next(&mut self) -> Option<Event<A>> {
        tokio::select! {
            event = self.events.recv() => event,
            change = self.shown.changed() => {
                change.ok()?;
                Some(Event::Shown(*self.shown.borrow_and_update()))
            }
        }
    }
}

impl<A> Drop for Tray<A> {
    fn drop(&mut self) {
        self.showing.abort();
    }
}
