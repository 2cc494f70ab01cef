//! Linux: an entry of the XDG autostart folder, or the user's unit of systemd, never both.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Autostart;

/// The entry's file (Desktop Application Autostart Specification).
const ENTRY: &str = "autostart/hark.desktop";
/// What systemd links to where the user has enabled the unit.
const UNIT: &str = "systemd/user/graphical-session.target.wants/hark.service";

/// The configuration folder of a user, in which all of it stands.
#[derive(Clone, Debug)]
pub(super) struct Startup(PathBuf);

impl Startup {
    pub(super) fn new(settings: PathBuf) -> Self {
        Self(settings)
    }

    pub(super) fn now(&self) -> Autostart {
        let by_entry = fs::read_to_string(self.file()).is_ok_and(|entry| is_on(&entry));
        let by_unit = fs::symlink_metadata(self.unit()).is_ok();
        match (by_entry, by_unit) {
            (false, false) => Autostart::Off,
            (true, false) => Autostart::Entry,
            (false, true) => Autostart::Unit,
            (true, true) => Autostart::Both,
        }
    }

    pub(super) fn on(&self, command: &[&str]) -> io::Result<Autostart> {
        if matches!(self.now(), Autostart::Unit | Autostart::Both) {
            remove(&self.file())?;
            return Ok(Autostart::Unit);
        }
        let path = self.file();
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, entry(command))?;
        Ok(Autostart::Entry)
    }

    pub(super) fn off(&self) -> io::Result<()> {
        remove(&self.file())?;
        // As `systemctl --user disable` does it.
        remove(&self.unit())
    }

    pub(super) fn entry(&self) -> String {
        self.file().display().to_string()
    }

    fn file(&self) -> PathBuf {
        self.0.join(ENTRY)
    }

    fn unit(&self) -> PathBuf {
        self.0.join(UNIT)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether an entry starts anything: a desktop's own settings turn it off within it.
fn is_on(entry: &str) -> bool {
    let says = |wanted: &str| {
        let lines = entry.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.replace(' ', "")).any(|line| line.eq_ignore_ascii_case(wanted))
    };
    !says("Hidden=true") && !says("X-GNOME-Autostart-enabled=false")
}

fn entry(command: &[&str]) -> String {
    let words: Vec<_> = command.iter().map(|word| quoted(word)).collect();
    format!(
        "[Desktop Entry]\nType=Application\nName=Hark\nComment=Notifications from push servers\n\
         Icon=hark\nExec={}\nTerminal=false\n",
        words.join(" ")
    )
}

/// A word of a command as the Desktop Entry Specification wants it: in quotes where it is not plain, with the
/// escapes of a quoted word and then those of a value.
fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-+=:,@".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let mut inner = String::new();
    for char in word.chars() {
        match char {
            '"' | '`' | '$' | '\\' => inner.extend(['\\', char]),
            '%' => inner.push_str("%%"),
            char => inner.push(char),
        }
    }
    format!("\"{inner}\"").replace('\\', "\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_starts_by_one_way_and_what_was_changed_from_outside_counts() {
        let folder = std::env::temp_dir().join(format!("hark-autostart-{}", std::process::id()));
        let of = Startup(folder.clone());
        assert_eq!(of.now(), Autostart::Off);
        assert_eq!(of.on(&["/usr/bin/hark", "agent"]).unwrap(), Autostart::Entry);
        assert_eq!(of.now(), Autostart::Entry);
        let text = fs::read_to_string(of.file()).unwrap();
        assert!(text.contains("\nExec=/usr/bin/hark agent\n"), "{text}");
        for off in ["Hidden=true", "X-GNOME-Autostart-enabled = false"] {
            fs::write(of.file(), format!("{text}{off}\n")).unwrap();
            assert_eq!(of.now(), Autostart::Off, "{off}");
        }
        of.on(&["/usr/bin/hark", "agent"]).unwrap();
        // The user enables the unit as well, and then asks for it once more.
        fs::create_dir_all(of.unit().parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/usr/lib/systemd/user/hark.service", of.unit()).unwrap();
        assert_eq!(of.now(), Autostart::Both);
        assert_eq!(of.on(&["/usr/bin/hark", "agent"]).unwrap(), Autostart::Unit);
        assert_eq!(of.now(), Autostart::Unit);
        of.off().unwrap();
        assert_eq!(of.now(), Autostart::Off);
        of.off().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_word_is_quoted_as_a_desktop_entry_wants_it() {
        for (word, wanted) in [
            ("/usr/bin/hark", "/usr/bin/hark"),
            ("/home/me/my programs/hark", "\"/home/me/my programs/hark\""),
            ("a\"b", "\"a\\\\\"b\""),
            ("$HOME", "\"\\\\$HOME\""),
            ("100%", "\"100%%\""),
            ("a\\b", "\"a\\\\\\\\b\""),
        ] {
            assert_eq!(quoted(word), wanted);
        }
    }
}
