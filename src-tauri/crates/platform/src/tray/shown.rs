//! What is seen of a view where `tray-icon` shows it: icon, tooltip and menu, each handed on when it is another than
//! before; and what a click on them means. All of it is of one thread, which has the system's loop of events.

use std::{
    cell::RefCell,
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};
use tray_icon::{
    MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent,
    menu::{IsMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu},
};

use super::{Entry, Event, View, system};
use crate::picture::Picture;

/// Clicks that follow one another so quickly are one: a double click is two of them.
const ONE_CLICK: Duration = Duration::from_millis(500);
/// For how long after a menu is closed it may be told what was chosen in it.
const CHOICE: Duration = Duration::from_millis(300);
/// Where there is no taskbar, when it is tried again; each further wait is twice as long.
const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(60);
/// A tooltip has room for 127 of UTF-16's units on Windows.
const TIP_UNITS_MAX: usize = 127;
/// Menus of which one may still be open, where it opens by itself and another takes its place meanwhile.
const MENUS_MAX: usize = 4;

thread_local! {
    /// What the thread's loop shows, where this is one.
    static SHOWN: RefCell<Option<Box<dyn Show>>> = const { RefCell::new(None) };
}

/// This thread shows it from now on.
pub(super) fn put_up(shown: impl Show + 'static) {
    SHOWN.set(Some(Box::new(shown)));
}

/// With what this thread shows. Nothing where it shows nothing, or is at it already, as while its menu is open.
pub(super) fn with_shown(act: impl FnOnce(&mut dyn Show)) {
    SHOWN.with(|shown| {
        if let Ok(mut shown) = shown.try_borrow_mut()
            && let Some(shown) = shown.as_mut()
        {
            act(shown.as_mut());
        }
    });
}

/// Takes the icon away, also before the loop ends. Where the menu is open, the loop's end closes it first.
pub(super) fn put_away() {
    let shown = SHOWN.with(|shown| shown.try_borrow_mut().ok()?.take());
    drop(shown);
}

/// Has something done again in so long.
pub(super) type Again = Box<dyn Fn(Duration)>;

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
    /// The newest menus, the last one last.
    menus: VecDeque<Shows<A>>,
    again: Option<Again>,
    /// How long it is waited where there is no taskbar.
    wait: Duration,
    /// When the icon was clicked last, and when the menu was closed.
    clicked: Option<Instant>,
    closed: Option<Instant>,
}

/// A menu, and what its entries mean: entry n has the id `NUMBER:n`. A menu that is open must be there until what was
/// chosen in it is told.
struct Shows<A> {
    number: u64,
    actions: Vec<A>,
    _menu: Menu,
}

/// What was handed on.
struct Seen<A> {
    icon: Option<(super::Icon, bool)>,
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
            .with_menu_on_left_click(system::OPENS_MENU)
            .with_menu_on_right_click(system::OPENS_MENU)
            .build()?;
        let seen = Seen { icon: None, tip: None, menu: None };
        let (menus, wait) = (VecDeque::new(), WAIT_MIN);
        let (again, clicked, closed) = (None, None, None);
        Ok(Self { views, events, tell, icon, seen, menus, again, wait, clicked, closed })
    }

    fn click(&self, action: A) {
        // A full queue drops the click: the person clicks faster than the agent acts.
        let _ = self.events.try_send(Event::Click(action));
    }

    /// What an entry means. Nothing where its menu is long gone.
    fn means(&self, id: &str) -> Option<A> {
        let (menu, place) = id.split_once(':')?;
        let (menu, place): (u64, usize) = (menu.parse().ok()?, place.parse().ok()?);
        let menu = self.menus.iter().find(|shows| shows.number == menu)?;
        menu.actions.get(place).copied()
    }

    /// Hands on what differs from this view. Answers whether it is shown.
    fn hand_on(&mut self, view: &View<A>) -> bool {
        let icon = &self.icon;
        if self.seen.menu.as_ref() != Some(&view.menu) {
            let number = self.menus.back().map_or(0, |last| last.number + 1);
            let (menu, mut actions) = (Menu::new(), Vec::new());
            append(&view.menu, number, &mut actions, &mut |item| {
                let _ = menu.append(item);
            });
            icon.set_menu(Some(Box::new(menu.clone())));
            self.menus.push_back(Shows { number, actions, _menu: menu });
            if self.menus.len() > MENUS_MAX {
                self.menus.pop_front();
            }
            self.seen.menu = Some(view.menu.clone());
        }
        let tip = tip(&view.tooltip);
        if self.seen.tip.as_ref() != Some(&tip) {
            self.seen.tip = icon.set_tooltip(Some(&tip)).is_ok().then_some(tip);
        }
        let wanted = (view.icon, view.unread);
        if self.seen.icon != Some(wanted) {
            let is_set = system::set_icon(icon, pixels(wanted)).is_ok();
            self.seen.icon = is_set.then_some(wanted);
        }
        self.seen.tip.is_some() && self.seen.icon.is_some()
    }
}

impl<A: Copy + PartialEq + Send + Sync + 'static> Show for Shown<A> {
    fn begin(&mut self, again: Again) {
        // Both are of the process; the thread that they are called on knows what is meant.
        TrayIconEvent::set_event_handler(Some(|event| {
            // The menu is open by then. Without a handler the clicks would pile up.
            if system::OPENS_MENU {
                return;
            }
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
        if let Some(action) = self.means(id) {
            self.click(action);
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

/// The icon's pixels, in the size that the system wants.
fn pixels((icon, unread): (super::Icon, bool)) -> Option<tray_icon::Icon> {
    let Picture { width, height, rgba } = Picture::of_png(system::png(icon, unread))?;
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    tray_icon::Icon::from_rgba(rgba, width, height).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::Icon, *};

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
        for number in 3..=4 {
            let mut actions = Vec::new();
            append(&menu(5 + number), u64::from(number), &mut actions, &mut |_| {});
            let shows = Shows { number: number.into(), actions, _menu: Menu::new() };
            shown.menus.push_back(shows);
        }
        for id in ["2:0", "3:2", "3:x", "3:-1", "", "3"] {
            shown.chose(id);
        }
        shown.chose("3:0");
        shown.chose("3:1");
        shown.chose("4:1");
        shown.clicked();
        shown.clicked();
        drop(shown);
        let all: Vec<_> = std::iter::from_fn(|| told.try_recv().ok()).collect();
        assert_eq!(all, [7, 8, 9, 1].map(Event::Click));
    }
}
