//! Schemes: which are usual, which are never opened whatever the settings say, and how a link of each has
//! to be written.

use url::Url;

/// What can run a program, read a file, look into the desktop or the browser, or hand the person's password
/// to another machine.
const NEVER: &[&str] = &[
    "about",
    "acrobat",
    "admin",
    "afp",
    "android-app",
    "applescript",
    "application",
    "archive",
    "ar",
    "blob",
    "chrome",
    "chrome-extension",
    "chrome-untrusted",
    "cid",
    "cifs",
    "cmd",
    "computer",
    "content",
    "dav",
    "davs",
    "data",
    "desktop",
    "devtools",
    "dict",
    "edge",
    "exec",
    "feed",
    "file",
    "filesystem",
    "fish",
    "ghelp",
    "gopher",
    "hcp",
    "help",
    "info",
    "intent",
    "its",
    "itms-services",
    "jar",
    "javascript",
    "jnlp",
    "jnlps",
    "jscript",
    "ldap",
    "ldapi",
    "ldaps",
    "livescript",
    "man",
    "mhtml",
    "mid",
    "mk",
    "mocha",
    "moz-extension",
    "network",
    "nfs",
    "opera",
    "pcast",
    "programs",
    "recent",
    "res",
    "resource",
    "search",
    "search-ms",
    "settings",
    "sh",
    "shell",
    "smb",
    "tar",
    "tftp",
    "trash",
    "vbs",
    "vbscript",
    "view-source",
    "vnd.ms.radio",
    "webcal-file",
    "wyciwyg",
    "x-help-action",
    "zip",
];

/// Families of them.
const NEVER_BEGINNINGS: &[&str] = &["ms-", "microsoft", "web+", "x-apple", "x-man-page", "safari"];

/// Schemes whose links have no host.
const WITHOUT_HOST: &[&str] =
    &["geo", "magnet", "matrix", "sip", "sips", "sms", "tel", "urn", "xmpp"];

/// The longest scheme, in characters.
const SCHEME_CHARS_MAX: usize = 32;

/// Whether it is opened without being allowed.
pub(super) fn is_usual(scheme: &str) -> bool {
    matches!(scheme, "http" | "https" | "mailto")
}

/// Whether it is never opened.
pub(super) fn is_never(scheme: &str) -> bool {
    NEVER.contains(&scheme) || NEVER_BEGINNINGS.iter().any(|start| scheme.starts_with(start))
}

/// A scheme as the person writes it, where it can be allowed.
///
/// # Errors
/// One sentence that says why it cannot.
pub(super) fn allowed(text: &str) -> Result<String, String> {
    let scheme = text.to_ascii_lowercase();
    let is_scheme = scheme.starts_with(|char: char| char.is_ascii_lowercase())
        && scheme.len() <= SCHEME_CHARS_MAX
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme {
        return Err(format!(
            "{text:?} is no scheme; write what stands before the colon of a link, as \"ssh\""
        ));
    }
    if is_never(&scheme) {
        return Err(format!(
            "links of the scheme {scheme:?} are never opened, as a stranger's could run a program or read \
             a file"
        ));
    }
    Ok(scheme)
}

/// Whether a link is written as its scheme is, with nothing that programs read differently: no missing or
/// superfluous slash, no backslash, and no host or user that a program could take for an option.
pub(super) fn is_written_plainly(text: &str, url: &Url) -> bool {
    let scheme = url.scheme();
    let Some(rest) = text.get(scheme.len()..).and_then(|rest| rest.strip_prefix(':')) else {
        return false;
    };
    if !text[..scheme.len()].eq_ignore_ascii_case(scheme) {
        return false;
    }
    let Some(rest) = rest.strip_prefix("//") else {
        let is_such = WITHOUT_HOST.contains(&scheme) && url.cannot_be_a_base();
        return is_such
            && rest.starts_with(|char: char| char.is_ascii_alphanumeric() || "+?".contains(char));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let looks_like_option = |text: &str| text.starts_with('-') || text.starts_with("%2");
    let host = url.host_str().unwrap_or_default();
    !authority.is_empty()
        && !authority.contains('\\')
        && !authority.starts_with(['@', ':'])
        && !host.is_empty()
        // What one program decodes is another host to the next, and cannot be shown as what it is.
        && !host.contains('%')
        && !looks_like_option(host)
        && !looks_like_option(url.username())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_or_reads_things_cannot_be_allowed() {
        for scheme in [
            "file",
            "DATA",
            "javascript",
            "vbscript",
            "smb",
            "blob",
            "view-source",
            "about",
            "ms-excel",
            "ms-settings",
            "search-ms",
            "ldap",
            "jar",
            "microsoft-edge",
        ] {
            let said = allowed(scheme).unwrap_err();
            assert!(said.contains("never opened"), "{scheme}: {said}");
        }
        for wrong in ["", "a b", "7z", "ssh://", "é", "-x", &"x".repeat(33)] {
            assert!(allowed(wrong).unwrap_err().contains("no scheme"), "{wrong}");
        }
        for good in ["ssh", "Matrix", "tel", "git+ssh", "obsidian", "http"] {
            assert_eq!(allowed(good), Ok(good.to_ascii_lowercase()));
        }
    }
}
