//! What came of a run, as the docs tell it: between two marks of a page, so that it is never told by hand.

use std::{collections::BTreeMap, fmt, fs};

use super::Checked;
use crate::{Result, Shell, tally::Tally};

const PAGE: &str = "src-tauri/docs/windows.md";
const BEGIN: &str = "<!-- written by cargo xtask cross: begin -->\n";
const END: &str = "<!-- end -->";

pub(crate) struct Record {
    pub(crate) units: Tally,
    pub(crate) whole: Whole,
    pub(crate) installer: Tally,
    /// How soon `hark listen` prints its first event, in milliseconds: on Linux, and under Wine.
    pub(crate) start: (f64, f64),
    pub(crate) macos: Checked,
    pub(crate) seconds: u64,
    pub(crate) day: String,
    /// What was built, by its commit.
    pub(crate) commit: String,
}

/// The tests of the whole.
#[derive(Default)]
pub(crate) struct Whole {
    pub(crate) tally: Tally,
    /// What was left out, and why.
    pub(crate) left_out: Vec<(String, String)>,
    /// What asked for less than on Linux, and for how much less.
    pub(crate) less: Vec<(String, String)>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            units: Tally::default(),
            whole: Whole::default(),
            installer: Tally::default(),
            start: (0.0, 0.0),
            macos: Checked::NotMade("it was not begun".to_owned()),
            seconds: 0,
            day: String::new(),
            commit: String::new(),
        }
    }
}

impl Record {
    pub(crate) fn failed(&self) -> u32 {
        self.units.failed + self.whole.tally.failed + self.installer.failed
    }

    /// Writes it into the page.
    pub(crate) fn write(&mut self, shell: &Shell) -> Result<()> {
        self.day =
            shell.ask(shell.command("date").arg("+%F")).unwrap_or_default().trim().to_owned();
        let commit = shell.ask(shell.command("git").args(["rev-parse", "--short=8", "HEAD"]));
        self.commit = commit.unwrap_or_default().trim().to_owned();
        let path = shell.root.join(PAGE);
        let failed = |e: std::io::Error| format!("{}: {e}.", path.display());
        let text = fs::read_to_string(&path).map_err(failed)?;
        let text = replaced(&text, &self.table()).ok_or_else(|| format!("{PAGE} has no marks."))?;
        fs::write(&path, text).map_err(failed)
    }

    fn table(&self) -> String {
        let macos = match &self.macos {
            Checked::Passed => "types and lints checked, those of its tests too".to_owned(),
            Checked::NotMade(why) => format!("not checked: {why}"),
        };
        let mut text = format!(
            "| what | on {}, of {} |\n|---|---|\n| unit tests under Wine | {} |\n| tests of the whole under Wine | {} |\n\
             | the installer's life under Wine | {} |\n\
             | from the start of `hark listen` to its first event, median, built to be developed (for Windows a little \
             optimised) | {:.0} ms under Wine, {:.0} ms on Linux |\n| macOS | {macos} |\n| all of it took | {} min {} s |\n\n\
             Files and tests of the whole that are left out:\n\n| why | which |\n|---|---|\n",
            self.day,
            self.commit,
            self.units,
            self.whole.tally,
            self.installer,
            self.start.1,
            self.start.0,
            self.seconds / 60,
            self.seconds % 60
        );
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (what, why) in &self.whole.left_out {
            by_reason.entry(why).or_default().push(format!("`{what}`"));
        }
        for (why, which) in by_reason {
            text += &format!("| {why} | {} |\n", which.join(", "));
        }
        text += "\nWhat asks for less than on Linux:\n\n| which | how |\n|---|---|\n";
        for (what, how) in &self.whole.less {
            text += &format!("| `{what}` | {how} |\n");
        }
        text
    }
}

/// A page with this between its marks; none where it has no marks.
fn replaced(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left_out = self.whole.left_out.len();
        write!(
            f,
            "Under Wine: units {}; the whole {}, {left_out} files or tests left out (the docs say why), {} asked for \
             less; the installer {}. In {} s.",
            self.units,
            self.whole.tally,
            self.whole.less.len(),
            self.installer,
            self.seconds
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stands_with_its_reason() {
        let left = |what: &str, why: &str| (what.to_owned(), why.to_owned());
        let left_out = vec![left("a", "no bus"), left("b", "no view"), left("c: d", "no bus")];
        let record = Record {
            whole: Whole { left_out, less: vec![left("e", "half")], ..Whole::default() },
            seconds: 61,
            day: "2026-01-02".to_owned(),
            commit: "abc".to_owned(),
            ..Record::default()
        };
        let table = record.table();
        let rows: Vec<&str> = table.lines().collect();
        assert!(rows.contains(&"| no bus | `a`, `c: d` |") && rows.contains(&"| no view | `b` |"));
        assert!(rows.contains(&"| what | on 2026-01-02, of abc |"), "{table}");
        assert!(rows.contains(&"| all of it took | 1 min 1 s |"), "{table}");
        assert!(rows.contains(&"| `e` | half |"), "{table}");
    }

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("a\n{BEGIN}old\n{END}\nb\n");
        assert_eq!(replaced(&page, "new\n"), Some(format!("a\n{BEGIN}new\n{END}\nb\n")));
        assert_eq!(replaced("a", "new"), None);
    }
}
