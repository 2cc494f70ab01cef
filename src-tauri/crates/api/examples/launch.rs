//! Runs a program with these arguments, and ends with its exit code. For the tests under Wine: where a thread of a
//! program is still there as it ends, Wine tells Linux 0 for its exit code, once in a hundred times. To a program
//! for Windows it tells the right one, and this one has no second thread. Part of no package.

use std::{
    env,
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let Some(program) = args.next() else { return ExitCode::FAILURE };
    let ended = Command::new(program).args(args).status();
    let code = ended.ok().and_then(|status| status.code());
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
