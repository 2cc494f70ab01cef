//! Where the files of one Hark are: the platform's folders, or a profile of its own.
//!
//! A profile is a folder that holds everything of a Hark that must not touch the installed one:
//! `cargo xtask run` and every test use one. It is chosen by `--profile DIR` or `HARK_PROFILE`. The system's own
//! Hark, which is nobody's, has the system's folders and is chosen by `--system`.

use std::{
    env,
    path::{Path, PathBuf},
};

use directories::{BaseDirs, ProjectDirs};

use crate::{access, socket};

/// The environment variable that chooses a profile folder.
pub const ENV: &str = "HARK_PROFILE";

/// Where the system's own Hark has its settings, which its administrator writes (Filesystem Hierarchy Standard),
/// and the variable by which its supervisor names that folder (`systemd.exec(5)`).
const SYSTEM_CONFIG: (&str, &str) = ("CONFIGURATION_DIRECTORY", "/etc/hark");
/// The same of its database and state.
const SYSTEM_STATE: (&str, &str) = ("STATE_DIRECTORY", "/var/lib/hark");
/// And of its socket.
const SYSTEM_RUNTIME: (&str, &str) = ("RUNTIME_DIRECTORY", "/run/hark");

/// The folder of the relay's tokens, in that of the state.
pub const RELAY: &str = "relay";
/// The file in it of the token for all that the relay answers, and of the one for messages alone.
pub const RELAY_TOKENS: (&str, &str) = ("token", "token.read-only");

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
    /// Whether it is the system's own: then the members of its group may ask it, too.
    pub system: bool,
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

    /// The system's own.
    #[must_use]
    pub fn system() -> Self {
        let folder = |(variable, usual): (&str, &str)| {
            let named = env::var_os(variable).filter(|value| !value.is_empty());
            named.map_or_else(|| PathBuf::from(usual), PathBuf::from)
        };
        let state = folder(SYSTEM_STATE);
        Self {
            config: folder(SYSTEM_CONFIG),
            data: state.clone(),
            state,
            runtime: folder(SYSTEM_RUNTIME),
            chosen: None,
            system: true,
        }
    }

    fn installed() -> Result<Self, NoHome> {
        let dirs = ProjectDirs::from("", "", "hark").ok_or(NoHome)?;
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_path_buf();
        let runtime =
            dirs.runtime_dir().map_or_else(|| state.join("run"), |folder| folder.to_path_buf());
        Ok(Self {
            // On Windows, what is of this computer alone does not roam to others.
            config: dirs.config_local_dir().to_path_buf(),
            data: dirs.data_local_dir().to_path_buf(),
            state,
            runtime: short_enough(runtime),
            chosen: None,
            system: false,
        })
    }

    fn under(folder: &Path) -> Self {
        Self {
            config: folder.join("config"),
            data: folder.join("data"),
            state: folder.join("state"),
            runtime: short_enough(folder.join("run")),
            chosen: Some(folder.to_path_buf()),
            system: false,
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

    /// The file of a token of the relay: the one for messages alone, or for all.
    #[must_use]
    pub fn relay_token(&self, read_only: bool) -> PathBuf {
        let (full, messages) = RELAY_TOKENS;
        self.state.join(RELAY).join(if read_only { messages } else { full })
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

/// Where this user's programs have their settings, where there is a home folder.
#[must_use]
pub fn settings_of_all() -> Option<PathBuf> {
    BaseDirs::new().map(|dirs| dirs.config_dir().to_path_buf())
}

/// `folder`, or a short one in its place where the path of a socket in it would be too long.
fn short_enough(folder: PathBuf) -> PathBuf {
    if socket::has_room_for(&folder.join("hark.sock")) {
        return folder;
    }
    // Only to tell profiles apart; the folder's owner and mode are what guards it.
    let hash = hash(folder.as_os_str().as_encoded_bytes());
    env::temp_dir().join(format!("hark-{}-{hash:016x}", access::own_name()))
}

/// FNV-1a.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_profile_keeps_everything_under_its_folder() {
        let folder = env::temp_dir();
        let profile = Profile::find(Some(&folder)).unwrap();
        for (path, wanted) in [
            (profile.settings(), "config/config.toml"),
            (profile.database(), "data/hark.db"),
            (profile.log(), "state/log"),
            (profile.socket(), "run/hark.sock"),
        ] {
            assert_eq!(path, folder.join(wanted));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_socket_path_never_passes_what_the_kernel_takes() {
        let deep = PathBuf::from(format!("/{}", "d".repeat(200)));
        let profile = Profile::find(Some(&deep)).unwrap();
        assert!(socket::has_room_for(&profile.socket()));
        let other = Profile::find(Some(&deep.join("x"))).unwrap();
        assert_ne!(profile.socket(), other.socket());
    }
}
