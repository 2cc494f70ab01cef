//! Linux and macOS: a process group. Only Linux has been run.
//!
//! The process that began the group is not reaped before the group has been ended: until then no other group can
//! have its number.

use std::{
    io,
    os::{
        fd::OwnedFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use rustix::{
    fs::{Access, access},
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::unix::pipe,
    process::ChildStdout,
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{End, FLOOD_PAUSE, GRACE, Output, PIECE_BYTES, REST, Run};
use crate::groups::Groups;

/// What programs of a desktop ask for. macOS keeps a user's temporary files at no common place.
pub(super) const VARIABLES: &[&str] = &[
    "HOME",
    "USER",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    #[cfg(target_os = "macos")]
    "TMPDIR",
];

pub(super) fn may_run(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

pub(super) fn advice(path: &Path) -> String {
    format!("If it is a program: chmod +x {}", path.display())
}

pub(super) fn without_window(_command: &mut tokio::process::Command) {}

/// One that its caller follows: the first of a group, or beside this process in its group.
pub(super) struct Tree {
    child: tokio::process::Child,
    leads: bool,
}

impl Tree {
    pub(super) fn begin(mut command: tokio::process::Command, leads: bool) -> io::Result<Self> {
        if leads {
            command.process_group(0);
        }
        Ok(Self { child: command.spawn()?, leads })
    }

    pub(super) fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Until `wait` has answered nobody reaps it, and its number is no other's.
    pub(super) fn kill(&mut self) {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        // One that is gone has ended already.
        let _ = match pid {
            Some(pid) if self.leads => kill_process_group(pid, Signal::KILL),
            Some(pid) => kill_process(pid, Signal::KILL),
            None => Ok(()),
        };
    }
}

/// Runs it to its end.
pub(super) async fn run(
    run: &Run,
    groups: &Groups,
    stop: impl Future<Output = ()>,
    output: &mut Output,
) -> End {
    match begin(run) {
        Ok(begun) => follow(begun, run, groups, stop, output).await,
        Err(error) => End::NotStarted(error.to_string()),
    }
}

/// A command that may not have begun yet.
struct Begun {
    pid: oneshot::Receiver<io::Result<Pid>>,
    exited: oneshot::Receiver<()>,
    status: oneshot::Receiver<ExitStatus>,
    /// Dropped where the process may be reaped.
    reap: mpsc::Sender<()>,
    input: pipe::Sender,
    output: pipe::Receiver,
}

/// A group that is killed when it is dropped, and then reaped.
struct Group {
    pid: Pid,
    _reap: mpsc::Sender<()>,
}

impl Group {
    fn signal(&self, signal: Signal) {
        // One that is gone has ended already.
        let _ = kill_process_group(self.pid, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

fn begin(run: &Run) -> io::Result<Begun> {
    let [program, arguments @ ..] = &*run.words else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let ((theirs_in, ours_in), (ours_out, theirs_out)) = (io::pipe()?, io::pipe()?);
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(run.environment.iter().cloned());
    command.stdin(Stdio::from(theirs_in)).stdout(theirs_out.try_clone()?).stderr(theirs_out);
    command.process_group(0);
    if let Some(folder) = &run.folder {
        command.current_dir(folder);
    }
    let input = pipe::Sender::from_owned_fd(OwnedFd::from(ours_in))?;
    let output = pipe::Receiver::from_owned_fd(OwnedFd::from(ours_out))?;
    let (tell_pid, pid) = oneshot::channel();
    let (tell_exited, exited) = oneshot::channel();
    let (tell_status, status) = oneshot::channel();
    let (reap, reaped) = mpsc::channel::<()>();
    thread::Builder::new().name("command".to_owned()).spawn(move || {
        let spawned = command.spawn();
        // Its ends of the pipes are the child's alone from here on.
        drop(command);
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return drop(tell_pid.send(Err(error))),
        };
        let Some(pid) = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default()) else {
            return;
        };
        if tell_pid.send(Ok(pid)).is_err() {
            // Nobody waits for it any more.
            let _ = kill_process_group(pid, Signal::KILL);
        }
        wait_for(pid);
        let _ = tell_exited.send(());
        let _ = reaped.recv();
        reap_with(&mut child, tell_status);
    })?;
    Ok(Begun { pid, exited, status, reap, input, output })
}

/// Waits until a process has ended, and leaves it unreaped.
fn wait_for(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(error) = waitid(WaitId::Pid(pid), options) {
        if error != rustix::io::Errno::INTR {
            return;
        }
    }
}

fn reap_with(child: &mut Child, tell: oneshot::Sender<ExitStatus>) {
    if let Ok(status) = child.wait() {
        let _ = tell.send(status);
    }
}

async fn follow(
    begun: Begun,
    run: &Run,
    groups: &Groups,
    stop: impl Future<Output = ()>,
    output: &mut Output,
) -> End {
    let Begun { pid, mut exited, status, reap, mut input, output: mut printed } = begun;
    let group = match pid.await {
        Ok(Ok(pid)) => Group { pid, _reap: reap },
        Ok(Err(error)) => return End::NotStarted(error.to_string()),
        Err(_) => return End::NotStarted("its process has no number".to_owned()),
    };
    let noted = groups.note(group.pid);
    let ended_by_us = {
        // One that has seen enough ends before it has read all.
        let hand_over = async {
            let _ = input.write_all(&run.input).await;
            drop(input);
            std::future::pending::<()>().await;
        };
        let read = async {
            read_all(&mut printed, output).await;
            std::future::pending::<()>().await;
        };
        let ends = async {
            let by_us = tokio::select! {
                biased;
                _ = &mut exited => return None,
                () = sleep(run.timeout) => End::TimedOut,
                () = stop => End::Stopped,
            };
            group.signal(Signal::TERM);
            let _ = timeout(GRACE, &mut exited).await;
            Some(by_us)
        };
        tokio::select! {
            ended = ends => ended,
            () = hand_over => None,
            () = read => None,
        }
    };
    // What it has left behind ends with it.
    drop(group);
    drop(noted);
    let status = status.await;
    // A process that has left its group may hold the output open.
    let _ = timeout(REST, read_all(&mut printed, output)).await;
    match (ended_by_us, status) {
        (Some(end), _) => end,
        (None, Ok(status)) => match (status.code(), status.signal()) {
            (Some(code), _) => End::Code(code),
            (None, signal) => End::Signal(signal.unwrap_or_default()),
        },
        (None, Err(_)) => End::NotStarted("it could not be waited for".to_owned()),
    }
}

async fn read_all(printed: &mut pipe::Receiver, output: &mut Output) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(length @ 1..) = printed.read(&mut piece).await {
        if output.take(&piece[..length]) {
            sleep(FLOOD_PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, future::pending, time::Duration};

    use tokio::io::{AsyncBufReadExt, BufReader};

    use super::*;
    use crate::child::{OUTPUT_BYTES_MAX, Whole, run};

    fn script(text: &str, seconds: u64) -> Run {
        Run {
            words: ["/bin/sh", "-c", text, "a name", "$(id)"].map(OsString::from).to_vec(),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            timeout: Duration::from_secs(seconds),
            ..Run::default()
        }
    }

    fn is_gone(pid: &str) -> bool {
        let process = Pid::from_raw(pid.parse().unwrap()).unwrap();
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        rustix::process::test_kill_process(process).is_err()
            || state.is_ok_and(|stat| stat.contains(") Z "))
    }

    async fn until_gone(pid: &str) {
        for _ in 0..200 {
            if is_gone(pid) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        assert!(is_gone(pid), "{pid} is left");
    }

    #[tokio::test]
    async fn a_command_reads_prints_and_ends() {
        let mut one = script("cat; echo \" $1\"; echo \"[$HOME$X]\" >&2; exit 7", 20);
        one.input = b"in".to_vec();
        one.environment.push(("X".into(), "y\nz".into()));
        let ended = run(one, pending()).await;
        assert_eq!(ended.end, End::Code(7));
        assert_eq!(ended.output.text(), "in $(id)\n[y\nz]\n");
        // One that does not read its input ends none the less.
        let ended =
            run(Run { input: vec![b'x'; 1 << 20], ..script("exit 0", 20) }, pending()).await;
        assert_eq!(ended.end, End::Code(0));
        let ended =
            run(Run { words: vec!["/nowhere/x".into()], ..Run::default() }, pending()).await;
        assert!(matches!(ended.end, End::NotStarted(why) if why.contains("No such file")));
        let ended = run(script("kill -SEGV $$", 20), pending()).await;
        assert_eq!(ended.end, End::Signal(11));
    }

    #[tokio::test]
    async fn one_that_forks_and_ignores_being_asked_leaves_nothing() {
        let ignores =
            "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; sleep 300' & echo $$; wait; sleep 300";
        let ended = run(script(ignores, 1), pending()).await;
        assert_eq!(ended.end, End::TimedOut);
        assert!(ended.took < Duration::from_secs(10), "{:?}", ended.took);
        let text = ended.output.text();
        assert_eq!(text.lines().count(), 2, "{text}");
        for pid in text.lines() {
            until_gone(pid).await;
        }
        // So does one that ends well, and one that is not waited for.
        let ended = run(script("sleep 300 & echo $!", 20), pending()).await;
        assert_eq!(ended.end, End::Code(0));
        until_gone(ended.output.text().trim()).await;
    }

    #[tokio::test]
    async fn what_is_followed_ends_whole_unless_it_has_ended_by_itself() {
        let script = |text: &str| {
            let mut command = tokio::process::Command::new("/bin/sh");
            command.args(["-c", text]);
            command
        };
        let begin = |text: &str| Whole::begin(script(text)).unwrap();
        let first_line = async |whole: &mut Whole| {
            let mut line = String::new();
            BufReader::new(whole.output().unwrap()).read_line(&mut line).await.unwrap();
            line.trim().to_owned()
        };
        let mut unwanted = begin("sleep 300 & echo $!; wait");
        let pid = first_line(&mut unwanted).await;
        assert!(!is_gone(&pid));
        drop(unwanted);
        until_gone(&pid).await;
        // One whose first process has ended, and that nobody has seen end.
        let mut unseen = begin("sleep 300 & echo $! $$");
        let line = first_line(&mut unseen).await;
        let (pid, first) = line.split_once(' ').unwrap();
        until_gone(first).await;
        drop(unseen);
        until_gone(pid).await;
        let mut ended = begin("sleep 300 & echo $!; exit 3");
        let pid = first_line(&mut ended).await;
        assert_eq!(ended.end().await.unwrap().code(), Some(3));
        drop(ended);
        // What would end it does so within this.
        sleep(Duration::from_millis(300)).await;
        assert!(!is_gone(&pid), "it may be what keeps the secret");
        let left = Pid::from_raw(pid.parse().unwrap()).unwrap();
        kill_process(left, Signal::KILL).unwrap();
        // Beside this process it is in its group, which Ctrl-C reaches, and ends alone.
        let mut there = Whole::beside(script("echo $$; exec sleep 300")).unwrap();
        let pid = first_line(&mut there).await;
        let group = rustix::process::getpgid(Pid::from_raw(pid.parse().unwrap())).unwrap();
        assert_eq!(group, rustix::process::getpgrp());
        drop(there);
        until_gone(&pid).await;
    }

    #[tokio::test]
    async fn a_flood_is_bounded_and_what_is_no_text_is_shown() {
        let ended =
            run(script("yes 'to be or not' | head -c 3000000; printf '\\377end'", 60), pending());
        let ended = ended.await;
        assert_eq!((ended.end.clone(), ended.output.bytes()), (End::Code(0), 3_000_004));
        let text = ended.output.text();
        assert!(text.len() < 3 * OUTPUT_BYTES_MAX && text.ends_with("\u{fffd}end"), "{text}");
        assert!(text.contains("2991812 bytes are left out"), "{text}");
        let ended = run(script("yes", 1), pending()).await;
        assert_eq!(ended.end, End::TimedOut);
        assert!(ended.output.bytes() < 100 << 20);
    }

    #[tokio::test]
    async fn what_is_stopped_ends_and_one_that_left_its_group_is_not_waited_for() {
        let ended = run(script("sleep 300", 300), sleep(Duration::from_millis(50))).await;
        assert_eq!(ended.end, End::Stopped);
        // macOS has no such program.
        #[cfg(target_os = "linux")]
        {
            let ended = run(script("setsid sleep 3 & echo ok", 20), pending()).await;
            assert_eq!((ended.end, ended.output.text().as_str()), (End::Code(0), "ok\n"));
            assert!(ended.took < Duration::from_secs(3));
        }
    }
}
