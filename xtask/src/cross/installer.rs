//! The whole life of an installed Hark under Wine: installed, used, upgraded while its agent runs, removed with what the
//! person wrote kept, and removed with all.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::wine::Wine;
use crate::{Result, Shell, shell, tally::Tally, windows};

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);
/// What the installer puts into its folder.
const FILES: [&str; 6] =
    ["hark.exe", "harkw.exe", "hark-window.exe", "WebView2Loader.dll", "hark.ico", "uninstall.exe"];
/// What it writes of the person's registry, and what they would have written by starting Hark at login.
const KEYS: [&str; 3] = [
    r"HKCU\Software\Classes\AppUserModelId\Hark.Hark",
    r"HKCU\Software\Classes\hark\shell\open\command",
    r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\Hark",
];

struct Life<'a> {
    shell: &'a Shell,
    wine: &'a Wine,
    setup: PathBuf,
    /// The person's local application data.
    local: PathBuf,
    tally: Tally,
}

/// Lives it. Each promise counts as a test.
pub(super) fn life(shell: &Shell, wine: &Wine, programs: &Path) -> Result<Tally> {
    let setup = windows::installer(shell, programs, true)?;
    let local = wine.person().join("AppData/Local");
    let mut life = Life { shell, wine, setup, local, tally: Tally::default() };
    let (installed, written) = (life.local.join("Programs/Hark"), life.local.join("hark"));
    let menu = wine.person().join("AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Hark.lnk");
    let is_whole = |life: &Life<'_>| {
        FILES.iter().all(|file| installed.join(file).is_file())
            && menu.is_file()
            && KEYS.iter().all(|key| life.has_key(key))
    };
    let is_gone = |life: &Life<'_>| {
        !installed.exists() && !menu.exists() && KEYS.iter().all(|key| !life.has_key(key))
    };
    let setup = life.setup.clone();

    life.runs(&setup, &["/S"])?;
    life.promise("it is installed", is_whole);
    life.runs(&setup, &["/S"])?;
    life.promise("an upgrade starts no agent where none ran", |life| {
        life.pid(&installed).is_none()
    });
    let mut agent = life.started(&installed.join("harkw.exe"), &["agent"])?;
    life.promise("its agent answers", |life| life.pid(&installed).is_some());
    // Else the upgrade has started one, and this one has ended at once.
    let is_first = matches!(agent.try_wait(), Ok(None));
    life.promise("it is the first", |_| is_first);
    let first = life.pid(&installed);
    life.runs(&setup, &["/S"])?;
    life.promise("an upgrade starts the agent again", |life| {
        life.pid(&installed).is_some_and(|pid| Some(pid) != first)
    });
    life.promise("it is whole afterwards", is_whole);
    _ = agent.wait();
    // As the window would: nothing tells it to end.
    let profile = life.local.join("Temp/another");
    let other = ["--profile", &profile.display().to_string(), "agent"];
    let mut other = life.started(&installed.join("hark.exe"), &other)?;
    life.promise("an agent of another folder runs", |_| profile.join("data/hark.db").is_file());
    life.runs(&setup, &["/S"])?;
    life.promise("what runs on is no hindrance to an upgrade", is_whole);
    life.runs(&installed.join("uninstall.exe"), &["/S"])?;
    life.promise("it is removed", is_gone);
    let runs_on = matches!(other.try_wait(), Ok(None));
    life.promise("what runs on does so", |_| runs_on);
    shell::end(&mut other);
    _ = fs::remove_dir_all(life.local.join("Temp"));
    fs::create_dir_all(life.local.join("Temp")).map_err(|e| e.to_string())?;
    life.promise("what the person wrote is kept", |_| written.join("data/hark.db").is_file());
    life.runs(&setup, &["/S"])?;
    life.promise("it is installed again", is_whole);
    life.runs(&installed.join("uninstall.exe"), &["/S", "/ALL"])?;
    life.promise("it is removed with all", |life| is_gone(life) && !written.exists());
    Ok(life.tally)
}

impl Life<'_> {
    fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = self.shell.command(self.wine.script());
        self.shell.mark(&mut command);
        command.arg(program).args(args).env_remove("HARK_PROFILE");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn runs(&self, program: &Path, args: &[&str]) -> Result<()> {
        self.shell.run(self.command(program, args))
    }

    fn started(&self, program: &Path, args: &[&str]) -> Result<std::process::Child> {
        self.command(program, args).spawn().map_err(|e| e.to_string())
    }

    fn has_key(&self, key: &str) -> bool {
        let mut query = self.command(Path::new("reg"), &["query", key]);
        query.status().is_ok_and(|status| status.success())
    }

    /// The number of the agent's process, where one answers.
    fn pid(&self, installed: &Path) -> Option<String> {
        let mut status = self.command(&installed.join("hark.exe"), &["status", "--json"]);
        let said = self.shell.ask(status.stdout(Stdio::piped()))?;
        let (_, rest) = said.split_once("\"pid\":")?;
        Some(rest.split([',', '}']).next()?.trim().to_owned())
    }

    /// Waits until it is so.
    fn promise(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            if Instant::now() > deadline || self.shell.stopped() {
                println!("   FAILED: {what}");
                self.tally.failed += 1;
                return;
            }
            thread::sleep(POLL);
        }
        println!("   ok {what}");
        self.tally.passed += 1;
    }
}
