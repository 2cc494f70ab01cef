//! Windows: what its console tells. It has no signals; each of these comes on a thread that the system makes, and
//! is passed on to one of ours with a runtime of its own, so that none waits for the agent's.
//!
//! Where the console's window was closed, the system ends the process 5 s later whatever it does
//! (`HandlerRoutine`, "Timeouts"). That the person logs off it tells only services in this way, and every other
//! program by its windows (`told`). Ctrl-C and the end of the session were run under Wine, which tells of none of the
//! others.

use std::{
    future::{Future, poll_fn},
    io,
    task::{Context, Poll, ready},
};

use tokio::{runtime, signal::windows};

use super::Signal;
use crate::told;

pub(super) type Interrupts = windows::CtrlC;

pub(super) fn interrupts() -> io::Result<Interrupts> {
    windows::ctrl_c()
}

type Source = Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<()>> + Send>;

/// Those that come.
pub(super) struct Coming {
    runtime: runtime::Runtime,
    sources: Vec<(Signal, Source)>,
}

impl Coming {
    pub(super) fn of(wanted: &[Signal]) -> io::Result<Self> {
        let mut sources: Vec<(Signal, Source)> = Vec::new();
        // What is not asked for ends the process as it ever did.
        for signal in wanted {
            match signal {
                Signal::Interrupt => {
                    let (mut c, mut pause) = (windows::ctrl_c()?, windows::ctrl_break()?);
                    sources.push((*signal, Box::new(move |task| c.poll_recv(task))));
                    sources.push((*signal, Box::new(move |task| pause.poll_recv(task))));
                }
                Signal::Terminate => {
                    let (mut off, mut down) = (windows::ctrl_logoff()?, windows::ctrl_shutdown()?);
                    sources.push((*signal, Box::new(move |task| off.poll_recv(task))));
                    sources.push((*signal, Box::new(move |task| down.poll_recv(task))));
                    told::begin();
                    let mut ends = Box::pin(told::ENDS.notified());
                    let is_told = move |task: &mut Context<'_>| {
                        ready!(ends.as_mut().poll(task));
                        ends.set(told::ENDS.notified());
                        Poll::Ready(Some(()))
                    };
                    sources.push((*signal, Box::new(is_told)));
                }
                Signal::HangUp => {
                    let mut close = windows::ctrl_close()?;
                    sources.push((*signal, Box::new(move |task| close.poll_recv(task))));
                }
            }
        }
        Ok(Self { runtime: runtime::Builder::new_current_thread().build()?, sources })
    }

    /// Calls this for each, without end.
    pub(super) fn each(mut self, mut on_each: impl FnMut(Signal)) {
        loop {
            on_each(self.runtime.block_on(poll_fn(|task| {
                let ready = self
                    .sources
                    .iter_mut()
                    .find_map(|(signal, poll)| poll(task).is_ready().then_some(*signal));
                ready.map_or(Poll::Pending, Poll::Ready)
            })));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    #[test]
    fn what_is_told_by_windows_is_a_wish_to_end_each_time() {
        let coming = Coming::of(&[Signal::Interrupt, Signal::Terminate]).unwrap();
        let (tell, heard) = mpsc::channel();
        thread::spawn(move || coming.each(move |signal| _ = tell.send(signal)));
        for _ in 0..2 {
            told::ENDS.notify_one();
            assert_eq!(heard.recv(), Ok(Signal::Terminate));
        }
    }
}
