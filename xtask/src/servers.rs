//! The push servers from Python's and Node.js' registries that the tests run: their packages, in the
//! versions written down in `tests/servers`, beside their programs in the target folder. Home Assistant
//! is large and wants a Python that few systems have, so `cargo xtask soak` alone runs it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Result, Shell, node::Node, pip};

/// The files that each folder is made from; a change of the last one fills it anew.
const PYTHON: &[&str] = &["app.py", "eventstream.py", "requirements.txt"];
const NODE: &[&str] = &["app.mjs", "package.json", "package-lock.json"];
const HOME_ASSISTANT: &[&str] = &["home-assistant.txt"];

/// Holds what a folder was filled by.
const STAMP: &str = ".installed";
/// The Python of the one version that Home Assistant's pinned packages are for.
const PYTHON_OF_HOME_ASSISTANT: &str = "3.13";

/// Fetches what is missing. Answers the folder, and the Node.js that runs one of the servers.
pub(crate) fn ensure(shell: &Shell) -> Result<(PathBuf, PathBuf)> {
    let folder = shell.target.join("servers");
    fill(shell, &folder.join("python"), PYTHON, |python| {
        packages(shell, "python3".as_ref(), python, "requirements.txt")
    })?;
    let runtime = Node::ensure(shell)?;
    fill(shell, &folder.join("node"), NODE, |node| {
        let mut install = runtime.npm(shell);
        install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(node);
        shell.run(install)
    })?;
    Ok((folder, runtime.program()))
}

/// Fetches Home Assistant, and answers its program.
///
/// # Errors
/// Why it cannot be had here.
pub(crate) fn home_assistant(shell: &Shell) -> Result<PathBuf> {
    let folder = shell.target.join("servers/home-assistant");
    let program = folder.join("venv/bin/hass");
    let starts = || shell.ask(shell.command(&program).arg("--version")).is_some();
    if !starts() {
        _ = fs::remove_file(folder.join(STAMP));
    }
    fill(shell, &folder, HOME_ASSISTANT, |folder| {
        let version = PYTHON_OF_HOME_ASSISTANT;
        let python = pip::python(shell, version)
            .ok_or_else(|| format!("there is no Python {version} that can make environments."))?;
        packages(shell, &python, folder, HOME_ASSISTANT[0])
    })?;
    starts().then_some(program).ok_or_else(|| "the fetched one does not start here.".to_owned())
}

/// Makes an environment of this Python in a folder, with the packages that a file there lists.
fn packages(shell: &Shell, python: &Path, folder: &Path, list: &str) -> Result<()> {
    let mut make = shell.command(python);
    make.args(["-m", "venv", "--clear", "venv"]).current_dir(folder);
    shell.run(make)?;
    let mut install = shell.command(folder.join("venv/bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install.args(["--no-deps", "--requirement", list]).current_dir(folder);
    shell.run(install)
}

/// Copies these files to a folder, and fills it where the last of them, which lists its packages, differs
/// from the one that it was filled by.
fn fill(
    shell: &Shell,
    folder: &Path,
    files: &[&str],
    install: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let failed = |path: &Path, error| format!("{}: {error}.", path.display());
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let mut wanted = Vec::new();
    for name in files {
        let from = shell.root.join("tests/servers").join(name);
        wanted = fs::read(&from).map_err(|error| failed(&from, error))?;
        let to = folder.join(name);
        fs::write(&to, &wanted).map_err(|error| failed(&to, error))?;
    }
    let stamp = folder.join(STAMP);
    if fs::read(&stamp).ok().as_ref() == Some(&wanted) {
        return Ok(());
    }
    println!("Fetching a push server of the tests into {}.", folder.display());
    install(folder)?;
    fs::write(&stamp, wanted).map_err(|error| failed(&stamp, error))
}
