//! `hark completions`: what a shell is to know to complete Hark's command line. The packages bring it along.

use crate::{Done, arguments::Shell, out};

const BASH: &str = include_str!("../../../../packaging/completions/hark");
const ZSH: &str = include_str!("../../../../packaging/completions/_hark");
const FISH: &str = include_str!("../../../../packaging/completions/hark.fish");

pub fn completions(shell: Shell) -> Done {
    out::print(match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
    })?;
    Ok(())
}
