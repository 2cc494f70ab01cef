//! The project's own commands. `cargo xtask --help` lists them.

mod archive;
mod bench;
mod debian;
mod node;
mod package;
mod page;
mod run;
mod servers;
mod shell;
mod simulate;
mod tally;
mod test;
mod tool;
mod toolchain;

use std::{env, process::ExitCode};

use shell::Shell;

const HELP: &str = "\
The project's own commands.

Usage: cargo xtask COMMAND

  run [--yes] [-- AGENT ARGS]
      Try Hark: installs what is missing, builds, starts the agent and its window in a profile of
      its own under the target folder, so that an installed Hark is not touched. With nothing to
      follow yet it follows a demo server on this machine. Without a desktop the agent runs in the
      terminal and prints each message. Ctrl-C ends it.

  test [--only NAME] [--yes]
      Everything that must hold before a change lands, the quick checks first. NAME is one step
      (format, page, lints, units, packages, whole) or one file of tests/ (e.g. end_to_end).
      What a step prints is kept in target/xtask-log/. Push servers that only newer suites of Debian
      have are fetched from its archive into target/archive/, which a run without a network skips.

  package [--release] [--yes]
      Makes hark_….deb (agent and command line) and hark-window_….deb in target/packages/.
      With --release they are the small ones to hand out, which take longer to build.

  bench [--yes]
      Prints latency, memory, start time and sizes of the release build beside their aims.

  simulate herd
      Lets a hub lose a million clients and take them back, in simulated time: how hard Hark's hit
      it beside others'. Writes a plot for each outage to target/simulate/.

  soak [RUNS]
      The link against its reference model in a million random runs, or as many as asked for;
      then 2,000 kills of the agent under load.

  --yes   Install missing packages of the system without asking first.
";

/// What went wrong, in a sentence for the person at the terminal; empty where it has been said.
type Failure = String;
type Result<T> = std::result::Result<T, Failure>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            if !sentence.is_empty() {
                eprintln!("{sentence}");
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let split = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let (own, rest) = args.split_at(split);
    let mut own = own.iter().map(String::as_str);
    let command = own.next().unwrap_or("--help");
    let (mut yes, mut release, mut only) = (false, false, None);
    while let Some(option) = own.next() {
        match (command, option) {
            (_, "--help" | "-h") => return help(),
            (_, "--yes" | "-y") => yes = true,
            ("package", "--release") => release = true,
            ("simulate", "herd") => {}
            ("soak", runs) if runs.parse::<u64>().is_ok() => only = Some(runs),
            ("test", "--only") => {
                only =
                    Some(own.next().ok_or("--only wants the name of a step or of a test file.")?);
            }
            _ => return Err(format!("Unknown option {option}. See: cargo xtask --help")),
        }
    }
    if command != "run" && !rest.is_empty() {
        return Err(format!("{command} takes nothing after --. See: cargo xtask --help"));
    }
    if ["--help", "-h", "help"].contains(&command) {
        return help();
    }
    let shell = Shell::new(yes)?;
    toolchain::check(&shell, command == "test")?;
    match command {
        "run" => run::run(&shell, rest.get(1..).unwrap_or_default()),
        "test" => test::test(&shell, only),
        "package" => {
            let made = package::package(&shell, release)?;
            made.iter().for_each(|deb| println!("{}", deb.display()));
            Ok(())
        }
        "simulate" => simulate::simulate(&shell),
        "soak" => simulate::soak(&shell, only),
        "bench" => bench::bench(&shell),
        _ => Err(format!("Unknown command {command}. See: cargo xtask --help")),
    }
}

fn help() -> Result<()> {
    print!("{HELP}");
    Ok(())
}
