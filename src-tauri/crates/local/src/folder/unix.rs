//! By mode and owner.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::Path,
};

pub(super) const FOR_ONE: u32 = 0o700;
pub(super) const FOR_GROUP: u32 = 0o750;

pub(super) fn make(folder: &Path, mode: u32) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(folder)?;
    let found = fs::symlink_metadata(folder)?;
    let mine = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if !mine {
        return Err(super::of_another());
    }
    let others = 0o777 & !mode;
    if found.mode() & others == 0 {
        return Ok(());
    }
    // The owner's own permissions stay as they were.
    let masked = found.mode() & mode;
    fs::set_permissions(folder, fs::Permissions::from_mode(masked))
}
