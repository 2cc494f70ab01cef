//! What a pause costs, as the kernel counts it: one read of the settings, one write, one command. The agent
//! ignores its own write, but not another's.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    fs,
    mem::MaybeUninit,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use hark_tests::{
    LONG, Running, World, eventually,
    sse::{Client, Server},
};
use rustix::{
    fs::{
        FlockOperation, flock,
        inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
    },
    io::Errno,
    process::Signal,
};

/// Longer than the watch of the settings waits for an editor to end.
const NEWS_WOULD_BE_READ: Duration = Duration::from_secs(1);

/// Counts what is done to the settings file, by any process.
struct Counter(OwnedFd);

#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    opened: usize,
    replaced: usize,
}

impl Counter {
    fn of(folder: &Path) -> Self {
        let inotify = inotify::init(CreateFlags::NONBLOCK).unwrap();
        // The kernel merges equal events in a row: watching closes as well keeps two opens apart.
        let flags = WatchFlags::OPEN | WatchFlags::CLOSE | WatchFlags::MOVED_TO;
        inotify::add_watch(&inotify, folder, flags).unwrap();
        Self(inotify)
    }

    /// What was done since this was last asked.
    fn take(&self) -> Count {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.0, &mut buffer);
        let mut count = Count::default();
        loop {
            match reader.next() {
                Ok(event) if event.file_name() == Some(c"config.toml") => {
                    count.opened += usize::from(event.events().contains(ReadFlags::OPEN));
                    count.replaced += usize::from(event.events().contains(ReadFlags::MOVED_TO));
                }
                Ok(_) => {}
                Err(Errno::WOULDBLOCK) => return count,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// An agent with one link, `news`, which streams; and its settings file.
async fn streaming(world: &World, server: &Server) -> (Running, Client, PathBuf) {
    world.follow(&[("news", &server.url("/"))]);
    let agent = world.agent().await;
    let client = server.streaming(world).await;
    (agent, client, world.path("profile/config/config.toml"))
}

fn paused_rows(journal: &str) -> usize {
    journal.matches("\"paused\"").count()
}

#[tokio::test]
async fn a_pause_is_one_read_one_write_one_command_and_no_news() {
    let world = World::new();
    let server = Server::start().await;
    let (_agent, _client, settings) = streaming(&world, &server).await;
    let counter = Counter::of(settings.parent().unwrap());

    world.hark(&["pause", "news"]).await.ok();
    // Nothing shows that no more comes.
    tokio::time::sleep(NEWS_WOULD_BE_READ).await;
    assert_eq!(counter.take(), Count { opened: 1, replaced: 1 }, "a pause");
    assert!(fs::read_to_string(&settings).unwrap().contains("paused = true"));
    let history = world.hark(&["history", "--json"]).await.ok();
    assert_eq!(paused_rows(&history), 1, "{history}");

    // What another writes is read, and nothing but that.
    let text = fs::read_to_string(&settings).unwrap().replace("paused = true", "name = \"Other\"");
    counter.take();
    fs::write(&settings, text).unwrap();
    eventually("the other's name is in force", LONG, async || {
        let status = world.hark(&["status", "--json"]).await.ok();
        match status.contains("\"Other\"") && !status.contains("\"phase\": \"paused\"") {
            true => Ok(()),
            false => Err(status),
        }
    })
    .await;
    tokio::time::sleep(NEWS_WOULD_BE_READ).await;
    assert_eq!(
        counter.take(),
        Count { opened: 2, replaced: 0 },
        "written by one, read by the other"
    );
}

/// Whether the link is paused, by the file and by the agent.
async fn is_paused(world: &World, settings: &Path) -> (bool, bool) {
    let file = fs::read_to_string(settings).unwrap_or_default().contains("paused = true");
    (file, world.link("news").await["phase"]["phase"] == "paused")
}

#[tokio::test]
async fn a_pause_that_nobody_waits_for_any_more_is_in_force_once_it_is_written() {
    let world = World::new();
    let server = Server::start().await;
    let (agent, _client, settings) = streaming(&world, &server).await;
    let path = settings.with_file_name(".config.toml.lock");
    let lock = fs::File::create(&path).unwrap();
    flock(&lock, FlockOperation::LockExclusive).unwrap();
    let mut pausing = world.start_hark("pause", &["pause", "news"]);
    eventually("the agent waits for the lock", LONG, async || {
        let files = fs::read_dir(format!("/proc/{}/fd", agent.pid())).unwrap().flatten();
        let mut names = files.filter_map(|file| fs::read_link(file.path()).ok());
        if names.any(|name| name == path) { Ok(()) } else { Err("it does not have it open") }
    })
    .await;
    assert_eq!(is_paused(&world, &settings).await, (false, false));
    pausing.signal(Signal::INT);
    pausing.ended(LONG).await;
    drop(lock);
    eventually("the file and the agent say the same", LONG, async || {
        let found = is_paused(&world, &settings).await;
        if found == (true, true) { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_hark_wrote_is_read_again_when_it_comes_back() {
    let world = World::new();
    let server = Server::start().await;
    let (_agent, _client, settings) = streaming(&world, &server).await;
    let away = settings.with_file_name("away");
    world.hark(&["pause", "news"]).await.ok();
    fs::rename(&settings, &away).unwrap();
    world.told("settings_invalid", true).await;
    fs::rename(&away, &settings).unwrap();
    world.told("settings_invalid", false).await;

    // As where another profile stands in its place for a while.
    fs::rename(&settings, &away).unwrap();
    fs::write(&settings, fs::read_to_string(&away).unwrap().replace("paused = true\n", ""))
        .unwrap();
    let _client = server.streaming(&world).await;
    fs::rename(&away, &settings).unwrap();
    world.phase("news", "paused").await;
}
