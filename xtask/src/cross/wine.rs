//! Wine of a newer Debian than this may be, in a folder of its own that is entered as another root. What is here is
//! there by the same paths, so that a program for Windows stands in the place of one for Linux.
//!
//! What Wine does not have is told in `src-tauri/docs/windows.md`: toasts, the web view, access control lists (it
//! has the modes of files in their place, so all is run with a mask that gives others nothing), sleep.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{target::WINDOWS, write};
use crate::{Result, Shell, archive, processors, shell};

/// Has Wine 10; that of Debian 12 lacks what Rust's standard library asks for.
const SUITE: &str = "trixie";
const PACKAGES: &str = "wine64,wine,ca-certificates";

/// Runs a program in the other root, with the caller's environment and folder, by the Wine of the processor that it is
/// kept on: where a session of that is held, in the root that was made for that.
const SCRIPT: &str = r#"#!/bin/sh
# Runs a program for Windows under Wine.
seat=@FIRST@
while read -r name value; do
    case $name in Cpus_allowed_list:) [ -d '@FOLDER@'/prefix-"$value" ] && seat=$value; break ;; esac
done < /proc/$$/status
export WINEPREFIX='@FOLDER@'/prefix-$seat WINEDEBUG="${WINEDEBUG:--all}" WINEDLLOVERRIDES='mscoree,mshtml='
export WINELOADER=/usr/lib/wine/wine64
: "${XDG_RUNTIME_DIR:=/tmp}"; export XDG_RUNTIME_DIR
unset TMPDIR
umask 077
session='@FOLDER@'/session-$seat
[ -e "$session" ] && read -r session < "$session"
if [ "/proc/$session/root" -ef '@ROOT@' ]; then
    exec nsenter --mount="/proc/$session/ns/mnt" --root="/proc/$session/root" --wdns="$PWD" -- \
        "$WINELOADER" "$@"
fi
exec unshare --mount --propagation private -- /bin/sh -c '
root=$1 here=$2; shift 2
for folder in /tmp /proc /dev /sys @BOUND@; do
    mount --rbind "$folder" "$root$folder" || exit 125
done
exec chroot "$root" /bin/sh -c "cd \"\$0\"; exec \"\$WINELOADER\" \"\$@\"" "$here" "$@"
' sh '@ROOT@' "$PWD" "$@"
"#;
/// Begins Wine's server as Debian's own script does, and with what `unread.c` says of it.
const SERVER: &str = r#"#!/bin/sh
LD_PRELOAD='@UNREAD@' exec /usr/lib/wine/wineserver64 -p0 "$@"
"#;
/// Each takes most of a gigabyte.
const SEATS_MAX: usize = 4;
/// How long a session has to begin, the first one of all with what Wine makes for each person.
const BEGINS: Duration = Duration::from_secs(300);

/// The registry of a person who has none yet.
const REGISTRY: &str = "WINE REGISTRY Version 2\n\n#arch=win64\n";
/// The driver of windows that draws none.
const DRIVER: &str = r#""Graphics"="null""#;

pub(crate) struct Wine {
    folder: PathBuf,
    /// See [`seats`](Self::seats).
    seats: Vec<usize>,
}

impl Wine {
    /// Sets it up where it is missing.
    ///
    /// # Errors
    /// Where this is not root's, or the packages cannot be had.
    pub(crate) fn ensure(shell: &Shell) -> Result<Self> {
        let mut seats = processors::all();
        seats.truncate(SEATS_MAX);
        let wine = Self { folder: shell.target.join("wine"), seats };
        if !rustix::process::geteuid().is_root() {
            return Err("Wine is entered as another root, which only root can.".to_owned());
        }
        if !wine.root().join("usr/lib/wine/wine64").exists() {
            println!("Fetching Wine into {}; it takes some minutes.", wine.folder.display());
            let fresh = wine.folder.join("fresh");
            _ = fs::remove_dir_all(&fresh);
            let mirrors = archive::mirrors(shell);
            let mirror = mirrors.first().ok_or("The system's apt names no mirror of Debian.")?;
            let mut bootstrap = shell.command("debootstrap");
            bootstrap.args(["--variant=minbase", &format!("--include={PACKAGES}"), SUITE]);
            bootstrap.arg(&fresh).arg(mirror).stdout(Stdio::null());
            shell.run(bootstrap)?;
            _ = fs::remove_dir_all(fresh.join("var/cache/apt/archives"));
            // Each program would read all of it at its start, to draw no letter.
            _ = fs::remove_dir_all(fresh.join("usr/share/fontconfig"));
            write(&fresh.join("etc/hosts"), "127.0.0.1 localhost\n", 0o644)?;
            fs::rename(&fresh, wine.root()).map_err(|e| e.to_string())?;
        }
        // Of one Wine for all processors, as it was once.
        _ = fs::remove_dir_all(wine.folder.join("prefix"));
        // What is here and not in every root of Debian: the checkout, and the target folder where that is elsewhere.
        let bound = match shell.target.starts_with(&shell.root) {
            true => vec![&shell.root],
            false => vec![&shell.root, &shell.target],
        };
        for folder in &bound {
            let place = wine.root().join(folder.strip_prefix("/").unwrap_or(folder));
            fs::create_dir_all(&place).map_err(|e| format!("{}: {e}.", place.display()))?;
        }
        let bound: Vec<_> = bound.iter().map(|folder| format!("'{}'", folder.display())).collect();
        let script = SCRIPT
            .replace("@FIRST@", &wine.first().to_string())
            .replace("@FOLDER@", &wine.folder.display().to_string())
            .replace("@ROOT@", &wine.root().display().to_string())
            .replace("@BOUND@", &bound.join(" "));
        write(&wine.script(), &script, 0o755)?;
        wine.wakes_once(shell)?;
        Ok(wine)
    }

    /// Has Wine's server not be woken again and again by what is unread: see `unread.c`.
    fn wakes_once(&self, shell: &Shell) -> Result<()> {
        let library = self.unread();
        let mut compile = shell.command("cc");
        compile.args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]);
        compile.arg(&library).arg("xtask/src/cross/unread.c");
        shell.run(compile)?;
        let server = SERVER.replace("@UNREAD@", &library.display().to_string());
        write(&self.root().join("usr/lib/wine/wineserver"), &server, 0o755)
    }

    /// What `unread.c` is compiled to.
    fn unread(&self) -> PathBuf {
        self.folder.join("unread.so")
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// The processors that have a Wine of their own each. What is kept on none of them has that of the first.
    pub(crate) fn seats(&self) -> &[usize] {
        &self.seats
    }

    /// Does it on the first of these processors, with all that it starts.
    pub(crate) fn kept<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        thread::scope(|scope| {
            let kept = scope.spawn(|| {
                processors::stay_on(self.first());
                work()
            });
            kept.join().map_err(|_| "A worker panicked.".to_owned())?
        })
    }

    fn first(&self) -> usize {
        self.seats.first().copied().unwrap_or_default()
    }

    /// The file with the process that holds a session.
    fn session(&self, seat: usize) -> PathBuf {
        self.folder.join(format!("session-{seat}"))
    }

    /// What Wine keeps for its own.
    fn prefix(&self, seat: usize) -> PathBuf {
        self.folder.join(format!("prefix-{seat}"))
    }

    /// The folder of the person there, for what is kept on no processor.
    pub(crate) fn person(&self) -> PathBuf {
        self.prefix(self.first()).join("drive_c/users/root")
    }

    /// Runs a program for Windows.
    pub(crate) fn script(&self) -> PathBuf {
        self.folder.join("run")
    }

    /// A folder with a program of the name that each has on Linux, and what each starts: what was built, made light.
    /// What a debugger wants is not in it, and its parts begin where pages of memory do: Wine maps such a program, and
    /// reads any other whole at each start.
    pub(crate) fn programs(&self, shell: &Shell) -> Result<PathBuf> {
        let folder = self.folder.join("bin");
        let debug = shell.target.join(WINDOWS).join("debug");
        let light = |name: &str| folder.join(format!("{name}.exe"));
        for (name, under) in
            [("hark", ""), ("hark-window", ""), ("bridge", "examples"), ("launch", "examples")]
        {
            let text = format!(
                "#!/bin/sh\nexec '{}' ${{HARK_TEST_LAUNCH:+'{}'}} '{}' \"$@\"\n",
                self.script().display(),
                light("launch").display(),
                light(name).display()
            );
            write(&folder.join(name), &text, 0o755)?;
            let mut copy = shell.command("x86_64-w64-mingw32-objcopy");
            copy.args(["--strip-all", "--file-alignment", "4096"]);
            copy.arg(debug.join(under).join(format!("{name}.exe"))).arg(light(name));
            shell.run(copy)?;
        }
        let text = format!("#!/bin/sh\nexec '{}' taskkill \"$@\"\n", self.script().display());
        write(&folder.join("taskkill"), &text, 0o755)?;
        let loader = "WebView2Loader.dll";
        fs::copy(debug.join(loader), folder.join(loader)).map_err(|e| format!("{loader}: {e}."))?;
        Ok(folder)
    }

    /// Windows have windows at all times. Here they can be made without a display, by the driver that draws none.
    fn draws_nothing(&self, seat: usize) -> Result<()> {
        let registry = self.prefix(seat).join("user.reg");
        let mut text = fs::read_to_string(&registry).unwrap_or_else(|_| REGISTRY.to_owned());
        if text.contains(DRIVER) {
            return Ok(());
        }
        text.push_str(&format!("\n[Software\\\\Wine\\\\Drivers]\n{DRIVER}\n"));
        write(&registry, &text, 0o600)
    }

    /// Begins a session on each seat that lasts until the answer is dropped: a test that starts what all share, and ends
    /// all that it has started, would end the others' with it. What is started meanwhile enters its root.
    pub(crate) fn begin(&self, shell: &Shell) -> Result<Vec<Session>> {
        let sessions: Vec<Session> = thread::scope(|scope| {
            let begin = |seat| {
                processors::stay_on(seat);
                self.begin_on(shell, seat)
            };
            let begun: Vec<_> =
                self.seats.iter().map(|seat| scope.spawn(move || begin(*seat))).collect();
            let begun = begun.into_iter().map(|it| it.join().map_err(|_| "A worker panicked.")?);
            begun.collect::<Result<_>>()
        })?;
        if Self::servers() < self.seats.len() {
            return Err(format!("Wine's server has not loaded {}.", self.unread().display()));
        }
        Ok(sessions)
    }

    /// How many programs have loaded [`unread`](Self::unread).
    fn servers() -> usize {
        let has = |process: fs::DirEntry| {
            let maps = fs::read_to_string(process.path().join("maps"));
            // Its folder is told as from another root.
            maps.is_ok_and(|maps| maps.lines().any(|line| line.ends_with("/unread.so")))
        };
        fs::read_dir("/proc").into_iter().flatten().flatten().map(has).filter(|it| *it).count()
    }

    fn begin_on(&self, shell: &Shell, seat: usize) -> Result<Session> {
        _ = fs::remove_file(self.session(seat));
        self.draws_nothing(seat)?;
        // This boots Wine, too. What does that and ends has all end, and what begins meanwhile boots once more beside
        // it: of two that have the devices, one is asked and the other answers.
        let mut hold = shell.command(self.script());
        hold.args(["cmd", "/c", "pause"]).stdin(Stdio::piped());
        hold.stdout(Stdio::piped()).stderr(Stdio::null());
        let held = hold.spawn().map_err(|e| format!("Wine could not be started: {e}."))?;
        let mut session = Session { held, file: self.session(seat) };
        let mut says = session.held.stdout.take().ok_or("no output")?;
        let (tell, speaks) = mpsc::channel();
        thread::spawn(move || {
            let spoke = says.read_exact(&mut [0]).map(|()| tell.send(()));
            // What it still says has somewhere to go.
            spoke.and_then(|_| io::copy(&mut says, &mut io::sink()))
        });
        if speaks.recv_timeout(BEGINS).is_err() {
            return Err("Wine does not begin.".to_owned());
        }
        // Each program in between has given way to the next: what is in the root is this process.
        write(&session.file, &format!("{}\n", session.held.id()), 0o600)?;
        Ok(session)
    }
}

/// See [`Wine::begin`].
pub(crate) struct Session {
    held: Child,
    file: PathBuf,
}

impl Drop for Session {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.file);
        shell::end(&mut self.held);
    }
}
