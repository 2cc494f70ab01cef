//! What is made of the command line's own description: the manual's pages and what shells complete. They stand in
//! `src-tauri/packaging`, and are handed out with the package; this test holds them to the description, and
//! writes them anew with `HARK_BLESS=1`.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{arguments::Arguments, examples};

fn packaging(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(folder)
}

/// Holds a folder to these files, each with its content.
fn hold(folder: &Path, wanted: Vec<(String, Vec<u8>)>) {
    let bless = env::var_os("HARK_BLESS").is_some();
    let names: BTreeSet<_> = wanted.iter().map(|(name, _)| name.clone()).collect();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if bless && !names.contains(&name) {
            fs::remove_file(entry.path()).unwrap();
        }
        assert!(bless || names.contains(&name), "{name} is of no command; see CONTRIBUTING.md");
    }
    for (name, content) in wanted {
        let path = folder.join(&name);
        if bless {
            fs::write(&path, &content).unwrap();
        }
        let is_current = fs::read(&path).is_ok_and(|found| found == content);
        assert!(is_current, "{name} is out of step with the command line; see CONTRIBUTING.md");
    }
}

#[test]
fn the_manual_says_what_the_command_line_takes() {
    let mut command = examples::added_to(Arguments::command()).disable_help_subcommand(true);
    command.build();
    let mut pages = vec![("hark.1".to_owned(), page(&command))];
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("hark-{}", sub.get_name());
        let called = sub.clone().display_name(name.clone()).bin_name(name.replace('-', " "));
        pages.push((format!("{name}.1"), page(&called)));
    }
    hold(&packaging("man"), pages);
}

/// A page of the manual, without the date and the version, which would change it with each release.
fn page(command: &clap::Command) -> Vec<u8> {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone()).manual("Hark").source("Hark").date("");
    man.render(&mut page).unwrap();
    // By the names that the sections have in other programs' pages (man-pages(7)).
    let page = String::from_utf8(page).unwrap();
    let page = page.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n");
    page.replace(".SH EXTRA\nExit codes:\n", ".SH EXIT STATUS\n").into_bytes()
}

#[test]
fn shells_complete_what_the_command_line_takes() {
    let files = [(Shell::Bash, "hark"), (Shell::Zsh, "_hark"), (Shell::Fish, "hark.fish")];
    let files = files.map(|(shell, name)| {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "hark", &mut script);
        (name.to_owned(), script)
    });
    hold(&packaging("completions"), files.into());
}
