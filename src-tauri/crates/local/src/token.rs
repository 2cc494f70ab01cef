//! Secrets that Hark makes itself: 256 random bits each, in a file that only its owner may read.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use crate::{file, folder};

/// Random bytes of a secret.
const BYTES: usize = 32;
/// The characters of one that is written down: two for each byte.
pub const CHARS: usize = 2 * BYTES;

/// The secret in a file, which is made with its folder where there is none.
///
/// # Errors
/// Where it cannot be read or made, others may read it, or it holds something else.
pub fn read_or_make(path: &Path) -> io::Result<String> {
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => renew(path),
        read => read,
    }
}

/// The secret in a file.
///
/// # Errors
/// As [`read_or_make`], and [`io::ErrorKind::NotFound`] where there is none.
pub fn read(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    if !file::is_private(&file)? {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "others than its owner may read it",
        ));
    }
    let mut text = String::new();
    file.take(CHARS as u64 + 2).read_to_string(&mut text)?;
    let secret = text.trim_end();
    if secret.len() != CHARS || !secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it does not hold {CHARS} hexadecimal digits"),
        ));
    }
    Ok(secret.to_owned())
}

/// Puts a new secret into a file, in the place of any that it holds.
///
/// # Errors
/// Where it cannot be written; the earlier one stands then.
pub fn renew(path: &Path) -> io::Result<String> {
    if let Some(parent) = path.parent() {
        folder::private(parent)?;
    }
    let secret = random(BYTES)?;
    file::replace(path, format!("{secret}\n").as_bytes())?;
    Ok(secret)
}

/// A name that no other Hark has, kept in a file: 128 random bits.
///
/// # Errors
/// Where it cannot be read or made.
pub fn name(path: &Path) -> io::Result<String> {
    let read = fs::read_to_string(path).unwrap_or_default();
    let known = read.trim_end();
    if known.len() == BYTES && known.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(known.to_owned());
    }
    if let Some(parent) = path.parent() {
        folder::private(parent)?;
    }
    let name = random(BYTES / 2)?;
    file::replace(path, format!("{name}\n").as_bytes())?;
    Ok(name)
}

/// So many bytes of the system's own randomness, as hexadecimal digits.
fn random(bytes: usize) -> io::Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_is_its_owners_alone_and_can_be_renewed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay/token");
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        let first = read_or_make(&path).unwrap();
        assert_eq!(first.len(), 64);
        assert!(file::is_private(&File::open(&path).unwrap()).unwrap());
        assert_eq!(read_or_make(&path).unwrap(), first);
        let second = renew(&path).unwrap();
        assert_ne!(first, second);
        assert_eq!(read(&path).unwrap(), second);
    }

    #[test]
    fn one_that_others_may_read_or_that_is_none_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        renew(&path).unwrap();
        #[cfg(unix)]
        {
            let others = std::os::unix::fs::PermissionsExt::from_mode(0o640);
            fs::set_permissions(&path, others).unwrap();
            assert!(read_or_make(&path).unwrap_err().to_string().contains("others"));
        }
        file::replace(&path, b"short\n").unwrap();
        assert!(read_or_make(&path).unwrap_err().to_string().contains("64 hexadecimal"));
    }

    #[test]
    fn a_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x/name");
        let first = name(&path).unwrap();
        assert_eq!((first.len(), name(&path).unwrap()), (32, first));
    }
}
