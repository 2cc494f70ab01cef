//! Windows: a job, which has all that the command begins, whoever begins it, and which the system ends as soon as
//! nobody holds it: so nothing outlives the process that runs it, even where that is killed.
//!
//! The command is begun suspended, put in its job, and only then let go. Its arguments are quoted by std, which
//! refuses what a batch file could misread. It has no console window, and ends without being asked: Ctrl-Break
//! reaches only what shares a console. Run under Wine.

use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    path::Path,
    process::{ExitStatus, Stdio},
    thread,
};

use process_wrap::tokio::{ChildWrapper, CommandWrap, CreationFlags, JobObject, KillOnDrop};
use tokio::{
    process::ChildStdout,
    runtime::Handle,
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};
use windows::Win32::System::Threading::CREATE_NO_WINDOW;

use super::{End, FLOOD_PAUSE, GRACE, Output, PIECE_BYTES, REST, Run};
use crate::groups::Groups;

/// What `CreateProcessW` runs, or std through `cmd.exe`.
const PROGRAMS: [&str; 4] = ["exe", "com", "bat", "cmd"];

/// What Windows gives each program of a user (`CreateEnvironmentBlock`): without `SystemRoot` many do not even begin.
pub(super) const VARIABLES: &[&str] = &[
    "ALLUSERSPROFILE",
    "APPDATA",
    "CommonProgramFiles",
    "CommonProgramFiles(x86)",
    "CommonProgramW6432",
    "COMPUTERNAME",
    "ComSpec",
    "DriverData",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "LOGONSERVER",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROCESSOR_IDENTIFIER",
    "PROCESSOR_LEVEL",
    "PROCESSOR_REVISION",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "PSModulePath",
    "PUBLIC",
    "SESSIONNAME",
    "SystemDrive",
    "SystemRoot",
    "TEMP",
    "TMP",
    "USERDOMAIN",
    "USERNAME",
    "USERPROFILE",
    "windir",
];

pub(super) fn may_run(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    match ending {
        Some(ending) => PROGRAMS.iter().any(|known| ending == *known) && path.is_file(),
        None => path.with_extension("exe").is_file(),
    }
}

pub(super) fn advice(_path: &Path) -> String {
    "A program ends in .exe, .com, .bat or .cmd; a script is given to the program that runs it."
        .to_owned()
}

pub(super) fn without_window(command: &mut tokio::process::Command) {
    command.creation_flags(CREATE_NO_WINDOW.0);
}

/// One that its caller follows: the first of a job, or beside this process with its console.
pub(super) struct Tree(Box<dyn ChildWrapper>);

impl Tree {
    /// Without `KillOnDrop`, which would end what is left running, too.
    pub(super) fn begin(command: tokio::process::Command, leads: bool) -> io::Result<Self> {
        let mut command = CommandWrap::from(command);
        if leads {
            command.wrap(CreationFlags(CREATE_NO_WINDOW)).wrap(JobObject);
        }
        command.spawn().map(Self)
    }

    pub(super) fn output(&mut self) -> Option<ChildStdout> {
        self.0.stdout().take()
    }

    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.0.inner_mut().wait().await
    }

    pub(super) fn kill(&mut self) {
        if let Err(error) = self.0.start_kill() {
            tracing::debug!("a command could not be ended: {error}");
        }
    }
}

/// A command that may not have begun yet.
struct Begun {
    child: oneshot::Receiver<io::Result<Box<dyn ChildWrapper>>>,
    printed: mpsc::Receiver<Vec<u8>>,
}

/// Runs it to its end.
pub(super) async fn run(
    run: &Run,
    _groups: &Groups,
    stop: impl Future<Output = ()>,
    output: &mut Output,
) -> End {
    match begin(run) {
        Ok(begun) => follow(begun, run, stop, output).await,
        Err(error) => End::NotStarted(error.to_string()),
    }
}

fn begin(run: &Run) -> io::Result<Begun> {
    let [program, arguments @ ..] = &*run.words else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let ((theirs_in, ours_in), (ours_out, theirs_out)) = (io::pipe()?, io::pipe()?);
    let their_errors = theirs_out.try_clone()?;
    let mut command = CommandWrap::with_new(program, |command| {
        command.args(arguments).env_clear().envs(run.environment.iter().cloned());
        command.stdin(Stdio::from(theirs_in)).stdout(theirs_out).stderr(their_errors);
        if let Some(folder) = &run.folder {
            command.current_dir(folder);
        }
    });
    command.wrap(CreationFlags(CREATE_NO_WINDOW)).wrap(KillOnDrop).wrap(JobObject);
    let (tell, child) = oneshot::channel();
    let (pass, printed) = mpsc::channel(1);
    let (runtime, input) = (Handle::current(), run.input.clone());
    thread::Builder::new().name("command".to_owned()).spawn(move || {
        let _context = runtime.enter();
        let spawned = command.spawn();
        // Its ends of the pipes are the child's alone from here on.
        drop(command);
        let is_begun = spawned.is_ok();
        // Where nobody waits for it any more, it ends here.
        if tell.send(spawned).is_ok() && is_begun {
            let hand_over = move || hand_over(ours_in, &input);
            let _ = thread::Builder::new().name("input".to_owned()).spawn(hand_over);
            read_all(ours_out, &pass);
        }
    })?;
    Ok(Begun { child, printed })
}

/// One that has seen enough ends before it has read all, which breaks the pipe.
fn hand_over(mut to: PipeWriter, input: &[u8]) {
    let _ = to.write_all(input);
}

/// Ends where all that could write have ended, or where nobody listens any more.
fn read_all(mut from: PipeReader, pass: &mpsc::Sender<Vec<u8>>) {
    let mut piece = vec![0; PIECE_BYTES];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        if pass.blocking_send(piece[..length].to_vec()).is_err() {
            return;
        }
    }
}

async fn follow(
    begun: Begun,
    run: &Run,
    stop: impl Future<Output = ()>,
    output: &mut Output,
) -> End {
    let Begun { child, mut printed } = begun;
    let mut job = match child.await {
        Ok(Ok(job)) => job,
        Ok(Err(error)) => return End::NotStarted(error.to_string()),
        Err(_) => return End::NotStarted("it could not be begun".to_owned()),
    };
    let ended = {
        let read = async {
            take_all(&mut printed, output).await;
            std::future::pending::<()>().await;
        };
        let ends = async {
            // What it has begun itself may go on, and is not waited for.
            tokio::select! {
                biased;
                status = job.inner_mut().wait() => Ok(status),
                () = sleep(run.timeout) => Err(End::TimedOut),
                () = stop => Err(End::Stopped),
            }
        };
        tokio::select! {
            ended = ends => ended,
            () = read => Err(End::Stopped),
        }
    };
    // What it has left behind ends with it.
    if let Err(error) = job.start_kill() {
        tracing::debug!("a job could not be ended: {error}");
    }
    if ended.is_err() {
        // The system ends it as soon as what it asks of a driver is done.
        let _ = timeout(GRACE, job.inner_mut().wait()).await;
    }
    drop(job);
    let _ = timeout(REST, take_all(&mut printed, output)).await;
    match ended {
        Err(end) => end,
        Ok(Ok(status)) => End::Code(code(status)),
        Ok(Err(error)) => End::NotStarted(format!("it could not be waited for: {error}")),
    }
}

fn code(status: ExitStatus) -> i32 {
    // Every process has one there.
    status.code().unwrap_or_default()
}

async fn take_all(printed: &mut mpsc::Receiver<Vec<u8>>, output: &mut Output) {
    while let Some(piece) = printed.recv().await {
        if output.take(&piece) {
            sleep(FLOOD_PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        env,
        ffi::OsString,
        fs::{File, TryLockError},
        future::pending,
        path::PathBuf,
        process,
        time::{Duration, Instant},
    };

    use super::*;
    use crate::child::{OUTPUT_BYTES_MAX, Whole, run};

    /// Says what [`acts`] does.
    const ACT: &str = "HARK_TEST_ACT";
    /// The file that one that sleeps holds locked: the lock goes with its process, however it ends.
    const LOCK: &str = "HARK_TEST_LOCK";

    /// This very program, with this for [`acts`] to do.
    fn itself(act: &str, lock: &Path, seconds: u64) -> Run {
        let words = ["--exact", "child::windows::tests::acts", "--ignored", "--nocapture", "-q"];
        let mut environment: Vec<_> = env::vars_os().collect();
        environment.extend([(ACT.into(), act.into()), (LOCK.into(), lock.into())]);
        Run {
            words: [env::current_exe().unwrap().into_os_string()]
                .into_iter()
                .chain(words.map(OsString::from))
                .collect(),
            environment,
            timeout: Duration::from_secs(seconds),
            ..Run::default()
        }
    }

    fn begin_another(act: &str) -> process::Child {
        let run = itself(act, &env::var_os(LOCK).map(PathBuf::from).unwrap(), 0);
        let mut command = process::Command::new(&run.words[0]);
        command.args(&run.words[1..]).env(ACT, act).stdin(Stdio::null());
        command.spawn().unwrap()
    }

    #[test]
    #[ignore = "what the commands of the other tests do"]
    fn acts() {
        let lock = || PathBuf::from(env::var_os(LOCK).unwrap());
        match env::var(ACT).as_deref() {
            Ok("echo") => {
                let mut text = String::new();
                io::stdin().read_to_string(&mut text).unwrap();
                println!("[{text}]");
                eprintln!("[{}]", env::var("X").unwrap_or_default());
                process::exit(7);
            }
            Ok("sleep") => {
                let file = File::create(lock()).unwrap();
                file.lock().unwrap();
                println!("locked");
                for _ in 0..3_000 {
                    if enough(&lock()).exists() {
                        process::exit(0);
                    }
                    thread::sleep(Duration::from_millis(100));
                }
            }
            Ok("leave") => {
                begin_another("sleep");
                while !is_locked(&lock()) {
                    thread::sleep(Duration::from_millis(5));
                }
                println!("left");
                process::exit(0);
            }
            Ok("tree") => drop(begin_another("sleep").wait()),
            Ok("flood") => {
                let line = "to be or not ".repeat(100);
                (0..2_000).for_each(|_| println!("{line}"));
                io::stdout().write_all(b"\xffend").unwrap();
                process::exit(0);
            }
            Ok("agent") => {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(run(itself("tree", &lock(), 300), pending()));
            }
            _ => {}
        }
    }

    /// The file that ends one that sleeps.
    fn enough(lock: &Path) -> PathBuf {
        lock.with_extension("enough")
    }

    fn is_locked(path: &Path) -> bool {
        let Ok(file) = File::options().write(true).open(path) else { return false };
        matches!(file.try_lock(), Err(TryLockError::WouldBlock))
    }

    async fn until(path: &Path, locked: bool) {
        let began = Instant::now();
        while is_locked(path) != locked {
            assert!(began.elapsed() < Duration::from_secs(60), "it is not: {locked}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_command_reads_prints_and_ends() {
        let lock = Path::new("none");
        let mut one = itself("echo", lock, 60);
        one.input = "in “here”".as_bytes().to_vec();
        one.environment.push(("X".into(), "y\"z %PATH% ".into()));
        let ended = run(one, pending()).await;
        let text = ended.output.text();
        assert_eq!(ended.end, End::Code(7), "{text}");
        assert!(text.contains("[in “here”]") && text.contains("[y\"z %PATH% ]"), "{text}");
        // One that does not read its input ends none the less.
        let ended =
            run(Run { input: vec![b'x'; 1 << 20], ..itself("none", lock, 60) }, pending()).await;
        assert_eq!(ended.end, End::Code(0));
        for words in [vec![], vec![r"C:\nowhere\x.exe".into()]] {
            let ended = run(Run { words, ..itself("none", lock, 60) }, pending()).await;
            assert!(matches!(ended.end, End::NotStarted(_)), "{ended:?}");
        }
    }

    #[tokio::test]
    async fn a_batch_file_is_given_what_it_cannot_misread() {
        let folder = tempfile::tempdir().unwrap();
        let batch = folder.path().join("say.bat");
        std::fs::write(&batch, "@echo off\r\necho [%1]\r\nexit /b 3\r\n").unwrap();
        let with = |word: &str| Run {
            words: vec![batch.clone().into(), word.into()],
            ..itself("none", &batch, 60)
        };
        let ended = run(with("a & echo b"), pending()).await;
        assert_eq!((ended.end, ended.output.text().trim()), (End::Code(3), "[\"a & echo b\"]"));
        let ended = run(with("a\r\nb"), pending()).await;
        assert!(matches!(ended.end, End::NotStarted(_)), "{ended:?}");
    }

    #[tokio::test]
    async fn what_it_has_begun_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        for (act, seconds, end) in [("leave", 60, End::Code(0)), ("tree", 3, End::TimedOut)] {
            let ended = run(itself(act, &lock, seconds), pending()).await;
            assert_eq!(ended.end, end, "{ended:?}");
            assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);
            until(&lock, false).await;
        }
        let stop = until(&lock, true);
        let ended = run(itself("tree", &lock, 300), stop).await;
        assert_eq!(ended.end, End::Stopped);
        until(&lock, false).await;
        // So does one that is not waited for any more.
        let dropped = run(itself("tree", &lock, 300), pending());
        assert!(timeout(Duration::from_millis(1), dropped).await.is_err());
        let mut dropped = Box::pin(run(itself("tree", &lock, 300), pending()));
        tokio::select! {
            _ = &mut dropped => unreachable!(),
            () = until(&lock, true) => {}
        }
        drop(dropped);
        until(&lock, false).await;
    }

    #[tokio::test]
    async fn what_is_followed_ends_whole_unless_it_has_ended_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let begin = |act| {
            let Run { words, environment, .. } = itself(act, &lock, 0);
            let mut command = tokio::process::Command::new(&words[0]);
            command.args(&words[1..]).envs(environment);
            Whole::begin(command).unwrap()
        };
        let unwanted = begin("tree");
        until(&lock, true).await;
        drop(unwanted);
        until(&lock, false).await;
        let mut ended = begin("leave");
        assert!(ended.end().await.unwrap().success());
        drop(ended);
        // What would end it does so within this.
        sleep(Duration::from_millis(500)).await;
        assert!(is_locked(&lock), "it may be what keeps the secret");
        File::create(enough(&lock)).unwrap();
        until(&lock, false).await;
    }

    #[tokio::test]
    async fn nothing_outlives_an_agent_that_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let as_agent = itself("agent", &lock, 0);
        let mut agent = process::Command::new(&as_agent.words[0]);
        agent.args(&as_agent.words[1..]).envs(as_agent.environment).stdout(Stdio::null());
        let mut agent = agent.spawn().unwrap();
        until(&lock, true).await;
        agent.kill().unwrap();
        agent.wait().unwrap();
        until(&lock, false).await;
    }

    #[tokio::test]
    async fn a_flood_is_bounded_and_what_is_no_text_is_shown() {
        let ended = run(itself("flood", Path::new("none"), 60), pending()).await;
        let text = ended.output.text();
        assert_eq!(ended.end, End::Code(0), "{text}");
        assert!(ended.output.bytes() > 2_000_000);
        assert!(text.len() < 3 * OUTPUT_BYTES_MAX && text.ends_with("\u{fffd}end"), "{text}");
        assert!(text.contains(" bytes are left out "), "{text}");
    }

    #[test]
    fn a_program_is_told_by_its_ending() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        for name in ["one.exe", "two.CMD", "three.txt", "four"] {
            std::fs::write(path(name), "").unwrap();
        }
        let names = ["one.exe", "one", "two.CMD", "two", "three.txt", "four", "none.exe", ""];
        let may: Vec<_> = names.into_iter().filter(|name| may_run(&path(name))).collect();
        assert_eq!(may, ["one.exe", "one", "two.CMD"]);
    }
}
