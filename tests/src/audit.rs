//! What is wrong with what a window shows: for who uses it with a screen reader, by axe, which is how the field
//! tests that; and for the eye, by measuring its boxes.

use std::{fs, path::Path};

use serde_json::Value;

use crate::window::Window;

/// Its parts that are not as they must be, each in a line; none where all is well.
///
/// # Panics
/// Where axe is not installed, or cannot run.
pub async fn audit(window: &Window) -> Vec<String> {
    let boxes = window.run(include_str!("audit.js"), Vec::new()).await;
    let mut wrong: Vec<String> = serde_json::from_value(boxes).unwrap();
    if window.run("return typeof axe", Vec::new()).await != "object" {
        window.run(&axe(), Vec::new()).await;
    }
    let script = "const done = arguments[0];
        axe.run(document, { resultTypes: ['violations'] }).then(
            ({ violations }) => done(violations.flatMap(({ id, nodes }) =>
                nodes.map(({ target, html, failureSummary }) =>
                    `${id}: ${target.join(' ')}: ${failureSummary.replace(/\\s+/g, ' ')}: ${html.slice(0, 200)}`))),
            (error) => done([`axe: ${error}`]));";
    let found: Value = window.run_long(script, Vec::new()).await;
    wrong.extend(serde_json::from_value::<Vec<String>>(found).unwrap());
    wrong
}

/// The text of axe, as npm has it.
fn axe() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask test` installs it", path.display())
    })
}
