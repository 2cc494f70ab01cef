//! Windows: its console. Run under Wine, whose own console says that it understands escapes, and shows them.

use crossterm_winapi::{ConsoleMode, Handle, HandleType, ScreenBuffer};

/// `ENABLE_VIRTUAL_TERMINAL_PROCESSING` of `SetConsoleMode`, which Windows has since version 10.
const ESCAPES: u32 = 0x0004;

/// Nothing is to be turned off: the console echoes only while a line is read from it, and who asks for a secret
/// reads without.
#[derive(Debug)]
pub(super) struct NoEcho;

impl NoEcho {
    pub(super) fn begin() -> Self {
        Self
    }
}

pub(super) fn columns() -> Option<usize> {
    let output = ScreenBuffer::from(Handle::new(HandleType::OutputHandle).ok()?);
    // Not the buffer, which may be wider than is seen.
    let window = output.info().ok()?.terminal_window();
    usize::try_from(window.right - window.left + 1).ok()
}

pub(super) fn understands_escapes() -> bool {
    // One for standard output and errors alike, also where either of them goes elsewhere.
    let Ok(console) = Handle::new(HandleType::CurrentOutputHandle) else { return false };
    let output = ConsoleMode::from(console);
    output.mode().and_then(|mode| output.set_mode(mode | ESCAPES)).is_ok()
}

pub(super) async fn unread() {
    std::future::pending().await
}

/// Whoever starts a process that is to outlive its console starts it without one.
pub(super) fn leave() {}
