//! How the window closes. What the person has said in the page and could still take back is carried out first: the page
//! is told, and closes the window when it is done. One that does not answer is closed all the same.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tauri::{CloseRequestApi, Manager, WebviewWindow};

use crate::bridge::Bridge;

/// How long the page has. The agent answers within milliseconds; who waits longer takes the window for stuck.
const DEADLINE: Duration = Duration::from_secs(1);

/// Whether a window is about to close.
#[derive(Clone, Debug, Default)]
pub(crate) struct Closing(Arc<AtomicBool>);

impl Closing {
    /// Whether the page is to be waited for: the first time, where there is one. Who asks twice is not kept waiting.
    fn waits(&self, tell: impl FnOnce() -> bool) -> bool {
        !self.0.swap(true, Ordering::Relaxed) && tell()
    }

    /// Whether it is: then it is nothing to show any more to who starts it once more.
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The person wants the window closed.
    pub(crate) fn requested(&self, window: &WebviewWindow, api: &CloseRequestApi) {
        if !self.waits(|| window.state::<Bridge>().tell_closing()) {
            return;
        }
        api.prevent_close();
        let window = window.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(DEADLINE).await;
            // It has mostly gone by now.
            let _ = window.destroy();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_waited_for_once_and_only_where_it_hears() {
        let closing = Closing::default();
        assert!(!closing.has_begun());
        assert!(closing.waits(|| true));
        assert!(closing.clone().has_begun(), "the next start is not answered by this one");
        assert!(!closing.waits(|| true), "the person insists");
        assert!(!Closing::default().waits(|| false), "nobody hears it");
    }
}
