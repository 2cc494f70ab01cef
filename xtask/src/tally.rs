//! How many tests passed or were skipped, read from what the test runners print.

use std::fmt;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    /// Checks, tests or parts of them that said why they were not run. Tests are among the passed.
    pub(crate) skipped: u32,
}

impl Tally {
    /// Counts a line if it closes a run of cargo's or vitest's, or tells of a skip.
    pub(crate) fn count(&mut self, line: &str) {
        // "test result: ok. 3 passed; 1 failed; …" or " Tests  1 failed | 3 passed (4)".
        let line = line.trim_start();
        if line.starts_with("skipped: ") {
            self.skipped += 1;
        }
        let Some(rest) = line.strip_prefix("test result:").or_else(|| line.strip_prefix("Tests "))
        else {
            return;
        };
        let words: Vec<&str> = rest.split_whitespace().collect();
        for pair in words.windows(2) {
            let (Ok(number), [_, what]) = (pair[0].parse::<u32>(), pair) else { continue };
            match what.trim_end_matches(';') {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_both_runners_are_summed() {
        let mut tally = Tally::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 2 passed; 3 failed; 0 ignored",
            "      Tests  1 failed | 4 passed (5)",
            " Test Files  2 passed (2)",
            "test tests::passed ... ok",
            "skipped: unshare -nm is not allowed here",
        ] {
            tally.count(line);
        }
        assert_eq!(tally.to_string(), "18 passed, 4 failed");
        assert_eq!(tally.skipped, 1);
    }
}
