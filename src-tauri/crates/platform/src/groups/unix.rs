//! Linux and macOS: process groups, noted in a small file. A group is taken for the same where its first process has
//! the number, and the time at which it began, of the same start of the machine. Where the system does not tell that,
//! nothing is ended: so on macOS, which has no `/proc`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::time::sleep;

use crate::child::GRACE;

/// How many are read from a file.
const GROUPS_MAX: usize = 1_000;
/// A file of so many is shorter. Bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// How often one that is asked to end is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A group: the number of its first process, and when that began, in ticks since the machine started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    pid: i32,
    began: u64,
}

impl Group {
    /// The group that this process has begun; none where it has begun none, or where that is not known.
    fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // Its name, in brackets, may hold anything (proc_pid_stat(5)).
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        let group: i32 = fields.nth(2)?.parse().ok()?;
        let began = fields.nth(16)?.parse().ok()?;
        (group == pid).then_some(Self { pid, began })
    }
}

/// Those that run, by the file in which they are noted. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Groups(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Where they are noted, if they are.
    file: Option<PathBuf>,
    running: Mutex<Vec<Group>>,
}

/// A group that is noted until this is dropped.
#[derive(Debug)]
pub struct Noted {
    groups: Groups,
    group: Option<Group>,
}

impl Groups {
    /// Those that are noted in this file from now on, and those that are noted in it and run still.
    #[must_use]
    pub fn at(file: PathBuf) -> (Self, Vec<Group>) {
        let left = left(&file);
        (Self(Arc::new(Inner { file: Some(file), running: Mutex::default() })), left)
    }

    /// Notes the group of this process.
    pub(crate) fn note(&self, pid: Pid) -> Noted {
        let group = Group::of(pid.as_raw_nonzero().get());
        if let Some(group) = group {
            self.change(|running| running.push(group));
        }
        Noted { groups: self.clone(), group }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Group>)) {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        let Some(file) = &self.0.file else { return };
        let lines = running.iter().map(|one| format!("{} {}\n", one.pid, one.began));
        let text = format!("{}\n{}", boot(), lines.collect::<String>());
        // One that is not noted is not ended after a kill, which is as before.
        if let Err(error) = written(file, &text) {
            tracing::debug!("{}: {error}", file.display());
        }
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            self.groups.change(|running| running.retain(|one| *one != group));
        }
    }
}

/// Ends what was left: each is asked to end, and killed where it does not.
pub async fn end(left: Vec<Group>) {
    let deadline = Instant::now() + GRACE;
    let mut left: Vec<Pid> = left.into_iter().filter_map(|one| Pid::from_raw(one.pid)).collect();
    for group in &left {
        tracing::info!(
            "the process group {} was left by a run that was killed, and is ended",
            group
        );
        let _ = kill_process_group(*group, Signal::TERM);
    }
    while !left.is_empty() {
        left.retain(|group| test_kill_process_group(*group).is_ok());
        if Instant::now() > deadline {
            for group in left.drain(..) {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
        sleep(LOOK).await;
    }
}

fn left(file: &Path) -> Vec<Group> {
    let is_small = fs::metadata(file).is_ok_and(|it| it.is_file() && it.len() <= FILE_BYTES_MAX);
    let text = is_small.then(|| fs::read_to_string(file).ok()).flatten().unwrap_or_default();
    let mut lines = text.lines();
    let boot = boot();
    if boot.is_empty() || lines.next() != Some(&*boot) {
        return Vec::new();
    }
    let group = |line: &str| {
        let (pid, began) = line.split_once(' ')?;
        Some(Group { pid: pid.parse().ok()?, began: began.parse().ok()? })
    };
    let groups = lines.take(GROUPS_MAX).filter_map(group);
    groups.filter(|group| Group::of(group.pid) == Some(*group)).collect()
}

/// Which start of the machine this is; empty where that is not known.
fn boot() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

fn written(file: &Path, text: &str) -> io::Result<()> {
    let fresh = file.with_extension("new");
    fs::write(&fresh, text)?;
    fs::rename(fresh, file)
}

// Elsewhere no group is known after the death of who began it.
#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{os::unix::process::CommandExt, process::Command};

    use super::*;

    #[tokio::test]
    async fn what_was_left_is_ended_and_what_has_its_number_by_chance_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("groups");
        let start = || {
            let mut command = Command::new("sh");
            command.args(["-c", "trap '' TERM; sleep 300 & sleep 300; wait"]).process_group(0);
            command.spawn().unwrap()
        };
        let (mut ours, mut other) = (start(), start());
        let pid = |child: &std::process::Child| Pid::from_child(child);
        let (groups, none) = Groups::at(file.clone());
        assert_eq!(none, []);
        let noted = groups.note(pid(&ours));
        drop(groups.note(pid(&other)));
        let (_, found) = Groups::at(file.clone());
        assert_eq!(
            found.iter().map(|one| Pid::from_raw(one.pid)).collect::<Vec<_>>(),
            [Some(pid(&ours))]
        );
        // Another process by now, another start of the machine, or no such file.
        let text = fs::read_to_string(&file).unwrap();
        let later = text.trim_end().to_owned() + "1\n";
        let other_boot = text.replacen(['0', '1', '2', '3', '4', '5', '6', '7'], "8", 9);
        for wrong in [&*later, &*other_boot, "", "x\ny z\n"] {
            fs::write(&file, wrong).unwrap();
            assert_eq!(Groups::at(file.clone()).1, [], "{wrong}");
        }
        end(found).await;
        assert!(!ours.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none());
        drop(noted);
        let _ = kill_process_group(pid(&other), Signal::KILL);
        let _ = other.wait();
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 1);
    }
}
