//! Python's registry as a source of programs that come ready to run, each in a folder of its own.

use std::path::Path;

use crate::{Result, Shell, debian};

/// Installs a package of a pinned version, such as `typos==1.52.0`, into a folder.
pub(crate) fn install(shell: &Shell, folder: &Path, package: &str) -> Result<()> {
    if shell.ask(shell.command("python3").args(["-m", "pip", "--version"])).is_none() {
        debian::ensure(shell, &[debian::PIP])?;
    }
    let mut install = shell.command("python3");
    install.args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade"]);
    install.args(["--disable-pip-version-check", "--root-user-action=ignore", "--target"]);
    install.arg(folder).arg(package);
    shell.run(install)
}
