//! Watches the settings file and the presets beside it, and tells of changes that others have made.

use std::{
    collections::BTreeSet,
    fs,
    future::pending,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hark_local::file::Stamp;
use notify::{ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};

use crate::file::PRESETS;

/// Editors write in several steps: the last one counts.
const SETTLE: Duration = Duration::from_millis(100);
/// Files of the presets' folder that are looked at; fewer are read.
const SEEN_MAX: usize = 1_000;
/// The longest chain of links; a longer one is taken for a circle.
const LINKS_MAX: usize = 8;

/// The file whose settings are in force, by its stamp: to find it again is no news, whoever wrote it. Clones
/// share it.
#[derive(Clone, Debug, Default)]
pub struct InForce(Arc<Mutex<File>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum File {
    /// None, or one that could not be read: whatever happens to it may have mended it.
    #[default]
    Unread,
    /// This one; or that there is no file.
    Read(Option<Stamp>),
}

impl InForce {
    /// Notes that the file with this stamp was read or written, and is in force. To be called where it is
    /// put in force, so that an edit which nobody waits for any more is news.
    pub fn set(&self, stamp: Option<Stamp>) {
        self.put(File::Read(stamp));
    }

    /// Notes that the file could not be read.
    pub fn unset(&self) {
        self.put(File::Unread);
    }

    fn put(&self, file: File) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = file;
    }

    fn is(&self, stamp: Option<Stamp>) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) == File::Read(stamp)
    }
}

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    changes: mpsc::Receiver<()>,
    watching: JoinHandle<()>,
}

impl Watch {
    /// Begins to watch the settings file at `path` and the presets beside it, as they are now. Where the
    /// system cannot watch, changes take effect with the next start, and the log says so.
    #[must_use]
    pub fn begin(path: PathBuf, in_force: InForce) -> Self {
        // One waiting message stands for all later changes too.
        let (tell, changes) = mpsc::channel(1);
        let watching = async move {
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            let made = aside(move || fs::create_dir_all(folder)).await.and_then(|made| made.ok());
            if made.is_none() {
                tracing::warn!("the settings' folder cannot be made");
            }
            if let Err(error) =
                follow(&path, &in_force, || tell.try_send(()).unwrap_or_default()).await
            {
                tracing::warn!("the settings file is not watched: {error}");
            }
            // Whoever waits for changes goes on waiting.
            tell.closed().await;
        };
        Self { changes, watching: tokio::spawn(watching) }
    }

    /// Waits for a change that Hark has not made itself. A change is kept until somebody waits for it.
    pub async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            pending::<()>().await;
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// Does work that a missing disk may block on a thread that may block. None where the agent ends.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    spawn_blocking(work).await.ok()
}

/// Calls `changed` after each change of the file at `path`, also where that is a link or its folder is
/// removed and made again, and of the presets' folder beside it. Ends where the system cannot watch.
async fn follow(path: &Path, in_force: &InForce, mut changed: impl FnMut()) -> notify::Result<()> {
    let mut known = None;
    let mut gone = false;
    loop {
        // Links and folders may have changed: each round looks and watches anew.
        let (told, mut events) = mpsc::channel(1);
        let settings = path.to_path_buf();
        let Some(watched) = aside(move || begin(&settings, told)).await else { return Ok(()) };
        let (watcher, missing) = match watched {
            // The path was removed between looking and watching.
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
        // Only after the new watch is there: this sees what changed before it.
        let at = path.to_path_buf();
        let Some(now) = aside(move || Snapshot::of(&at)).await else { return Ok(()) };
        if known.as_ref().is_some_and(|known| now.is_news(known, in_force)) {
            changed();
        }
        known = Some(now);
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

/// The settings file and the presets, as far as they can be told apart without reading them.
#[derive(Debug, PartialEq, Eq)]
struct Snapshot {
    settings: Option<Stamp>,
    presets: Vec<(PathBuf, Option<Stamp>)>,
}

impl Snapshot {
    fn of(path: &Path) -> Self {
        let entries = fs::read_dir(path.with_file_name(PRESETS)).into_iter().flatten().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
        files.sort_unstable();
        files.truncate(SEEN_MAX);
        let presets = files.into_iter().map(|file| (file.clone(), Stamp::of(&file))).collect();
        Self { settings: Stamp::of(path), presets }
    }

    fn is_news(&self, known: &Self, in_force: &InForce) -> bool {
        !in_force.is(self.settings) || self.presets != known.presets
    }
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
    /// Whether a change at `path` concerns this place. A folder on the way to it counts: it may come or go.
    fn is_at(&self, path: &Path) -> bool {
        self.file.starts_with(path) || (self.all && path.starts_with(&self.file))
    }
}

/// The file at `path`, and where it is a link, what it points to.
fn places(path: &Path) -> BTreeSet<Place> {
    let mut places = BTreeSet::from_iter(contents(&path.with_file_name(PRESETS)));
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
        // Each folder is named once, since the system watches each once.
        let real = fs::canonicalize(folder).ok().filter(|real| real.is_dir())?;
        let file = real.join(path.strip_prefix(folder).ok()?);
        Some(Place { file, folder: real, all: false })
    })
}

/// The content of a folder, whether it exists yet or not.
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
            // One waiting message stands for this change too.
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
    #[cfg(unix)]
    use std::os::unix::fs::symlink;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// Makes each change, and waits until it was seen.
    async fn each_is_seen(path: &Path, changes: &[&dyn Fn()]) {
        let (told, mut seen) = mpsc::unbounded_channel();
        let path = path.to_path_buf();
        let watching = tokio::spawn(async move {
            follow(&path, &InForce::default(), || told.send(()).unwrap()).await
        });
        for (number, change) in changes.iter().enumerate() {
            // The watch is set up, and what the last change left behind has passed.
            sleep(3 * SETTLE).await;
            while seen.try_recv().is_ok() {}
            change();
            timeout(SOON, seen.recv()).await.unwrap_or_else(|_| panic!("change {number}"));
        }
        watching.abort();
    }

    #[cfg(unix)]
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
    async fn what_hark_has_written_itself_is_no_news_and_what_another_writes_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let in_force = InForce::default();
        let now = || Snapshot::of(&path);
        let set = |text: &str| in_force.set(Some(crate::file::write(&path, text).unwrap()));
        fs::write(&path, "a = 1").unwrap();
        let before = now();
        assert!(before.is_news(&before, &in_force), "nothing was read yet");
        set("a = 2");
        let written = now();
        assert!(!written.is_news(&before, &in_force) && written != before);
        fs::write(&path, "a = 33").unwrap();
        assert!(now().is_news(&written, &in_force));

        // One that is moved away and back is read again, as what was in force meanwhile was another.
        set("a = 4");
        let away = folder.path().join("away");
        fs::rename(&path, &away).unwrap();
        assert!(now().is_news(&written, &in_force), "it is gone");
        in_force.unset();
        fs::rename(&away, &path).unwrap();
        assert!(now().is_news(&written, &in_force), "it is back");

        set("a = 5");
        fs::create_dir(folder.path().join(PRESETS)).unwrap();
        fs::write(folder.path().join(PRESETS).join("a.toml"), "").unwrap();
        assert!(now().is_news(&written, &in_force), "a preset came meanwhile");
    }

    #[tokio::test]
    async fn a_preset_that_comes_changes_or_goes_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let presets = folder.path().join(PRESETS);
        each_is_seen(
            &path,
            &[
                &|| {
                    fs::create_dir(&presets).unwrap();
                    fs::write(presets.join("a.toml"), "").unwrap();
                },
                &|| fs::write(presets.join("a.toml"), "title = \"/a\"").unwrap(),
                &|| fs::write(&path, "").unwrap(),
                &|| fs::remove_dir_all(&presets).unwrap(),
            ],
        )
        .await;
    }

    // Under Wine the folder that comes back is not seen; what Windows does has not been tried.
    #[cfg(unix)]
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
                &|| {
                    fs::create_dir_all(&config).unwrap();
                    // The folder alone is no change.
                    std::thread::sleep(3 * SETTLE);
                    fs::write(&path, "a = 1").unwrap();
                },
                &|| fs::rename(&config, folder.path().join("away")).unwrap(),
                &|| fs::rename(folder.path().join("away"), &config).unwrap(),
                &|| fs::write(&path, "a = 2").unwrap(),
            ],
        )
        .await;
    }
}
