//! Asks the person at the terminal whether to go on.

use std::io::{self, IsTerminal};

use crate::out;

/// Whether there is a person to ask: both what they type and what they read is a terminal.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks; whatever is not a yes is a no.
pub fn confirm(question: &str) -> io::Result<bool> {
    out::print(format_args!("{question} [y/N] "))?;
    let mut said = String::new();
    io::stdin().read_line(&mut said)?;
    Ok(["y", "yes"].contains(&said.trim().to_lowercase().as_str()))
}
