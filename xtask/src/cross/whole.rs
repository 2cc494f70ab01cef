//! Which tests of the whole are run under Wine: all files of `tests/` but those named here, each with its reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{TESTS_AT_ONCE, record::Whole};
use crate::{Result, Shell, archive, servers};

const BUS: &str =
    "what it looks at is a notification server, a tray or a browser of Linux's session";
const WINDOW: &str = "Wine has no web view";
const LINUX: &str = "networks, units, users, packages, terminals, pipes, sockets or disks of Linux";
const SCRIPT: &str = "its commands are programs of Linux; `platform/child` tests what runs them";
/// See `platform/child`.
const JOB: &str = "on Windows what a handler has started ends with it, and with the agent";
const NO_HARK: &str = "no program of Hark's runs in it";
const SOAK: &str = "`cargo xtask soak` alone fetches its server";
const LINK: &str = "Wine does not show Linux's symbolic links";
const NO_FILES: &str = "there is no count of open files on Windows, which its rules ask for";
const BUILDS: &str = "it builds Hark for this computer";

/// Files that are left out, and why.
const FILES: &[(&str, &str)] = &[
    ("acts", BUS),
    ("asked", BUS),
    ("crash", BUS),
    ("doctor_here", BUS),
    ("end_to_end", WINDOW),
    ("flaps", LINUX),
    ("held", BUS),
    ("hostile", BUS),
    ("judge", NO_HARK),
    ("manners", BUS),
    ("network", LINUX),
    ("notifications", BUS),
    ("opened", BUS),
    ("outbox", BUS),
    ("packages", LINUX),
    ("pictures", BUS),
    ("real_home_assistant", SOAK),
    ("real_screens", BUS),
    ("restart", LINUX),
    ("surroundings", BUS),
    ("tray", BUS),
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
/// Single tests of other files, likewise: the file, the test, why. A name is left out in all files.
#[rustfmt::skip]
const TESTS: &[(&str, &str, &str)] = &[
    ("added", "a_password_is_asked_for_without_being_shown_and_kept_for_its_owner_alone", LINUX),
    ("bad_input", "a_data_folder_that_may_not_be_written_is_named", LINUX),
    ("by_data", "a_mapping_says_what_is_where_and_an_update_takes_the_place_of_the_last", BUS),
    ("by_data", "rules_are_tried_before_they_are_in_force_and_each_message_says_which_decided", BUS),
    ("feed_ntfy", "a_new_notification_server_is_told_nothing_of_the_numbers_of_the_one_before", BUS),
    ("feed_ntfy", "a_hundred_that_are_read_elsewhere_are_all_closed_and_hold_up_nothing", BUS),
    ("feed_ntfy", "an_update_replaces_what_is_on_the_screen_and_a_deletion_closes_it", BUS),
    ("feed_ntfy", "of_much_that_was_missed_the_most_urgent_is_shown_and_nothing_old_stays_on_the_screen", BUS),
    ("handed_out", "a_subscriptions_part_is_edited_and_only_what_is_well_is_saved", SCRIPT),
    ("handlers", "a_real_ntfy_that_is_killed_or_hangs_is_started_again_and_nothing_is_lost", JOB),
    ("handlers", "a_server_of_ours_that_is_down_at_the_start_is_down_and_started_by_its_handler", JOB),
    ("handlers", "what_a_stranger_sends_is_no_argument_and_comes_whole", SCRIPT),
    ("headless", "it_starts_with_the_desktop_where_that_is_wanted", LINUX),
    ("headless", "its_supervisor_hears_that_it_is_ready_that_it_goes_on_and_that_it_ends", LINUX),
    ("headless", "the_systems_own_is_for_its_group", LINUX),
    ("headless", "the_unit_of_a_server_may_do_little", LINUX),
    ("headless", "the_units_are_what_systemd_understands", LINUX),
    ("listen", "a_command_that_will_not_end_is_ended_whole_and_what_waits_is_told", SCRIPT),
    ("listen", "a_message_whose_run_was_cut_short_is_run_again_and_one_that_was_done_is_not", SCRIPT),
    ("listen", "what_a_stranger_sends_is_no_argument_of_the_command_and_comes_whole", SCRIPT),
    ("listen", "what_is_too_much_for_the_command_is_left_out_and_counted", SCRIPT),
    ("listen_wrong", "a_message_whose_command_cannot_be_started_is_not_done", SCRIPT),
    ("listen_wrong", "a_state_behind_a_link_has_one_lock_and_the_link_stays", LINK),
    ("metrics", "dashboard_and_rules_ask_for_metrics_that_there_are", NO_FILES),
    ("names_and_routes", "a_link_that_goes_down_and_comes_up_is_back_within_the_spread_of_a_hint", LINUX),
    ("names_and_routes", "a_name_that_does_not_resolve_is_told_and_asked_for_again", LINUX),
    ("names_and_routes", "another_address_is_dialled_from_before_the_old_connection_is_missed", LINUX),
    ("nothing_lost", "the_backlog_of_a_new_subscription_is_stored_and_not_alerted", BUS),
    ("nothing_lost", "a_replay_of_more_than_5_is_one_notification_that_counts", BUS),
    ("nothing_lost", "of_a_server_that_ends_each_answer_what_is_new_is_alerted", BUS),
    ("output", "what_prints_as_it_comes_ends_with_its_reader_and_not_at_the_next_line", LINUX),
    ("pause", "a_pause_is_one_read_one_write_one_command_and_no_news", LINUX),
    ("pause", "a_pause_that_nobody_waits_for_any_more_is_in_force_once_it_is_written", LINUX),
    ("real_ntfy", "a_message_is_stored_and_shown_as_it_was_published", BUS),
    ("real_ntfy", "an_update_takes_the_place_of_a_message_and_a_deletion_takes_it_away", BUS),
    ("real_ntfy", "what_is_published_as_soon_as_a_topic_is_added_is_alerted", BUS),
    ("real_pocketbase", "records_are_messages_their_updates_take_their_place_and_their_end_leaves_the_screen", BUS),
    ("recognised", "an_address_without_a_scheme_is_tried_over_https_and_then_over_http_without_a_token", LINUX),
    ("relay_who", "a_socket_is_for_its_owner_alone", LINUX),
    ("send", "an_answer_in_a_notification_is_on_the_server_under_the_topic_of_its_message", BUS),
    ("silence", "a_snooze_until_the_session_is_unlocked_ends_with_the_unlock", BUS),
    ("silence", "a_snooze_until_the_session_is_unlocked_is_not_left_over_from_another_session", BUS),
    ("silence", "dunsts_own_pause_is_read_and_never_changed", BUS),
    ("silence", "gnomes_do_not_disturb_is_read_by_its_own_program", BUS),
    ("silence", "kdes_and_xfces_do_not_disturb_is_read", BUS),
    ("terminal", "ctrl_c_while_a_token_is_tried_leaves_neither_token_nor_subscription", LINUX),
    ("terminal", "the_readmes_command_runs_the_agent_here_and_ends_with_it", BUILDS),
    ("terminal", "what_is_no_push_feed_is_followed_all_the_same_where_the_person_says_so", LINUX),
    ("terminal", "what_was_found_behind_a_page_is_what_is_followed_where_the_person_says_so", LINUX),
    ("unresponsive", "a_second_signal_waits_for_nothing", LINUX),
    ("unresponsive", "a_terminal_that_hangs_up_ends_it_in_good_order_and_says_so", LINUX),
    ("unresponsive", "an_agent_that_answers_nobody_is_no_other_agent", LINUX),
    ("unresponsive", "an_agent_that_ends_while_it_is_asked_is_said_to_have_ended", LINUX),
    ("unresponsive", "an_agent_that_is_stuck_ends_all_the_same", LINUX),
];

/// What is run, and asks for less than on Linux.
const LESS: &[(&str, &str)] = &[
    (
        "bounds",
        "twice the memory: what is first run of a program is memory of its own under Wine; 250 links at once of 1,000",
    ),
    ("handlers", "a handler of an agent that was killed ends with it, and no next agent ends it"),
    ("judge_real", "12 of 30 random runs, as each start of the agent takes longer"),
];

/// How often the agent is killed where time does not matter.
const KILLS: &str = "200";

/// The files' programs, built, and what is left out; with more to do where this is to soak.
pub(super) fn programs(
    shell: &Shell,
    programs: &Path,
    soak: bool,
) -> Result<(Vec<(String, Command)>, Whole)> {
    let left_out: BTreeSet<&str> = FILES.iter().map(|(file, _)| *file).collect();
    let (servers, node) = servers::ensure(shell)?;
    let archived = archive::ensure(shell)?;
    let mut wanted = files(&shell.root)?;
    wanted.retain(|file| !left_out.contains(&**file));
    let mut runs = Vec::new();
    for (file, program) in built(shell, &wanted)? {
        let mut command = shell.command(program);
        command.args(TESTS.iter().flat_map(|(_, test, _)| ["--skip", test]));
        shell
            .mark(&mut command)
            .env("RUST_BACKTRACE", "0")
            .env("RUST_TEST_THREADS", TESTS_AT_ONCE)
            .env("HARK_BIN_DIR", programs)
            .env("HARK_TEST_WINE", "1")
            .env("HARK_TEST_SERVERS", &servers)
            .env("HARK_TEST_NODE", &node)
            .envs(archived.clone());
        if soak {
            command.env("HARK_SOAK_KILLS", KILLS);
        }
        runs.push((file, command));
    }
    let files = FILES.iter().map(|(file, why)| ((*file).to_owned(), (*why).to_owned()));
    let tests =
        TESTS.iter().map(|(file, test, why)| (format!("{file}: {test}"), (*why).to_owned()));
    let less = LESS.iter().map(|(file, what)| ((*file).to_owned(), (*what).to_owned()));
    let left_out = files.chain(tests).collect();
    Ok((runs, Whole { left_out, less: less.collect(), ..Whole::default() }))
}

/// The programs of these test files, built. They are begun as they are: cargo would look at all that they are made of
/// once more for each, which the processor has no time for.
fn built(shell: &Shell, files: &[String]) -> Result<Vec<(String, PathBuf)>> {
    let mut build = vec!["test", "--quiet", "--no-run", "--package", "hark-tests"];
    build.extend(files.iter().flat_map(|file| ["--test", file]));
    shell.run(shell.cargo(&build))?;
    build.push("--message-format=json");
    let said = shell.ask(&mut shell.cargo(&build)).unwrap_or_default();
    let paths =
        said.lines().filter_map(|line| line.split_once(r#""executable":""#)?.1.split_once('"'));
    let programs: BTreeMap<String, PathBuf> = paths
        .filter_map(|(path, _)| {
            // cargo adds a hash.
            let name = Path::new(path).file_name()?.to_str()?.rsplit_once('-')?.0;
            Some((name.to_owned(), path.into()))
        })
        .collect();
    let program = |file: &String| {
        let path =
            programs.get(file).ok_or_else(|| format!("cargo names no program of {file}."))?;
        Ok((file.clone(), path.clone()))
    };
    files.iter().map(program).collect()
}

/// How soon the first event is printed, in milliseconds: on Linux, and under Wine. Both are built to be developed,
/// the one for Windows as [`target::cargo`](super::target::cargo) has it.
pub(super) fn start(shell: &Shell, programs: &Path) -> Result<(f64, f64)> {
    shell.run(shell.cargo(&["build", "--quiet", "--package", "hark"]))?;
    let here = shell.built("hark");
    let here = here.parent().ok_or("no folder")?;
    let measured = |programs: &Path, wine: bool| {
        let mut command =
            shell.cargo(&["test", "--quiet", "--package", "hark-tests", "--bench", "start"]);
        command.env("HARK_BIN_DIR", programs);
        if wine {
            command.env("HARK_TEST_WINE", "1");
        }
        let said = shell.ask(&mut command).unwrap_or_default();
        let last = said.lines().rev().find_map(|line| line.rsplit_once("in ms: "));
        last.and_then(|(_, ms)| ms.trim().parse().ok()).ok_or_else(|| {
            format!("How soon the first event is printed could not be measured: {said}")
        })
    };
    Ok((measured(here, false)?, measured(programs, true)?))
}

/// The test files of `tests/`.
fn files(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("tests");
    let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter_map(|name| Some(name.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let all = files(root).unwrap();
        for (file, _) in FILES {
            assert!(all.iter().any(|it| it == file), "no {file}");
        }
        for (file, _) in LESS {
            let text = fs::read_to_string(root.join(format!("tests/{file}.rs"))).unwrap();
            assert!(text.contains("under_wine()"), "{file} asks for as much");
        }
        for (file, test, _) in TESTS {
            assert!(FILES.iter().all(|(it, _)| it != file), "{file} is left out as a whole");
            let text = fs::read_to_string(root.join(format!("tests/{file}.rs"))).unwrap();
            assert!(text.contains(&format!("fn {test}(")), "no {test} in {file}");
        }
    }
}
