//! The window's page: fetches what it is made of when that changed, builds it when it changed.

use std::{fs, path::Path, time::SystemTime};

use crate::{Result, Shell, node::Node};

/// Installs the page's packages where the lock file differs from the one installed last.
pub(crate) fn fetch(shell: &Shell) -> Result<Node> {
    let node = Node::ensure(shell)?;
    let folder = shell.root.join("ui");
    let wanted = fs::read(folder.join("package-lock.json"))
        .map_err(|e| format!("ui/package-lock.json cannot be read: {e}."))?;
    let stamp = folder.join("node_modules/.installed-lock");
    if fs::read(&stamp).ok().as_ref() != Some(&wanted) {
        let mut install = node.npm(shell);
        install.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        shell.run(install)?;
        fs::write(&stamp, wanted).map_err(|e| format!("{}: {e}.", stamp.display()))?;
    }
    Ok(node)
}

/// Whether `ui/dist` is older than what it is built from. Building it anew for nothing would make
/// cargo link the window anew.
pub(crate) fn is_stale(shell: &Shell) -> bool {
    let folder = shell.root.join("ui");
    let built = changed(&folder.join("dist/index.html"));
    let skip = |path: &Path| path.ends_with("dist") || path.ends_with("node_modules");
    let mut left = vec![folder];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                // A file that was taken away changes its folder's time.
                if !skip(&path) {
                    if changed(&path) > built {
                        return true;
                    }
                    left.push(path);
                }
            } else if changed(&path) > built {
                return true;
            }
        }
    }
    built.is_none()
}

/// Builds the page where it is stale, with the terminal as its own.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    let node = fetch(shell)?;
    if is_stale(shell) {
        let mut build = node.npm(shell);
        build.args(["run", "--silent", "build"]);
        shell.run(build)?;
    }
    Ok(())
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}
