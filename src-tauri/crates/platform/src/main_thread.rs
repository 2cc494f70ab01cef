//! The process's first thread. macOS tells there, and in its run loop alone, what the person does with a
//! notification; so what runs goes to another one, and the first one waits in that loop. Elsewhere it is
//! a thread as any other.

/// Runs this to its end and answers what it does.
///
/// # Errors
/// Where no thread can be had.
#[cfg(not(target_os = "macos"))]
pub fn keep_free<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<T> {
    Ok(run())
}

/// Runs this to its end, and answers what it does. Not run yet: it was type-checked.
///
/// # Errors
/// Where no thread can be had.
#[cfg(target_os = "macos")]
pub fn keep_free<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<T> {
    let (done, end) = tokio::sync::oneshot::channel();
    let runs = std::thread::Builder::new().name("hark".to_owned()).spawn(move || {
        // Who waits for it is there until it comes.
        let _ = done.send(run());
    })?;
    match mac_usernotifications::block_on_main(end) {
        Ok(done) => Ok(done),
        // It can only have panicked.
        Err(_) => match runs.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(()) => Err(std::io::Error::other("it ended without an answer")),
        },
    }
}
