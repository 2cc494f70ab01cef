//! What Windows knows Hark as: an AppUserModelID, under which toasts have Hark's name and icon, and the program
//! that opens `hark:` addresses. Both are of this person alone (`HKEY_CURRENT_USER`), and written anew at each
//! start, since programs move.

use std::{fs, path::Path};

use windows_registry::{CURRENT_USER, Result};

/// Hark's AppUserModelID. The Start menu's entry has the same, where an installer has made one.
pub(in crate::notifications) const APP_ID: &str = "Hark.Hark";

/// The key of the AppUserModelID.
const APP: &str = r"Software\Classes\AppUserModelId\Hark.Hark";
/// The key of the scheme.
const SCHEME: &str = r"Software\Classes\hark";
const ICON: &[u8] = include_bytes!("../../../../../../icons/hark-256.png");

/// Enters Hark's name, and its icon, which is written into this folder.
///
/// # Errors
/// Those of the registry. Without an icon it is entered all the same.
pub(super) fn enter(folder: &Path) -> Result<()> {
    let app = CURRENT_USER.create(APP)?;
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
pub(super) fn enter_opener(program: &Path) -> Result<()> {
    let program = program.to_string_lossy();
    let scheme = CURRENT_USER.create(SCHEME)?;
    scheme.set_string("", "URL:Hark")?;
    scheme.set_string("URL Protocol", "")?;
    scheme.create("DefaultIcon")?.set_string("", format!("\"{program}\",0"))?;
    scheme.create(r"shell\open\command")?.set_string("", format!("\"{program}\" \"%1\""))
}

/// Takes out all that was entered, for who uninstalls Hark. What is not there is taken out.
///
/// # Errors
/// Those of the registry.
pub(in crate::notifications) fn leave() -> Result<()> {
    let is_there = |key: &&str| CURRENT_USER.open(*key).is_ok();
    [APP, SCHEME]
        .iter()
        .filter(|key| is_there(key))
        .try_for_each(|key| CURRENT_USER.remove_tree(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_entered_is_found_and_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        enter(folder.path()).unwrap();
        enter_opener(Path::new(r"C:\Program Files\Hark\hark-window.exe")).unwrap();
        let said = |key: &str, name: &str| CURRENT_USER.open(key).unwrap().get_string(name);
        assert_eq!(said(APP, "DisplayName").unwrap(), "Hark");
        assert_eq!(fs::read(said(APP, "IconUri").unwrap()).unwrap(), ICON);
        assert_eq!(said(SCHEME, "URL Protocol").unwrap(), "");
        assert_eq!(
            said(r"Software\Classes\hark\shell\open\command", "").unwrap(),
            "\"C:\\Program Files\\Hark\\hark-window.exe\" \"%1\""
        );
        leave().unwrap();
        assert!(CURRENT_USER.open(APP).is_err() && CURRENT_USER.open(SCHEME).is_err());
        leave().unwrap();
    }
}
