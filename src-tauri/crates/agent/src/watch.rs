//! Watches the settings file and the presets beside it, and has them read again when one changes.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{sync::mpsc, task::spawn_blocking, time::sleep};

use crate::{agent::Agent, presets};

/// Editors write in several steps: the last one counts.
const SETTLE: Duration = Duration::from_millis(100);
/// A longer chain of links is a circle.
const LINKS_MAX: usize = 8;

/// Watches for as long as the agent runs. Where the system cannot watch, changes take effect with
/// the next start, and the log says so.
pub async fn run(agent: Arc<Agent>) {
    let path = agent.core.profile.settings();
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let made = aside(move || fs::create_dir_all(folder)).await.and_then(|made| made.ok());
    if made.is_none() {
        tracing::warn!("the settings' folder cannot be made");
    }
    // One that waits already stands for this one too.
    let (told, mut changes) = mpsc::channel(1);
    let reload = async {
        loop {
            tokio::select! {
                change = changes.recv() => if change.is_none() { return },
                () = agent.again.notified() => {}
            }
            agent.reload().await;
        }
    };
    tokio::select! {
        () = reload => {}
        outcome = follow(&path, || told.try_send(()).unwrap_or_default()) => {
            if let Err(error) = outcome {
                tracing::warn!("the settings file is not watched: {error}");
            }
        }
    }
}

/// Does what a disk that is gone would stop on a thread that it may. None where the agent ends.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    spawn_blocking(work).await.ok()
}

/// Calls `changed` after each change of the file at `path`, be it a link, and be its folder removed
/// and made again; and of what is in the presets' folder beside it. Ends where the system cannot watch.
async fn follow(path: &Path, mut changed: impl FnMut()) -> notify::Result<()> {
    let mut first = true;
    let mut gone = false;
    loop {
        // Links and folders may be others than before: each round looks and watches anew.
        let (told, mut events) = mpsc::channel(1);
        let settings = path.to_path_buf();
        let Some(watched) = aside(move || begin(&settings, told)).await else { return Ok(()) };
        let (watcher, missing) = match watched {
            // It went between looking and watching.
            Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => {
                sleep(SETTLE).await;
                continue;
            }
            Ok(None) => continue,
            Ok(Some(watched)) => watched,
            Err(error) => return Err(error),
        };
        if missing && !gone {
            tracing::warn!("the settings' folder is gone; Hark waits for it to come back");
        }
        gone = missing;
        // Only now: what changed until the new watch was there is seen by this.
        if !first {
            changed();
        }
        first = false;
        if events.recv().await.is_none() {
            return Ok(());
        }
        sleep(SETTLE).await;
        aside(move || drop(watcher)).await;
    }
}

/// Begins to watch, and says whether the settings' folder is missing. None where something has changed
/// meanwhile.
fn begin(
    path: &Path,
    told: mpsc::Sender<()>,
) -> notify::Result<Option<(RecommendedWatcher, bool)>> {
    let places = places(path);
    let watcher = watch(&places, told)?;
    let missing = !path.parent().is_some_and(Path::is_dir);
    Ok((self::places(path) == places).then_some((watcher, missing)))
}

/// Something to watch: a file or a folder, and the nearest folder above it that there is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    folder: PathBuf,
    file: PathBuf,
    /// Whether it is a folder, of which each file counts.
    all: bool,
}

impl Place {
    /// Whether a change at `path` is one of it. A folder on the way to it counts: it may come or go.
    fn is_at(&self, path: &Path) -> bool {
        self.file.starts_with(path) || (self.all && path.starts_with(&self.file))
    }
}

/// The file at `path`, and where it is a link, what it points to.
fn places(path: &Path) -> BTreeSet<Place> {
    let mut places = BTreeSet::from_iter(contents(&path.with_file_name(presets::FOLDER)));
    let mut path = path.to_path_buf();
    for _ in 0..LINKS_MAX {
        places.extend(place(&path));
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("/")).join(target);
    }
    places
}

fn place(path: &Path) -> Option<Place> {
    path.ancestors().skip(1).find_map(|folder| {
        // One name for each folder, as the system watches each one once.
        let real = fs::canonicalize(folder).ok().filter(|real| real.is_dir())?;
        let file = real.join(path.strip_prefix(folder).ok()?);
        Some(Place { file, folder: real, all: false })
    })
}

/// What is in a folder, whether that is there yet or not.
fn contents(folder: &Path) -> Option<Place> {
    match fs::canonicalize(folder) {
        Ok(real) if real.is_dir() => Some(Place { file: real.clone(), folder: real, all: true }),
        _ => place(folder).map(|place| Place { all: true, ..place }),
    }
}

fn watch(places: &BTreeSet<Place>, told: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let all = places.clone();
    let ours = move |path: &PathBuf| all.iter().any(|place| place.is_at(path));
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(&ours)) {
            // One that waits already stands for this one too.
            let _ = told.try_send(());
        }
    })?;
    let folders: BTreeSet<&Path> = places.iter().map(|place| place.folder.as_path()).collect();
    for folder in folders {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// Makes each change, and waits until it was seen.
    async fn each_is_seen(path: &Path, changes: &[&dyn Fn()]) {
        let (told, mut seen) = mpsc::unbounded_channel();
        let path = path.to_path_buf();
        let watching = tokio::spawn(async move { follow(&path, || told.send(()).unwrap()).await });
        for (number, change) in changes.iter().enumerate() {
            // The watch is set up, and what the last change left behind has passed.
            sleep(3 * SETTLE).await;
            while seen.try_recv().is_ok() {}
            change();
            timeout(SOON, seen.recv()).await.unwrap_or_else(|_| panic!("change {number}"));
        }
        watching.abort();
    }

    #[tokio::test]
    async fn a_change_behind_a_link_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let here = |name: &str| folder.path().join(name);
        for name in ["config", "elsewhere", "other"] {
            fs::create_dir(here(name)).unwrap();
        }
        let path = here("config/config.toml");
        fs::write(here("elsewhere/hark.toml"), "").unwrap();
        symlink("../elsewhere/hark.toml", &path).unwrap();
        each_is_seen(
            &path,
            &[
                &|| fs::write(here("elsewhere/hark.toml"), "a = 1").unwrap(),
                &|| fs::remove_file(here("elsewhere/hark.toml")).unwrap(),
                &|| fs::write(here("elsewhere/hark.toml"), "a = 2").unwrap(),
                &|| {
                    fs::remove_file(&path).unwrap();
                    symlink(here("other/hark.toml"), &path).unwrap();
                },
                &|| fs::write(here("other/hark.toml"), "a = 3").unwrap(),
            ],
        )
        .await;
    }

    #[tokio::test]
    async fn a_preset_that_comes_changes_or_goes_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let presets = folder.path().join(presets::FOLDER);
        each_is_seen(
            &path,
            &[
                &|| fs::create_dir(&presets).unwrap(),
                &|| fs::write(presets.join("a.toml"), "").unwrap(),
                &|| fs::write(presets.join("a.toml"), "title = \"/a\"").unwrap(),
                &|| fs::write(&path, "").unwrap(),
                &|| fs::remove_dir_all(&presets).unwrap(),
            ],
        )
        .await;
    }

    #[tokio::test]
    async fn a_folder_that_is_removed_and_made_again_is_watched_again() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("deep/config");
        let path = config.join("config.toml");
        fs::create_dir_all(&config).unwrap();
        each_is_seen(
            &path,
            &[
                &|| fs::write(&path, "").unwrap(),
                &|| fs::remove_dir_all(folder.path().join("deep")).unwrap(),
                &|| fs::create_dir_all(&config).unwrap(),
                &|| fs::write(&path, "a = 1").unwrap(),
                &|| fs::rename(&config, folder.path().join("away")).unwrap(),
                &|| fs::rename(folder.path().join("away"), &config).unwrap(),
                &|| fs::write(&path, "a = 2").unwrap(),
            ],
        )
        .await;
    }
}
