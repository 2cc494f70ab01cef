//! The way to an agent under Wine, which listens on a named pipe that no program of Linux can open: a program beside it
//! carries connections from a port to the pipe, and a socket in the profile's place leads to that port.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    net::{Ipv4Addr, Shutdown, TcpStream},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    process::{Child, Stdio},
    thread,
};

use crate::{World, hark};

/// The program, until this is dropped.
pub struct Bridge(Child);

impl Bridge {
    /// Begins to carry what comes on a socket.
    pub fn start(world: &World, socket: &Path) -> Self {
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        _ = fs::remove_file(socket);
        let listener = UnixListener::bind(socket).unwrap();
        let mut command = world.command(hark::program("bridge"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port: u16 = port.trim().parse().unwrap();
        thread::spawn(move || {
            for caller in listener.incoming().map_while(io::Result::ok) {
                if let Ok(carrier) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
                    carry(caller, carrier);
                }
            }
        });
        Self(child)
    }
}

/// Carries both ways, each until its end.
fn carry(caller: UnixStream, carrier: TcpStream) {
    let (Ok(mut said), Ok(mut answer)) = (caller.try_clone(), carrier.try_clone()) else { return };
    let (mut to, mut back) = (carrier, caller);
    thread::spawn(move || {
        _ = io::copy(&mut said, &mut to);
        _ = to.shutdown(Shutdown::Write);
    });
    thread::spawn(move || {
        _ = io::copy(&mut answer, &mut back);
        _ = back.shutdown(Shutdown::Both);
    });
}

impl Drop for Bridge {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
