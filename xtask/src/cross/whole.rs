//! Which tests of the whole are run under Wine: all files of `tests/` but those named here, each with its reason.

use std::{collections::BTreeSet, fs};

use super::{counted, record::Whole, wine::Wine};
use crate::{Result, Shell, archive, servers};

/// Files that are left out, and why.
const FILES: &[(&str, &str)] = &[];
/// Single tests of other files, likewise: the file, the test, why.
const TESTS: &[(&str, &str, &str)] = &[];

/// Runs them.
pub(super) fn run(shell: &Shell, wine: &Wine) -> Result<Whole> {
    let all = files(shell)?;
    let left_out: BTreeSet<&str> = FILES.iter().map(|(file, _)| *file).collect();
    let mut args = vec!["test", "--no-fail-fast", "--package", "hark-tests"];
    for file in all.iter().filter(|file| !left_out.contains(&***file)) {
        args.extend(["--test", file]);
    }
    args.push("--");
    for (_, test, _) in TESTS {
        args.extend(["--skip", test]);
    }
    let (servers, node) = servers::ensure(shell)?;
    let mut command = shell.cargo(&args);
    shell
        .mark(&mut command)
        .env("RUST_BACKTRACE", "0")
        .env("HARK_BIN_DIR", wine.programs(shell)?)
        .env("HARK_TEST_WINE", "1")
        // A start takes as long there as a whole life does here.
        .env("HARK_SOAK_KILLS", "40")
        .env("HARK_TEST_SERVERS", servers)
        .env("HARK_TEST_NODE", node)
        .envs(archive::ensure(shell)?);
    let tally = counted(shell, "cross-whole", command)?;
    let files = FILES.iter().map(|(file, why)| ((*file).to_owned(), (*why).to_owned()));
    let tests =
        TESTS.iter().map(|(file, test, why)| (format!("{file}: {test}"), (*why).to_owned()));
    Ok(Whole { tally, left_out: files.chain(tests).collect() })
}

/// The test files of `tests/`.
fn files(shell: &Shell) -> Result<Vec<String>> {
    let folder = shell.root.join("tests");
    let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    Ok(names)
}
