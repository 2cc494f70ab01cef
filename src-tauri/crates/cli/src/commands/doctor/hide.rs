//! What a report must not hold: credentials, what is behind the host of a URL (the topic of ntfy is a password),
//! and where this person's files are. Pure.

use url::{Url, form_urlencoded};

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
        let of_query = url.query().into_iter().flat_map(|query| query.split('&'));
        // A name without a value may be the secret itself.
        let of_query = of_query.map(|pair| match pair.split_once('=') {
            None | Some((_, "")) => pair.trim_end_matches('='),
            Some((_, value)) => value,
        });
        let parts = url.path().split('/').chain([url.username()]).chain(url.password());
        for part in parts {
            self.secret(part);
            self.secret(&decoded(part));
        }
        for part in of_query {
            self.secret(part);
            self.secret(&decoded(part));
            self.secret(&decoded(&part.replace('+', " ")));
        }
        if let Some(fragment) = url.fragment() {
            self.secret(fragment);
            self.secret(&decoded(fragment));
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

/// A part of a URL as its server reads it.
fn decoded(part: &str) -> String {
    // What is special in a form alone stands for itself here.
    let form = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    form_urlencoded::parse(form.as_bytes()).map(|(name, _)| name.into_owned()).collect()
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
    fn what_is_percent_encoded_is_removed_in_both_its_forms() {
        let mut hidden = Hidden::default();
        let url =
            "http://h/my%20secret%2Ftopic?auth=a%2Bb%3Dcanary&token=two+words&b%61re&name=#p%61rt";
        hidden.url(&url.parse().unwrap());
        for secret in [
            "my%20secret%2Ftopic",
            "my secret/topic",
            "secret/topic",
            "a%2Bb%3Dcanary",
            "a+b=canary",
            "two+words",
            "two words",
            "b%61re",
            "bare",
            "name",
            "p%61rt",
            "part",
        ] {
            assert_eq!(hidden.from(&format!("<{secret}>")), "<[removed]>", "{secret}");
        }
        assert_eq!(hidden.from("authorization by token"), "authorization by token");
    }

    #[test]
    fn a_short_word_and_the_root_are_left() {
        let mut hidden = Hidden::new(Some("/".to_owned()));
        hidden.url(&"http://h/a/sse".parse().unwrap());
        assert_eq!(hidden.from("a /sse of h"), "a /sse of h");
    }
}
