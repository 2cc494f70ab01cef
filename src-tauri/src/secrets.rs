//! Which secrets the page may name: those that were typed there, and no other. A page that a stranger has got hold of
//! could else have a file or a variable of this computer sent to a server of its choice.

use hark_api::route;
use serde_json::{Map, Value};

/// What names a secret that was not typed (`api::Credential`).
const ELSEWHERE: [&str; 3] = ["file", "env", "command"];

const REFUSED: &str = "A secret in a file, a variable or from a command is named in the settings file, or by \
                       `hark add`, and not in the window.";

/// Whether a request of the page's names no secret that was not typed. What an edit leaves as it was counts for
/// nothing, as it is not written.
pub(crate) fn judge(path: &str, body: &Value) -> Result<(), String> {
    let names_one = if path == route::EDIT.path {
        let options = |name: &str| body.get(name).and_then(Value::as_object);
        let none = Map::new();
        let (before, after) =
            (options("before").unwrap_or(&none), options("after").unwrap_or(&none));
        after.iter().any(|(name, value)| before.get(name) != Some(value) && is_elsewhere(value))
    } else {
        (path == route::ADD.path || path == route::TRY.path) && is_elsewhere(body)
    };
    if names_one { Err(REFUSED.to_owned()) } else { Ok(()) }
}

/// Whether a value holds, however deep, what names a secret elsewhere.
fn is_elsewhere(value: &Value) -> bool {
    match value {
        Value::Object(object) => {
            ELSEWHERE.iter().any(|name| object.contains_key(*name))
                || object.values().any(is_elsewhere)
        }
        Value::Array(values) => values.iter().any(is_elsewhere),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_names_only_secrets_that_were_typed() {
        let add = |bearer: Value| {
            let options = json!({ "bearer": bearer, "headers.X-Key": { "kept": "b" } });
            judge(
                "/v1/subscriptions/add",
                &json!({ "url": "https://a.example", "options": options }),
            )
        };
        assert!(add(json!({ "kept": "a" })).is_ok());
        for wrong in [json!({ "file": "/a" }), json!({ "env": "A" }), json!({ "command": "a" })] {
            assert!(add(wrong.clone()).is_err(), "{wrong}");
            let edit = |before: &Value| {
                let options = |bearer: &Value| json!({ "url": "x", "bearer": bearer });
                let body = json!({ "before": options(before), "after": options(&wrong) });
                judge("/v1/subscriptions/edit", &body)
            };
            assert!(edit(&json!({ "kept": "a" })).is_err() && edit(&Value::Null).is_err());
            assert!(edit(&wrong).is_ok(), "that is what the file says already");
            let tried = json!({ "url": "x", "credential": wrong });
            assert!(judge("/v1/subscriptions/try", &tried).is_err());
        }
        assert!(judge("/v1/messages", &json!({ "search": "file" })).is_ok());
    }
}
