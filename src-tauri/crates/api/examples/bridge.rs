//! Carries connections from a port of the loopback to the agent's socket, and prints the port. For the tests under Wine:
//! no program of Linux can open the named pipe that stands in the place of the socket there. Part of no package.

#![allow(clippy::print_stdout, reason = "its one answer")]

use std::io;

use hark_local::{profile::Profile, socket};
use tokio::{
    io::copy_bidirectional,
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

async fn carry(mut caller: TcpStream, socket: &std::path::Path) -> io::Result<()> {
    let mut agent = socket::connect(socket).await?;
    copy_bidirectional(&mut caller, &mut agent).await.map(drop)
}
