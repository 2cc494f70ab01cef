//! By the system, which keeps the text itself.

pub(super) fn copy(text: &str) -> bool {
    clipboard_win::set_clipboard_string(text).is_ok()
}
