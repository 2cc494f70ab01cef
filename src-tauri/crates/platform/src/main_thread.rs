//! The process's first thread. macOS tells there, and in its loop of events alone, what the person does with a
//! notification or with the icon in the menu bar; so what runs goes to another one, and the first one waits in
//! that loop. Elsewhere it is a thread as any other.

/// Runs this to its end and answers what it does. `shows_icon` is whether it shows an icon in the tray.
///
/// # Errors
/// Where no thread can be had.
#[cfg(not(target_os = "macos"))]
pub fn keep_free<T: Send + 'static>(
    _shows_icon: bool,
    run: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<T> {
    Ok(run())
}

#[cfg(target_os = "macos")]
pub use macos::keep_free;

/// Not run yet: it was type-checked.
#[cfg(target_os = "macos")]
mod macos {
    use std::{
        io,
        panic::resume_unwind,
        thread::{self, JoinHandle},
    };

    use dispatch2::DispatchQueue;
    use objc2::MainThreadMarker;
    use objc2_app_kit::{
        NSApplication, NSApplicationActivationPolicy, NSEvent, NSEventModifierFlags, NSEventType,
    };
    use objc2_foundation::NSPoint;

    /// Runs this to its end, and answers what it does. `shows_icon` is whether it shows an icon in the menu bar, for
    /// which the first thread's loop is that of an application without a place in the Dock.
    ///
    /// # Errors
    /// Where no thread can be had.
    pub fn keep_free<T: Send + 'static>(
        shows_icon: bool,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        match MainThreadMarker::new().filter(|_| shows_icon) {
            Some(first) => in_application(first, run),
            None => in_loop(run),
        }
    }

    fn in_loop<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        let (ends, end) = tokio::sync::oneshot::channel::<()>();
        let runs = beside(move || {
            // Dropped with what runs, also in a panic.
            let _ends = ends;
            run()
        })?;
        let _ = mac_usernotifications::block_on_main(end);
        joined(runs)
    }

    fn in_application<T: Send + 'static>(
        first: MainThreadMarker,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let application = NSApplication::sharedApplication(first);
        application.setActivationPolicy(NSApplicationActivationPolicy::Accessory);
        let runs = beside(move || {
            let _end = End;
            run()
        })?;
        application.run();
        joined(runs)
    }

    /// Ends the application's loop when it is dropped, also in a panic.
    struct End;

    impl Drop for End {
        fn drop(&mut self) {
            DispatchQueue::main().exec_async(|| {
                let Some(first) = MainThreadMarker::new() else { return };
                let application = NSApplication::sharedApplication(first);
                application.stop(None);
                // It looks whether it is to stop when an event has come (Apple, `NSApplication.stop`).
                let nothing = NSEvent::otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2(
                    NSEventType::ApplicationDefined,
                    NSPoint::ZERO,
                    NSEventModifierFlags::empty(),
                    0.0,
                    0,
                    None,
                    0,
                    0,
                    0,
                );
                if let Some(nothing) = nothing {
                    application.postEvent_atStart(&nothing, true);
                }
            });
        }
    }

    fn beside<T: Send + 'static>(
        run: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<T>> {
        thread::Builder::new().name("hark".to_owned()).spawn(run)
    }

    fn joined<T>(runs: JoinHandle<T>) -> io::Result<T> {
        runs.join().map_err(|panic| resume_unwind(panic))
    }
}
