//! The folder and the environment of one test.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::{bridge::Bridge, hark};

/// The variable by which everything that a world has started is found again, however it has detached.
const MARK: &str = "HARK_TEST_WORLD";

/// A folder with a home of its own. Removed, and all that runs in it ended, when dropped.
pub struct World {
    folder: TempDir,
    variables: BTreeMap<OsString, OsString>,
    bridge: OnceLock<Bridge>,
}

impl World {
    /// A world with nothing in it: no display, no bus, no home but an empty one.
    #[must_use]
    pub fn new() -> Self {
        // The folder holds sockets, whose paths must be short: so it is not deep in a checkout.
        let parent = env::var_os("HARK_TEST_WORLDS").unwrap_or_else(|| "/tmp".into());
        let folder = tempfile::Builder::new().prefix("hark-").tempdir_in(parent).unwrap();
        let mut world = Self { folder, variables: BTreeMap::new(), bridge: OnceLock::new() };
        for (name, under) in [
            ("HOME", "home"),
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("XDG_STATE_HOME", "home/.local/state"),
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
        ] {
            let path = world.folder(under);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
            world.set(name, path);
        }
        world.set("HARK_PROFILE", world.path("profile"));
        world.set("LANG", "C.UTF-8");
        world.set("TZ", "UTC");
        // The machine's own system bus is not to be asked.
        world.set("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", world.path("none").display()));
        let mark = world.folder.path().to_path_buf();
        world.set(MARK, mark);
        // No terminal and no settings of the person's, but the way to the programs.
        for name in ["PATH", "HARK_XTASK"] {
            if let Some(value) = env::var_os(name) {
                world.set(name, value);
            }
        }
        world
    }

    /// Sets a variable for what is started from now on.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.variables.insert(name.into(), value.as_ref().to_owned());
    }

    /// A variable of this world.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// A path in it.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The names of the files in it, however deep, that hold a text.
    #[must_use]
    pub fn files_with(&self, text: &str) -> Vec<String> {
        let (mut folders, mut found) = (vec![self.folder.path().to_owned()], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(path),
                    Ok(kind) if kind.is_file() => {
                        let bytes = fs::read(&path).unwrap_or_default();
                        let holds = bytes.windows(text.len()).any(|part| part == text.as_bytes());
                        found.extend(holds.then(|| entry.file_name().display().to_string()));
                    }
                    _ => {}
                }
            }
        }
        found.sort();
        found
    }

    /// A folder in it, made if need be.
    pub fn folder(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// A file in it.
    pub fn file(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// A file in it that only its owner may read.
    pub fn secret(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name, content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A script of the person's, and where it is. What it leaves running is this world's.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let mark = self.folder.path().display();
        let path = self.file(name, format!("#!/bin/sh\nexport {MARK}='{mark}'\n{text}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A script in the language of the system that Hark was built for, and how Hark is told of it: a shell's, and
    /// under Wine a batch file.
    pub fn script_for(&self, name: &str, shell: &str, batch: &str) -> String {
        match hark::under_wine() {
            true => {
                let text = format!("@echo off\n{batch}\n").replace('\n', "\r\n");
                hark::shown(&self.file(format!("{name}.bat"), text))
            }
            false => self.script(name, shell).display().to_string(),
        }
    }

    /// A command that sees this world and nothing else.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.variables).current_dir(self.folder.path());
        command
    }

    /// Makes sure that an agent under Wine can be asked by its socket.
    pub(crate) fn bridge(&self, socket: &Path) {
        self.bridge.get_or_init(|| Bridge::start(self, socket));
    }

    /// Every process of this world.
    fn processes(&self) -> Vec<Pid> {
        let mark = [MARK.as_bytes(), b"=", self.folder.path().as_os_str().as_encoded_bytes()];
        let mark = mark.concat();
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| {
                let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
                // nginx writes its title over its environment, but stays where it was started.
                let environ = fs::read(entry.path().join("environ")).ok()?;
                let marked = environ.split(|byte| *byte == 0).any(|found| found == mark);
                let inside = fs::read_link(entry.path().join("cwd"))
                    .is_ok_and(|cwd| cwd.starts_with(self.folder.path()));
                (marked || inside).then_some(pid)
            })
            .filter_map(Pid::from_raw)
            .collect()
    }

    /// The ids of this world's processes that run a program of this name.
    #[must_use]
    pub fn running(&self, program: &str) -> Vec<u32> {
        let is_it = |pid: &Pid| {
            fs::read_link(format!("/proc/{}/exe", pid.as_raw_nonzero()))
                .is_ok_and(|exe| exe.file_name() == Some(OsStr::new(program)))
        };
        let pids = self.processes().into_iter().filter(is_it);
        pids.map(|pid| pid.as_raw_nonzero().get().unsigned_abs()).collect()
    }

    /// How many of this world's processes have this in their command line.
    #[must_use]
    pub fn running_with(&self, text: &str) -> usize {
        let pids = self.processes().into_iter();
        let lines = pids.map(|pid| fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())));
        lines.flatten().filter(|line| String::from_utf8_lossy(line).contains(text)).count()
    }

    fn print_logs(&self) {
        for entry in fs::read_dir(self.folder("log")).unwrap().flatten() {
            let text = fs::read(entry.path()).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.lines().collect();
            if !lines.is_empty() {
                eprintln!("--- end of {}", entry.file_name().display());
                lines[lines.len().saturating_sub(30)..].iter().for_each(|line| eprintln!("{line}"));
            }
        }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if thread::panicking() {
            self.print_logs();
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let left = self.processes();
            for pid in &left {
                _ = rustix::process::kill_process(*pid, Signal::KILL);
            }
            if left.is_empty() || Instant::now() > deadline {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}
