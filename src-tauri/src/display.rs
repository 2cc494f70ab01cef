//! Whether there is a display and a web view to open a window with, and how that draws. The toolkit would end in a panic
//! where there is none; a person in a terminal or over SSH deserves a sentence.

#[cfg(target_os = "linux")]
use hark_local::program;

#[cfg(target_os = "linux")]
const CLASS: &str = "hark-window";

/// With this the web engine draws by the processor alone. A page of text needs no more, and is there sooner: without a
/// graphics card it scrolled at 18 ms of processor time a frame and took 300 MiB in the engine's process, and so at
/// 6 ms and 180 MiB; and some drivers show nothing at all. Who sets it to 0 has it otherwise.
#[cfg(target_os = "linux")]
const DRAWN_BY_THE_PROCESSOR: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Checks that a window can be opened.
///
/// # Errors
/// One sentence for the person.
#[cfg(target_os = "linux")]
pub(crate) fn check() -> Result<(), String> {
    let named = program::display().ok_or(program::NO_DISPLAY)?;
    // Where it cannot be set, the engine draws as it does.
    let _ = gtk::glib::setenv(DRAWN_BY_THE_PROCESSOR, "1", false);
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

/// Checks that a window can be opened: where Microsoft's web view is.
///
/// # Errors
/// One sentence for the person.
#[cfg(windows)]
pub(crate) fn check() -> Result<(), String> {
    let found = tauri::webview_version();
    found.map(drop).map_err(|_| NO_WEB_VIEW.to_owned())
}

/// Windows 11 has it; on Windows 10 it comes with Microsoft's browser, and can be removed.
#[cfg(windows)]
const NO_WEB_VIEW: &str = "Hark's window needs the WebView2 Runtime of Microsoft, which is not installed here. \
                           Install the \u{201c}Evergreen\u{201d} one from Microsoft's page \
                           https://developer.microsoft.com/microsoft-edge/webview2, then open the window again. \
                           Until then, in a terminal, use: hark status, hark messages";

/// Checks that a window can be opened: always so on this platform.
///
/// # Errors
/// Never; the type is that of the other platforms.
#[cfg(target_os = "macos")]
pub(crate) fn check() -> Result<(), String> {
    Ok(())
}

/// Tells the person why there is no window.
#[cfg(not(windows))]
pub(crate) fn tell(sentence: &str) {
    eprintln!("{sentence}");
}

/// Tells the person why there is no window: in a box, too, as nobody sees what a program without a console prints.
#[cfg(windows)]
pub(crate) fn tell(sentence: &str) {
    eprintln!("{sentence}");
    let level = rfd::MessageLevel::Error;
    rfd::MessageDialog::new().set_level(level).set_title("Hark").set_description(sentence).show();
}
