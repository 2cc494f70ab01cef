//! The toasts of one Hark: shown, replaced, withdrawn, and what is heard of them. On the thread that may block.

use std::{
    collections::VecDeque,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use tokio::sync::mpsc;
use windows::{
    Data::Xml::Dom::XmlDocument,
    Foundation::{DateTime, IReference, PropertyValue, TypedEventHandler},
    UI::Notifications::{
        NotificationSetting, ToastActivatedEventArgs, ToastDismissalReason,
        ToastDismissedEventArgs, ToastFailedEventArgs, ToastNotification, ToastNotificationHistory,
        ToastNotificationManager, ToastNotifier,
    },
    core::{Error, HRESULT, HSTRING, IInspectable, Interface},
};

use super::{
    super::{
        Answer, BusError, KEY_BYTES_MAX, Manner, Program, REPLY_BYTES_MAX, Sent, Server, Signal,
        number_after, signals::Told, toast_xml,
    },
    identity::{self, APP_ID, CLASSES},
    pictures,
};

/// What toasts can do, by the names of the Desktop Notifications Specification.
const CAPABILITIES: [&str; 5] = ["actions", "body", "inline-reply", "persistence", "sound"];
/// Toasts whose clicks are heard; Windows keeps 20 of a program.
const KEPT_MAX: usize = 64;
/// One that is shown may not be listed yet. Then it is not taken for gone.
const LISTED_WITHIN: Duration = Duration::from_secs(30);
/// How long one stays that leaves nothing behind.
const PASSING: Duration = Duration::from_secs(60);
/// Between Windows' beginning of time (1601) and Unix' (1970), in units of 100 ns.
const EPOCH: i64 = 116_444_736_000_000_000;

/// `REGDB_E_CLASSNOTREG`: this Windows has no toasts.
const NO_CLASS: u32 = 0x8004_0154;
/// `RPC_S_SERVER_UNAVAILABLE`, `RPC_S_CALL_FAILED`, `RPC_E_DISCONNECTED`, `CO_E_SERVER_EXEC_FAILURE`,
/// `WPN_E_PLATFORM_UNAVAILABLE`: who shows them does not run, or is another one by now.
const GONE: [u32; 5] = [0x8007_06ba, 0x8007_06be, 0x8001_0108, 0x8008_0005, 0x803e_0105];

/// See the module.
pub(super) struct Toasts {
    program: Program,
    /// What Windows keeps ours together by.
    group: HSTRING,
    tell: Tell,
    notifier: Option<ToastNotifier>,
    /// Whether Windows knows what opens an address.
    opens: bool,
    kept: VecDeque<Kept>,
    /// The number that was given last.
    last: u32,
}

/// A toast that was shown: where its object is dropped, nothing is heard of it any more.
struct Kept {
    number: u32,
    _toast: ToastNotification,
    /// Whether it has its number still.
    is_current: Arc<AtomicBool>,
    since: Instant,
}

/// Where signals go, each counted.
#[derive(Clone)]
struct Tell {
    to: mpsc::Sender<Told>,
    count: Arc<AtomicU64>,
}

impl Tell {
    fn next(&self) -> u64 {
        self.count.fetch_add(1, Relaxed)
    }

    /// Later ones are lost where too many wait.
    fn signal(&self, signal: Signal) {
        let _ = self.to.try_send((self.next(), signal));
    }
}

impl Toasts {
    pub(super) fn new(program: Program, tell: mpsc::Sender<Told>) -> Self {
        let group = HSTRING::from(group(&program));
        let tell = Tell { to: tell, count: Arc::new(AtomicU64::new(1)) };
        let kept = VecDeque::new();
        Self { program, group, tell, notifier: None, opens: false, kept, last: 0 }
    }

    /// Whether Windows shows them, and what it can.
    pub(super) fn ask(&mut self) -> Result<Server, BusError> {
        self.notifier = None;
        let notifier = || ToastNotificationManager::CreateToastNotifierWithId(&APP_ID.into());
        // Nothing is entered where there are no toasts, and one is shown for who has been entered.
        notifier().map_err(bus_error)?;
        self.enter();
        let notifier = notifier().map_err(bus_error)?;
        // Of a program that it does not know yet, Windows knows no setting.
        if let Ok(setting) = notifier.Setting()
            && setting != NotificationSetting::Enabled
        {
            let whose = match setting {
                NotificationSetting::DisabledForApplication => "those of Hark",
                NotificationSetting::DisabledForUser => "all of them",
                _ => "them, by a rule of its administrator",
            };
            return Err(BusError::Absent(format!("Windows' settings turn off {whose}")));
        }
        let there = self.listed().unwrap_or_default();
        self.last = there.iter().copied().fold(self.last, u32::max);
        if let Some(folder) = &self.program.folder {
            pictures::tidy(folder, &there);
        }
        self.notifier = Some(notifier);
        Ok(Server {
            name: "Windows".to_owned(),
            capabilities: CAPABILITIES.map(str::to_owned).to_vec(),
            unique: APP_ID.to_owned(),
            // Numbers hold for as long as Windows keeps toasts.
            owner: format!("Windows, {APP_ID}, {}", self.group),
        })
    }

    /// Has Windows know who shows them and what opens an address.
    fn enter(&mut self) {
        let Some(folder) = &self.program.folder else { return };
        if let Err(error) = fs::create_dir_all(folder) {
            tracing::warn!("the folder of notifications could not be made: {error}");
        }
        if let Err(error) = identity::enter(CLASSES, folder) {
            tracing::warn!("Windows could not be told Hark's name: {error}");
        }
        // A name alone would be looked for wherever the system looks.
        let opener = self.program.opener.as_deref().filter(|opener| opener.is_absolute());
        let entered = opener.map(|opener| identity::enter_opener(CLASSES, opener));
        self.opens = matches!(entered, Some(Ok(())));
        if let Some(Err(error)) = entered {
            tracing::warn!("Windows could not be told what opens Hark's addresses: {error}");
        }
    }

    /// Shows one. Answers its number.
    pub(super) fn show(&mut self, sent: &Sent, replaces: Option<u32>) -> Result<Answer, BusError> {
        let notifier = self.notifier.clone().ok_or_else(absent)?;
        let number = replaces.unwrap_or_else(|| self.next_number());
        let Sent { notification, manner, picture } = sent;
        let address = manner.address.clone().filter(|_| self.opens);
        let manner = Manner { address, ..manner.clone() };
        let folder = self.program.folder.as_deref();
        let picture = folder.zip(picture.as_deref());
        let picture = picture.and_then(|(folder, it)| pictures::keep(folder, number, it));
        let xml = toast_xml::of(notification, &manner, picture.as_deref());
        // What is told of its number from here on is of this one.
        let at = self.tell.next();
        self.forget(number);
        let is_current = Arc::new(AtomicBool::new(true));
        let toast = self.toast(&xml, number, manner.passing, &is_current).map_err(bus_error)?;
        notifier.Show(&toast).map_err(bus_error)?;
        self.kept.push_back(Kept { number, _toast: toast, is_current, since: Instant::now() });
        self.look();
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_front();
        }
        Ok(Answer { number, at })
    }

    /// One that is ready to be shown.
    fn toast(
        &self,
        xml: &str,
        number: u32,
        passing: bool,
        is_current: &Arc<AtomicBool>,
    ) -> Result<ToastNotification, Error> {
        let document = XmlDocument::new()?;
        document.LoadXml(&xml.into())?;
        let toast = ToastNotification::CreateToastNotification(&document)?;
        toast.SetTag(&number.to_string().into())?;
        toast.SetGroup(&self.group)?;
        if passing {
            toast.SetExpirationTime(&expiration(PASSING)?)?;
        }
        let heard = |is_current: &Arc<AtomicBool>| (self.tell.clone(), is_current.clone());
        let (tell, current) = heard(is_current);
        toast.Activated(&TypedEventHandler::new(
            move |_, args: windows::core::Ref<'_, IInspectable>| {
                if current.load(Relaxed) {
                    let args: Option<&IInspectable> = args.as_ref();
                    let said = args.and_then(|args| activated(number, args));
                    said.into_iter().for_each(|said| tell.signal(said));
                    // Windows takes it away, and tells nobody.
                    tell.signal(Signal::Closed { number, by_person: false });
                }
                Ok(())
            },
        ))?;
        let (tell, current) = heard(is_current);
        toast.Dismissed(&TypedEventHandler::new(
            move |_, args: windows::core::Ref<'_, ToastDismissedEventArgs>| {
                let reason = args.as_ref().and_then(|args| args.Reason().ok());
                // One whose time is over is in the list of what was missed.
                if let Some(reason) = reason.filter(|it| *it != ToastDismissalReason::TimedOut)
                    && current.load(Relaxed)
                {
                    let by_person = reason == ToastDismissalReason::UserCanceled;
                    tell.signal(Signal::Closed { number, by_person });
                }
                Ok(())
            },
        ))?;
        let (tell, current) = heard(is_current);
        toast.Failed(&TypedEventHandler::new(
            move |_, args: windows::core::Ref<'_, ToastFailedEventArgs>| {
                let code = args.as_ref().and_then(|args| args.ErrorCode().ok());
                tracing::warn!("Windows has not shown a toast: {code:?}");
                if current.load(Relaxed) {
                    tell.signal(Signal::Closed { number, by_person: false });
                }
                Ok(())
            },
        ))?;
        Ok(toast)
    }

    /// Withdraws one.
    pub(super) fn close(&mut self, number: u32) -> Result<(), BusError> {
        if self.notifier.is_none() {
            return Err(absent());
        }
        self.forget(number);
        if let Some(folder) = &self.program.folder {
            pictures::drop(folder, number);
        }
        let tag = HSTRING::from(number.to_string());
        let history = ToastNotificationManager::History();
        let removed =
            history.and_then(|it| it.RemoveGroupedTagWithId(&tag, &self.group, &APP_ID.into()));
        self.tell.signal(Signal::Closed { number, by_person: false });
        removed.map_err(bus_error)
    }

    /// Hears nothing more of the one that has this number.
    fn forget(&mut self, number: u32) {
        self.kept.retain(|kept| {
            let stays = kept.number != number;
            kept.is_current.store(stays, Relaxed);
            stays
        });
    }

    /// Which are there no longer: a click that opens an address, and a list that is emptied while no one
    /// listens, are told to nobody.
    fn look(&mut self) {
        let Ok(there) = self.listed() else { return };
        let mut gone = Vec::new();
        self.kept.retain(|kept| {
            let stays = there.contains(&kept.number) || kept.since.elapsed() < LISTED_WITHIN;
            gone.extend((!stays).then_some(kept.number));
            stays
        });
        for number in gone {
            if let Some(folder) = &self.program.folder {
                pictures::drop(folder, number);
            }
            self.tell.signal(Signal::Closed { number, by_person: false });
        }
    }

    /// The numbers of ours that Windows has.
    fn listed(&self) -> Result<Vec<u32>, Error> {
        let history: ToastNotificationHistory = ToastNotificationManager::History()?;
        let mut numbers = Vec::new();
        for toast in &history.GetHistoryWithId(&APP_ID.into())? {
            if toast.Group()? == self.group {
                numbers.extend(toast.Tag()?.to_string().parse::<u32>());
            }
        }
        Ok(numbers)
    }

    /// See [`number_after`].
    fn next_number(&mut self) -> u32 {
        self.last = number_after(self.last);
        self.last
    }
}

/// What the person has done with a toast.
fn activated(number: u32, args: &IInspectable) -> Option<Signal> {
    let args: ToastActivatedEventArgs = args.cast().ok()?;
    let key = args.Arguments().ok()?.to_string();
    if key == toast_xml::REPLY {
        let text = args.UserInput().ok()?.Lookup(&toast_xml::FIELD.into()).ok()?;
        let text: IReference<HSTRING> = text.cast().ok()?;
        let text = text.Value().ok()?.to_string();
        return (text.len() <= REPLY_BYTES_MAX).then_some(Signal::Replied(number, text));
    }
    (key.len() <= KEY_BYTES_MAX).then_some(Signal::Chosen(number, key))
}

/// So long from now, as Windows wants it.
fn expiration(after: Duration) -> Result<IReference<DateTime>, Error> {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + after;
    let ticks = i64::try_from(at.as_nanos() / 100).unwrap_or(i64::MAX - EPOCH);
    PropertyValue::CreateDateTime(DateTime { UniversalTime: ticks + EPOCH })?.cast()
}

/// What ours are kept together by: those of the installed Hark, or of one with a folder of its own (FNV-1a).
fn group(program: &Program) -> String {
    let folder = program.folder.as_deref().filter(|_| program.opener.is_none());
    let Some(folder) = folder else { return "hark".to_owned() };
    let bytes = folder.to_string_lossy();
    let hash = bytes.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn absent() -> BusError {
    BusError::Absent("nobody shows toasts on this Windows".to_owned())
}

fn bus_error(error: Error) -> BusError {
    let HRESULT(code) = error.code();
    match code.cast_unsigned() {
        NO_CLASS => absent(),
        code if GONE.contains(&code) => BusError::Absent(error.message()),
        _ => BusError::Refused(error.message()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_whatever_the_clock_says() {
        let (tell, _told) = mpsc::channel(1);
        let program = Program { name: "hark", folder: None, opener: None };
        let mut toasts = Toasts::new(program, tell);
        let first = toasts.next_number();
        assert_eq!([toasts.next_number(), toasts.next_number()], [first + 1, first + 2]);
        toasts.last = u32::MAX - 1;
        assert_eq!(toasts.next_number(), u32::MAX);
    }

    #[test]
    fn each_hark_keeps_its_own_together() {
        let of = |folder: &str, opener: Option<&str>| {
            let (folder, opener) = (Some(folder.into()), opener.map(Into::into));
            group(&Program { name: "hark", folder, opener })
        };
        assert_eq!(of("a", Some("x")), "hark");
        assert_ne!(of("a", None), of("b", None));
        assert_eq!(of("a", None).len(), 16);
    }

    #[test]
    fn only_where_nobody_shows_them_it_is_absence() {
        let of = |code: u32| bus_error(Error::from(HRESULT(code.cast_signed())));
        assert_eq!(of(NO_CLASS), absent());
        assert!(matches!(of(GONE[0]), BusError::Absent(_)));
        // `E_INVALIDARG`.
        assert!(matches!(of(0x8007_0057), BusError::Refused(_)));
    }
}
