//! Interfaces that come and go beside an agent, as containers make them, and how often it dials for
//! that. In namespaces of the test's own.

use std::time::Duration;

use tokio::{net::TcpListener, time::sleep};

use crate::{
    LONG, Running, SHORT, World,
    beat::Beat,
    eventually,
    space::{self, must},
};

/// How long an interface stays and how long it is gone: longer than the agent waits for changes to settle.
const STAYS: Duration = Duration::from_millis(600);
/// The spread of a hint, and a dial.
const HINT: Duration = Duration::from_millis(2_500);
const REFUSAL: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

/// An agent with a link to this machine, one over a cable, and one that is refused.
pub struct Flaps {
    servers: [(&'static str, Beat); 3],
    _far: Running,
    _agent: Running,
}

impl Flaps {
    /// Starts it, and waits until each link is where it stays.
    pub async fn start(world: &World) -> Self {
        let mut command = world.command("unshare");
        command.args(["-n", "sleep", "600"]);
        let far = Running::start(world, "far", command);
        let pid = far.pid();
        eventually("the far network is another", SHORT, async || {
            let of = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).unwrap();
            (of("self") != of(&pid.to_string())).then_some(()).ok_or("the same")
        })
        .await;
        must(&format!(
            "ip link add near type veth peer name far netns {pid}
            ip address add 10.77.0.1/24 dev near; ip link set near up
            nsenter -t {pid} -n ip address add 10.77.0.2/24 dev far
            nsenter -t {pid} -n ip link set far up"
        ));
        let listener = space::listen_in(pid);
        listener.set_nonblocking(true).unwrap();
        let across = Beat::on(TcpListener::from_std(listener).unwrap());
        let (here, refused) = (Beat::start().await, Beat::start().await);
        refused.answer(Some(REFUSAL));
        world.follow(&[
            ("here", &here.url("127.0.0.1")),
            ("across", &across.url("10.77.0.2")),
            ("refused", &refused.url("127.0.0.1")),
        ]);
        let agent = world.agent().await;
        for subscription in ["here", "across"] {
            eventually("it streams", LONG, || world.streams(subscription)).await;
        }
        world.phase("refused", "backing_off").await;
        let servers = [("here", here), ("across", across), ("refused", refused)];
        let flaps = Self { servers, _far: far, _agent: agent };
        // The cable itself was news.
        sleep(HINT).await;
        flaps
    }

    /// Has an interface come up with an address and go, so many times. Answers how many connections each
    /// server has seen meanwhile.
    pub async fn flap(&self, times: usize) -> Vec<(&'static str, usize)> {
        let before = self.accepted();
        for _ in 0..times {
            must(
                "ip link add flap type veth peer name flop; ip address add 10.88.0.1/24 dev flap
                ip link set flap up; ip link set flop up",
            );
            sleep(STAYS).await;
            must("ip link delete flap");
            sleep(STAYS).await;
        }
        // Nothing tells that a hint was heard and not acted on.
        sleep(HINT).await;
        let since = self.accepted().into_iter().zip(before);
        since.map(|((name, now), (_, before))| (name, now - before)).collect()
    }

    fn accepted(&self) -> Vec<(&'static str, usize)> {
        self.servers.iter().map(|(name, server)| (*name, server.accepted())).collect()
    }
}
