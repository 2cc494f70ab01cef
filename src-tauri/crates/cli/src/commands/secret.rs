//! Secrets that the person types for a server: asked for without being shown, and kept in files of their own
//! (`hark_config::kept`), which go again unless the command succeeds.

use std::{
    future::Future,
    io::{self, ErrorKind, IsTerminal},
    path::PathBuf,
};

use hark_api::Credential;
use hark_config::kept::{self, Kept};
use hark_local::profile::Profile;
use hark_platform::{signals::Interrupt, terminal::NoEcho};

use crate::Failed;

/// What was typed for one server.
pub struct Secrets {
    settings: PathBuf,
    host: String,
    kept: Vec<Kept>,
    /// From the first secret on Ctrl-C ends a prompt, which then restores the terminal's echo, or what is
    /// waited for, so that the files are removed.
    interrupt: Option<Interrupt>,
}

impl Secrets {
    /// None yet, for the server at `url`.
    pub fn of(profile: &Profile, url: &str) -> Self {
        let host = url.parse().ok().and_then(|url: url::Url| url.host_str().map(str::to_owned));
        Self {
            settings: profile.settings(),
            host: host.unwrap_or_else(|| "server".to_owned()),
            kept: Vec::new(),
            interrupt: None,
        }
    }

    /// Asks for one. None where there is no terminal to ask in, or nothing was entered.
    pub fn ask(&mut self, what: &str) -> Result<Option<Credential>, Failed> {
        if !io::stdin().is_terminal() {
            return Ok(None);
        }
        self.hear()?;
        let _hidden = NoEcho::begin();
        let prompt = format!("{what} (it is not shown; empty to give up): ");
        let secret = match rpassword::prompt_password(prompt) {
            // Ctrl-C and Ctrl-D.
            Err(error)
                if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::UnexpectedEof) =>
            {
                return Ok(None);
            }
            secret => secret?,
        };
        let secret = secret.trim();
        if secret.is_empty() { Ok(None) } else { self.keep(secret).map(Some) }
    }

    /// Keeps one in a file.
    pub fn keep(&mut self, secret: &str) -> Result<Credential, Failed> {
        self.hear()?;
        let kept = kept::keep(&self.settings, &self.host, secret).map_err(|error| {
            let folder = kept::folder_of(&self.settings);
            Failed(format!("A secret cannot be kept in {}: {error}.", folder.display()))
        })?;
        let path = kept.path().display().to_string();
        self.kept.push(kept);
        Ok(Credential::File(path))
    }

    /// Waits for `work`; Ctrl-C ends that as soon as there is something to remove.
    pub async fn before_interrupt<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, Failed> {
        let Some(interrupt) = &mut self.interrupt else { return Ok(work.await) };
        tokio::select! {
            done = work => Ok(done),
            () = interrupt.came() => Err(Failed("Interrupted. Nothing was saved.".into())),
        }
    }

    /// Keeps the files; answers where they are.
    pub fn kept(self) -> Vec<PathBuf> {
        self.kept.into_iter().map(Kept::keep).collect()
    }

    fn hear(&mut self) -> Result<(), Failed> {
        if self.interrupt.is_none() {
            self.interrupt = Some(Interrupt::hear()?);
        }
        Ok(())
    }
}
