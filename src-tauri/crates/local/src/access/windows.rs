//! By security identifier (SID), and access control lists of which it is the only entry, or one beside those of the
//! system itself, which no list keeps out.

use std::{ffi::OsStr, io, os::windows::io::AsRawHandle, path::Path};

use windows_permissions::{
    LocalBox, SecurityDescriptor, Sid,
    constants::{AccessRights, AceFlags, AceType, SeObjectType, SecurityInformation},
    utilities::current_process_sid,
    wrappers::{
        ConvertSidToStringSid, ConvertStringSecurityDescriptorToSecurityDescriptor,
        GetNamedSecurityInfo, GetSecurityInfo, SetNamedSecurityInfo,
    },
};

/// The system, and its administrators: they can take whatever they are not given.
const SYSTEM: [&str; 2] = ["S-1-5-18", "S-1-5-32-544"];
/// Whoever owns it.
const OWNER_RIGHTS: &str = "S-1-3-4";

/// What tells this user from the others of this computer, and of its domain.
pub fn own_name() -> String {
    own_sid().unwrap_or_default()
}

/// The SID of this process's user, as text.
///
/// # Errors
/// Those of the system.
pub fn own_sid() -> io::Result<String> {
    let own = current_process_sid()?;
    text(&own)
}

fn text(sid: &Sid) -> io::Result<String> {
    ConvertSidToStringSid(sid)?.into_string().map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Who may use what only its owner may, in the language of security descriptors: this user, and nobody that this
/// would be inherited from.
///
/// # Errors
/// As [`own_sid`].
pub fn pipe_of_owner() -> io::Result<String> {
    let own = own_sid()?;
    Ok(format!("O:{own}D:P(A;;GA;;;{own})"))
}

/// Lets this user alone, and the system, use a file or a folder; what is made in a folder is so, too.
///
/// # Errors
/// Those of the system.
pub fn make_private(path: &Path) -> io::Result<()> {
    let inherited = if path.is_dir() { "OICI" } else { "" };
    let of = |who: &str| format!("(A;{inherited};FA;;;{who})");
    let own = own_sid()?;
    let all = format!("D:P{}{}{}", of(&own), of(SYSTEM[0]), of(SYSTEM[1]));
    let wanted = ConvertStringSecurityDescriptorToSecurityDescriptor(OsStr::new(&all))?;
    SetNamedSecurityInfo(
        path.as_os_str(),
        SeObjectType::SE_FILE_OBJECT,
        SecurityInformation::Dacl | SecurityInformation::ProtectedDacl,
        None,
        None,
        wanted.dacl(),
        None,
    )
}

/// Whether this user alone, and the system, may read an open file.
pub fn is_private(file: &impl AsRawHandle) -> bool {
    let found = GetSecurityInfo(file, SeObjectType::SE_FILE_OBJECT, SecurityInformation::Dacl);
    found.is_ok_and(|found| lets_in_only_us(&found))
}

/// The same of a file or folder by its path.
pub fn is_private_at(path: &Path) -> bool {
    let kind = SeObjectType::SE_FILE_OBJECT;
    let found = GetNamedSecurityInfo(path.as_os_str(), kind, SecurityInformation::Dacl);
    found.is_ok_and(|found| lets_in_only_us(&found))
}

fn lets_in_only_us(found: &SecurityDescriptor) -> bool {
    // Without a list everybody may do everything.
    let (Some(list), Ok(own)) = (found.dacl(), own_sid()) else { return false };
    // `FILE_READ_DATA` is the first bit of those that a kind of object has of its own.
    let reads = AccessRights::Bit0 | AccessRights::GenericRead | AccessRights::GenericAll;
    (0..list.len()).filter_map(|at| list.get_ace(at)).all(|entry| {
        let is_ours = |sid: &Sid| {
            text(sid).is_ok_and(|sid| sid == own || sid == OWNER_RIGHTS || SYSTEM.contains(&&*sid))
        };
        entry.ace_type() == AceType::ACCESS_DENIED_ACE_TYPE
            || entry.flags().contains(AceFlags::InheritOnly)
            || !entry.mask().intersects(reads)
            || entry.sid().is_some_and(is_ours)
    })
}

/// Whether a file, a folder or the other end of a pipe is of this user, or of the administrators, to whom all
/// belongs that one of them makes with their rights.
///
/// # Errors
/// Those of the system.
pub fn is_mine(found: &SecurityDescriptor) -> io::Result<bool> {
    let owner = found.owner().map(text).transpose()?.unwrap_or_default();
    Ok(owner == own_sid()? || owner == SYSTEM[1])
}

/// Who owns a folder or file.
///
/// # Errors
/// Those of the system.
pub fn owner_at(path: &Path) -> io::Result<LocalBox<SecurityDescriptor>> {
    let kind = SeObjectType::SE_FILE_OBJECT;
    GetNamedSecurityInfo(path.as_os_str(), kind, SecurityInformation::Owner)
}

/// Who owns the pipe of which this is an end.
///
/// # Errors
/// Those of the system.
pub fn owner_of_pipe(pipe: &impl AsRawHandle) -> io::Result<LocalBox<SecurityDescriptor>> {
    GetSecurityInfo(pipe, SeObjectType::SE_KERNEL_OBJECT, SecurityInformation::Owner)
}
