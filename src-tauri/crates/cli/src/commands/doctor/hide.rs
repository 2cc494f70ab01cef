//! What a report must not hold: credentials, what is behind the host of a URL (the topic of ntfy is a password),
//! and where this person's files are. Pure.

use url::Url;

/// Shorter words are in every text, and no secret.
const SECRET_CHARS_MIN: usize = 4;
/// What stands in the place of a secret.
const REMOVED: &str = "[removed]";

/// What is to be taken out.
#[derive(Clone, Debug, Default)]
pub struct Hidden {
    secrets: Vec<String>,
    home: Option<String>,
}

impl Hidden {
    /// Of a person with this home folder.
    pub fn new(home: Option<String>) -> Self {
        Self { secrets: Vec::new(), home: home.filter(|home| home.len() > 1) }
    }

    /// A credential, or the header that holds it.
    pub fn secret(&mut self, text: &str) {
        // `Bearer TOKEN` is a secret by its last word.
        let words = text.split_whitespace().chain([text.trim()]);
        let words = words.filter(|word| word.chars().count() >= SECRET_CHARS_MIN);
        self.secrets.extend(words.filter(|word| !is_scheme(word)).map(str::to_owned));
    }

    /// What is secret in a URL: all but scheme, host and port.
    pub fn url(&mut self, url: &Url) {
        let parts = url
            .path()
            .split('/')
            .chain(url.query().into_iter().flat_map(|query| query.split(['&', '='])));
        let parts = parts.chain([url.username()]).chain(url.password());
        for part in parts {
            self.secret(part);
        }
    }

    /// A text without any of it.
    pub fn from(&self, text: &str) -> String {
        // A longer one may hold a shorter one.
        let mut secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let mut text =
            secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, REMOVED));
        if let Some(home) = &self.home {
            text = text.replace(home.as_str(), "~");
        }
        text
    }
}

fn is_scheme(word: &str) -> bool {
    ["bearer", "basic"].contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_removed_wherever_it_stands() {
        let mut hidden = Hidden::new(Some("/home/me".to_owned()));
        hidden.url(
            &"https://user:passw0rd@push.example:8443/my-topic/sse?auth=t0ken&x=1".parse().unwrap(),
        );
        hidden.secret("Bearer tk_canary");
        let text = "push.example:8443/my-topic said tk_canary, t0ken and passw0rd by user at x in \
                    /home/me/.config; Bearer is a word. Not my-topics.";
        let wanted = "push.example:8443/[removed] said [removed], [removed] and [removed] by [removed] at x in \
                      ~/.config; Bearer is a word. Not [removed]s.";
        assert_eq!(hidden.from(text), wanted);
    }

    #[test]
    fn a_short_word_and_the_root_are_left() {
        let mut hidden = Hidden::new(Some("/".to_owned()));
        hidden.url(&"http://h/a/sse".parse().unwrap());
        assert_eq!(hidden.from("a /sse of h"), "a /sse of h");
    }
}
