//! Hark's own programs, as a person has them.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::{process::Command, time::timeout};

use crate::{LONG, Running, World, eventually};

/// Set where the programs are those for Windows under Wine, which numbers processes in its own way.
const WINE: &str = "HARK_TEST_WINE";
/// Set for what is run to its end there: see hark-api's example `launch`.
const LAUNCH: &str = "HARK_TEST_LAUNCH";

/// Whether the programs are those for Windows, under Wine.
#[must_use]
pub fn under_wine() -> bool {
    env::var_os(WINE).is_some()
}

/// What is printed of it.
fn value(told: &impl Serialize) -> Value {
    serde_json::to_value(told).unwrap()
}

/// Whether it is this process that says this of itself.
fn is_of(said: &Value, agent: &Running) -> bool {
    if !under_wine() {
        return said["pid"].as_u64() == Some(agent.pid().into());
    }
    let started = said["started"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
    // The one is told to the millisecond.
    started.is_some_and(|started| started.as_millisecond() >= agent.begun().as_millisecond())
}

/// A program of Hark.
///
/// # Panics
/// Where it has not been built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let folder = env::var_os("HARK_BIN_DIR").map_or_else(built, PathBuf::from);
    let path = folder.join(name);
    assert!(path.exists(), "{} is missing; `cargo xtask test` builds it", path.display());
    path
}

/// Where the tests themselves were built: TARGET/debug/deps.
fn built() -> PathBuf {
    env::current_exe().unwrap().ancestors().nth(2).unwrap().to_path_buf()
}

/// How a command of `hark` has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it printed as errors.
    pub err: String,
}

impl Answer {
    /// What a successful command printed.
    ///
    /// # Panics
    /// Where it has failed.
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// Checks that it was refused in a way that helps: an exit code that says so, and a sentence that
    /// holds these words and nothing that only a programmer would want to see.
    ///
    /// # Panics
    /// Where it was not.
    pub fn refused(&self, words: &[&str]) {
        assert!(self.code.is_some_and(|code| code != 0), "{self:?}");
        assert!(self.out.is_empty(), "what was not done is not in the output: {self:?}");
        clear(&self.err, words);
    }

    /// The JSON Lines that a successful command printed.
    ///
    /// # Panics
    /// Where it has failed, or they are none.
    #[must_use]
    pub fn lines(self) -> Vec<Value> {
        self.ok().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

/// Checks that a text for the person names these things in a sentence, and is no backtrace.
///
/// # Panics
/// Where it does not, or is.
pub fn clear(text: &str, words: &[&str]) {
    let lower = text.to_lowercase();
    for word in words {
        assert!(lower.contains(&word.to_lowercase()), "no {word:?} in {text:?}");
    }
    for noise in ["panicked", "backtrace", "unwrap", "Some(", "Err(", "Os {", "Error {", "Kind("] {
        assert!(!text.contains(noise), "{noise:?} in {text:?}");
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    assert!((1..=3).contains(&lines), "not a sentence or two: {text:?}");
}

/// The texts of messages that `hark messages --json` has told.
#[must_use]
pub fn bodies(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["body"].as_str().unwrap()).collect()
}

/// A path as Hark says it.
#[must_use]
pub fn shown(path: &Path) -> String {
    let path = path.display().to_string();
    // Wine's drive for all that Linux has.
    if under_wine() { format!("Z:{}", path.replace('/', "\\")) } else { path }
}

/// The target folder that the tests were built in.
#[must_use]
pub fn target() -> PathBuf {
    built().parent().unwrap().to_path_buf()
}

impl World {
    /// Runs `hark` with these arguments, to its end.
    pub async fn hark(&self, args: &[&str]) -> Answer {
        self.run(&program("hark"), args).await
    }

    /// Runs `hark` with these arguments, which reads this file, to its end.
    pub async fn hark_reading(&self, args: &[&str], input: &Path) -> Answer {
        self.run_on(&program("hark"), args, input).await
    }

    /// Runs a program that reads this file, to its end.
    pub async fn run_on(&self, program: &Path, args: &[&str], input: &Path) -> Answer {
        self.run_reading(program, args, File::open(input).unwrap().into()).await
    }

    /// Runs a program to its end.
    pub async fn run(&self, program: &Path, args: &[&str]) -> Answer {
        self.run_reading(program, args, Stdio::null()).await
    }

    /// Runs a program to its end.
    ///
    /// # Panics
    /// Where it takes longer than a person would wait.
    async fn run_reading(&self, program: &Path, args: &[&str], input: Stdio) -> Answer {
        let mut command = Command::from(self.command(program));
        command.args(args).stdin(input).kill_on_drop(true);
        if under_wine() {
            command.env(LAUNCH, "1");
        }
        let output = timeout(LONG, command.output());
        let output = output.await.unwrap_or_else(|_| panic!("{args:?} does not end")).unwrap();
        Answer {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts `hark` with these arguments beside the test.
    #[must_use]
    pub fn start_hark(&self, name: &str, args: &[&str]) -> Running {
        let mut command = self.command(program("hark"));
        command.args(args);
        Running::start(self, name, command)
    }

    /// Writes the settings. An agent that runs takes them up.
    pub fn settings(&self, text: &str) {
        self.file("profile/config/config.toml", text);
    }

    /// Writes settings that follow these.
    pub fn follow(&self, subscriptions: &[(&str, &str)]) {
        let tables = subscriptions
            .iter()
            .map(|(key, url)| format!("[subscriptions.{key}]\nurl = \"{url}\"\n"));
        self.settings(&tables.collect::<String>());
    }

    /// Starts an agent without a tray, and waits until it answers.
    pub async fn agent(&self) -> Running {
        self.agent_with(&["--no-tray"]).await
    }

    /// Starts an agent, and waits until it answers.
    pub async fn agent_with(&self, args: &[&str]) -> Running {
        let agent = self.start_hark("agent", &[&["agent"], args].concat());
        self.answers(agent).await
    }

    /// Waits until an agent that was started answers.
    pub async fn answers(&self, mut agent: Running) -> Running {
        let id = eventually("the agent answers", LONG, async || {
            let said = self.ask().await.map(|status| value(&status));
            assert!(agent.is_running(), "the agent has ended: {}{}", agent.out(), agent.err());
            match said {
                Ok(said) if is_of(&said["agent"], &agent) => Ok(said["agent"]["pid"].as_u64()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        agent.has_told(id);
        agent
    }

    /// What the agent says of itself and its links, as `hark status --json` prints it.
    ///
    /// # Panics
    /// Where none answers.
    pub async fn status(&self) -> Value {
        value(&self.ask().await.unwrap())
    }

    /// What the agent says of one link.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn link(&self, subscription: &str) -> Value {
        let status = self.status().await;
        let links = status["links"].as_array().unwrap();
        let link = links.iter().find(|link| link["subscription"] == subscription);
        link.unwrap_or_else(|| panic!("no link {subscription} in {status}")).clone()
    }

    /// Waits for a link to be in this phase.
    pub async fn phase(&self, subscription: &str, phase: &str) -> Value {
        self.phase_within(subscription, phase, LONG).await
    }

    /// Waits for a link to be in this phase, no longer than this.
    pub async fn phase_within(&self, subscription: &str, phase: &str, within: Duration) -> Value {
        eventually(&format!("{subscription} is {phase}"), within, async || {
            let link = self.link(subscription).await;
            if link["phase"]["phase"] == phase { Ok(link) } else { Err(link) }
        })
        .await
    }

    /// Waits until a link streams and what was missed has arrived.
    pub async fn caught_up(&self, subscription: &str) {
        eventually(&format!("{subscription} has caught up"), LONG, async || {
            let link = self.link(subscription).await;
            if link["phase"]["catching_up"] == false { Ok(()) } else { Err(link) }
        })
        .await;
    }

    /// Waits until a health finding with this code is told, or is told no more; answers its sentence.
    pub async fn told(&self, code: &str, told: bool) -> String {
        eventually(&format!("{code} is told: {told}"), LONG, async || {
            let status = self.status().await;
            let conditions = status["conditions"].as_array().unwrap();
            match (conditions.iter().find(|condition| condition["code"] == code), told) {
                (Some(found), true) => Ok(found["sentence"].as_str().unwrap().to_owned()),
                (None, false) => Ok(String::new()),
                _ => Err(status["conditions"].to_string()),
            }
        })
        .await
    }

    /// All stored messages, in the order in which they were received, as `hark messages --json` prints them.
    pub async fn messages(&self) -> Vec<Value> {
        self.all_messages().await.iter().map(value).collect()
    }

    /// The reconnection history, oldest first, as `hark history --json` prints it.
    pub async fn history(&self) -> Vec<Value> {
        self.all_history().await.iter().map(value).collect()
    }

    /// Waits until so many messages are stored; answers them, oldest first.
    pub async fn stored(&self, count: usize) -> Vec<Value> {
        eventually(&format!("{count} messages are stored"), LONG, async || {
            let messages = self.messages().await;
            if messages.len() >= count { Ok(messages) } else { Err(format!("{}", messages.len())) }
        })
        .await
    }
}
