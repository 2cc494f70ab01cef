//! Packages of Debian's newer suites than the system's: push servers for the tests, and what others ask for. apt
//! fetches them with sources, lists and state of its own in the target folder, where they are unpacked and stay.
//! The system's own lists and packages are not touched, root is not needed, and apt checks every file against the
//! archive's keyring.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use crate::{Result, Shell, debian};

/// A program of a package, and the variable that tells the tests its path.
pub(crate) struct Program {
    package: &'static str,
    path: &'static str,
    variable: &'static str,
}

/// The programs that the tests and benches run.
pub(crate) const PROGRAMS: &[Program] = &[
    Program { package: "ntfy", path: "usr/bin/ntfy", variable: "HARK_TEST_NTFY" },
    // Of a server's package its checker alone is used.
    Program { package: "prometheus", path: "usr/bin/promtool", variable: "HARK_TEST_PROMTOOL" },
    Program { package: "pocketbase", path: "usr/bin/base", variable: "HARK_TEST_POCKETBASE" },
];

/// Tried in this order. The first has the newest packages, which may need newer libraries than the system
/// has.
const SUITES: [&str; 3] = ["sid", "trixie", "bookworm"];
/// Of the package `debian-archive-keyring`, which every Debian has.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// How long to wait for a mirror.
const TIMEOUT_SECONDS: u32 = 20;

/// Fetches the programs that are missing. Answers the variables that name those that are there; prints why
/// the others are not, whose tests then say that they are skipped.
pub(crate) fn ensure(shell: &Shell) -> Result<Vec<(&'static str, PathBuf)>> {
    let folder = shell.target.join("archive");
    let path = |program: &Program| folder.join(program.package).join(program.path);
    let mut missing: Vec<&Program> =
        PROGRAMS.iter().filter(|program| !path(program).exists()).collect();
    if !missing.is_empty()
        && let Err(why) = fetch(shell, &folder, &mut missing)
    {
        if shell.stopped() {
            return Err("Stopped.".to_owned());
        }
        let names: Vec<&str> = missing.iter().map(|program| program.package).collect();
        println!("Not to be had from Debian's archive: {}. {why}", names.join(", "));
    }
    let had = PROGRAMS.iter().map(|program| (program.variable, path(program)));
    Ok(had.filter(|(_, path)| path.exists()).collect())
}

/// Takes from `missing` what could be fetched and started.
fn fetch(shell: &Shell, folder: &Path, missing: &mut Vec<&Program>) -> Result<()> {
    let starts = |program: &Program, unpacked: &Path| {
        let mut start = shell.command(unpacked.join(program.path));
        shell.ask(start.arg("--help")).is_some()
    };
    in_suites(shell, folder, &SUITES, |apt| {
        let mut failures = Vec::new();
        missing.retain(|program| {
            let name = program.package;
            let install = apt
                .run("apt-get", &["download", name])
                .and_then(|()| apt.place(name, folder, |unpacked| starts(program, unpacked)));
            install.map_err(|why| failures.push(why)).is_err()
        });
        if missing.is_empty() { Ok(()) } else { Err(failures.join(" ")) }
    })
}

/// Fetches this version of a package, whatever Debian has made of it, from the first of these suites that has it, and
/// unpacks it into the folder of its name in this one.
///
/// # Errors
/// Why it was had from none.
pub(crate) fn package(
    shell: &Shell,
    package: &str,
    version: &str,
    suites: &[&str],
    folder: &Path,
) -> Result<()> {
    let wanted = format!("{package}={version}*");
    in_suites(shell, folder, suites, |apt| {
        apt.run("apt-get", &["download", &wanted])?;
        apt.place(package, folder, |_| true)
    })
}

/// Has this tried with each suite on each mirror until it is done; otherwise says why it was not.
fn in_suites(
    shell: &Shell,
    folder: &Path,
    suites: &[&str],
    mut attempt: impl FnMut(&Apt<'_>) -> Result<()>,
) -> Result<()> {
    if !debian::is_debian(shell) || !Path::new(KEYRING).exists() {
        return Err("This is no Debian.".to_owned());
    }
    let mirrors = mirrors(shell);
    if mirrors.is_empty() {
        return Err("The system's apt names no mirror of Debian.".to_owned());
    }
    let apt = Apt { shell, folder: folder.join("apt") };
    let (mut failures, mut is_done) = (Vec::new(), false);
    for (suite, mirror) in suites.iter().flat_map(|suite| mirrors.iter().map(move |it| (suite, it)))
    {
        if is_done || shell.stopped() {
            break;
        }
        println!("Looking in Debian's suite {suite}.");
        match apt.turn_to(mirror, suite).and_then(|()| attempt(&apt)) {
            Ok(()) => is_done = true,
            Err(why) => failures.push(why),
        }
    }
    // Lists and packages are larger than what was unpacked.
    _ = fs::remove_dir_all(&apt.folder);
    if is_done { Ok(()) } else { Err(failures.join(" ")) }
}

/// The mirrors of the system's own packages that belong to Debian's main archive.
pub(crate) fn mirrors(shell: &Shell) -> Vec<String> {
    let mut targets = shell.command("apt-get");
    targets.args(["indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)"]);
    let mut sources = shell.command("apt-get");
    sources.args(["update", "--print-uris"]);
    let mirrors = by_origin(&shell.ask(&mut targets).unwrap_or_default());
    if !mirrors.is_empty() {
        return mirrors;
    }
    // Before the lists were fetched once, their signer is not known.
    by_path(&shell.ask(&mut sources).unwrap_or_default())
}

/// From lines of origin, label and address.
fn by_origin(targets: &str) -> Vec<String> {
    let uris = targets.lines().filter_map(|line| line.strip_prefix("Debian Debian "));
    each_once(uris)
}

/// Mirrors from lines that begin with the address of a suite's file, in quotation marks.
fn by_path(files: &str) -> Vec<String> {
    let of_suites =
        files.lines().filter_map(|line| line.trim_start_matches('\'').split_once("/dists/"));
    each_once(of_suites.map(|(uri, _)| uri).filter(|uri| uri.ends_with("/debian")))
}

fn each_once<'a>(uris: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all = Vec::new();
    for uri in uris {
        if !all.iter().any(|known| known == uri) {
            all.push(uri.to_owned());
        }
    }
    all
}

/// apt with a folder of its own.
struct Apt<'a> {
    shell: &'a Shell,
    folder: PathBuf,
}

impl Apt<'_> {
    /// Fetches the lists of one suite.
    fn turn_to(&self, mirror: &str, suite: &str) -> Result<()> {
        _ = fs::remove_dir_all(&self.folder);
        let failed = |path: &Path, error| format!("{}: {error}.", path.display());
        for name in ["state/lists/partial", "cache/archives/partial", "packages"] {
            let path = self.folder.join(name);
            fs::create_dir_all(&path).map_err(|error| failed(&path, error))?;
        }
        let of_here = self.shell.ask(self.shell.command("dpkg").arg("--print-architecture"));
        let of_here = of_here.ok_or("dpkg does not say of which architecture this is.")?;
        let source = format!(
            "deb [signed-by={KEYRING} arch={} target=Packages] {mirror} {suite} main\n",
            of_here.trim()
        );
        let settings = settings(&self.folder);
        for (name, text) in [("sources.list", &*source), ("status", ""), ("apt.conf", &*settings)] {
            let path = self.folder.join(name);
            fs::write(&path, text).map_err(|error| failed(&path, error))?;
        }
        self.run("apt-get", &["update"])
    }

    /// Unpacks a package that was fetched, and moves it to its place where it fits.
    fn place(&self, package: &str, folder: &Path, fits: impl Fn(&Path) -> bool) -> Result<()> {
        let packages = self.folder.join("packages");
        let deb = fs::read_dir(&packages)
            .map_err(|error| format!("{}: {error}.", packages.display()))?
            .flatten()
            .map(|entry| entry.path())
            .find(|deb| {
                let name = deb.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(&format!("{package}_"))
            })
            .ok_or_else(|| format!("apt has fetched no {package}."))?;
        let (unpacked, place) = (self.folder.join(package), folder.join(package));
        self.run("dpkg-deb", &["--extract", &deb.to_string_lossy(), &unpacked.to_string_lossy()])?;
        let fetched = deb.file_stem().unwrap_or_default().to_string_lossy();
        if !fits(&unpacked) {
            return Err(format!("{fetched} does not fit here."));
        }
        _ = fs::remove_dir_all(&place);
        fs::rename(&unpacked, &place).map_err(|error| format!("{}: {error}.", place.display()))?;
        println!("Fetched {fetched} into {}.", place.display());
        Ok(())
    }

    /// Runs a program quietly; where it fails, says what it complained of.
    fn run(&self, name: &str, args: &[&str]) -> Result<()> {
        let mut command = self.shell.command(name);
        if name == "apt-get" {
            command.arg("--config-file").arg(self.folder.join("apt.conf"));
        }
        command.args(args).current_dir(self.folder.join("packages"));
        command.env("LC_ALL", "C").env("DEBIAN_FRONTEND", "noninteractive");
        let mut complaint = None;
        let done = self.shell.run_logged(command, &self.folder.join("log"), |line| {
            let complains =
                ["E: ", "W: Failed", "dpkg-deb: "].iter().any(|it| line.starts_with(it));
            if complains && complaint.is_none() {
                complaint = Some(line.to_owned());
            }
        })?;
        if done {
            return Ok(());
        }
        let why = complaint.unwrap_or_else(|| "it does not say why".to_owned());
        Err(format!("{name} {}: {}.", args[0], why.trim_end_matches('.')))
    }
}

/// apt's settings: the system's own, for their proxies, with all that names folders, releases or commands
/// replaced.
fn settings(folder: &Path) -> String {
    let mut text = String::new();
    for list in ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"] {
        _ = writeln!(text, "#clear APT::Update::{list};");
    }
    text += "#clear APT::Default-Release;\n";
    for (name, under) in [
        ("Dir::Etc::sourcelist", "sources.list"),
        ("Dir::State", "state"),
        ("Dir::State::lists", "state/lists"),
        ("Dir::State::status", "status"),
        ("Dir::Cache", "cache"),
        ("Dir::Cache::archives", "cache/archives"),
    ] {
        _ = writeln!(text, "{name} \"{}\";", folder.join(under).display());
    }
    for (name, value) in [
        ("Dir::Etc::sourceparts", "-"),
        ("Dir::Etc::preferences", "-"),
        ("Dir::Etc::preferencesparts", "-"),
        // Root's apt fetches as a user of its own, who may not enter a person's folder.
        ("APT::Sandbox::User", "root"),
        ("APT::Update::Error-Mode", "any"),
        ("Acquire::Languages", "none"),
        ("Acquire::Retries", "1"),
    ] {
        _ = writeln!(text, "{name} \"{value}\";");
    }
    for scheme in ["http", "https"] {
        _ = writeln!(text, "Acquire::{scheme}::Timeout \"{TIMEOUT_SECONDS}\";");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_are_those_of_the_main_archive_each_once() {
        let targets = "Debian Debian http://mirror.test/debian/\n\
            Debian Debian http://mirror.test/debian/\n\
            Debian Debian-Security http://mirror.test/debian-security/\n\
            Other Other http://other.test/debian/\n\
            . nodistro http://third.test/node/\n";
        assert_eq!(by_origin(targets), ["http://mirror.test/debian/"]);
        let files = "'http://mirror.test/debian/dists/stable/InRelease' mirror.test_debian 0 \n\
            'http://mirror.test/debian/dists/stable/main/Packages.xz' mirror.test_debian 0 \n\
            'http://mirror.test/debian-security/dists/stable/InRelease' mirror.test 0 \n";
        assert_eq!(by_path(files), ["http://mirror.test/debian"]);
    }
}
