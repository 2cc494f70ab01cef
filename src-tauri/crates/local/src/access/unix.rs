//! By user id.

use std::fmt::Display;

/// What tells this user from the others of this computer.
pub fn own_name() -> impl Display {
    rustix::process::getuid().as_raw()
}
