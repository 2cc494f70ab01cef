//! Whether there is a display to open a window on. The toolkit would end in a panic where there is
//! none; a person in a terminal or over SSH deserves a sentence.

#[cfg(target_os = "linux")]
use hark_local::program;

#[cfg(target_os = "linux")]
const CLASS: &str = "hark-window";

/// Checks that a window can be opened.
///
/// # Errors
/// One sentence for the person.
#[cfg(target_os = "linux")]
pub(crate) fn check() -> Result<(), String> {
    let named = program::display().ok_or(program::NO_DISPLAY)?;
    gtk::init().map_err(|_| {
        format!(
            "The display {named} cannot be opened, so Hark's window cannot be shown. \
             In a terminal, use: hark status, hark messages"
        )
    })?;
    // A desktop finds the window's icon and menu entry by these: Wayland's app id and X11's class.
    gtk::glib::set_prgname(Some(CLASS));
    gtk::gdk::set_program_class(CLASS);
    Ok(())
}

/// Checks that a window can be opened: always so on this platform.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub(crate) fn check() -> Result<(), String> {
    Ok(())
}
