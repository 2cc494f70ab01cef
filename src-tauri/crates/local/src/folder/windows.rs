//! By access control list and owner. There is no Hark of the system's own, whose group might enter.

use std::{fs, io, path::Path};

use crate::access;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    One,
    Group,
}

pub(super) const FOR_ONE: For = For::One;
pub(super) const FOR_GROUP: For = For::Group;

pub(super) fn make(folder: &Path, who: For) -> io::Result<()> {
    if who == For::Group {
        let said = "a folder for a group is not had on Windows";
        return Err(io::Error::new(io::ErrorKind::Unsupported, said));
    }
    fs::create_dir_all(folder)?;
    if !access::is_mine(&*access::owner_at(folder)?)? {
        return Err(super::of_another());
    }
    match access::is_private_at(folder) {
        true => Ok(()),
        false => access::make_private(folder),
    }
}
