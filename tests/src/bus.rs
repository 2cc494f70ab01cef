//! A session bus of a world's own.

use crate::{Running, SHORT, World, eventually};

/// No folders of services: else an installed daemon would be started, and asked.
const CONFIGURATION: &str = r#"<busconfig>
  <type>session</type>
  <listen>unix:path=ADDRESS</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>"#;

/// A running bus.
pub struct Bus {
    address: String,
    _daemon: Running,
}

impl Bus {
    /// Starts one, and makes it the world's session bus.
    pub async fn start(world: &mut World) -> Self {
        let socket = world.path("run/session-bus");
        let configuration = CONFIGURATION.replace("ADDRESS", &socket.display().to_string());
        let configuration = world.file("bus.xml", configuration);
        let mut command = world.command("dbus-daemon");
        command.arg(format!("--config-file={}", configuration.display())).arg("--nofork");
        let daemon = Running::start(world, "dbus-daemon", command);
        eventually("the bus answers", SHORT, async || {
            tokio::net::UnixStream::connect(&socket).await
        })
        .await;
        let address = format!("unix:path={}", socket.display());
        world.set("DBUS_SESSION_BUS_ADDRESS", &address);
        Self { address, _daemon: daemon }
    }

    /// A connection to it.
    pub async fn connect(&self) -> zbus::Connection {
        zbus::connection::Builder::address(self.address.as_str()).unwrap().build().await.unwrap()
    }

    /// Waits until somebody has taken a name on it.
    pub async fn owned(&self, name: &str) {
        let connection = self.connect().await;
        let bus = zbus::fdo::DBusProxy::new(&connection).await.unwrap();
        eventually(&format!("{name} is on the bus"), SHORT, async || {
            let owned = bus.name_has_owner(name.try_into().unwrap()).await.unwrap();
            owned.then_some(()).ok_or("nobody has it")
        })
        .await;
    }
}
