//! What the person writes: the settings file and its edits, presets, and where credentials are kept.
//!
//! From the ground up: [`file`] reads and replaces TOML files, [`presets`] and then [`settings`] say what
//! stands in them, [`kept`] keeps what was typed, [`credentials`] reads what a dial needs, [`watch`] tells of changes. Nothing here knows
//! a running agent.

pub mod credentials;
mod file;
pub mod kept;
pub mod presets;
pub mod settings;
pub mod watch;
mod words;

pub use file::TomlError;
