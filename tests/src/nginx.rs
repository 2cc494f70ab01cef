//! nginx before a push server, as a site has it.

use std::fs;

use rustix::process::{Pid, Signal};

use crate::{Running, SHORT, World, eventually, http};

/// What a site's owner has configured.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// Settings of nginx as a whole.
    pub main: &'a str,
    /// Settings of the server.
    pub server: &'a str,
}

/// Streams pass as they come; after a reload the old workers have a second to end.
pub const PLAIN: Site<'_> =
    Site { main: "worker_shutdown_timeout 1s;", server: "proxy_buffering off;" };

/// nginx on a port of its own.
pub struct Nginx<'a> {
    world: &'a World,
    upstream: u16,
    port: u16,
    master: Running,
}

impl<'a> Nginx<'a> {
    /// Starts it before the server on this port.
    pub async fn start(world: &'a World, upstream: u16, site: Site<'_>) -> Self {
        let port = http::free_port();
        let folder = world.folder("proxy");
        world.folder("proxy/logs");
        let mut command = world.command("nginx");
        let path = world.get("PATH").unwrap_or_default().to_string_lossy().into_owned();
        // Debian has it where an ordinary user's PATH does not lead.
        command.env("PATH", format!("{path}:/usr/sbin"));
        command.arg("-p").arg(&folder).args(["-e", "logs/error.log", "-c", "nginx.conf"]);
        command.current_dir(&folder);
        write(world, upstream, port, site);
        let master = Running::start(world, "proxy", command);
        eventually("nginx listens", SHORT, async || http::reaches(port).await).await;
        Self { world, upstream, port, master }
    }

    /// Where the server is followed through it.
    #[must_use]
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}/events", self.port)
    }

    /// Has it take up other settings, and waits until only the worker that has them takes
    /// connections.
    pub async fn reload(&self, site: Site<'_>) {
        let before = self.workers();
        write(self.world, self.upstream, self.port, site);
        self.master.signal(Signal::HUP);
        let retired = |pid: &u32| {
            // By then the number is another process's, or the worker's title says that it shuts down.
            let title = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            !title.contains("worker process") || title.contains("shutting down")
        };
        eventually("nginx has another worker", SHORT, async || {
            let fresh = self.workers().iter().any(|pid| !before.contains(pid));
            let log = self.world.path("proxy/logs/error.log");
            let done = fresh && before.iter().all(retired);
            done.then_some(()).ok_or_else(|| fs::read_to_string(log).unwrap_or_default())
        })
        .await;
    }

    /// Sends its workers a signal.
    pub fn signal_workers(&self, signal: Signal) {
        for pid in self.workers() {
            let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            rustix::process::kill_process(pid, signal).unwrap();
        }
    }

    fn workers(&self) -> Vec<u32> {
        let mut pids = self.world.running("nginx");
        pids.retain(|pid| *pid != self.master.pid());
        pids
    }
}

fn write(world: &World, upstream: u16, port: u16, Site { main, server }: Site<'_>) {
    // A master that is root gives its workers to another user, who may not enter the world.
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let ssl = if server.contains("ssl_certificate") { " ssl" } else { "" };
    let text = format!(
        "{user} {main} daemon off; pid nginx.pid; worker_processes 1; events {{}}
        http {{
            client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d;
            scgi_temp_path e; access_log off;
            server {{
                listen 127.0.0.1:{port}{ssl};
                {server}
                location / {{
                    proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1;
                    proxy_set_header Connection '';
                }}
            }}
        }}"
    );
    world.file("proxy/nginx.conf", text);
}
