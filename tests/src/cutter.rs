//! A proxy whose connections break: after so many bytes from the server, or after a text in them, a
//! connection ends, is reset or goes silent; it may pause before that. Bytes pass unchanged.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Notify,
    task::JoinHandle,
    time::sleep,
};

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It ends, as a server closes it.
    End,
    /// It is reset.
    Reset,
    /// Nothing comes any more, until the client gives it up.
    Silence,
}

/// A step in what passes from the server.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many bytes pass.
    Bytes(usize),
    /// All passes to the end of the next block that holds this text.
    Block(&'static str),
    /// Nothing passes for so long.
    Pause(Duration),
}

/// The fate of one connection.
#[derive(Clone, Debug)]
pub struct Fate {
    /// The steps in order, from the first byte of the server's head.
    pub steps: Vec<Step>,
    /// How the connection breaks after the steps.
    pub how: How,
}

#[derive(Default)]
struct State {
    fates: VecDeque<Fate>,
    dials: usize,
    cut: usize,
    open: Vec<tokio::task::AbortHandle>,
}

/// See the module.
pub struct Cutter {
    /// Where it listens, on this machine.
    pub port: u16,
    state: Arc<Mutex<State>>,
    answers: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Cutter {
    /// Stands before the server on this port, and breaks nothing yet.
    pub async fn start(upstream: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let answers = Arc::<Notify>::default();
        let (shared, told) = (Arc::clone(&state), Arc::clone(&answers));
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let mut state = shared.lock().unwrap();
                state.dials += 1;
                let fate = state.fates.pop_front();
                // An end that is gone is no error.
                let passing = pass(client, upstream, fate, Arc::clone(&shared), Arc::clone(&told));
                let passing = tokio::spawn(passing);
                state.open.push(passing.abort_handle());
            }
        });
        Self { port, state, answers, task }
    }

    /// Sets the fates of the next connections, one each; connections after those are not broken.
    pub fn expect(&self, fates: impl IntoIterator<Item = Fate>) {
        self.state.lock().unwrap().fates.extend(fates);
    }

    /// Waits until the server begins to answer somebody.
    pub async fn answered(&self) {
        self.answers.notified().await;
    }

    /// How many connections have come.
    #[must_use]
    pub fn dials(&self) -> usize {
        self.state.lock().unwrap().dials
    }

    /// How many of them were broken at their byte.
    #[must_use]
    pub fn cut(&self) -> usize {
        self.state.lock().unwrap().cut
    }

    /// Ends every connection that stands.
    pub fn cut_now(&self) {
        self.state.lock().unwrap().open.drain(..).for_each(|passing| passing.abort());
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.task.abort();
        self.cut_now();
    }
}

async fn pass(
    client: TcpStream,
    upstream: u16,
    fate: Option<Fate>,
    state: Arc<Mutex<State>>,
    answers: Arc<Notify>,
) -> Option<()> {
    let server = TcpStream::connect(("127.0.0.1", upstream)).await.ok()?;
    for stream in [&client, &server] {
        stream.set_nodelay(true).ok()?;
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asked = async {
        copy(&mut from_client, &mut to_server, usize::MAX, None).await;
    };
    let answered = async {
        from_server.readable().await.ok()?;
        answers.notify_waiters();
        let Some(fate) = fate else {
            copy(&mut from_server, &mut to_client, usize::MAX, None).await;
            return None;
        };
        for step in fate.steps {
            let whole = match step {
                Step::Bytes(count) => copy(&mut from_server, &mut to_client, count, None).await,
                Step::Block(text) => {
                    copy(&mut from_server, &mut to_client, usize::MAX, Some(text)).await
                }
                Step::Pause(time) => {
                    sleep(time).await;
                    true
                }
            };
            if !whole {
                return None;
            }
        }
        state.lock().unwrap().cut += 1;
        if fate.how == How::Silence {
            std::future::pending::<()>().await;
        }
        Some(fate.how)
    };
    let how = tokio::select! {
        () = asked => None,
        how = answered => how,
    };
    let client = from_client.reunite(to_client).ok()?;
    if how == Some(How::Reset) {
        client.set_zero_linger().ok()?;
    }
    Some(())
}

/// Passes on so many bytes, or to the end of the block that holds a text; answers whether there were
/// so many.
async fn copy(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    mut count: usize,
    block: Option<&str>,
) -> bool {
    let mut chunk = [0; 1024];
    // The part of the current block that has passed.
    let mut begun = Vec::new();
    while count > 0 {
        // Where it waits for a text, it must not take more than the block from the socket.
        let room = if block.is_some() { 1 } else { chunk.len() };
        let length = from.read(&mut chunk[..room.min(count)]).await.unwrap_or_default();
        if length == 0 || to.write_all(&chunk[..length]).await.is_err() {
            return false;
        }
        count -= length;
        let Some(text) = block else { continue };
        begun.extend_from_slice(&chunk[..length]);
        if begun.ends_with(b"\n\n") {
            if begun.windows(text.len()).any(|part| part == text.as_bytes()) {
                return true;
            }
            begun.clear();
        }
    }
    true
}
