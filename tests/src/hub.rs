//! A hub of several nodes: two nginx with Nchan that share Redis, behind a third as balancer.
//!
//! Its configuration is that of the page for administrators, word for word but for addresses,
//! paths and the certificate.

use std::{fs, path::Path};

use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{LONG, Running, SHORT, World, eventually, http, outage::there, skipped};

const PAGE: &str = include_str!("../../src-tauri/docs/hub.md");
/// Debian's path of the module.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
/// The nodes as the page has them.
const NODES: [&str; 2] = ["10.0.0.11:8080", "10.0.0.12:8080"];
const REDIS: &str = "10.0.0.10:6379";

/// A message as the hub holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// Its text.
    pub text: String,
}

/// All that belongs to one hub.
pub struct Hub<'a> {
    world: &'a World,
    redis: Option<Running>,
    redis_port: u16,
    nodes: [Option<Running>; 2],
    node_ports: [u16; 2],
    balancer: Running,
    port: u16,
}

/// Whether it can be had here.
#[must_use]
pub fn can_be_had() -> bool {
    let module = Path::new(MODULE).exists();
    if !module {
        skipped("libnginx-mod-nchan is not installed");
    }
    module && there("redis-server")
}

impl<'a> Hub<'a> {
    /// Starts it, and waits until both nodes have Redis.
    pub async fn start(world: &'a World) -> Self {
        Self::start_with(world, ("", "")).await
    }

    /// Starts it with a text in the place of one of the nodes' page.
    pub async fn start_with(world: &'a World, (from, to): (&str, &str)) -> Self {
        let redis_port = http::free_port();
        let node_ports = [http::free_port(), http::free_port()];
        let port = http::free_port();
        let redis = start_redis(world, redis_port).await;
        for (node, name) in ["node-0", "node-1"].into_iter().enumerate() {
            let site = put(block("On each node"), NODES[0], &local(node_ports[node]));
            let site = put(&put(&site, REDIS, &local(redis_port)), from, to);
            write(world, name, &format!("load_module {MODULE};"), &site);
        }
        write(world, "balancer", "", &balancer(port, node_ports, None));
        let [first, second] = node_ports;
        let nodes = [
            Some(start_nginx(world, "node-0", first).await),
            Some(start_nginx(world, "node-1", second).await),
        ];
        let balancer = start_nginx(world, "balancer", port).await;
        let hub = Self { world, redis: Some(redis), redis_port, nodes, node_ports, balancer, port };
        hub.have_redis().await;
        hub
    }

    /// The balancer's port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a channel is followed.
    #[must_use]
    pub fn url(&self, channel: &str) -> String {
        format!("http://{}/sub/{channel}", local(self.port))
    }

    /// Waits until both nodes are connected with Redis.
    pub async fn have_redis(&self) {
        for node in 0..2 {
            eventually("the node has Redis", LONG, async || {
                let told = self.told(node).await?;
                let well = told.contains("redis connected servers: 1")
                    && told.contains("redis unhealthy upstreams: 0");
                if well { Ok(()) } else { Err(told) }
            })
            .await;
        }
    }

    /// Waits until a node has the only subscriber; answers which.
    pub async fn holder(&self) -> usize {
        eventually("a node has the subscriber", LONG, async || {
            let mut told = String::new();
            for node in (0..2).filter(|node| self.nodes[*node].is_some()) {
                let now = self.told(node).await?;
                if now.contains("subscribers: 1\n") {
                    return Ok(node);
                }
                told += &now;
            }
            Err(told)
        })
        .await
    }

    async fn told(&self, node: usize) -> Result<String, String> {
        let answer = http::send(self.node_ports[node], "GET", "/status", &[], "").await;
        Ok(answer.map_err(|error| error.to_string())?.1)
    }

    /// Ends a node as a power cut would: its master and its workers at once.
    pub fn kill(&mut self, node: usize) {
        drop(self.nodes[node].take().expect("the node runs"));
    }

    /// Stops a node as Debian's unit does.
    pub async fn stop(&mut self, node: usize) {
        let mut nginx = self.nodes[node].take().expect("the node runs");
        nginx.signal(Signal::QUIT);
        nginx.ended(SHORT).await;
    }

    /// Starts a node that was killed or stopped.
    pub async fn start_node(&mut self, node: usize) {
        let name = format!("node-{node}");
        self.nodes[node] = Some(start_nginx(self.world, &name, self.node_ports[node]).await);
    }

    /// Has a node read its configuration again, and waits until its old worker is gone. Nchan may crash at
    /// that, which is said: nginx then starts its worker in vain, for ever, and the node is started anew.
    pub async fn reload(&mut self, node: usize) {
        let master = self.nodes[node].as_ref().expect("the node runs");
        let workers = || self.workers(&format!("node-{node}"), master.pid());
        let before = workers();
        master.signal(Signal::HUP);
        eventually("the node has another worker", LONG, async || {
            let now = workers();
            let fresh = !now.is_empty() && now.iter().all(|pid| !before.contains(pid));
            fresh.then_some(()).ok_or(format!("{now:?}, before {before:?}"))
        })
        .await;
        if !matches!(timeout(SHORT, self.told(node)).await, Ok(Ok(_))) {
            let said = master.err();
            assert!(said.contains("exited on signal 11"), "it does not answer: {said}");
            skipped("a reload of Nchan, which crashed at it");
            self.kill(node);
            self.start_node(node).await;
        }
    }

    /// Takes a node out of the balancer, or none: streams that stand stay with the old worker.
    pub async fn take_out(&self, node: Option<usize>) {
        write(self.world, "balancer", "", &balancer(self.port, self.node_ports, node));
        let workers = || self.workers("balancer", self.balancer.pid());
        let before = workers();
        self.balancer.signal(Signal::HUP);
        let retired = |pid: &u32| {
            let title = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            !title.contains("worker process") || title.contains("shutting down")
        };
        eventually("the balancer has another worker", LONG, async || {
            let now = workers();
            let fresh = now.iter().any(|pid| !before.contains(pid));
            (fresh && before.iter().all(retired)).then_some(()).ok_or(format!("{now:?}"))
        })
        .await;
    }

    /// The processes that a master has started, who have its folder and its program.
    fn workers(&self, name: &str, master: u32) -> Vec<u32> {
        let mut pids = self.world.running("nginx");
        let folder = self.world.path(name);
        let is_its =
            |pid: u32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder);
        pids.retain(|pid| *pid != master && is_its(*pid));
        pids
    }

    /// Has Redis say nothing and keep its connections, or go on.
    pub fn freeze_redis(&self, freeze: bool) {
        let signal = if freeze { Signal::STOP } else { Signal::CONT };
        self.redis.as_ref().expect("Redis runs").signal(signal);
    }

    /// Ends Redis in good order.
    pub async fn end_redis(&mut self) {
        let mut redis = self.redis.take().expect("Redis runs");
        redis.signal(Signal::TERM);
        redis.ended(SHORT).await;
    }

    /// Starts Redis with the data that it has left.
    pub async fn start_redis(&mut self) {
        self.redis = Some(start_redis(self.world, self.redis_port).await);
    }

    /// Removes what Redis has left on the disk.
    pub fn lose_data(&self) {
        fs::remove_dir_all(self.world.path("redis/appendonlydir")).unwrap();
    }

    /// All that the hub holds of a channel up to a message with this text, oldest first: asked as
    /// a client without an id asks, in HTTP/1.0, which has no chunks.
    pub async fn held(&self, channel: &str, last: &str) -> Vec<Held> {
        let port = self.node_ports[0];
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET /sub/{channel} HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let (mut bytes, end) = (Vec::new(), format!("\ndata: {last}\n\n"));
        let read = async {
            while !bytes.ends_with(end.as_bytes()) {
                let some = stream.read_buf(&mut bytes).await.unwrap();
                assert_ne!(some, 0, "{}", String::from_utf8_lossy(&bytes));
            }
        };
        timeout(LONG, read).await.unwrap_or_else(|_| panic!("{last:?} is not held"));
        let text = String::from_utf8(bytes).unwrap();
        let events = text.split("\n\n").filter_map(|event| event.strip_prefix("id: "));
        let events = events.filter_map(|event| event.split_once("\ndata: "));
        events.map(|(id, text)| Held { id: id.to_owned(), text: text.to_owned() }).collect()
    }
}

/// The block of the page that begins with these words.
///
/// # Panics
/// Where there is none, or more than one.
#[must_use]
pub fn block(begins: &str) -> &'static str {
    let blocks = PAGE.split("\n```").map(|part| part.split_once('\n').map_or("", |(_, text)| text));
    let mut found = blocks.filter(|text| text.trim_start_matches("# ").starts_with(begins));
    let block = found.next().unwrap_or_else(|| panic!("the page has no block {begins:?}"));
    assert!(found.next().is_none(), "the page has one block {begins:?}");
    block
}

/// A text of the page, put in the place of another: which must be there.
fn put(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is in the page: {text}");
    text.replace(from, to)
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// The page's balancer, with a node taken out.
fn balancer(port: u16, nodes: [u16; 2], out: Option<usize>) -> String {
    let mut site = block("On the balancer").to_owned();
    for (node, named) in NODES.into_iter().enumerate() {
        let down = if out == Some(node) { " down" } else { "" };
        site =
            put(&site, &format!("server {named}"), &format!("server {}{down}", local(nodes[node])));
    }
    let site = put(&site, "443 ssl", &local(port));
    let site = put(&site, "10.0.0.0/24", "127.0.0.1");
    site.lines().filter(|line| !line.contains("ssl_certificate")).collect::<Vec<_>>().join("\n")
}

fn write(world: &World, name: &str, main: &str, site: &str) {
    // A master that is root gives its workers to another user, who may not enter the world.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let text = format!(
        "{main} {user} daemon off; pid nginx.pid; worker_processes 1; events {{}}
        http {{
            client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d;
            scgi_temp_path e; access_log logs/access.log;
            {site}
        }}"
    );
    world.file(format!("{name}/nginx.conf"), text);
}

async fn start_nginx(world: &World, name: &str, port: u16) -> Running {
    let folder = world.folder(name);
    world.folder(format!("{name}/logs"));
    let mut command = world.command("nginx");
    let path = world.get("PATH").unwrap_or_default().to_string_lossy().into_owned();
    // Debian has it where an ordinary user's PATH does not lead.
    command.env("PATH", format!("{path}:/usr/sbin"));
    command.arg("-p").arg(&folder).args(["-e", "stderr", "-c", "nginx.conf"]);
    command.current_dir(&folder);
    let running = Running::start(world, name, command);
    http::listens(port).await;
    running
}

async fn start_redis(world: &World, port: u16) -> Running {
    let folder = world.folder("redis");
    let page = put(block("On the machine of Redis"), "bind 10.0.0.10", "bind 127.0.0.1");
    // No snapshots: what is asked is whether the page's own line keeps the messages.
    let settings = world.file("redis/redis.conf", format!("{page}\nport {port}\nsave \"\"\n"));
    let mut command = world.command("redis-server");
    command.arg(settings).current_dir(&folder);
    let running = Running::start(world, "redis", command);
    http::listens(port).await;
    running
}
