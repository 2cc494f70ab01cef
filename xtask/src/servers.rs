//! The push servers from Python's and Node.js' registries that the tests run: their packages, in the
//! versions written down in `tests/servers`, beside their programs in the target folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Result, Shell, node::Node};

/// The files that each folder is made from; a change of the last one fills it anew.
const PYTHON: &[&str] = &["app.py", "eventstream.py", "requirements.txt"];
const NODE: &[&str] = &["app.mjs", "package.json", "package-lock.json"];

/// Fetches what is missing. Answers the folder, and the Node.js that runs one of the servers.
pub(crate) fn ensure(shell: &Shell) -> Result<(PathBuf, PathBuf)> {
    let folder = shell.target.join("servers");
    fill(shell, &folder.join("python"), PYTHON, |python| {
        let mut make = shell.command("python3");
        make.args(["-m", "venv", "--clear", "venv"]).current_dir(python);
        shell.run(make)?;
        let mut install = shell.command(python.join("venv/bin/python"));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        install.args(["--no-deps", "--requirement", "requirements.txt"]).current_dir(python);
        shell.run(install)
    })?;
    let runtime = Node::ensure(shell)?;
    fill(shell, &folder.join("node"), NODE, |node| {
        let mut install = runtime.npm(shell);
        install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(node);
        shell.run(install)
    })?;
    Ok((folder, runtime.program()))
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
    let stamp = folder.join(".installed");
    if fs::read(&stamp).ok().as_ref() == Some(&wanted) {
        return Ok(());
    }
    println!("Fetching a push server of the tests into {}.", folder.display());
    install(folder)?;
    fs::write(&stamp, wanted).map_err(|error| failed(&stamp, error))
}
