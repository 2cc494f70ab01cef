//! Writes the emoji short codes of the crate `emojis` (those of gemoji) as one text, a line each.
//!
//! The crate's own table is full of pointers, which cost the agent 0.8 MiB; as text it is 40 KiB that
//! nobody loads before a message asks for it.

use std::{collections::BTreeMap, env, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut codes = BTreeMap::new();
    for emoji in emojis::iter() {
        for code in emoji.shortcodes() {
            codes.insert(code, emoji.as_str());
        }
    }
    let text: String = codes.iter().map(|(code, emoji)| format!("\n{code} {emoji}")).collect();
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("emoji.txt"), text + "\n")
}
