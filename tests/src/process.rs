//! A program that runs beside a test, and ends with it.

use std::{
    fs::{self, File},
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rustix::process::{Pid, Signal};

use crate::{
    SHORT, World, eventually,
    hark::{program, under_wine},
};

/// A running program in a process group of its own, which is killed when this is dropped.
pub struct Running {
    name: String,
    child: Child,
    /// A program of Hark for Windows.
    is_of_wine: bool,
    /// Its process id there, where it has told it.
    id_of_wine: Option<u64>,
    begun: Timestamp,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Starts a program. What it prints goes to the world's `log/NAME.out` and `log/NAME.err`.
    pub fn start(world: &World, name: &str, mut command: Command) -> Self {
        let log = world.folder("log");
        let (out, err) = (log.join(format!("{name}.out")), log.join(format!("{name}.err")));
        let open = |path| File::options().create(true).append(true).open(path).unwrap();
        let is_of_wine = under_wine() && Path::new(command.get_program()) == program("hark");
        let begun = Timestamp::now();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(open(&out))
            .stderr(open(&err))
            .spawn()
            .unwrap_or_else(|error| panic!("{name} ({command:?}) cannot be started: {error}"));
        Self { name: name.to_owned(), child, is_of_wine, id_of_wine: None, begun, out, err }
    }

    /// When it was started.
    #[must_use]
    pub fn begun(&self) -> Timestamp {
        self.begun
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that programs of this name have printed in this world.
    #[must_use]
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap()).into_owned()
    }

    /// All that they have printed as errors.
    #[must_use]
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.err).unwrap()).into_owned()
    }

    /// The lines on its standard output that have come to their end.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let out = self.out();
        let whole = out.rfind('\n').map_or("", |end| &out[..end]);
        whole.lines().map(str::to_owned).collect()
    }

    /// Waits for a line on its standard output that holds `text`; answers the line.
    pub async fn line(&mut self, text: &str, within: Duration) -> String {
        let what = format!("{} prints {text:?}", self.name);
        eventually(&what, within, async || {
            if let Some(line) = self.lines().into_iter().find(|line| line.contains(text)) {
                return Ok(line);
            }
            let out = self.out();
            Err(match self.child.try_wait().unwrap() {
                Some(status) => format!("it has ended ({status}); {out}{}", self.err()),
                None => format!("{out}{}", self.err()),
            })
        })
        .await
    }

    /// Learns its process id under Wine.
    pub fn has_told(&mut self, id: Option<u64>) {
        self.id_of_wine = id.filter(|_| self.is_of_wine);
    }

    /// Sends a signal to the program alone, as `kill PID` does. To end is what `taskkill` tells an agent under Wine;
    /// for what has not told its process id there, Wine hands on Ctrl-C.
    pub fn signal(&self, signal: Signal) {
        if let (Signal::TERM, Some(id)) = (signal, self.id_of_wine) {
            return self.close_windows(id);
        }
        let signal = if self.is_of_wine && signal == Signal::TERM { Signal::INT } else { signal };
        rustix::process::kill_process(self.group(), signal).unwrap();
    }

    /// Its window is made beside all else that it does at its start.
    fn close_windows(&self, id: u64) {
        let began = Instant::now();
        loop {
            let mut command = Command::new(program("taskkill"));
            let closed = command.args(["/pid", &id.to_string()]).output().unwrap();
            if closed.status.success() {
                return;
            }
            assert!(began.elapsed() < SHORT, "{} has no window: {closed:?}", self.name);
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends it as a power cut would; answers the lines that it has printed.
    pub fn kill(mut self) -> Vec<String> {
        self.signal(Signal::KILL);
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{} had ended before", self.name);
        self.lines()
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for it to end by itself.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        eventually(&what, within, async || {
            self.child.try_wait().unwrap().ok_or_else(|| "it runs".to_owned())
        })
        .await
    }

    fn group(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }
}

/// Waits until no process has this id, but for one that is not reaped yet.
pub async fn gone(pid: u32) {
    eventually("a process ends", SHORT, async || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z ") { Ok(()) } else { Err(stat) }
    })
    .await;
}

impl Drop for Running {
    fn drop(&mut self) {
        // After it was waited for, its process id may be another's.
        if let Ok(None) = self.child.try_wait() {
            _ = rustix::process::kill_process_group(self.group(), Signal::KILL);
            _ = self.child.wait();
        }
    }
}
