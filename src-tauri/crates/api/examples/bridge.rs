//! Carries connections from a port of the loopback to the agent's socket, and prints the port. For the tests under Wine:
//! no program of Linux can open the named pipe that stands in the place of the socket there. Part of no package.

#![allow(clippy::print_stdout, reason = "its one answer")]

use std::io;

use hark_local::{profile::Profile, socket};
use tokio::{
    io::copy,
    net::{TcpListener, TcpStream},
    runtime::Builder,
};

fn main() -> io::Result<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let socket = Profile::find(None).map_err(io::Error::other)?.socket();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let (caller, _) = listener.accept().await?;
            let socket = socket.clone();
            tokio::spawn(async move { carry(caller, &socket).await });
        }
    })
}

/// Carries both ways until one has ended. That a caller has said all cannot be told through a named pipe, so what waits
/// for the agent to end as well would wait for ever.
async fn carry(caller: TcpStream, socket: &std::path::Path) -> io::Result<()> {
    let (mut said, mut to_caller) = tokio::io::split(caller);
    let (mut answer, mut to_agent) = tokio::io::split(socket::connect(socket).await?);
    tokio::select! {
        ended = copy(&mut said, &mut to_agent) => ended.map(drop),
        ended = copy(&mut answer, &mut to_caller) => ended.map(drop),
    }
}
