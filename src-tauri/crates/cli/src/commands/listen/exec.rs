//! The command of `--exec`: one run of it at a time, and a queue before it that has an end. It is run as a handler
//! is: in a process group of its own, without a shell, with an environment that holds nothing secret, and what a
//! server sent in variables and on its input alone.

use std::{
    collections::BTreeSet,
    env,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    time::Duration,
};

use hark_engine::{
    handlers::variables::{self, Variable},
    message::Message,
    readable::{Line, Text},
};
use hark_platform::child::{self, End, Run};
use jiff::Timestamp;
use serde_json::json;
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use super::{common::Told, progress::Ticket};
use crate::{Failed, out};

/// How many messages may wait for the command. One more is left out, and counted.
pub const QUEUE_MAX: usize = 100;
/// How long one run may take where nothing is said.
pub const TIMEOUT: Duration = Duration::from_secs(60);
/// How long the one that runs is waited for when all ends, before it is asked to end too.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much of a message names it in a sentence. Characters.
const NAME_CHARS_MAX: usize = 60;

/// A message that waits for the command.
#[derive(Debug)]
pub struct Work {
    /// Which of the followed URLs it is of.
    pub number: usize,
    ticket: Ticket,
    /// What it is called in a sentence.
    name: Line,
    variables: Vec<Variable>,
    input: Vec<u8>,
}

/// The way to the command.
#[derive(Debug)]
pub struct Queue {
    works: mpsc::Sender<Work>,
    next: Ticket,
    /// How many in a row were left out, and in all.
    in_a_row: u64,
    left_out: u64,
}

/// The command's end of it.
#[derive(Debug)]
pub struct Works {
    received: mpsc::Receiver<Work>,
    stop: watch::Receiver<bool>,
}

impl Queue {
    /// A queue with nothing in it. What `stop` says ends the runs.
    pub fn new(stop: watch::Receiver<bool>) -> (Self, Works) {
        let (works, received) = mpsc::channel(QUEUE_MAX);
        (Self { works, next: 0, in_a_row: 0, left_out: 0 }, Works { received, stop })
    }

    /// Lets a message wait for the command; `None` where too many do, and it is left out.
    pub fn put(
        &mut self,
        number: usize,
        message: &Message,
        told: &Told<'_>,
        now: Timestamp,
    ) -> Option<Ticket> {
        self.next += 1;
        let work = Work { number, ticket: self.next, ..work(message, told, now) };
        if self.works.try_send(work).is_err() {
            if self.in_a_row == 0 {
                out::note(format_args!(
                    "The command is too slow: {QUEUE_MAX} messages wait for it, and what comes now is \
                     left out."
                ));
            }
            self.in_a_row += 1;
            self.left_out += 1;
            return None;
        }
        if self.in_a_row > 0 {
            out::note(format_args!("{} left out for the command.", messages(self.in_a_row)));
            self.in_a_row = 0;
        }
        Some(self.next)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if self.left_out > 0 {
            out::note(format_args!(
                "In all, {} left out for the command.",
                messages(self.left_out)
            ));
        }
    }
}

fn messages(count: u64) -> String {
    if count == 1 { "1 message was".to_owned() } else { format!("{count} messages were") }
}

fn work(message: &Message, told: &Told<'_>, now: Timestamp) -> Work {
    let from = told.from;
    let input = json!({ "on": "message", "name": from, "message": told });
    let told = variables::Told {
        title: &message.title,
        body: &message.body,
        tags: &message.tags.iter().map(Line::as_str).collect::<Vec<_>>().join(","),
        topic: message.topic.as_deref().unwrap_or_default(),
        priority: message.priority.level(),
        url: message.url.as_deref().unwrap_or_default(),
        time: &format!("{:.3}", message.time.unwrap_or(now)),
    };
    let mut variables = vec![("HARK_ON", "message".to_owned()), ("HARK_NAME", from.to_owned())];
    variables.extend(told.variables());
    let name = if message.title.is_empty() { &*message.body } else { &*message.title };
    Work {
        number: 0,
        ticket: 0,
        name: Line::of(name, NAME_CHARS_MAX),
        variables,
        input: format!("{input}\n").into_bytes(),
    }
}

/// Runs the command for each message, one after the other, until there are no more, or all is to stop. `done` hears
/// of each that has been run, `failed` in a sentence that the command cannot be started, which ends it. Answers how
/// many wait that are not run.
pub async fn run_all(
    words: &[OsString],
    timeout: Duration,
    works: Works,
    mut done: impl FnMut(usize, Ticket),
    failed: impl FnOnce(String),
) -> u64 {
    let Works { mut received, mut stop } = works;
    loop {
        let work = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => None,
            work = received.recv() => work,
        };
        let Some(work) = work else { break };
        let run = Run {
            words: words.to_vec(),
            environment: variables::environment(
                work.variables,
                child::own_environment(),
                &BTreeSet::new(),
            ),
            folder: None,
            input: work.input,
            timeout,
        };
        let mut stopped = stop.clone();
        let stop = async {
            // Where nobody is left to say so, it runs to its end.
            if stopped.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
            sleep(PATIENCE).await;
        };
        let ended = child::run(run, stop).await;
        // It may repeat what a stranger sent.
        let printed = Text::from(&*ended.output.text());
        if !printed.is_empty() {
            out::note(printed.trim_end());
        }
        let name = &work.name;
        match &ended.end {
            End::Code(0) => {}
            End::Code(code) => {
                out::note(format_args!("The command ended with exit code {code} for “{name}”."));
            }
            End::Signal(number) => {
                out::note(format_args!("The command was ended by signal {number} for “{name}”."));
            }
            End::TimedOut => out::note(format_args!(
                "The command took longer than {timeout:?} for “{name}”, and was ended."
            )),
            End::NotStarted(why) => {
                // Told before the queue is closed, so that no message is taken for one too many.
                failed(format!("The command could not be started for “{name}”: {why}."));
                break;
            }
            End::Stopped => out::note(format_args!("The command for “{name}” was ended.")),
        }
        if ended.end != End::Stopped {
            done(work.number, work.ticket);
        }
    }
    received.close();
    let mut waiting = 0;
    while received.try_recv().is_ok() {
        waiting += 1;
    }
    waiting
}

/// Checks that there is such a program, so that a slip of the pen is told before a message is there.
pub fn check(program: &OsStr) -> Result<(), Failed> {
    let path = Path::new(program);
    let shown = path.display();
    let places: Vec<PathBuf> = if path.components().count() > 1 {
        vec![path.to_path_buf()]
    } else {
        let folders = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&folders).map(|folder| folder.join(path)).collect()
    };
    if places.iter().any(|place| child::may_run(place)) {
        return Ok(());
    }
    Err(Failed(match places.iter().find(|place| place.exists()) {
        Some(place) if place.is_dir() => format!("--exec: {shown} is a folder, not a program."),
        Some(place) => {
            let advice = child::advice(place);
            format!("--exec: {} may not be run by you. {advice}", place.display())
        }
        None => format!("--exec: there is no program {shown}."),
    }))
}

#[cfg(test)]
mod tests {
    use hark_engine::message::RawEvent;

    use super::*;

    fn put(queue: &mut Queue, text: &str) -> Option<Ticket> {
        let (event, message) = (RawEvent::default(), Message::of_text(text));
        let told = Told::new("there", &event, &message, Timestamp::UNIX_EPOCH);
        queue.put(0, &message, &told, Timestamp::UNIX_EPOCH)
    }

    /// What runs a line of the system's own shell: of a POSIX one, or of Windows's.
    fn shell(posix: &str, windows: &str) -> Vec<OsString> {
        match cfg!(windows) {
            true => ["cmd.exe", "/d", "/c", windows].map(OsString::from).to_vec(),
            false => ["/bin/sh", "-c", posix].map(OsString::from).to_vec(),
        }
    }

    fn unfailing(sentence: String) {
        panic!("{sentence}");
    }

    #[tokio::test]
    async fn one_that_cannot_be_started_is_not_done_and_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        // An interpreter that is not there, or no program for Windows at all.
        let broken = folder.path().join("broken.exe");
        std::fs::write(&broken, "#!/nowhere/sh\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let (_stop, stopped) = watch::channel(false);
        let (mut queue, works) = Queue::new(stopped);
        for text in ["first", "second"] {
            put(&mut queue, text);
        }
        let (mut done, mut said) = (Vec::new(), None);
        let run = |_, ticket| done.push(ticket);
        let left = run_all(&[broken.into()], TIMEOUT, works, run, |why| said = Some(why)).await;
        assert_eq!((left, done), (1, vec![]));
        assert!(said.unwrap().starts_with("The command could not be started for “first”: "));
    }

    #[tokio::test]
    async fn one_runs_at_a_time_in_order_and_one_more_than_may_wait_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let (_stop, stopped) = watch::channel(false);
        let (mut queue, works) = Queue::new(stopped);
        let tickets: Vec<_> = (0..QUEUE_MAX).map(|at| put(&mut queue, &at.to_string())).collect();
        assert_eq!(put(&mut queue, "one more"), None);
        assert_eq!((queue.in_a_row, queue.left_out), (1, 1));
        drop(queue);
        let mut done = Vec::new();
        let place = out.display();
        let posix = format!("echo \"$HARK_BODY\" >> '{place}'");
        let windows = format!(">>{place} echo %HARK_BODY%");
        let left = run_all(
            &shell(&posix, &windows),
            TIMEOUT,
            works,
            |_, ticket| done.push(Some(ticket)),
            unfailing,
        )
        .await;
        assert_eq!((left, done), (0, tickets));
        let wanted: Vec<_> = (0..QUEUE_MAX).map(|at| at.to_string()).collect();
        let text = std::fs::read_to_string(out).unwrap();
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
    }

    #[tokio::test]
    async fn one_that_is_stopped_is_not_done_and_those_behind_it_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let began = folder.path().join("began");
        let (stop, stopped) = watch::channel(false);
        let (mut queue, works) = Queue::new(stopped);
        for text in ["first", "second", "third"] {
            put(&mut queue, text);
        }
        let mut done = Vec::new();
        let place = began.display();
        let command = shell(
            &format!("touch '{place}'; exec sleep 300"),
            &format!("type nul>{place}&ping -n 300 127.0.0.1"),
        );
        let runs = run_all(&command, TIMEOUT, works, |_, ticket| done.push(ticket), unfailing);
        let (left, ()) = tokio::join!(runs, async {
            while !began.exists() {
                sleep(Duration::from_millis(5)).await;
            }
            stop.send_replace(true);
        });
        assert_eq!((left, done), (2, vec![]));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let known = if cfg!(windows) { ["cmd", "cmd.exe"] } else { ["sh", "/bin/sh"] };
        assert!(known.into_iter().all(|program| check(OsStr::new(program)).is_ok()));
        for program in ["no-such-program", "./sh", "/nowhere/sh"] {
            let Err(Failed(said)) = check(OsStr::new(program)) else { panic!("{program}") };
            assert!(said.contains(program), "{said}");
        }
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("a.txt");
        std::fs::write(&text, "").unwrap();
        for (path, word) in [(&*text, "may not be run by you. "), (folder.path(), "a folder")] {
            let Err(Failed(said)) = check(path.as_os_str()) else { panic!("{}", path.display()) };
            assert!(said.contains(&path.display().to_string()) && said.contains(word), "{said}");
        }
    }
}
