//! Windows. Who may use a file is in its access control list, which `hark-local` sets and checks.

use std::{fs::Metadata, io, path::Path};

use super::Access;

pub(super) fn access(_found: &Metadata) -> Option<Access> {
    None
}

pub(super) fn free_bytes(there: &Path) -> io::Result<u64> {
    // What this user may take, where there are quotas.
    fs4::available_space(there)
}
