//! Decodes a stranger's picture in a process of its own: `hark decode-picture`. What goes wrong in a decoder ends
//! that process and nothing else, it is ended where it takes too long, and its memory goes with it. It gets the
//! picture and nothing more: no environment, no files, no network of its own making.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::Stdio,
};

use hark_engine::{pictures::BYTES_MAX, readable::Line};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

use super::{Picture, foreign, scale};
use crate::child;

/// The word of the command line that stands for [`serve`].
pub const COMMAND: &str = "decode-picture";
/// What that process may have of memory. Bytes.
#[cfg(unix)]
const MEMORY_MAX: u64 = 512 << 20;
/// What it may have of the processor's time. Seconds.
#[cfg(unix)]
const SECONDS_MAX: u64 = 3;
/// The most that it answers: two numbers of four bytes, and the pixels.
const ANSWER_BYTES_MAX: u64 = 8 + (scale::SIDE_MAX as u64).pow(2) * 4;

/// The pixels of a stranger's picture, made small, by this executable of Hark. Dropping it ends the process.
///
/// # Errors
/// One sentence without its end.
pub async fn decoded(hark: &Path, bytes: &[u8]) -> Result<Picture, String> {
    let not_started = |error: io::Error| format!("its decoder cannot be started: {error}");
    let mut command = Command::new(hark);
    child::without_window(&mut command);
    let mut child = command
        .arg(COMMAND)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(not_started)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let hand_over = async {
        // One that has seen enough ends before it has read all.
        if let Some(mut input) = input {
            let _ = input.write_all(bytes).await;
        }
    };
    let mut answer = Vec::new();
    let take = async {
        match output {
            Some(output) => output.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await,
            None => Ok(0),
        }
    };
    let ((), read) = tokio::join!(hand_over, take);
    read.map_err(|error| error.to_string())?;
    let ended = child.wait().await.map_err(|error| error.to_string())?;
    match (ended.success(), of_answer(&answer)) {
        (true, Some(picture)) => Ok(picture),
        (false, _) if ended.code() == Some(REFUSED) => Err(why(&answer)),
        _ => Err("its decoder failed at it".to_owned()),
    }
}

/// How that process ends where it says why there are no pixels.
const REFUSED: i32 = 3;

/// The longest reason that is passed on, in characters.
const WHY_CHARS_MAX: usize = 200;

fn why(answer: &[u8]) -> String {
    Line::of(&String::from_utf8_lossy(answer), WHY_CHARS_MAX).to_string()
}

fn of_answer(answer: &[u8]) -> Option<Picture> {
    let (head, rgba) = answer.split_first_chunk::<8>()?;
    let [a, b, c, d, e, f, g, h] = *head;
    let (width, height) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
    scale::fitting(width, height, rgba.to_vec())
}

/// The other process: reads a picture, writes its pixels, and ends with the answered code.
#[must_use]
pub fn serve() -> u8 {
    confine();
    let (mut bytes, limit) = (Vec::new(), BYTES_MAX as u64 + 1);
    if io::stdin().take(limit).read_to_end(&mut bytes).is_err() {
        return 1;
    }
    let mut out = io::stdout();
    let (code, written) = match foreign::decode(&bytes) {
        Ok(Picture { width, height, rgba }) => {
            let head = [width.to_le_bytes(), height.to_le_bytes()].concat();
            (0, out.write_all(&head).and_then(|()| out.write_all(&rgba)))
        }
        Err(error) => (REFUSED, out.write_all(error.to_string().as_bytes())),
    };
    match written.and_then(|()| out.flush()) {
        Ok(()) => u8::try_from(code).unwrap_or(1),
        Err(_) => 1,
    }
}

/// Gives up what a decoder does not need. What the system does not take is left out.
#[cfg(unix)]
fn confine() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limits = [
        (Resource::As, MEMORY_MAX),
        (Resource::Cpu, SECONDS_MAX),
        (Resource::Core, 0),
        // Nothing can be written to a file, nor another one opened, nor a process started.
        (Resource::Fsize, 0),
        (Resource::Nofile, 0),
        (Resource::Nproc, 0),
    ];
    for (resource, most) in limits {
        let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
    }
}

/// Windows has no such limits that a process can set itself: there it is bounded by what is decoded alone.
#[cfg(windows)]
fn confine() {}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn an_answer_is_read_as_it_is_written_and_any_other_is_none() {
        let picture = Picture { width: 2, height: 1, rgba: vec![1, 2, 3, 4, 5, 6, 7, 8] };
        let good = [&[2, 0, 0, 0, 1, 0, 0, 0][..], &picture.rgba].concat();
        assert_eq!(of_answer(&good), Some(picture));
        for bad in [&good[..7], &good[..15], &[&good[..], &[0]].concat(), &[0; 8], &[0xff; 16]] {
            assert_eq!(of_answer(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn one_that_cannot_be_started_or_says_nothing_is_an_error() {
        let error = decoded(Path::new("/nowhere/hark"), b"x").await.unwrap_err();
        assert!(error.contains("cannot be started"), "{error}");
        // This program takes the word for the name of a test, and has none.
        let error = decoded(&env::current_exe().unwrap(), &vec![0; BYTES_MAX]).await.unwrap_err();
        assert!(error.contains("failed at it"), "{error}");
    }
}
