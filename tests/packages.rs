//! The packages as they are handed out: what is in them, that it runs from wherever it is unpacked,
//! and that nothing is left of it once it is removed.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use hark_tests::{LONG, Running, SHORT, World, desktop, eventually, hark, skipped};

/// The packages that were made: the agent's, the window's.
fn packages() -> [PathBuf; 2] {
    let folder =
        env::var_os("HARK_PACKAGES").map_or_else(|| hark::target().join("packages"), PathBuf::from);
    let files = fs::read_dir(&folder)
        .unwrap_or_else(|_| panic!("no packages in {}: `cargo xtask package`", folder.display()));
    let files: Vec<PathBuf> = files.flatten().map(|entry| entry.path()).collect();
    ["hark_", "hark-window_"].map(|start| {
        let is_it = |file: &&PathBuf| {
            let name = file.file_name().unwrap().to_string_lossy();
            name.starts_with(start) && name.ends_with(".deb")
        };
        files.iter().find(is_it).unwrap_or_else(|| panic!("no {start}….deb in {files:?}")).clone()
    })
}

fn told_by(program: &str, args: &[&str], file: &Path) -> String {
    let output = Command::new(program).args(args).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn field(deb: &Path, name: &str) -> String {
    let output = Command::new("dpkg-deb").arg("--field").arg(deb).arg(name).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The files of a package: paths without the leading dot.
fn files(deb: &Path) -> Vec<String> {
    let listed = told_by("dpkg-deb", &["--contents"], deb);
    let paths = listed.lines().filter_map(|line| line.split_whitespace().nth(5));
    let files = paths.filter(|path| !path.ends_with('/'));
    files.map(|path| path.trim_start_matches('.').to_owned()).collect()
}

#[test]
fn the_agents_package_needs_no_gui_and_the_windows_needs_the_agent() {
    let [agent, window] = packages();
    assert_eq!(field(&agent, "Package"), "hark");
    assert_eq!(field(&window, "Package"), "hark-window");
    for deb in [&agent, &window] {
        assert_eq!(field(deb, "Version"), env!("CARGO_PKG_VERSION"));
        for name in ["Maintainer", "Description", "Architecture", "Section"] {
            assert_ne!(field(deb, name), "", "{name} of {}", deb.display());
        }
    }
    let depends = field(&agent, "Depends");
    assert!(depends.contains("libc6"), "{depends}");
    for gui in ["gtk", "webkit", "gdk", "cairo"] {
        assert!(!depends.contains(gui), "{depends}");
    }
    let depends = field(&window, "Depends");
    let names: Vec<&str> = depends.split(", ").filter_map(|it| it.split(' ').next()).collect();
    for needed in ["hark", "libwebkit2gtk-4.1-0", "libgtk-3-0"] {
        assert!(names.contains(&needed), "{needed} in {depends}");
    }
}

#[test]
fn each_package_has_its_program_its_entry_its_icon_and_its_licence() {
    let [agent, window] = packages();
    for (deb, name) in [(agent, "hark"), (window, "hark-window")] {
        let world = World::new();
        let root = unpack(&world, std::slice::from_ref(&deb));
        let files = files(&deb);
        let entry = fs::read_to_string(root.join(format!("usr/share/applications/{name}.desktop")));
        let entry = entry.unwrap();
        for key in ["Type=Application", "Name=", "Exec=hark", &format!("Icon={name}")] {
            assert!(entry.lines().any(|line| line.starts_with(key)), "no {key} in {entry}");
        }
        let sizes = ["32x32", "128x128", "256x256"].iter();
        let icons = sizes.map(|size| format!("/usr/share/icons/hicolor/{size}/apps/{name}.png"));
        let others = [format!("/usr/bin/{name}"), format!("/usr/share/doc/{name}/copyright")];
        for wanted in icons.chain(others) {
            assert!(files.contains(&wanted), "no {wanted} in {files:?}");
        }
        let pages = ["messages", "own-server"].map(|page| format!("/usr/share/doc/hark/{page}.md"));
        assert_eq!(pages.iter().all(|page| files.contains(page)), name == "hark", "{files:?}");
    }
}

fn unpack(world: &World, debs: &[PathBuf]) -> PathBuf {
    let root = world.folder("unpacked");
    for deb in debs {
        let status = Command::new("dpkg-deb").arg("--extract").args([deb, &root]).status().unwrap();
        assert!(status.success());
    }
    root
}

#[tokio::test]
async fn what_is_unpacked_runs_from_there() {
    let mut world = World::new();
    let root = unpack(&world, &packages());
    let hark = root.join("usr/bin/hark");
    let version = world.run(&hark, &["--version"]).await.ok();
    assert_eq!(version.trim(), format!("hark {}", env!("CARGO_PKG_VERSION")));

    let mut command = world.command(&hark);
    command.args(["agent", "--demo", "--no-tray"]);
    let mut agent = Running::start(&world, "agent", command);
    eventually("the agent follows the demo", SHORT, async || {
        let status = world.run(&hark, &["status", "--json"]).await;
        status.out.contains("\"streaming\"").then_some(()).ok_or(format!("{status:?}"))
    })
    .await;

    let _display = desktop::display(&mut world).await;
    let window = world.command(root.join("usr/bin/hark-window"));
    let window = Running::start(&world, "hark-window", window);
    desktop::window_of(&world, window.pid()).await;
    drop(window);
    assert!(agent.is_running());
    let stopped = world.run(&hark, &["stop"]).await;
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(agent.ended(LONG).await.success());
}

/// Removes what was installed, also when the test fails.
struct Installed;

impl Drop for Installed {
    fn drop(&mut self) {
        let purge = Command::new("dpkg").args(["--purge", "hark-window", "hark"]).output();
        assert!(purge.unwrap().status.success(), "the packages cannot be removed");
    }
}

#[tokio::test]
async fn what_is_installed_can_be_removed_without_a_trace() {
    if !rustix::process::geteuid().is_root() {
        return skipped("installing and removing the packages: only root may");
    }
    let there = Command::new("dpkg-query").args(["--show", "hark"]).output().unwrap();
    if there.status.success() {
        return skipped(
            "installing and removing the packages: an installed Hark would be replaced",
        );
    }
    let world = World::new();
    let debs = packages();
    let files: Vec<String> = debs.iter().flat_map(|deb| files(deb)).collect();
    let before: Vec<&String> = files.iter().filter(|file| Path::new(file).exists()).collect();
    assert_eq!(before, Vec::<&String>::new(), "there before it was installed");
    let installed = Installed;
    let output = Command::new("dpkg").arg("--install").args(&debs).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let version = world.run("/usr/bin/hark".as_ref(), &["--version"]).await.ok();
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    for file in &files {
        // Debian may be told to leave out documentation.
        assert!(Path::new(file).exists() || file.starts_with("/usr/share/doc/"), "{file}");
    }
    drop(installed);
    let left: Vec<&String> = files.iter().filter(|file| Path::new(file).exists()).collect();
    assert_eq!(left, Vec::<&String>::new());
    let folders = ["/usr/share/doc/hark", "/usr/share/doc/hark-window"];
    let left: Vec<&&str> = folders.iter().filter(|folder| Path::new(folder).exists()).collect();
    assert_eq!(left, Vec::<&&str>::new());
}
