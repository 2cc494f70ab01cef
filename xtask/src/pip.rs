//! Python's registry as a source of programs that come ready to run, each in a folder of its own; and
//! the Pythons that a machine has beside its system's.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

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

/// A Python of this version, such as `3.13`, that starts and can make environments: one in PATH, else one
/// of pyenv's, which a machine may have without naming it there.
pub(crate) fn python(shell: &Shell, version: &str) -> Option<PathBuf> {
    let is_it =
        format!("import ensurepip, sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')");
    let in_path = [format!("python{version}"), "python3".to_owned()].map(PathBuf::from);
    let mut all = in_path.into_iter().chain(of_pyenv(version));
    all.find(|python| shell.ask(shell.command(python).args(["-c", &is_it])).is_some())
}

/// Where pyenv keeps them.
fn of_pyenv(version: &str) -> Vec<PathBuf> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(env::home_dir()?.join(".pyenv")));
    let versions = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let folders = versions.into_iter().flatten().flatten().map(|entry| entry.path());
    let of_version = |folder: &PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    folders.filter(of_version).map(|folder| folder.join("bin/python3")).collect()
}
