//! Where the files of one Hark are: the platform's folders, or a profile of its own.
//!
//! A profile is a folder that holds everything of a Hark that must not touch the installed one:
//! `cargo xtask run` and every test use one. It is chosen by `--profile DIR` or `HARK_PROFILE`.

use std::{
    env, io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;

/// The environment variable that chooses a profile folder.
pub const ENV: &str = "HARK_PROFILE";

/// A Unix socket's path holds 107 bytes and a closing zero (`unix(7)`).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The folders of one Hark. Nothing is created by asking for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `config.toml`.
    pub config: PathBuf,
    /// `hark.db`.
    pub data: PathBuf,
    /// The last good settings, the `log` folder.
    pub state: PathBuf,
    /// The socket.
    pub runtime: PathBuf,
    /// The folder that was chosen, where one was.
    pub chosen: Option<PathBuf>,
}

/// There is no home folder to put anything under.
#[derive(Debug, thiserror::Error)]
#[error(
    "There is no home folder for this user, so Hark has nowhere to keep its files. Set HOME, or choose a folder with --profile DIR."
)]
pub struct NoHome;

impl Profile {
    /// The profile that `chosen`, else [`ENV`], else the platform's folders give.
    ///
    /// # Errors
    /// Where none is chosen and the user has no home folder.
    pub fn find(chosen: Option<&Path>) -> Result<Self, NoHome> {
        let chosen = chosen
            .map(Path::to_path_buf)
            .or_else(|| env::var_os(ENV).filter(|value| !value.is_empty()).map(PathBuf::from));
        match chosen {
            Some(folder) => Ok(Self::under(&std::path::absolute(&folder).unwrap_or(folder))),
            None => Self::installed(),
        }
    }

    fn installed() -> Result<Self, NoHome> {
        let dirs = ProjectDirs::from("", "", "hark").ok_or(NoHome)?;
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_path_buf();
        let runtime =
            dirs.runtime_dir().map_or_else(|| state.join("run"), |folder| folder.to_path_buf());
        Ok(Self {
            config: dirs.config_dir().to_path_buf(),
            data: dirs.data_dir().to_path_buf(),
            state,
            runtime: short_enough(runtime),
            chosen: None,
        })
    }

    fn under(folder: &Path) -> Self {
        Self {
            config: folder.join("config"),
            data: folder.join("data"),
            state: folder.join("state"),
            runtime: short_enough(folder.join("run")),
            chosen: Some(folder.to_path_buf()),
        }
    }

    /// The settings file.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("hark.db")
    }

    /// The folder of the log files.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.state.join("log")
    }

    /// The socket of the local API.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.runtime.join("hark.sock")
    }
}

/// `folder`, or where a socket in it would have too long a path, a short one that stands for it.
fn short_enough(folder: PathBuf) -> PathBuf {
    if folder.join("hark.sock").as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return folder;
    }
    // FNV-1a: only to tell profiles apart; the folder's owner and mode are what guards it.
    let hash =
        folder.as_os_str().as_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    let uid = rustix::process::getuid().as_raw();
    env::temp_dir().join(format!("hark-{uid}-{hash:016x}"))
}

/// Makes a folder that only its owner may enter, or checks that it is one.
///
/// # Errors
/// Where it cannot be made, belongs to somebody else, or is a symbolic link: what that leads to may
/// change under us.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    let is_link = |found: std::fs::Metadata| found.is_symlink();
    if std::fs::symlink_metadata(folder).is_ok_and(is_link) {
        let said = "it is a symbolic link, and Hark wants a folder of its own there; put a folder in \
                    its place, or name another one with --profile";
        return Err(io::Error::new(io::ErrorKind::NotADirectory, said));
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let found = std::fs::symlink_metadata(folder)?;
    let mine = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if mine && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    if mine {
        use std::os::unix::fs::PermissionsExt;
        // What its owner may do stays as it was.
        let masked = found.mode() & 0o700;
        return std::fs::set_permissions(folder, std::fs::Permissions::from_mode(masked));
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder belongs to another user"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_profile_keeps_everything_under_its_folder() {
        let profile = Profile::find(Some(Path::new("/p"))).unwrap();
        assert_eq!(profile.settings(), Path::new("/p/config/config.toml"));
        assert_eq!(profile.database(), Path::new("/p/data/hark.db"));
        assert_eq!(profile.log(), Path::new("/p/state/log"));
        assert_eq!(profile.socket(), Path::new("/p/run/hark.sock"));
    }

    #[test]
    fn a_link_in_the_place_of_a_folder_is_called_one() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        private_folder(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let said = private_folder(&link).unwrap_err().to_string();
        std::fs::remove_dir(&real).unwrap();
        let dangling = private_folder(&link).unwrap_err().to_string();
        assert!(said.contains("symbolic link") && !said.contains("another user"), "{said}");
        assert_eq!(dangling, said);
    }

    #[test]
    fn a_socket_path_never_passes_what_the_kernel_takes() {
        let deep = PathBuf::from(format!("/{}", "d".repeat(200)));
        let profile = Profile::find(Some(&deep)).unwrap();
        assert!(profile.socket().as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
        let other = Profile::find(Some(&deep.join("x"))).unwrap();
        assert_ne!(profile.socket(), other.socket());
    }
}
