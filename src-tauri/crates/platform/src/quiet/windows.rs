//! Windows: a focus session, as Windows 11 has them (`Windows.UI.Shell.FocusSessionManager`), is told of. Do not
//! disturb, which one can turn on without such a session, is told to nobody: that none runs says nothing. Windows
//! holds toasts back itself then, and keeps them in the notification centre.
//!
//! The lock is asked for every few seconds. Windows tells of it only a window that has asked for that
//! (`WTSRegisterSessionNotification`), for which no crate has a safe interface, and an agent without a tray has none.
//!
//! Not run on Windows: Wine knows of no focus sessions and of no lock, which is what is told there.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{sync::watch, task::spawn_blocking, time::sleep};
use windows::{
    Foundation::TypedEventHandler,
    UI::Shell::FocusSessionManager,
    core::{Error, IInspectable, Ref},
};
use winsafe::{HDESK, co};

use super::Session;

/// How often it is asked whether the session is locked.
const EVERY: Duration = Duration::from_secs(5);

/// Watches for as long as it is polled.
pub(super) async fn run(tell: watch::Sender<Session>) {
    let tell = Arc::new(Shared(RwLock::new(Some(tell))));
    let _until_it_is_dropped = Silent(tell.clone());
    tell.say(|said| *said = Session { asked: true, there: true, saver: locked(), ..*said });
    // Windows' classes may block.
    let told = tell.clone();
    let followed = spawn_blocking(move || Followed::begin(&told)).await;
    let _following = match followed {
        Ok(Ok(following)) => Some(following),
        Ok(Err(error)) => {
            tracing::debug!("no focus session is told of: {error}");
            None
        }
        Err(_) => None,
    };
    loop {
        sleep(EVERY).await;
        tell.say(|said| said.saver = locked());
    }
}

/// Whether the session is locked: what has the keyboard then is a desktop that no program of the person's may open.
/// That of a question of the account control is one, too, for as long as it stands. None where there is no telling.
fn locked() -> Option<bool> {
    match HDESK::OpenInputDesktop(None, false, co::DESKTOP_RIGHTS::READOBJECTS) {
        Ok(_) => Some(false),
        Err(co::ERROR::ACCESS_DENIED) => Some(true),
        Err(_) => None,
    }
}

/// Where it is told, also on threads of Windows; none once nobody listens.
struct Shared(RwLock<Option<watch::Sender<Session>>>);

impl Shared {
    fn say(&self, change: impl FnOnce(&mut Session)) {
        if let Some(tell) = self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            tell.send_if_modified(|said| {
                let before = *said;
                change(said);
                *said != before
            });
        }
    }

    /// Says whether a session runs.
    fn ask(&self, manager: &FocusSessionManager) -> Result<(), Error> {
        let runs = manager.IsFocusActive()?.then_some(true);
        self.say(|said| said.do_not_disturb = runs);
        Ok(())
    }
}

/// Says nothing more once it is dropped.
struct Silent(Arc<Shared>);

impl Drop for Silent {
    fn drop(&mut self) {
        self.0.0.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Hears of changes until it is dropped.
struct Followed(FocusSessionManager, i64);

impl Followed {
    fn begin(tell: &Arc<Shared>) -> Result<Self, Error> {
        let manager = FocusSessionManager::GetDefault()?;
        let (changed, told) = (manager.clone(), tell.clone());
        let handler = TypedEventHandler::new(
            move |_: Ref<'_, FocusSessionManager>, _: Ref<'_, IInspectable>| told.ask(&changed),
        );
        // Before it is asked, so that no change falls in between.
        let token = manager.IsFocusActiveChanged(&handler)?;
        let followed = Self(manager, token);
        tell.ask(&followed.0)?;
        Ok(followed)
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let _ = self.0.RemoveIsFocusActiveChanged(self.1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Watch;

    #[tokio::test]
    async fn what_is_not_known_is_said_not_to_be() {
        let mut watch = Watch::begin();
        let said = tokio::time::timeout(Duration::from_secs(60), watch.next()).await;
        let Ok(Some(session)) = said else { unreachable!("{said:?}") };
        assert!(session.asked && session.there && session.do_not_disturb != Some(false));
    }
}
