//! The programs of `tests/servers`, with their packages from Python's and Node.js' registries;
//! `cargo xtask test` fetches them.

use std::{env, path::PathBuf, process::Command};

use crate::{World, hark, skipped};

/// A program of Python; says that it is skipped where it was not fetched.
#[must_use]
pub fn python(world: &World, app: &str) -> Option<Command> {
    start(world, folder().join("python/venv/bin/python"), &format!("python/{app}"))
}

/// A program of Node.js, likewise.
#[must_use]
pub fn node(world: &World, app: &str) -> Option<Command> {
    let node = env::var_os("HARK_TEST_NODE").unwrap_or_else(|| "node".into());
    start(world, node.into(), &format!("node/{app}"))
}

fn start(world: &World, program: PathBuf, app: &str) -> Option<Command> {
    let app = folder().join(app);
    if !app.exists() || !app.with_file_name(".installed").exists() {
        skipped(&format!("{} is missing; `cargo xtask test` fetches it", app.display()));
        return None;
    }
    let mut command = world.command(program);
    command.arg(app);
    Some(command)
}

fn folder() -> PathBuf {
    env::var_os("HARK_TEST_SERVERS").map_or_else(|| hark::target().join("servers"), PathBuf::from)
}
