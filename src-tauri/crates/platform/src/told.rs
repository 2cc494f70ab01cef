//! What Windows tells a program by its windows alone: that the computer woke, and that it is to end, since the person
//! logs off or shuts down, or by `taskkill`. A window that is never shown hears it, on a thread of its own, for whom
//! it concerns. Run under Wine, which never sleeps.

use std::{
    panic,
    sync::{Once, OnceLock},
    thread,
    time::Duration,
};

use tokio::sync::Notify;
use winsafe::{co, gui, prelude::*};

/// The computer woke (`changes`).
pub(crate) static WOKE: Notify = Notify::const_new();
/// This process is to end (`signals`).
pub(crate) static ENDS: Notify = Notify::const_new();

/// For how long this process may end in good order before Windows ends it: that asks for no more than 5 s.
const GOOD_ORDER: Duration = Duration::from_secs(4);
/// What is logged where nothing is heard.
const UNHEARD: &str = "Windows cannot tell that the computer woke, or that this is to end";

/// Whether there is a window, once that is known.
static HAS_WINDOW: OnceLock<bool> = OnceLock::new();

/// Hears both from now on.
pub(crate) fn begin() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        if let Err(error) = thread::Builder::new().name("told".into()).spawn(hear) {
            tracing::info!("{UNHEARD}: {error}");
        }
    });
}

/// Says that this process knows of scaled screens, before its first window is made: of one that says so later the
/// icon in the taskbar is drawn small, and larger again.
pub(crate) fn know_of_scaled_screens() {
    static KNOWN: Once = Once::new();
    // It asks for the scale and is called for what it does first.
    KNOWN.call_once(|| _ = gui::dpi_x(0));
}

/// A window that is never shown, once it is run; it takes no room and no place among those that are.
pub(crate) fn unseen() -> gui::WindowMain {
    gui::WindowMain::new(gui::WindowMainOpts {
        title: "Hark",
        style: co::WS::POPUP,
        ex_style: co::WS_EX::TOOLWINDOW | co::WS_EX::NOACTIVATE,
        size: (0, 0),
        ..Default::default()
    })
}

/// Makes the window and hears, for as long as the process runs.
fn hear() {
    know_of_scaled_screens();
    let window = unseen();
    window.on().wm_create(|_| {
        let _ = HAS_WINDOW.set(true);
        Ok(0)
    });
    window.on().wm_power_broadcast(|power| {
        // It is told of each wake, also of one by which nobody has come back yet.
        if power.event == co::PBT::APMRESUMEAUTOMATIC {
            WOKE.notify_one();
        }
        Ok(())
    });
    window.on().wm_close(|| {
        ENDS.notify_one();
        // The window stays until the process ends.
        Ok(())
    });
    window.on().wm(co::WM::ENDSESSION, |ends| {
        // Else somebody else has said no to it.
        if ends.wparam != 0 {
            ENDS.notify_one();
            // Windows ends the process as soon as this is answered.
            thread::sleep(GOOD_ORDER);
        }
        Ok(0)
    });
    go_without_where_none_can_be_had();
    if let Err(error) = window.run_main(Some(co::SW::HIDE)) {
        tracing::info!("{UNHEARD}: {error}");
    }
}

/// Where no window can be had (of all that run, too many have one; Wine without a display) `winsafe` panics. That
/// ends this thread alone: in a build whose panics end the process it stays in the panic, and needs nothing but its
/// stack. Whoever sets another hook later waits for ever there, and nobody does.
fn go_without_where_none_can_be_had() {
    let here = thread::current().id();
    let of_others = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().id() != here {
            return of_others(panic);
        }
        let why = panic.payload_as_str().unwrap_or_default();
        tracing::info!("{UNHEARD}: {why}");
        let _ = HAS_WINDOW.set(false);
        while cfg!(panic = "abort") {
            thread::park();
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_a_window_or_goes_without() {
        begin();
        // Neither is known where the panic has ended the thread, as it would the agent.
        let mut tries = 0;
        while HAS_WINDOW.get().is_none() {
            tries += 1;
            assert!(tries < 6_000);
            thread::sleep(Duration::from_millis(10));
        }
    }
}
