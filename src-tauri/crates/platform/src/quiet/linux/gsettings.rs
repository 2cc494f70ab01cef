//! Reads one setting of GNOME by its own program: dconf's file has a format of its own.

use std::{process::Stdio, time::Duration};

use tokio::{io::AsyncReadExt, process::Command, time::timeout};

/// How long it may take.
const GSETTINGS_TIMEOUT: Duration = Duration::from_secs(5);
/// A switch is `true` or `false`. Bytes.
const ANSWER_BYTES_MAX: u64 = 64;

/// Whether a switch is on. None where there is no such program or key, or no answer in time.
pub async fn get(schema: &'static str, key: &'static str) -> Option<bool> {
    let read = async {
        // Without a shell; ended when it is not waited for any more.
        let mut command = Command::new("gsettings");
        command.args(["get", schema, key]).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let mut answer = String::new();
        let out = child.stdout.take()?;
        out.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await.ok()?;
        child.wait().await.ok()?;
        answer.trim().parse().ok()
    };
    timeout(GSETTINGS_TIMEOUT, read).await.ok().flatten()
}
