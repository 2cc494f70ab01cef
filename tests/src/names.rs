//! A name server that answers as a test wants.

use std::sync::{Arc, Mutex};

use tokio::{net::UdpSocket, task::JoinHandle};

use crate::{World, space::must};

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// 127.0.0.1 is every name's only address.
    Loopback,
    /// 127.0.0.2 is.
    Elsewhere,
    /// No name exists.
    NoSuchName,
    /// It cannot say.
    Failure,
    /// Nothing at all.
    Nothing,
}

/// A running name server on the loopback of a network of the test's own.
pub struct Names {
    answers: Arc<Mutex<Answers>>,
    task: JoinHandle<()>,
}

/// One question, as every resolver asks it: from the end of the header to its type.
const HEADER_BYTES: usize = 12;

impl Names {
    /// Serves where `resolv.conf` can name it.
    async fn start() -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", 53)).await.unwrap();
        let answers = Arc::new(Mutex::new(Answers::Loopback));
        let shared = Arc::clone(&answers);
        let task = tokio::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
                let answers = *shared.lock().unwrap();
                if let Some(reply) = reply(&buffer[..length], answers) {
                    _ = socket.send_to(&reply, client).await;
                }
            }
        });
        Self { answers, task }
    }

    /// Serves in a network and a set of mounts of the test's own ([`crate::space::enter`]), and is asked by
    /// all programs there.
    pub async fn start_in(world: &World) -> Self {
        let names = Self::start().await;
        let text = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
        let file = world.file("resolv.conf", text);
        must(&format!("mount --bind {} \"$(realpath /etc/resolv.conf)\"", file.display()));
        names
    }

    /// From now on answers in this way.
    pub fn answer(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The reply to a question (RFC 1035, 4).
fn reply(question: &[u8], answers: Answers) -> Option<Vec<u8>> {
    let name = question.get(HEADER_BYTES..)?;
    let end = HEADER_BYTES + name.iter().position(|byte| *byte == 0)? + 5;
    let is_a = question.get(end - 4..end - 2)? == [0, 1];
    let code = match answers {
        Answers::Loopback | Answers::Elsewhere => 0,
        Answers::NoSuchName => 3,
        Answers::Failure => 2,
        Answers::Nothing => return None,
    };
    let found = code == 0 && is_a;
    let last = if answers == Answers::Elsewhere { 2 } else { 1 };
    let mut reply = question[..2].to_vec();
    reply.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(found), 0, 0, 0, 0]);
    reply.extend(&question[HEADER_BYTES..end]);
    if found {
        reply.extend([0xc0, HEADER_BYTES as u8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, last]);
    }
    Some(reply)
}
