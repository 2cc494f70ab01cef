//! What ends the agent, or a command that runs until stopped, from outside. A thread of its own receives it, so
//! that a person, a service manager or the system can end the agent even where the runtime is stuck.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::{io, process, thread, time::Duration};

use tokio::sync::mpsc;

/// An agent that has not ended in good order by then is ended as it is; nothing is lost by that, as by
/// a power cut. Service managers kill much later, and Windows in as long.
const GRACE: Duration = Duration::from_secs(5);
/// Added to the signal's number for the exit code, as shells do.
const BY_SIGNAL: i32 = 128;

/// What a person, a service manager or the system may tell a process that is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C in the terminal (SIGINT); on Windows Ctrl-Break as well.
    Interrupt,
    /// A service manager's wish (SIGTERM); on Windows that the person logs off, that the system goes down, or
    /// `taskkill`.
    Terminate,
    /// The terminal is gone (SIGHUP); on Windows the console's window was closed.
    HangUp,
}

impl Signal {
    /// Its number by POSIX, which the exit code tells on every system.
    fn number(self) -> i32 {
        match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

/// Why the agent ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Somebody wanted it to, and that is well.
    Asked,
    /// Somebody wants it to begin anew, which whoever watches it does.
    Again,
    /// Its terminal is gone.
    HungUp,
}

impl End {
    /// The exit code of the process.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Asked => 0,
            // `EX_TEMPFAIL` of sysexits.h(3head); the units have it too.
            Self::Again => 75,
            // Nobody asked for this: a service manager starts it again, and a script can tell.
            Self::HungUp => 129,
        }
    }
}

/// Receives these signals from now on. The process ends after the grace that follows the first signal, or
/// at the second, even if nobody reads the receiver: with 128 and the signal's number as its exit code.
///
/// # Errors
/// Where the system does not let us.
pub fn hear(wanted: &[Signal]) -> io::Result<mpsc::Receiver<End>> {
    let coming = system::Coming::of(wanted)?;
    let (told, ended) = mpsc::channel(1);
    let mut is_first = true;
    let on_each = move |signal: Signal| {
        let code = BY_SIGNAL + signal.number();
        if !std::mem::take(&mut is_first) {
            process::exit(code);
        }
        let _ = told.try_send(if signal == Signal::HangUp { End::HungUp } else { End::Asked });
        let watch = move || {
            thread::sleep(GRACE);
            process::exit(code)
        };
        // Without this thread, the second signal ends the process.
        let _ = thread::Builder::new().name("grace".into()).spawn(watch);
    };
    thread::Builder::new().name("signals".into()).spawn(move || coming.each(on_each))?;
    Ok(ended)
}

/// Ctrl-C, which from now on no longer ends the process by itself.
#[derive(Debug)]
pub struct Interrupt(system::Interrupts);

impl Interrupt {
    /// Hears of it from now on.
    ///
    /// # Errors
    /// Where the system does not let us.
    pub fn hear() -> io::Result<Self> {
        system::interrupts().map(Self)
    }

    /// Waits for the next one.
    pub async fn came(&mut self) {
        self.0.recv().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says whether [`hears`] is stuck.
    const STUCK: &str = "HARK_TEST_STUCK";

    /// Ends as it is told to, or not at all; where it is begun by hand, whoever began it tells it.
    #[test]
    #[ignore = "told from outside"]
    fn hears() {
        let mut ended = hear(&[Signal::Terminate, Signal::Interrupt, Signal::HangUp]).unwrap();
        println!("hears");
        let end = ended.blocking_recv().unwrap();
        println!("was told: {end:?}");
        while std::env::var_os(STUCK).is_some() {
            thread::park();
        }
        process::exit(end.code().into());
    }

    #[cfg(unix)]
    #[test]
    fn it_ends_as_it_is_told_to_and_at_the_second_time_even_where_it_is_stuck() {
        use std::{
            io::{BufRead, BufReader},
            process::{Command, Stdio},
        };

        use rustix::process::{Pid, Signal as Posix, kill_process};

        for (signal, stuck, said, code) in [
            (Posix::INT, false, "was told: Asked", 0),
            (Posix::TERM, false, "was told: Asked", 0),
            (Posix::HUP, false, "was told: HungUp", 129),
            (Posix::TERM, true, "was told: Asked", 143),
            (Posix::INT, true, "was told: Asked", 130),
        ] {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "signals::tests::hears", "--ignored", "--nocapture", "-q"]);
            if stuck {
                command.env(STUCK, "1");
            }
            let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
            let pid = Pid::from_child(&child);
            let mut lines =
                BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
            assert!(lines.any(|line| line.ends_with("hears")));
            kill_process(pid, signal).unwrap();
            assert!(lines.any(|line| line == said), "{signal:?}");
            if stuck {
                let began = std::time::Instant::now();
                kill_process(pid, signal).unwrap();
                assert_eq!(child.wait().unwrap().code(), Some(code), "{signal:?}");
                assert!(began.elapsed() < GRACE);
            }
            assert_eq!(child.wait().unwrap().code(), Some(code), "{signal:?}");
        }
    }
}
