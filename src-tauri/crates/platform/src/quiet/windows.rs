//! Windows: a focus session, as Windows 11 has them (`Windows.UI.Shell.FocusSessionManager`), is told of. Do not
//! disturb, which one can turn on without such a session, is told to nobody: that none runs says nothing. Windows
//! holds toasts back itself then, and keeps them in the notification centre.
//!
//! Not run on Windows: Wine knows of no such sessions, which is what is told there.

use std::{
    future::pending,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::{sync::watch, task::spawn_blocking};
use windows::{
    Foundation::TypedEventHandler,
    UI::Shell::FocusSessionManager,
    core::{Error, IInspectable, Ref},
};

use super::Session;

/// Watches for as long as it is polled.
pub(super) async fn run(tell: watch::Sender<Session>) {
    let tell = Arc::new(Shared(RwLock::new(Some(tell))));
    let _until_it_is_dropped = Silent(tell.clone());
    tell.say(None);
    // Windows' classes may block.
    let followed = spawn_blocking(move || Followed::begin(&tell)).await;
    let _following = match followed {
        Ok(Ok(following)) => Some(following),
        Ok(Err(error)) => {
            tracing::debug!("no focus session is told of: {error}");
            None
        }
        Err(_) => None,
    };
    pending().await
}

/// Where it is told, also on threads of Windows; none once nobody listens.
struct Shared(RwLock<Option<watch::Sender<Session>>>);

impl Shared {
    fn say(&self, do_not_disturb: Option<bool>) {
        let now = Session { asked: true, there: true, do_not_disturb, saver: None };
        if let Some(tell) = self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
            tell.send_if_modified(|said| std::mem::replace(said, now) != now);
        }
    }

    /// Says whether a session runs.
    fn ask(&self, manager: &FocusSessionManager) -> Result<(), Error> {
        self.say(manager.IsFocusActive()?.then_some(true));
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
