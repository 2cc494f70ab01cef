//! What messages may do without a question, as a person reads it.

use std::fmt::Write;

use hark_api::Consent;

use crate::look::{column, width};

/// A line each, whose words take it back.
pub fn consents(all: &[Consent]) -> String {
    let widest = |of: fn(&Consent) -> &str| all.iter().map(|one| width(of(one))).max();
    let (Some(key), Some(method)) = (widest(|one| &one.subscription), widest(|one| &one.method))
    else {
        return "No message sends a request without asking you.\n".to_owned();
    };
    let mut out = "Sent without asking you:\n".to_owned();
    for one in all {
        let (key, method) = (column(&one.subscription, key), column(&one.method, method));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "    {key}  {method}  {}", one.origin);
    }
    out.push_str("Be asked again with: hark consents take-back KEY METHOD SERVER\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_consent_is_a_line_and_none_is_said_too() {
        let one = |subscription: &str, method: &str| Consent {
            subscription: subscription.into(),
            origin: "https://door.example:443".into(),
            method: method.into(),
        };
        let wanted = "Sent without asking you:\n    \
             home  DELETE  https://door.example:443\n    \
             门铃  POST    https://door.example:443\n\
             Be asked again with: hark consents take-back KEY METHOD SERVER\n";
        assert_eq!(consents(&[one("home", "DELETE"), one("门铃", "POST")]), wanted);
        assert_eq!(consents(&[]), "No message sends a request without asking you.\n");
    }
}
