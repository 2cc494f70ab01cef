//! The socket between the processes of one user, or of a group: who may connect, and who has. A Unix socket,
//! or on Windows a named pipe in its place.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::time::Duration;

pub use system::{Bell, Connected, Listener, NO_PATHS, Stream, connect, has_room_for};

/// Who may use a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circle {
    /// The user whose process listens.
    Owner,
    /// The members of its group, too. The kernel keeps all others out.
    Group,
}

/// The longest that a call of a [`Bell`] says. Bytes.
const SAID_MAX: u64 = 64;
/// What the caller is answered.
const HEEDED: u8 = b'!';
/// How long a caller may take to say it.
const SAYING_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::{io, sync::mpsc, thread};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn what_one_says_the_other_hears_and_one_after_the_other_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/s");
        assert!(connect(&path).await.is_err(), "nobody listens");
        let listener = Listener::bind(&path, Circle::Owner).unwrap();
        for _ in 0..3 {
            let hear = async {
                let (mut stream, may) = listener.accept().await.unwrap();
                let mut heard = [0; 5];
                stream.read_exact(&mut heard).await.unwrap();
                stream.write_all(b"well ").await.unwrap();
                stream.write_all(&heard).await.unwrap();
                may
            };
            let say = async {
                let mut stream = connect(&path).await.unwrap();
                stream.write_all(b"hello").await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
                answer
            };
            assert_eq!(tokio::join!(hear, say), (true, "well hello".to_owned()));
        }
        drop(listener);
        assert!(connect(&path).await.is_err(), "nobody listens any more");
    }

    #[test]
    fn a_call_is_answered_where_it_was_heeded() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("bell");
        let patience = Duration::from_secs(10);
        assert!(Bell::ring(&path, "x", patience).is_err());
        let bell = Bell::bind(&path)?;
        let (tell, told) = mpsc::channel();
        let waiting = thread::spawn(move || {
            for heeds in [true, false] {
                bell.wait(|said| tell.send(said.to_owned()).is_ok() && heeds).unwrap();
            }
        });
        Bell::ring(&path, "12 3", patience)?;
        assert!(Bell::ring(&path, "", patience).is_err());
        assert_eq!(told.iter().collect::<Vec<_>>(), ["12 3", ""]);
        waiting.join().unwrap();
        Ok(())
    }
}
