//! Windows: a value of the user's Run key ("Run and RunOnce Registry Keys"). Task Manager and the settings turn it
//! off in another key, which they document by what they do alone: its first byte is odd then. Run under Wine, where
//! the tests do what Task Manager does.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use windows_registry::CURRENT_USER;

use super::{Autostart, command_line};

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
/// The value's name, which Task Manager shows where the program has no description.
const NAME: &str = "Hark";
/// How long a command line of that key may be. UTF-16 units.
const UNITS_MAX: usize = 260;
/// The program without a console, which lies beside the one with it.
const WITHOUT_CONSOLE: &str = "harkw.exe";

/// The keys, below that of the current user.
#[derive(Clone, Debug)]
pub(super) struct Startup {
    run: String,
    approved: String,
}

impl Startup {
    pub(super) fn new(_settings: PathBuf) -> Self {
        Self { run: RUN.to_owned(), approved: APPROVED.to_owned() }
    }

    pub(super) fn now(&self) -> Autostart {
        let line = CURRENT_USER.open(&self.run).and_then(|key| key.get_string(NAME));
        let is_there = line.is_ok_and(|line| !line.is_empty());
        let approved = CURRENT_USER.open(&self.approved).and_then(|key| key.get_bytes(NAME));
        let is_refused = approved.is_ok_and(|bytes| bytes.first().is_some_and(|it| it & 1 == 1));
        if is_there && !is_refused { Autostart::Entry } else { Autostart::Off }
    }

    pub(super) fn on(&self, command: &[&str]) -> io::Result<Autostart> {
        let (program, arguments) = command.split_first().ok_or(ErrorKind::InvalidInput)?;
        let program = without_console(Path::new(program));
        let program = program.to_str().ok_or(ErrorKind::InvalidInput)?;
        let line = command_line::of(&[&[program], arguments].concat());
        if line.encode_utf16().count() > UNITS_MAX {
            let why = "the command line is longer than the 260 characters that Windows starts; \
                       put the program or the profile into a folder with a shorter name";
            return Err(io::Error::new(ErrorKind::InvalidInput, why));
        }
        CURRENT_USER.create(&self.run)?.set_string(NAME, line)?;
        remove(&self.approved)?;
        Ok(Autostart::Entry)
    }

    pub(super) fn off(&self) -> io::Result<()> {
        remove(&self.run)?;
        remove(&self.approved)
    }

    pub(super) fn entry(&self) -> String {
        format!(r"HKEY_CURRENT_USER\{}, value {NAME}", self.run)
    }
}

/// The program to start in this one's place: the same without a console, where it is there.
fn without_console(program: &Path) -> PathBuf {
    let beside = program.with_file_name(WITHOUT_CONSOLE);
    if beside.is_file() { beside } else { program.to_path_buf() }
}

/// Removes the value from a key, where it has it.
fn remove(key: &str) -> io::Result<()> {
    let removed = CURRENT_USER
        .options()
        .write()
        .open(key)
        .and_then(|key| key.remove_value(NAME))
        .map_err(io::Error::from);
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use windows_registry::Type;

    use super::*;

    #[test]
    fn it_starts_by_the_run_key_and_what_task_manager_says_counts() {
        let root = format!(r"Software\Hark-test-{}", std::process::id());
        let [run, approved] = ["Run", "Approved"].map(|name| format!(r"{root}\{name}"));
        let of = Startup { run, approved };
        assert_eq!(of.now(), Autostart::Off);
        of.off().unwrap();

        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("my hark.exe");
        let command = [program.to_str().unwrap(), "--profile", r"D:\a b\", "agent"];
        assert_eq!(of.on(&command).unwrap(), Autostart::Entry);
        assert_eq!(of.now(), Autostart::Entry);
        let line = || CURRENT_USER.open(&of.run).unwrap().get_string(NAME).unwrap();
        let wanted =
            |program: &Path| format!(r#""{}" --profile "D:\a b\\" agent"#, program.display());
        assert_eq!(line(), wanted(&program));

        // Task Manager turns it off, and on again; so does the person here.
        let task_manager = CURRENT_USER.create(&of.approved).unwrap();
        for (first, now) in
            [(2, Autostart::Entry), (3, Autostart::Off), (6, Autostart::Entry), (7, Autostart::Off)]
        {
            let since = [first, 0, 0, 0, 0xd4, 0x0d, 0x43, 0x8d, 0xc8, 0x3b, 0xd9, 1];
            task_manager.set_bytes(NAME, Type::Bytes, &since).unwrap();
            assert_eq!(of.now(), now, "{first}");
        }
        let quiet = folder.path().join(WITHOUT_CONSOLE);
        std::fs::write(&quiet, "").unwrap();
        assert_eq!(of.on(&command).unwrap(), Autostart::Entry);
        assert_eq!((of.now(), line()), (Autostart::Entry, wanted(&quiet)));

        let long = "x".repeat(UNITS_MAX);
        let refused = of.on(&["hark.exe", &long]).unwrap_err();
        assert!(refused.to_string().contains("260 characters"), "{refused}");
        of.off().unwrap();
        assert_eq!(of.now(), Autostart::Off);
        assert!(task_manager.get_bytes(NAME).is_err());
        CURRENT_USER.remove_tree(root).unwrap();
    }
}
