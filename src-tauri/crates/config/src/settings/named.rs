//! Which files the settings name, and where the secrets of a subscription are and to which server each is sent.

use std::path::Path;

use url::Url;

use super::{Credential, Settings, Subscription, Word};

impl Settings {
    /// The files that they name, whatever for.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let words = self.handlers.iter().flat_map(|handler| &handler.run).filter_map(|word| {
            let Word::Plain(text) = word else { return None };
            Some(Path::new(text))
        });
        self.subscriptions.values().flat_map(Subscription::files).chain(words)
    }
}

impl Subscription {
    /// The files in which its secrets are.
    pub fn secret_files(&self) -> impl Iterator<Item = &Path> {
        self.secret_files_sent().map(|(path, _)| path)
    }

    /// The same, each with the URL that it is sent to.
    pub fn secret_files_sent(&self) -> impl Iterator<Item = (&Path, &Url)> {
        self.secrets().filter_map(|(credential, to)| match credential {
            Credential::File(path) => Some((path.as_path(), to)),
            Credential::Command(_) | Credential::Env(_) => None,
        })
    }

    /// The files that it names, whatever for.
    fn files(&self) -> impl Iterator<Item = &Path> {
        let to_send = self.publish.as_ref().and_then(|to| to.ca.as_deref());
        let own = self.client_certificate.iter().flat_map(|own| [&*own.certificate, &*own.key]);
        self.secret_files().chain(self.ca.as_deref()).chain(to_send).chain(own)
    }

    /// Whether it has any secret, to ask with or to send with.
    #[must_use]
    pub fn has_any_secret(&self) -> bool {
        self.secrets().next().is_some()
    }

    /// Whether all of its secrets are in files.
    #[must_use]
    pub fn secrets_are_files(&self) -> bool {
        self.secrets().all(|(credential, _)| matches!(credential, Credential::File(_)))
    }

    /// Its secrets, each with the URL that it is sent to.
    pub fn secrets(&self) -> impl Iterator<Item = (&Credential, &Url)> {
        let own = (&self.url, &self.bearer, &self.basic, &self.headers);
        let to_send = self.publish.as_ref();
        let to_send = to_send
            .map(|to| (to.url.as_ref().unwrap_or(&self.url), &to.bearer, &to.basic, &to.headers));
        [own].into_iter().chain(to_send).flat_map(|(url, bearer, basic, headers)| {
            let password = basic.as_ref().map(|basic| &basic.password);
            let all = bearer.iter().chain(password).chain(headers.values());
            all.map(move |credential| (credential, url))
        })
    }
}
