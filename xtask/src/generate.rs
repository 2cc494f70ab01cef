//! `cargo xtask generate`: writes anew what is generated from the code or a snapshot of what it does.
//! The ordinary tests fail where one of them is out of step; `git diff` shows what has changed.

use crate::{Result, Shell, debian, page};

/// The tests that write, by their arguments to `cargo test`.
const WRITERS: [(&str, &[&str]); 5] = [
    ("ui/src/api.ts", &["--package", "hark-api", "typescript"]),
    ("docs/output.schema.json", &["--package", "hark-api", "schema"]),
    ("ui/src/bridge-types.ts", &["--package", "hark-window", "typescript"]),
    ("manual and completions", &["--package", "hark", "--bin", "hark", "generated"]),
    ("snapshots of the feeds", &["--package", "hark-engine", "--test", "golden"]),
];

pub(crate) fn generate(shell: &Shell) -> Result<()> {
    debian::ensure(shell, &[debian::WINDOW, debian::ICONS])?;
    page::build(shell)?;
    for (what, args) in WRITERS {
        println!("== {what}");
        let mut command = shell.cargo(&["test", "--quiet"]);
        command.args(args).env("HARK_BLESS", "1");
        // insta's own variables: accept what differs, and let the test pass.
        command.env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1");
        shell.run(command)?;
    }
    println!("== icons");
    let mut render = shell.command("sh");
    render.arg("icons/render.sh");
    shell.run(render)
}
