//! Asks the person for a token and keeps it in a file of its own, which only they may read. It is never
//! shown, and never an argument.

use std::{
    fs,
    io::{self, ErrorKind, IsTerminal, Write},
    path::{Path, PathBuf},
};

use hark_config::settings::TOKENS;
use hark_local::{file, folder, profile::Profile};
use hark_platform::terminal::NoEcho;

use crate::Failed;

/// A token in its file, which is removed on drop unless the token is kept.
pub struct Token {
    path: PathBuf,
    kept: bool,
}

impl Token {
    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the file.
    pub fn keep(mut self) -> PathBuf {
        self.kept = true;
        self.path.clone()
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.kept {
            // It is ours alone and was just made.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Asks for the token of the server at `url`. None where there is no terminal to ask in, or nothing was
/// entered.
pub fn prompt(profile: &Profile, url: &str) -> Result<Option<Token>, Failed> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let _hidden = NoEcho::begin();
    let token = match rpassword::prompt_password("Token (it is not shown; empty to give up): ") {
        // Ctrl-C and Ctrl-D.
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::UnexpectedEof) => {
            return Ok(None);
        }
        token => token?,
    };
    let token = token.trim();
    if token.is_empty() {
        return Ok(None);
    }
    let host = url.parse().ok().and_then(|url: url::Url| url.host_str().map(str::to_owned));
    let folder = profile.settings().with_file_name(TOKENS);
    keep(&folder, &host.unwrap_or_else(|| "server".to_owned()), token).map(Some).map_err(|error| {
        Failed(format!("The token cannot be kept in {}: {error}.", folder.display()))
    })
}

/// Writes a token into a new file of `folder`.
fn keep(folder: &Path, host: &str, token: &str) -> io::Result<Token> {
    folder::private(folder)?;
    let name: String =
        host.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
    for number in 1.. {
        let path = match number {
            1 => folder.join(&name),
            number => folder.join(format!("{name}-{number}")),
        };
        match file::create_private(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                let token_file = Token { path, kept: false };
                file.write_all(token.as_bytes())?;
                file.sync_all()?;
                return Ok(token_file);
            }
        }
    }
    Err(io::Error::other("there is no free name"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_is_its_owners_alone_and_goes_unless_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join(TOKENS);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let first = keep(&folder, "a.example", "secret").unwrap().keep();
        assert_eq!((mode(&folder), mode(&first)), (0o700, 0o600));
        assert_eq!(fs::read_to_string(&first).unwrap(), "secret");
        let second = keep(&folder, "a.example", "other").unwrap();
        let path = second.path().to_path_buf();
        assert!(path.ends_with("a.example-2") && path.exists());
        drop(second);
        assert!(!path.exists() && first.exists());
        assert!(keep(&folder, "[::1]/..", "x").unwrap().path().starts_with(&folder));
    }
}
