//! What Windows knows Hark as: an AppUserModelID, under which toasts have Hark's name and icon, and the program
//! that opens `hark:` addresses. Both are of this person alone (`HKEY_CURRENT_USER`), and written anew at each
//! start, since programs move. Who uninstalls Hark takes both keys out: the installer's uninstaller does.

use std::{fs, path::Path};

use windows_registry::{CURRENT_USER, Result};

/// Hark's AppUserModelID. The Start menu's entry has the same, where an installer has made one.
pub(in crate::notifications) const APP_ID: &str = "Hark.Hark";

/// Where this person's classes are: AppUserModelIDs and schemes are among them.
pub(super) const CLASSES: &str = r"Software\Classes";
/// The key of the AppUserModelID, below.
const APP: &str = r"AppUserModelId\Hark.Hark";
/// The key of the scheme, below.
const SCHEME: &str = "hark";
const ICON: &[u8] = include_bytes!("../../../../../../icons/hark-256.png");

/// Enters Hark's name, and its icon, which is written into this folder.
///
/// # Errors
/// Those of the registry. Without an icon it is entered all the same.
pub(super) fn enter(classes: &str, folder: &Path) -> Result<()> {
    let app = CURRENT_USER.create(classes)?.create(APP)?;
    app.set_string("DisplayName", "Hark")?;
    let icon = folder.join("hark.png");
    match fs::write(&icon, ICON) {
        Ok(()) => app.set_string("IconUri", icon.to_string_lossy()),
        Err(error) => {
            tracing::warn!("the icon of notifications could not be written: {error}");
            Ok(())
        }
    }
}

/// Enters the program that opens addresses. The whole address is its one argument.
///
/// # Errors
/// Those of the registry.
pub(super) fn enter_opener(classes: &str, program: &Path) -> Result<()> {
    let program = program.to_string_lossy();
    let scheme = CURRENT_USER.create(classes)?.create(SCHEME)?;
    scheme.set_string("", "URL:Hark")?;
    scheme.set_string("URL Protocol", "")?;
    scheme.create("DefaultIcon")?.set_string("", format!("\"{program}\",0"))?;
    scheme.create(r"shell\open\command")?.set_string("", format!("\"{program}\" \"%1\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_entered_is_what_windows_reads() {
        // Not where an installed Hark has its own.
        let root = format!(r"Software\Hark test {}", std::process::id());
        let classes = format!(r"{root}\Classes");
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            enter(&classes, folder.path()).unwrap();
            enter_opener(&classes, Path::new(r"C:\Program Files\Hark\hark-window.exe")).unwrap();
        }
        let classes = CURRENT_USER.open(&classes).unwrap();
        let said = |key: &str, name: &str| classes.open(key).unwrap().get_string(name);
        assert_eq!(said(APP, "DisplayName").unwrap(), "Hark");
        assert_eq!(fs::read(said(APP, "IconUri").unwrap()).unwrap(), ICON);
        assert_eq!(said(SCHEME, "URL Protocol").unwrap(), "");
        assert_eq!(
            said(r"hark\shell\open\command", "").unwrap(),
            "\"C:\\Program Files\\Hark\\hark-window.exe\" \"%1\""
        );
        CURRENT_USER.remove_tree(&root).unwrap();
    }
}
