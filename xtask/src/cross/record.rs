//! What came of a run, as the docs tell it: between two marks of a page, so that it is never told by hand.

use std::{fmt, fs};

use super::Checked;
use crate::{Result, Shell, tally::Tally};

const PAGE: &str = "src-tauri/docs/windows.md";
const BEGIN: &str = "<!-- written by cargo xtask cross: begin -->\n";
const END: &str = "<!-- end -->";

pub(crate) struct Record {
    pub(crate) units: Tally,
    pub(crate) whole: Whole,
    pub(crate) installer: Tally,
    pub(crate) macos: Checked,
    pub(crate) seconds: u64,
    pub(crate) day: String,
}

/// The tests of the whole.
#[derive(Default)]
pub(crate) struct Whole {
    pub(crate) tally: Tally,
    /// What was left out, and why.
    pub(crate) left_out: Vec<(String, String)>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            units: Tally::default(),
            whole: Whole::default(),
            installer: Tally::default(),
            macos: Checked::NotMade("it was not begun".to_owned()),
            seconds: 0,
            day: String::new(),
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
        let path = shell.root.join(PAGE);
        let failed = |e: std::io::Error| format!("{}: {e}.", path.display());
        let text = fs::read_to_string(&path).map_err(failed)?;
        let text = replaced(&text, &self.table()).ok_or_else(|| format!("{PAGE} has no marks."))?;
        fs::write(&path, text).map_err(failed)
    }

    fn table(&self) -> String {
        let macos = match &self.macos {
            Checked::Passed => "type-checked".to_owned(),
            Checked::NotMade(why) => format!("not checked: {why}"),
        };
        let mut text = format!(
            "| what | on {} |\n|---|---|\n| unit tests under Wine | {} |\n| tests of the whole under Wine | {} |\n\
             | the installer's life under Wine | {} |\n| macOS | {macos} |\n\nLeft out of the whole:\n\n| what | why |\n|---|---|\n",
            self.day, self.units, self.whole.tally, self.installer
        );
        for (what, why) in &self.whole.left_out {
            text += &format!("| `{what}` | {why} |\n");
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
            "Under Wine: units {}; the whole {}, {left_out} files or tests left out; the installer {}. In {} s.",
            self.units, self.whole.tally, self.installer, self.seconds
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("a\n{BEGIN}old\n{END}\nb\n");
        assert_eq!(replaced(&page, "new\n"), Some(format!("a\n{BEGIN}new\n{END}\nb\n")));
        assert_eq!(replaced("a", "new"), None);
    }
}
