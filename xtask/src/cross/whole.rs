//! Which tests of the whole are run under Wine: all files of `tests/` but those named here, each with its reason.

use std::{collections::BTreeSet, fs};

use super::{counted, record::Whole, wine::Wine};
use crate::{Result, Shell, archive, servers};

const BUS: &str =
    "what it looks at is a notification server, a tray or a browser of Linux's session";
const WINDOW: &str = "Wine has no web view";
const LINUX: &str = "networks, units, packages, terminals or disks of Linux";
const SCRIPT: &str = "its commands are scripts of Linux; `platform/child` tests what runs them";
const SIGNAL: &str = "it ends agents by SIGTERM, which Wine does not hand on";
const WORDS: &str = "errors in Linux's own words";
const NO_HARK: &str = "no program of Hark's runs in it";
const UNTRIED: &str = "not tried yet";
/// The exit code is that of a thread that ends with the process, at times.
const CODE: &str = "Wine loses the exit code of a program that fails, at times";

/// Files that are left out, and why.
const FILES: &[(&str, &str)] = &[
    ("acts", SCRIPT),
    ("add_says", WORDS),
    ("added", LINUX),
    ("asked", BUS),
    ("bad_input", LINUX),
    ("certificates", CODE),
    ("crash", BUS),
    ("doctor_here", BUS),
    ("end_to_end", WINDOW),
    ("finding", UNTRIED),
    ("flaps", LINUX),
    ("handlers", SCRIPT),
    ("headless", LINUX),
    ("hostile", BUS),
    ("judge", NO_HARK),
    ("judge_real", SIGNAL),
    ("locked", LINUX),
    ("manners", BUS),
    ("network", LINUX),
    ("nginx", UNTRIED),
    ("notifications", BUS),
    ("opened", BUS),
    ("outbox", BUS),
    ("output", UNTRIED),
    ("packages", LINUX),
    ("pictures", BUS),
    ("real_centrifugo", UNTRIED),
    ("real_django", UNTRIED),
    ("real_home_assistant", UNTRIED),
    ("real_screens", BUS),
    ("real_servers", UNTRIED),
    ("relay", SIGNAL),
    ("relay_who", LINUX),
    ("restart", LINUX),
    ("surroundings", BUS),
    ("terminal", LINUX),
    ("tray", BUS),
    ("unresponsive", LINUX),
    ("voice", BUS),
    ("walls", NO_HARK),
    ("window_connections", WINDOW),
    ("window_form", WINDOW),
    ("window_hostile", WINDOW),
    ("window_list", WINDOW),
    ("window_many", WINDOW),
    ("window_pages", WINDOW),
    ("window_pictures", WINDOW),
    ("window_reasons", WINDOW),
    ("window_settings", WINDOW),
    ("window_shell", WINDOW),
];
/// Single tests of other files, likewise: the file, the test, why.
const TESTS: &[(&str, &str, &str)] = &[
    (
        "feed_ntfy",
        "a_new_notification_server_is_told_nothing_of_the_numbers_of_the_one_before",
        BUS,
    ),
    ("feed_ntfy", "a_hundred_that_are_read_elsewhere_are_all_closed_and_hold_up_nothing", BUS),
    ("feed_ntfy", "an_update_replaces_what_is_on_the_screen_and_a_deletion_closes_it", BUS),
    (
        "feed_ntfy",
        "of_much_that_was_missed_the_most_urgent_is_shown_and_nothing_old_stays_on_the_screen",
        BUS,
    ),
    ("nothing_lost", "the_backlog_of_a_new_subscription_is_stored_and_not_alerted", BUS),
    ("nothing_lost", "a_replay_of_more_than_5_is_one_notification_that_counts", BUS),
    ("pause", "a_pause_is_one_read_one_write_one_command_and_no_news", LINUX),
    ("pause", "a_pause_that_nobody_waits_for_any_more_is_in_force_once_it_is_written", LINUX),
    (
        "recognised",
        "an_address_without_a_scheme_is_tried_over_https_and_then_over_http_without_a_token",
        LINUX,
    ),
];

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
