//! The project's own commands. `cargo xtask --help` lists them.

mod archive;
mod bench;
mod cross;
mod debian;
mod generate;
mod go;
mod macos;
mod node;
mod package;
mod page;
mod pip;
mod processors;
mod run;
mod servers;
mod shell;
mod simulate;
mod tally;
mod test;
mod tool;
mod toolchain;
mod windows;

use std::{env, process::ExitCode};

use shell::Shell;
use test::Wanted;

const HELP: &str = "\
The project's own commands.

Usage: cargo xtask COMMAND

  run [--yes] [-- AGENT ARGS]
      Try Hark: installs what is missing, builds, starts the agent and its window in a profile of
      its own under the target folder, so that an installed Hark is not touched. With nothing to
      follow yet it follows a demo server on this machine. Without a desktop the agent runs in the
      terminal and prints each message. Ctrl-C ends it.

  test [--quick | --only NAME] [--yes]
      Everything that must hold before a change lands, the quick checks first. --quick leaves out
      the packages and the whole, and is for while you write. NAME is one step (format, spelling,
      dependencies, page, lints, units, systems, packages, whole) or one file of tests/ (e.g. end_to_end);
      advisories, which asks a database on the network, runs by its name alone.
      What a step prints is kept in target/xtask-log/. Push servers that only newer suites of Debian
      have are fetched from its archive into target/archive/, and checkers from Python's registry
      into target/tools/; what a run without a network cannot fetch, it skips and says so.

  generate [--yes]
      Writes anew what is generated or a snapshot: the page's types of the API and of the window's
      bridge, the snapshots of the feeds, the icons.

  package [--release | --windows | --macos] [--yes]
      Makes hark_….deb (agent and command line) and hark-window_….deb in target/packages/.
      With --release they are the small ones to hand out, which take longer to build. With --windows
      it makes the installer for Windows, as it is handed out; with --macos, on a Mac, Hark.app.

  cross [--soak] [--yes]
      Builds Hark for Windows, runs its unit tests and the tests of the whole under Wine, which is
      fetched into target/wine/ (1.4 GB), and checks macOS. Writes what came of it into the docs.
      With --soak the agent is killed 200 times under load, not 40.

  bench [--yes]
      Prints latency, memory, start time and sizes of the release build beside their aims.

  simulate herd
      Lets a hub lose a million clients and take them back, in simulated time: how hard Hark's hit
      it beside others'. Writes a plot for each outage to target/simulate/.

  soak [RUNS]
      The link against its reference model in a million random runs, or as many as asked for;
      the judge in 100,000; a real Home Assistant, which is fetched into target/servers/ (1 GB) where
      there is a Python 3.13; then 2,000 kills of the agent under load.

  --yes   Install missing packages of the system without asking first.
";

/// The error, in a sentence for the person at the terminal; empty where it has been printed already.
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
    let (mut yes, mut release, mut soak, mut of, mut runs) = (false, false, false, None, None);
    let mut wanted = Wanted::All;
    while let Some(option) = own.next() {
        match (command, option) {
            (_, "--help" | "-h") => return help(),
            (_, "--yes" | "-y") => yes = true,
            ("package", "--release") => release = true,
            ("cross", "--soak") => soak = true,
            ("package", "--windows" | "--macos") => of = Some(option),
            ("simulate", "herd") => {}
            ("soak", number) if number.parse::<u64>().is_ok() => runs = Some(number),
            ("test", "--quick") => wanted = Wanted::Quick,
            ("test", "--only") => {
                let name =
                    own.next().ok_or("--only wants the name of a step or of a test file.")?;
                wanted = Wanted::Only(name);
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
    if ["test", "generate"].contains(&command) {
        toolchain::check(&shell)?;
    }
    match command {
        "run" => run::run(&shell, rest.get(1..).unwrap_or_default()),
        "test" => test::test(&shell, wanted),
        "package" => {
            let made = match of {
                Some("--windows") => vec![windows::package(&shell)?],
                Some(_) => vec![macos::package(&shell)?],
                None => package::package(&shell, release)?,
            };
            made.iter().for_each(|deb| println!("{}", deb.display()));
            Ok(())
        }
        "generate" => generate::generate(&shell),
        "simulate" => simulate::simulate(&shell),
        "soak" => simulate::soak(&shell, runs),
        "cross" => cross::cross(&shell, soak),
        "bench" => bench::bench(&shell),
        _ => Err(format!("Unknown command {command}. See: cargo xtask --help")),
    }
}

fn help() -> Result<()> {
    print!("{HELP}");
    Ok(())
}
