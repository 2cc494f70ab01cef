//! Debian packages that the commands need: says what is missing and why, asks before it uses root, and
//! installs them in one call.

use std::{env, io, path::Path};

use crate::{Result, Shell};

/// A package and what it is for.
pub(crate) type Need = (&'static str, &'static str);

/// Needed to compile the window.
pub(crate) const WINDOW: &[Need] =
    &[("libwebkit2gtk-4.1-dev", "the web view that the window is made of")];

/// Needed to fetch ready-made programs.
pub(crate) const PIP: &[Need] =
    &[("python3-pip", "fetches Node.js for the window's page, and checkers of the tests")];

/// Needed to render the icons.
pub(crate) const ICONS: &[Need] = &[
    ("librsvg2-bin", "renders the icons"),
    ("imagemagick", "puts together those of Windows"),
    ("icnsutils", "puts together those of macOS"),
];

/// Needed to work out the packages' own dependencies.
pub(crate) const PACKAGES: &[Need] = &[("dpkg-dev", "finds which libraries a package depends on")];

/// Needed to build for Windows and to run that.
pub(crate) const CROSS: &[Need] = &[
    ("gcc-mingw-w64-x86-64-win32", "compiles and links for Windows"),
    ("debootstrap", "fetches a newer Wine"),
    ("nsis", "makes the installer for Windows"),
];

/// Needed by the bench.
pub(crate) const BENCH: &[Need] = &[
    ("dbus-daemon", "a bus of the bench's own"),
    ("curl", "the client to compare with"),
    ("nginx", "the push server of the bench, with libnginx-mod-nchan"),
    ("libnginx-mod-nchan", "the push server of the bench"),
    ("iproute2", "a network of the bench's own"),
    ("libnotify-bin", "the sender of notifications to compare with"),
];

/// Needed by the end-to-end tests.
pub(crate) const TESTS: &[Need] = &[
    ("nginx", "the push server of the tests, with libnginx-mod-nchan"),
    ("libnginx-mod-nchan", "the push server of the tests"),
    ("redis-server", "what several of them share"),
    ("caddy", "a proxy before a server of the tests"),
    ("dbus-daemon", "a bus of the tests' own"),
    ("iproute2", "networks of the tests' own"),
    ("systemd", "the judge of its units"),
    ("nftables", "silences and resets in them"),
    ("tinyproxy", "an HTTP proxy of the tests' own"),
    ("microsocks", "a SOCKS proxy of the tests' own"),
    ("python3-venv", "a push server of the tests that is written in Python"),
    ("libfaketime", "sets the wall clock of an agent"),
    ("dunst", "a notification server of the tests"),
    ("xfce4-notifyd", "a notification server of the tests, with buttons"),
    ("xvfb", "a display that is not on any screen"),
    ("openbox", "a window manager on it"),
    ("xfce4-panel", "a panel with a tray on it"),
    ("xdotool", "finds and closes windows on it"),
    ("imagemagick", "takes pictures of it"),
    ("chromium", "a browser that follows the relay"),
    ("webkit2gtk-driver", "drives the window"),
    ("adwaita-icon-theme", "the panel's icons"),
    ("fonts-dejavu-core", "letters in the pictures"),
    ("fonts-wqy-microhei", "Chinese letters in the pictures"),
];

/// Installs those packages that are missing.
///
/// A server whose package is installed here is neither started nor enabled: the tests start their
/// own, from their own folders.
const INSTALL: &str = r#"
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
apt-get install -qq --no-install-recommends "$@" >/dev/null
for package; do
    case "$package" in nginx | caddy | redis-server)
        if [ -d /run/systemd/system ]; then
            systemctl --quiet disable "$package"
        fi ;;
    esac
done
"#;

pub(crate) fn ensure(shell: &Shell, needs: &[&[Need]]) -> Result<()> {
    let needs: Vec<Need> = needs.concat();
    if !is_debian(shell) {
        return Err(elsewhere(&needs));
    }
    let missing = missing(shell, &needs);
    if missing.is_empty() {
        return Ok(());
    }
    println!("These packages are missing:");
    for (name, why) in &missing {
        println!("  {name}: {why}");
    }
    let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
    let by_hand = format!(
        "sudo apt-get update && sudo apt-get install --no-install-recommends {}",
        names.join(" ")
    );
    let root = rustix::process::geteuid().is_root();
    if !root && !may_use_root(shell)? {
        return Err(format!("Install them, then run this again:\n  {by_hand}"));
    }
    let mut command = shell.command(if root { "sh" } else { "sudo" });
    if !root {
        if !shell.can_ask() {
            command.arg("--non-interactive");
        }
        command.arg("sh");
    }
    command.args(["-c", INSTALL, "install"]).args(&names);
    shell.run(command).map_err(|why| format!("{why} Try it by hand:\n  {by_hand}"))
}

fn may_use_root(shell: &Shell) -> Result<bool> {
    if !in_path("sudo") {
        return Ok(false);
    }
    if shell.yes || !shell.can_ask() {
        return Ok(shell.yes);
    }
    eprint!("Install them now, as root by sudo? [Y/n] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|e| e.to_string())?;
    Ok(matches!(answer.trim(), "" | "y" | "Y" | "yes"))
}

pub(crate) fn is_debian(shell: &Shell) -> bool {
    in_path("apt-get") && shell.ask(shell.command("dpkg-query").arg("--version")).is_some()
}

fn missing(shell: &Shell, needs: &[Need]) -> Vec<Need> {
    // It fails as soon as one name is unknown, yet lists the others: so the exit status is ignored.
    let names = needs.iter().map(|(name, _)| *name);
    let output = shell
        .command("dpkg-query")
        .args(["--show", "--showformat", "${db:Status-Abbrev}${Package}\n"])
        .args(names)
        .output();
    let told = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    let installed = |name: &str| told.lines().any(|line| line == format!("ii {name}"));
    needs.iter().copied().filter(|(name, _)| !installed(name)).collect()
}

fn elsewhere(needs: &[Need]) -> String {
    let mut text = String::from(
        "This system has no apt-get, so nothing is installed for you. What is needed, by Debian's names:\n",
    );
    for (name, why) in needs {
        text.push_str(&format!("  {name}: {why}\n"));
    }
    if needs.iter().any(|need| WINDOW.contains(need)) {
        text.push_str(
            "The web view is webkit2gtk4.1-devel on Fedora, webkit2gtk-4.1 on Arch, and part of the system on Windows and macOS.\n",
        );
    }
    text
}

fn in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/sbin".into()])
        .any(|f| Path::new(&f).join(program).exists())
}
