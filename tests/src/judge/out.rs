//! The way out of one connection: bytes in pieces of any size, up to where it is cut.

use std::time::Duration;

use tokio::{
    io::{AsyncWriteExt, WriteHalf},
    time::sleep,
};

use super::{
    pipe::Line,
    server::{Server, Written},
};

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Clean,
    Reset,
    Silence,
    /// By the client.
    Left,
}

/// The fate of a connection.
pub struct Plan {
    /// It ends after so many bytes.
    pub cut: Option<usize>,
    pub ending: Ending,
}

/// See the module.
pub struct Out<L> {
    pub write: WriteHalf<L>,
    pub plan: Plan,
    pub written: usize,
    pub server: Server,
}

impl<L: Line> Out<L> {
    pub async fn head(&mut self) -> Result<(), Ending> {
        let (chunked, date) = {
            let state = self.server.state();
            (state.manners.chunked, state.epoch + state.now())
        };
        let framing = if chunked { "Transfer-Encoding: chunked" } else { "Connection: close" };
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let head = format!(
            "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: text/event-stream\r\n{framing}\r\n\r\n"
        );
        self.raw(head.as_bytes()).await
    }

    pub async fn event(&mut self, connection: usize, number: usize) -> Result<(), Ending> {
        let block = {
            let state = &mut *self.server.state();
            let event = &state.log[number].event;
            event.block(state.manners.kind, &mut state.rng)
        };
        let place = {
            let mut state = self.server.state();
            let at = state.now();
            state.wire.push(Written { connection, number, at, whole: None });
            state.wire.len() - 1
        };
        self.frame(&block).await?;
        let mut state = self.server.state();
        let now = state.now();
        state.wire[place].whole = Some(now);
        Ok(())
    }

    pub async fn frame(&mut self, block: &str) -> Result<(), Ending> {
        if !self.server.state().manners.chunked {
            return self.raw(block.as_bytes()).await;
        }
        self.raw(format!("{:x}\r\n{block}\r\n", block.len()).as_bytes()).await
    }

    pub async fn end(&mut self) -> Result<(), Ending> {
        let chunked = self.server.state().manners.chunked;
        if !chunked {
            return Ok(());
        }
        self.raw(b"0\r\n\r\n").await
    }

    /// Writes bytes in pieces of any size, with pauses in between, up to where the connection is cut.
    pub async fn raw(&mut self, mut bytes: &[u8]) -> Result<(), Ending> {
        while !bytes.is_empty() {
            let (size, pause) = {
                let mut state = self.server.state();
                let rare = !state.is_calm && state.rng.u8(0..100) < 3;
                let size =
                    if state.rng.bool() { bytes.len() } else { state.rng.usize(1..=bytes.len()) };
                let most = state.manners.pause_max;
                (size, if rare { most.mul_f64(state.rng.f64()) } else { Duration::ZERO })
            };
            if !pause.is_zero() {
                sleep(pause).await;
            }
            let left = self.plan.cut.map_or(usize::MAX, |cut| cut.saturating_sub(self.written));
            let size = size.min(left);
            if size == 0 {
                return Err(self.plan.ending);
            }
            if self.write.write_all(&bytes[..size]).await.is_err()
                || self.write.flush().await.is_err()
            {
                return Err(Ending::Left);
            }
            self.written += size;
            bytes = &bytes[size..];
        }
        Ok(())
    }
}
