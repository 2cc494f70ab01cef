//! A real notification server: Xfce's, whose notifications are windows with buttons.

use crate::{
    Running, World,
    bus::Bus,
    desktop::{display, of_architecture},
};

/// Nothing fades, so that what is gone is gone.
const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-notifyd" version="1.0">
  <property name="do-fadeout" type="bool" value="false"/>
  <property name="do-slideout" type="bool" value="false"/>
</channel>"#;

/// A running server, on a display of its own.
pub struct Notifyd {
    _parts: Vec<Running>,
}

impl Notifyd {
    /// Starts it on a world that has a bus, with a display.
    pub async fn start(world: &mut World, bus: &Bus) -> Self {
        let display = display(world).await;
        let openbox = Running::start(world, "openbox", world.command("openbox"));
        let file = "home/.config/xfce4/xfconf/xfce-perchannel-xml/xfce4-notifyd.xml";
        world.file(file, SETTINGS);
        let xfconfd = world.command(of_architecture("xfce4/xfconf/xfconfd"));
        let xfconfd = Running::start(world, "xfconfd", xfconfd);
        bus.owned("org.xfce.Xfconf").await;
        let notifyd = world.command(of_architecture("xfce4/notifyd/xfce4-notifyd"));
        let notifyd = Running::start(world, "xfce4-notifyd", notifyd);
        bus.owned("org.freedesktop.Notifications").await;
        Self { _parts: vec![notifyd, xfconfd, openbox, display] }
    }

    /// The windows of the notifications that are on the display.
    pub async fn windows(&self, world: &World) -> Vec<String> {
        let args = ["search", "--onlyvisible", "--class", "^xfce4-notifyd$"];
        // It fails where there is none.
        let found = world.run("xdotool".as_ref(), &args).await;
        found.out.lines().map(str::to_owned).collect()
    }

    /// Clicks on a button of a notification: of so many in its row, that of this place, from 0.
    pub async fn click(&self, world: &World, window: &str, place: u32, of: u32) {
        /// From the lower edge to within the row.
        const UP: u32 = 30;
        let geometry = ["getwindowgeometry", "--shell", window];
        let said = world.run("xdotool".as_ref(), &geometry).await.ok();
        let size = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
            line.unwrap().parse::<u32>().unwrap()
        };
        let (width, height) = (size("WIDTH"), size("HEIGHT"));
        let x = (width * (2 * place + 1) / (2 * of)).to_string();
        let y = height.saturating_sub(UP).to_string();
        let click = ["mousemove", "--window", window, &x, &y, "click", "1"];
        world.run("xdotool".as_ref(), &click).await.ok();
    }
}
