//! A desktop that nobody sees: a bus, a display, a window manager, a panel with a tray, and dunst.

use std::{
    env, fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{LONG, Running, SHORT, World, bus::Bus, dunst::Dunst, eventually};

/// A panel along the bottom with nothing but a tray, which is where StatusNotifier items go too.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=10;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>"#;

/// A running desktop, and the world that it is in.
pub struct Desktop {
    /// The session bus.
    pub bus: Bus,
    /// The notification server.
    pub dunst: Dunst,
    _parts: Vec<Running>,
    /// Ends last, with all that is left in it.
    pub world: World,
}

/// The usual size of a screen.
const SCREEN: (u32, u32) = (1280, 800);

/// A display without anything on it; the world's from now on.
pub async fn display(world: &mut World) -> Running {
    display_of(world, SCREEN).await
}

async fn display_of(world: &mut World, (width, height): (u32, u32)) -> Running {
    let mut command = world.command("Xvfb");
    let screen = format!("{width}x{height}x24");
    command.args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp"]);
    command.arg("-noreset");
    let xvfb = Running::start(world, "Xvfb", command);
    let number = eventually("Xvfb has a display", SHORT, async || {
        let out = xvfb.out();
        if out.ends_with('\n') { Ok(out.trim().to_owned()) } else { Err(xvfb.err()) }
    })
    .await;
    world.set("DISPLAY", format!(":{number}"));
    // The bus has no accessibility service, for which GTK would wait.
    world.set("NO_AT_BRIDGE", "1");
    world.set("GTK_A11Y", "none");
    world.set("GDK_BACKEND", "x11");
    xvfb
}

impl Desktop {
    /// Starts everything that a person who runs Hark has, except Hark.
    pub async fn start() -> Self {
        Self::start_on(SCREEN).await
    }

    /// The same, on a screen of this size.
    pub async fn start_on(screen: (u32, u32)) -> Self {
        let mut world = World::new();
        let bus = Bus::start(&mut world).await;
        let display = display_of(&mut world, screen).await;
        let openbox = Running::start(&world, "openbox", world.command("openbox"));
        world.file("home/.config/xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml", PANEL);
        let xfconfd = Running::start(
            &world,
            "xfconfd",
            world.command(of_architecture("xfce4/xfconf/xfconfd")),
        );
        bus.owned("org.xfce.Xfconf").await;
        let mut panel = world.command("xfce4-panel");
        panel.arg("--disable-wm-check");
        let panel = Running::start(&world, "xfce4-panel", panel);
        bus.owned("org.kde.StatusNotifierWatcher").await;
        let dunst = Dunst::start(&world, &bus).await;
        Self { bus, dunst, _parts: vec![panel, xfconfd, openbox, display], world }
    }

    /// A picture of the whole screen, kept in the output folder.
    pub async fn picture(&self, name: &str) {
        let path = output().join(format!("{name}.png"));
        let path = path.to_str().unwrap();
        self.world.run("import".as_ref(), &["-window", "root", path]).await.ok();
    }

    /// Waits for a visible window of this class.
    pub async fn window_of_class(&self, class: &str) -> String {
        eventually(&format!("a window of {class} is on the display"), LONG, async || {
            let args = ["search", "--onlyvisible", "--class", class];
            let found = self.world.run("xdotool".as_ref(), &args).await;
            found.out.lines().next().map(str::to_owned).ok_or(found.err)
        })
        .await
    }

    /// Waits until a window shows something: more than a few colours.
    pub async fn painted(&self, window: &str) {
        painted(&self.world, window).await;
    }

    /// The title of a window.
    pub async fn title(&self, window: &str) -> String {
        let title = self.world.run("xdotool".as_ref(), &["getwindowname", window]).await.ok();
        title.trim().to_owned()
    }

    /// Waits for the page of a window to have this size.
    pub async fn has_size(&self, window: &str, (width, height): (u32, u32)) {
        let wanted = format!("Geometry: {width}x{height}");
        eventually(&format!("the window is {width} x {height}"), LONG, async || {
            let said =
                self.world.run("xdotool".as_ref(), &["getwindowgeometry", window]).await.ok();
            if said.contains(&wanted) { Ok(()) } else { Err(said) }
        })
        .await;
    }

    /// Closes a window by the window manager's key for it, as its close button does, and waits until it is
    /// gone. A key goes to whatever has the keyboard at that moment, so it is pressed again like a person
    /// would, a second later.
    pub async fn close(&self, window: &str) {
        let args = ["windowactivate", "--sync", window, "key", "--clearmodifiers", "alt+F4"];
        let begun = Instant::now();
        loop {
            // Fails where the window is gone by now.
            let pressed = self.world.run("xdotool".as_ref(), &args).await;
            let again = Instant::now() + Duration::from_secs(1);
            while Instant::now() < again {
                let title = ["getwindowname", window];
                if self.world.run("xdotool".as_ref(), &title).await.code != Some(0) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            assert!(begun.elapsed() < LONG, "the window is not closed: {pressed:?}");
        }
    }
}

/// Waits for a visible window of a process; answers its number.
pub async fn window_of(world: &World, pid: u32) -> String {
    let pid = pid.to_string();
    eventually("a window is on the display", LONG, async || {
        let args = ["search", "--onlyvisible", "--all", "--pid", &pid, "--name", "."];
        let found = world.run("xdotool".as_ref(), &args).await;
        found.out.lines().next().map(str::to_owned).ok_or(found.err)
    })
    .await
}

/// Waits until a window shows something: more than a few colours.
pub async fn painted(world: &World, window: &str) {
    eventually("the window is painted", LONG, async || {
        let args = ["-window", window, "-format", "%k", "info:"];
        let colours = world.run("import".as_ref(), &args).await;
        let many = colours.out.trim().parse::<u32>().is_ok_and(|count| count > 32);
        many.then_some(()).ok_or(format!("{colours:?}"))
    })
    .await;
}

/// Where pictures are kept.
fn output() -> PathBuf {
    let folder = env::var_os("HARK_TEST_OUTPUT")
        .map_or_else(|| env::temp_dir().join("hark-test-output"), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A program that Debian keeps in the folder of the machine's architecture.
pub(crate) fn of_architecture(program: &str) -> PathBuf {
    fs::read_dir("/usr/lib")
        .unwrap()
        .flatten()
        .map(|entry| entry.path().join(program))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{program} is not installed"))
}
