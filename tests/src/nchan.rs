//! A real push server: nginx with Nchan, run by the user who runs the tests.

use std::{fs, time::Duration};

use rustix::process::Signal;

use crate::{LONG, Running, SHORT, World, eventually, http};

/// Debian's path of the module.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// A silence this long counts, for the link, as the end of the backlog.
const SILENCE: Duration = Duration::from_millis(400);

/// nginx with Nchan on a port of its own.
pub struct Nchan<'a> {
    world: &'a World,
    port: u16,
    nginx: Option<Running>,
}

impl<'a> Nchan<'a> {
    /// Starts it.
    pub async fn start(world: &'a World) -> Self {
        let port = http::free_port();
        let folder = world.folder("nginx");
        fs::create_dir_all(folder.join("logs")).unwrap();
        // A master that is root gives its workers to another user, who may not enter the world.
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {name}; "))
            .collect();
        let configuration = format!(
            "load_module {MODULE};
            {user} daemon off; pid nginx.pid; worker_processes 1;
            events {{ worker_connections 1024; }}
            http {{
                {paths} access_log off;
                server {{
                    listen 127.0.0.1:{port};
                    location ~ ^/pub/(\\w+)$ {{
                        nchan_publisher; nchan_channel_id $1;
                        nchan_message_buffer_length 100000; nchan_message_timeout 1h;
                    }}
                    location ~ ^/sub/(\\w+)$ {{
                        nchan_subscriber eventsource; nchan_channel_id $1;
                        nchan_eventsource_ping_interval 3;
                    }}
                }}
            }}"
        );
        fs::write(folder.join("nginx.conf"), configuration).unwrap();
        let mut nchan = Self { world, port, nginx: None };
        nchan.start_again().await;
        nchan
    }

    /// Starts it on the same port, empty: Nchan keeps its messages in memory.
    pub async fn start_again(&mut self) {
        let folder = self.world.folder("nginx");
        let mut command = self.world.command("nginx");
        let path = self.world.get("PATH").unwrap_or_default().to_string_lossy().into_owned();
        // Debian has it where an ordinary user's PATH does not lead.
        command.env("PATH", format!("{path}:/usr/sbin"));
        command.arg("-p").arg(&folder).args(["-e", "logs/error.log", "-c", "nginx.conf"]);
        command.current_dir(&folder);
        self.nginx = Some(Running::start(self.world, "nginx", command));
        eventually("nginx answers", SHORT, async || http::reaches(self.port).await).await;
    }

    /// Stops it, and all of its connections with it.
    pub async fn stop(&mut self) {
        let mut nginx = self.nginx.take().expect("nginx runs");
        nginx.signal(Signal::TERM);
        nginx.ended(SHORT).await;
    }

    /// Has it read its configuration again, and waits until the old worker is gone, with all of its
    /// connections. A channel is its worker's: what was not fetched from the old one, Nchan itself
    /// drops. Its ids are `second:number`, and a new worker begins at 0: within the same second they
    /// would look older than a cursor from before, and Nchan would not replay them.
    pub async fn reload(&self) {
        let before = self.workers();
        let begun = jiff::Timestamp::now().as_second();
        self.nginx.as_ref().expect("nginx runs").signal(Signal::HUP);
        eventually("nginx has another worker", SHORT, async || {
            let now = self.workers();
            let fresh = !now.is_empty() && now.iter().all(|pid| !before.contains(pid));
            let later = jiff::Timestamp::now().as_second() > begun;
            (fresh && later).then_some(()).ok_or(format!("{now:?}, before {before:?}"))
        })
        .await;
    }

    fn workers(&self) -> Vec<u32> {
        let master = self.nginx.as_ref().map(Running::pid);
        let mut pids = self.world.running("nginx");
        pids.retain(|pid| Some(*pid) != master);
        pids
    }

    /// Where it listens, on this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a channel is followed.
    #[must_use]
    pub fn url(&self, channel: &str) -> String {
        format!("http://127.0.0.1:{}/sub/{channel}", self.port)
    }

    /// How many follow a channel, by its own count.
    pub async fn subscribers(&self, channel: &str) -> usize {
        let path = format!("/pub/{channel}");
        let Ok((_, told)) = http::send(self.port, "GET", &path, &[], "").await else { return 0 };
        let count = told.lines().find_map(|line| line.trim().strip_prefix("active subscribers:"));
        count.map_or(0, |count| count.trim().parse().unwrap())
    }

    /// Publishes a message.
    ///
    /// # Panics
    /// Where it was not taken: that would look like a loss.
    pub async fn publish(&self, channel: &str, body: &str) {
        let status = http::post(self.port, &format!("/pub/{channel}"), body).await.unwrap();
        assert_ne!(status, 500, "Nchan is out of shared memory");
        assert!(matches!(status, 201 | 202), "Nchan answered {status} to a message");
    }

    /// Publishes `message 0`, `message 1`, … after those that are stored, until one is alerted: what
    /// comes first on a new subscription is backlog. Answers how many are stored now.
    pub async fn publish_until_alerted(&self, channel: &str) -> usize {
        eventually("a live message is alerted", LONG, async || {
            let count = self.world.messages().await.len();
            self.publish(channel, &format!("message {count}")).await;
            let stored = self.world.stored(count + 1).await;
            if stored[count]["decision"] == "alert" {
                return Ok(count + 1);
            }
            // A silence is what ends the backlog.
            tokio::time::sleep(SILENCE).await;
            Err(stored[count].to_string())
        })
        .await
    }
}
