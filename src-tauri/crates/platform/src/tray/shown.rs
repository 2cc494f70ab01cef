//! What is seen of a view: icon, tooltip and menu, each handed on when it is another than before; and what a click
//! on them means. On the thread of the message loop.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};
use tray_icon::{
    MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent,
    menu::{IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu},
};
use winsafe::co;

use super::{
    super::{Entry, Event, View, art},
    with_shown,
};
use crate::picture::Picture;

/// Clicks that follow one another so quickly are one: a double click is two of them.
const ONE_CLICK: Duration = Duration::from_millis(500);
/// For how long after a menu is closed it may be told what was chosen in it.
const CHOICE: Duration = Duration::from_millis(300);
/// Where there is no taskbar, when it is tried again; each further wait is twice as long.
const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(60);
/// A tooltip has room for 127 of UTF-16's units.
const TIP_UNITS_MAX: usize = 127;

/// Has something done again in so long.
type Again = Box<dyn Fn(Duration)>;

/// What the loop shows, of whatever its clicks mean.
pub(super) trait Show {
    /// Puts the icon there. `again` has [`Show::update`] called again in so long.
    fn begin(&mut self, again: Again);
    /// What is seen follows the view.
    fn update(&mut self);
    /// The person clicked on the icon.
    fn clicked(&mut self);
    /// The person chose this entry.
    fn chose(&mut self, id: &str);
    /// The person asked for the menu. Ends when it is closed.
    fn open_menu(&mut self);
}

/// See the module.
pub(super) struct Shown<A> {
    views: watch::Receiver<View<A>>,
    events: mpsc::Sender<Event<A>>,
    tell: Arc<watch::Sender<bool>>,
    icon: TrayIcon,
    /// What was handed on of the view, part by part.
    seen: Seen<A>,
    /// What the entries mean: entry n of this menu has the id `MENU:n`.
    menu: (u64, Vec<A>),
    again: Option<Again>,
    /// How long it is waited where there is no taskbar.
    wait: Duration,
    /// When the icon was clicked last, and when the menu was closed.
    clicked: Option<Instant>,
    closed: Option<Instant>,
}

/// What was handed on.
struct Seen<A> {
    icon: Option<(super::super::Icon, bool)>,
    tip: Option<String>,
    menu: Option<Vec<Entry<A>>>,
}

impl<A: Copy + PartialEq> Shown<A> {
    /// # Errors
    /// Where no window can be had for the icon, as where nobody is logged in.
    pub(super) fn new(
        views: watch::Receiver<View<A>>,
        events: mpsc::Sender<Event<A>>,
        tell: Arc<watch::Sender<bool>>,
    ) -> tray_icon::Result<Self> {
        let icon = TrayIconBuilder::new()
            .with_menu_on_left_click(false)
            .with_menu_on_right_click(false)
            .build()?;
        let seen = Seen { icon: None, tip: None, menu: None };
        let (menu, wait) = ((0, Vec::new()), WAIT_MIN);
        let (again, clicked, closed) = (None, None, None);
        Ok(Self { views, events, tell, icon, seen, menu, again, wait, clicked, closed })
    }

    fn click(&self, action: A) {
        // A full queue drops the click: the person clicks faster than the agent acts.
        let _ = self.events.try_send(Event::Click(action));
    }

    /// Hands on what differs from this view. Answers whether the taskbar has it.
    fn hand_on(&mut self, view: &View<A>) -> bool {
        let icon = &self.icon;
        if self.seen.menu.as_ref() != Some(&view.menu) {
            self.menu = (self.menu.0 + 1, Vec::new());
            let menu = Menu::new();
            let (number, actions) = &mut self.menu;
            append(&view.menu, *number, actions, &mut |item| {
                let _ = menu.append(item);
            });
            icon.set_menu(Some(Box::new(menu)));
            self.seen.menu = Some(view.menu.clone());
        }
        let tip = tip(&view.tooltip);
        if self.seen.tip.as_ref() != Some(&tip) {
            self.seen.tip = icon.set_tooltip(Some(&tip)).is_ok().then_some(tip);
        }
        let wanted = (view.icon, view.unread);
        if self.seen.icon != Some(wanted) {
            let is_set = icon.set_icon(pixels(wanted)).is_ok();
            self.seen.icon = is_set.then_some(wanted);
        }
        self.seen.tip.is_some() && self.seen.icon.is_some()
    }
}

impl<A: Copy + PartialEq + Send + Sync + 'static> Show for Shown<A> {
    fn begin(&mut self, again: Again) {
        // Both are of the process; the thread that they are called on knows what is meant.
        TrayIconEvent::set_event_handler(Some(|event| {
            if is_click(&event) {
                with_shown(|shown| shown.clicked());
            } else if asks_for_menu(&event) {
                with_shown(|shown| shown.open_menu());
            }
        }));
        MenuEvent::set_event_handler(Some(|event: MenuEvent| {
            with_shown(|shown| shown.chose(event.id().as_ref()));
        }));
        self.again = Some(again);
        self.update();
    }

    fn update(&mut self) {
        // What was chosen in a menu is told when it is closed, and the menu must be there for that.
        if self.closed.is_some_and(|closed| closed.elapsed() < CHOICE) {
            self.again.iter().for_each(|again| again(CHOICE));
            return;
        }
        let view = self.views.borrow_and_update().clone();
        let is_there = self.hand_on(&view);
        self.tell.send_if_modified(|shown| std::mem::replace(shown, is_there) != is_there);
        self.wait = if is_there { WAIT_MIN } else { (self.wait * 2).min(WAIT_MAX) };
        if let Some(again) = self.again.as_ref().filter(|_| !is_there) {
            again(self.wait);
        }
    }

    fn clicked(&mut self) {
        let now = Instant::now();
        let before = self.clicked.replace(now);
        if before.is_none_or(|before| now.duration_since(before) > ONE_CLICK) {
            let primary = self.views.borrow().primary;
            self.click(primary);
        }
    }

    fn chose(&mut self, id: &str) {
        let (menu, actions) = &self.menu;
        let number = id.strip_prefix(&format!("{menu}:")).and_then(|it| it.parse::<usize>().ok());
        if let Some(action) = number.and_then(|number| actions.get(number)) {
            self.click(*action);
        }
    }

    fn open_menu(&mut self) {
        self.icon.show_menu();
        self.closed = Some(Instant::now());
        // What has changed meanwhile.
        self.again.iter().for_each(|again| again(CHOICE));
    }
}

/// Whether it is what a click means: a left one that is over, or Enter, which comes as a double one.
fn is_click(event: &TrayIconEvent) -> bool {
    matches!(
        event,
        TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. }
            | TrayIconEvent::DoubleClick { button: MouseButton::Left, .. }
    )
}

fn asks_for_menu(event: &TrayIconEvent) -> bool {
    matches!(
        event,
        TrayIconEvent::Click { button: MouseButton::Right, button_state: MouseButtonState::Up, .. }
    )
}

/// Appends entries; notes what each that can be clicked means.
fn append<A: Copy>(
    entries: &[Entry<A>],
    menu: u64,
    actions: &mut Vec<A>,
    to: &mut dyn FnMut(&dyn IsMenuItem),
) {
    for entry in entries {
        match entry {
            Entry::Rule => to(&PredefinedMenuItem::separator()),
            Entry::Note(text) => to(&MenuItem::new(plain(text), false, None)),
            Entry::Click(label, action) => {
                let id = format!("{menu}:{}", actions.len());
                actions.push(*action);
                to(&MenuItem::with_id(id, plain(label), true, None));
            }
            Entry::Menu(label, entries) => {
                let submenu = Submenu::new(plain(label), true);
                append(entries, menu, actions, &mut |item| {
                    let _ = submenu.append(item);
                });
                to(&submenu);
            }
        }
    }
}

/// A label as it is: an ampersand would mark a key to press, and a tab begin another column.
fn plain(text: &str) -> String {
    text.replace('&', "&&").replace('\t', " ")
}

/// The tooltip: Hark's name, and what the view says as far as there is room.
fn tip(text: &str) -> String {
    let mut tip = String::from("Hark\n");
    let mut left = TIP_UNITS_MAX - tip.len();
    for char in text.chars() {
        // One for the sign that it goes on.
        if char.len_utf16() + 1 > left {
            tip.push('…');
            break;
        }
        left -= char.len_utf16();
        tip.push(char);
    }
    tip
}

/// The icon's pixels in the size that the taskbar wants, or the next larger one that there is.
fn pixels((icon, unread): (super::super::Icon, bool)) -> Option<tray_icon::Icon> {
    let wanted = winsafe::GetSystemMetrics(co::SM::CXSMICON);
    let last = art::SIZES.len() - 1;
    let place = art::SIZES.iter().position(|size| *size >= wanted).unwrap_or(last);
    let Picture { width, height, rgba } = Picture::of_png(art::pngs(icon, unread)[place])?;
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    tray_icon::Icon::from_rgba(rgba, width, height).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::super::Icon, *};

    #[test]
    fn a_tooltip_has_the_room_that_it_has() {
        assert_eq!(tip("2 of 2 live"), "Hark\n2 of 2 live");
        for text in ["ä".repeat(200), "\u{1f600}".repeat(200), "好".repeat(200)] {
            let tip = tip(&text);
            assert!(tip.encode_utf16().count() <= TIP_UNITS_MAX && tip.ends_with('…'), "{tip}");
        }
        assert_eq!(plain("A & B\tC"), "A && B C");
    }

    #[test]
    fn an_entry_means_what_it_meant_when_it_was_shown_and_a_double_click_is_one() {
        let menu = |last: u32| {
            let inner = vec![Entry::Note("x".into()), Entry::Click("inner".into(), 7)];
            vec![Entry::Menu("More", inner), Entry::Rule, Entry::Click("last".into(), last)]
        };
        let view = View {
            icon: Icon::Live,
            unread: false,
            tooltip: "t".into(),
            primary: 1,
            menu: menu(8),
        };
        let (_views, seen) = watch::channel(view);
        let (events, mut told) = mpsc::channel(4);
        let Ok(mut shown) = Shown::new(seen, events, Arc::new(watch::channel(false).0)) else {
            return;
        };
        let mut actions = Vec::new();
        append(&menu(8), 3, &mut actions, &mut |_| {});
        shown.menu = (3, actions);
        for id in ["2:0", "3:2", "3:x", "3:-1", "", "3"] {
            shown.chose(id);
        }
        shown.chose("3:0");
        shown.chose("3:1");
        shown.clicked();
        shown.clicked();
        drop(shown);
        let all: Vec<_> = std::iter::from_fn(|| told.try_recv().ok()).collect();
        assert_eq!(all, [Event::Click(7), Event::Click(8), Event::Click(1)]);
    }
}
