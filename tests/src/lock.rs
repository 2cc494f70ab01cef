//! A database that another process holds for itself.

use std::process::Stdio;

use crate::{LONG, Running, World, eventually};

/// Another process that holds the database for itself.
pub async fn locked(world: &World) -> Running {
    let script = "import sqlite3, sys, time\n\
                  held = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)\n\
                  held.execute('BEGIN EXCLUSIVE')\n\
                  print('locked', flush=True)\n\
                  time.sleep(600)\n";
    let mut command = world.command("python3");
    command.args(["-c", script]).arg(world.path("profile/data/hark.db")).stdin(Stdio::null());
    let other = Running::start(world, "locked", command);
    eventually("another process holds the database", LONG, async || {
        if other.out().contains("locked") { Ok(()) } else { Err(other.err()) }
    })
    .await;
    other
}
