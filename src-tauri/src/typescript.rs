//! `ui/src/bridge-types.ts` is generated from [`crate::bridge`]. The test fails when it is out of
//! step; `cargo xtask generate` writes it anew.

use ts_rs::{Config, TS};

use crate::{
    bridge::{About, Failure, Notice},
    kept::{Appearance, Language, Look},
    saving::{Format, Listed},
};

#[test]
fn the_pages_types_are_those_of_the_bridge() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/bridge-types.ts");
    let cfg = Config::new();
    let wanted = format!(
        "// Generated from src-tauri/src/bridge.rs; `cargo xtask generate` writes it anew.\n\n\
         import type {{ Cause, ErrorCode, Event, HistoryQuery, MessagesQuery, Reason }} from \"./api\";\n\nexport {}\n\n\
         export {}\n\nexport {}\n\nexport {}\n\n\
         export {}\n\nexport {}\n\nexport {}\n\n\
         export {}\n",
        About::decl(&cfg),
        Failure::decl(&cfg),
        Notice::decl(&cfg),
        Listed::decl(&cfg),
        Format::decl(&cfg),
        Appearance::decl(&cfg),
        Look::decl(&cfg),
        Language::decl(&cfg),
    );
    if std::env::var_os("HARK_BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "ui/src/bridge-types.ts is out of step; run: cargo xtask generate");
}
