//! `hark logs`: the agent's log, which is in files that rotate each day.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use hark_engine::readable::is_unreadable;
use hark_local::profile::Profile;
use tokio::time::sleep;

use crate::{Done, Failed, arguments::LogsOptions, look::Look, out};

/// How often it is looked for more.
const EVERY: Duration = Duration::from_millis(500);
/// So much of the end of a file is looked through for its last lines. Bytes.
const TAIL_MAX: u64 = 4 << 20;

pub async fn logs(profile: &Profile, options: &LogsOptions) -> Done {
    let folder = profile.log();
    let latest = || latest(&folder);
    let Some(mut path) = latest() else {
        return Err(Failed(format!("There is no log in {} yet.", folder.display())));
    };
    let unreadable =
        |path: &Path, error| Failed(format!("{} cannot be read: {error}.", path.display()));
    let (lines, mut read) =
        last_lines(&path, options.lines).map_err(|error| unreadable(&path, error))?;
    if !options.follow {
        out::paged(&lines, Look::of_stdout().columns.is_some())?;
        return Ok(());
    }
    out::print(lines)?;
    out::while_read(async {
        loop {
            sleep(EVERY).await;
            let (more, end) = from(&path, read).map_err(|error| unreadable(&path, error))?;
            out::print(harmless(&more))?;
            read = end;
            // A day's file is done once another has begun.
            if let Some(newer) = latest().filter(|newer| *newer != path) {
                (path, read) = (newer, 0);
            }
        }
    })
    .await
}

/// The file of the latest day: their names are in the order of the days.
fn latest(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|it| it == "log")).max()
}

/// The last lines of a file, and where it ends.
fn last_lines(path: &Path, count: usize) -> io::Result<(String, u64)> {
    let length = fs::metadata(path)?.len();
    let (text, end) = from(path, length.saturating_sub(TAIL_MAX))?;
    let text = harmless(&text);
    let begins = text.trim_end_matches('\n').rmatch_indices('\n').nth(count.saturating_sub(1));
    let at = begins.map_or(0, |(at, _)| at + 1);
    Ok((text[at..].to_owned(), end))
}

/// What a file holds from there on, and where it ends now.
fn from(path: &Path, at: u64) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    let read = file.take(TAIL_MAX).read_to_end(&mut bytes)?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), at + read as u64))
}

/// A text that commands no terminal, whatever wrote it.
fn harmless(text: &str) -> String {
    text.chars().filter(|char| !is_unreadable(*char)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_those_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hark.2026-03-01.log");
        fs::write(&path, "one\ntwo\x1b[31m\nthree\n").unwrap();
        fs::write(folder.path().join("hark.2026-02-28.log"), "old\n").unwrap();
        fs::write(folder.path().join("other"), "").unwrap();
        assert_eq!(latest(folder.path()).as_ref(), Some(&path));
        for (count, wanted) in [
            (1, "three\n"),
            (2, "two[31m\nthree\n"),
            (3, "one\ntwo[31m\nthree\n"),
            (9, "one\ntwo[31m\nthree\n"),
        ] {
            assert_eq!(last_lines(&path, count).unwrap().0, wanted, "{count}");
        }
    }
}
