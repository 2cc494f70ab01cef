//! How the database is.

use serde::{Deserialize, Serialize};

/// How the database is, looked through now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Database {
    /// Where it is.
    pub path: String,
    /// What is wrong with it, as SQLite says; null where nothing is.
    pub problem: Option<String>,
    /// Whether all of it was looked through; false where that takes too long.
    pub whole: bool,
}
