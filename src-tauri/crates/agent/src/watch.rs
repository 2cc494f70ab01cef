//! Watches the settings file, and has it read again when it changes.

use std::{path::Path, sync::Arc, time::Duration};

use notify::{Event, RecursiveMode, Watcher};
use tokio::{sync::mpsc, time::sleep};

use crate::agent::Agent;

/// Editors write in several steps: the last one counts.
const SETTLE: Duration = Duration::from_millis(100);

/// Watches for as long as the agent runs. Where the system cannot watch, changes take effect with
/// the next start, and the log says so.
pub async fn run(agent: Arc<Agent>) {
    let path = agent.core.profile.settings();
    let Some(folder) = path.parent() else { return };
    let (told, mut changed) = mpsc::channel(1);
    match watch(folder, path.clone(), told) {
        Ok(_watcher) => {
            while changed.recv().await.is_some() {
                sleep(SETTLE).await;
                while changed.try_recv().is_ok() {}
                agent.reload();
            }
        }
        Err(error) => tracing::warn!("the settings file is not watched: {error}"),
    }
}

fn watch(
    folder: &Path,
    path: std::path::PathBuf,
    told: mpsc::Sender<()>,
) -> notify::Result<impl Watcher> {
    std::fs::create_dir_all(folder).map_err(notify::Error::io)?;
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let ours = event.is_ok_and(|event| !event.kind.is_access() && event.paths.contains(&path));
        if ours {
            // One that waits already stands for this one too.
            let _ = told.try_send(());
        }
    })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}
