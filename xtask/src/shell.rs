//! The programs that xtask starts. Those that start others for long carry a mark in their
//! environment, by which whatever they have left running is found and ended.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{self, BufRead, BufReader, IsTerminal, Write},
    path::{Path, PathBuf},
    process::{self, Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::{Result, processors};

/// A list of the marks of every xtask above a process, each ended by a colon.
const MARK: &str = "HARK_XTASK";
const POLL: Duration = Duration::from_millis(20);
/// How long a program that was asked to end has before it is killed.
const GRACE: Duration = Duration::from_secs(5);

pub(crate) struct Shell {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// The one target folder.
    pub(crate) target: PathBuf,
    /// Whether the person has agreed to installing beforehand.
    pub(crate) yes: bool,
    /// A folder with a short path that is removed when xtask ends; whoever needs it makes it.
    pub(crate) scratch: PathBuf,
    mark: String,
    stop: Arc<AtomicBool>,
}

impl Shell {
    pub(crate) fn new(yes: bool) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(|e| e.to_string())?;
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no checkout")?;
        // cargo has put this very program at TARGET/debug/xtask.
        let own = env::current_exe().map_err(|e| e.to_string())?;
        let target = own.ancestors().nth(2).ok_or("no target folder")?;
        Ok(Self {
            root: root.to_path_buf(),
            target: target.to_path_buf(),
            yes,
            scratch: env::temp_dir().join(format!("hark-xtask-{}", process::id())),
            mark: format!("{}{}:", env::var(MARK).unwrap_or_default(), process::id()),
            stop,
        })
    }

    /// Where the dev profile's programs are.
    pub(crate) fn built(&self, program: &str) -> PathBuf {
        self.target.join("debug").join(program)
    }

    /// Whether somebody is there to answer a question.
    pub(crate) fn can_ask(&self) -> bool {
        env::var_os("CI").is_none() && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether xtask was told to end.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Has this program, and all that it starts, end with xtask at the latest.
    pub(crate) fn mark<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env(MARK, &self.mark)
    }

    pub(crate) fn cargo(&self, args: &[&str]) -> Command {
        let mut command = self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(args).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Runs a program with this terminal as its own, to its end.
    pub(crate) fn run(&self, mut command: Command) -> Result<()> {
        let name = name_of(&command);
        let mut child =
            command.spawn().map_err(|e| format!("{name} could not be started: {e}."))?;
        match self.wait(&mut child)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(format!("{name} failed ({status}).")),
            None => Err("Stopped.".to_owned()),
        }
    }

    /// What a program prints, or nothing where it fails or is not there.
    pub(crate) fn ask(&self, command: &mut Command) -> Option<String> {
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a program with its output going to `log`, and to `each_line` as it comes. Answers whether it succeeded.
    pub(crate) fn run_logged(
        &self,
        command: Command,
        log: &Path,
        each_line: impl FnMut(&str) + Send,
    ) -> Result<bool> {
        let name = name_of(&command);
        thread::scope(|scope| {
            let succeeded = self.log(scope, command, log, each_line);
            let none_left = self.none_left(&name);
            let succeeded = succeeded?;
            none_left.map(|()| succeeded)
        })
    }

    /// Runs programs, one at once for each of these processors, on which it stays. Its output goes to a log of its own,
    /// and to `each_line`, with which log that is, as it comes. Answers whether all succeeded.
    pub(crate) fn run_logged_at_once(
        &self,
        processors: impl IntoIterator<Item = usize>,
        programs: Vec<(Command, PathBuf)>,
        each_line: impl Fn(&Path, &str) + Sync,
    ) -> Result<bool> {
        let each_line = &each_line;
        let queue = Mutex::new(programs.into_iter());
        let queue = &queue;
        thread::scope(|scope| {
            let one_by_one = move |processor| -> Result<bool> {
                processors::stay_on(processor);
                let mut all = true;
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((command, log)) = next else { return Ok(all) };
                    let of_log = log.clone();
                    all &= self.log(scope, command, &log, move |line| each_line(&of_log, line))?;
                }
            };
            let workers = processors.into_iter();
            let workers: Vec<_> =
                workers.map(|processor| scope.spawn(move || one_by_one(processor))).collect();
            let ended: Vec<Result<bool>> = workers
                .into_iter()
                .map(|worker| worker.join().map_err(|_| "A worker panicked.".to_owned())?)
                .collect();
            let none_left = self.none_left("what was run");
            let succeeded =
                ended.into_iter().try_fold(true, |all, one| one.map(|one| all & one))?;
            none_left.map(|()| succeeded)
        })
    }

    /// Runs a program to its end. Its output may go on while anything that it has left running holds it, in `scope`.
    fn log<'scope>(
        &self,
        scope: &'scope thread::Scope<'scope, '_>,
        mut command: Command,
        log: &Path,
        mut each_line: impl FnMut(&str) + Send + 'scope,
    ) -> Result<bool> {
        let name = name_of(&command);
        let told = |e: io::Error| format!("{name}: {e}.");
        let mut file = fs::OpenOptions::new().create(true).append(true).open(log).map_err(told)?;
        let (reader, writer) = io::pipe().map_err(told)?;
        command.env("CARGO_TERM_COLOR", "never").env("TERM", "dumb");
        command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(told)?).stderr(writer);
        let mut child = command.spawn().map_err(told)?;
        // It holds the pipe's other end, which must close for the lines to end.
        drop(command);
        scope.spawn(move || {
            for line in BufReader::new(reader).split(b'\n').map_while(io::Result::ok) {
                let line = String::from_utf8_lossy(&line);
                // A full disk must not hide how the program itself ended.
                _ = writeln!(file, "{line}");
                each_line(&line);
            }
        });
        match self.wait(&mut child)? {
            Some(status) => Ok(status.success()),
            None => Err("Stopped.".to_owned()),
        }
    }

    /// Ends what a program has left running, which is an error of its.
    fn none_left(&self, name: &str) -> Result<()> {
        match self.end_all() {
            left if left.is_empty() => Ok(()),
            left => Err(format!("{name} has left running: {}.", left.join(", "))),
        }
    }

    /// Waits for a program to end; `None` where xtask was told to end, which ends the program too.
    pub(crate) fn wait(&self, child: &mut Child) -> Result<Option<ExitStatus>> {
        while !self.stopped() {
            if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
                return Ok(Some(status));
            }
            thread::sleep(POLL);
        }
        end(child);
        Ok(None)
    }

    /// Ends every process that carries this xtask's mark or lives in its scratch folder; answers what
    /// they were.
    fn end_all(&self) -> Vec<String> {
        let deadline = Instant::now() + GRACE;
        let mut found = Vec::new();
        loop {
            let left = self.marked();
            for (pid, name) in &left {
                let label = format!("{name} ({})", pid.as_raw_nonzero());
                if !found.contains(&label) {
                    found.push(label);
                    _ = rustix::process::kill_process(*pid, Signal::TERM);
                } else if Instant::now() > deadline {
                    _ = rustix::process::kill_process(*pid, Signal::KILL);
                }
            }
            if left.is_empty() || Instant::now() > deadline + GRACE {
                return found;
            }
            thread::sleep(POLL);
        }
    }

    fn marked(&self) -> Vec<(Pid, String)> {
        let wanted = format!("{MARK}={}", self.mark);
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        entries
            .flatten()
            .filter_map(|entry| {
                let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
                let environ = fs::read(entry.path().join("environ")).ok()?;
                let ours = environ
                    .split(|byte| *byte == 0)
                    .any(|variable| variable.starts_with(wanted.as_bytes()))
                    || fs::read_link(entry.path().join("cwd"))
                        .is_ok_and(|cwd| cwd.starts_with(&self.scratch));
                let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
                Some((Pid::from_raw(pid)?, name.trim().to_owned())).filter(|_| ours)
            })
            .collect()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.end_all();
        _ = fs::remove_dir_all(&self.scratch);
    }
}

/// Asks a program to end, and kills it where it does not.
pub(crate) fn end(child: &mut Child) {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    let deadline = Instant::now() + GRACE;
    if let Ok(None) = child.try_wait() {
        _ = rustix::process::kill_process(pid, Signal::TERM);
    }
    while let Ok(None) = child.try_wait() {
        if Instant::now() > deadline {
            _ = child.kill();
        }
        thread::sleep(POLL);
    }
}

fn name_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or_default().to_string_lossy();
    let first = command.get_args().next().unwrap_or_default().to_string_lossy();
    format!("{program} {first}").trim().to_owned()
}
