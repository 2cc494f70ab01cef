//! How Centrifugo is recognised: by the path of its unidirectional SSE, and by its first event.

use serde_json::Value;
use url::Url;

use super::Centrifugo;
use crate::{
    feed::{Clue, Context, Signature},
    message::RawEvent,
};

impl Signature for Centrifugo {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        let is_own = url.path().trim_end_matches('/').ends_with("/uni_sse");
        is_own.then(|| Clue::likely("its path is that of Centrifugo's SSE"))
    }

    fn by_event(&self, context: &Context<'_>, event: &RawEvent) -> Option<Clue> {
        let Ok(Value::Object(push)) = serde_json::from_str(&event.data) else { return None };
        let greets = || Some(push.get("connect")?.get("client")?.is_string());
        let refuses = || Some(push.get("disconnect")?.get("code")?.is_u64());
        let is_told = greets() == Some(true)
            || context.by_url == Some("centrifugo") && refuses() == Some(true);
        is_told.then(|| Clue::sure("it greets as Centrifugo does"))
    }
}

#[cfg(test)]
mod tests {
    use crate::feed::{
        Certainty::{Likely, Sure},
        recognition::tests::{of_event, of_url},
    };

    #[test]
    fn its_path_is_a_clue_and_its_first_event_a_better_one() {
        let at = "http://a.example:8000/connection/uni_sse?channel=news";
        assert_eq!(of_url(at), Some(("centrifugo", Likely)));
        let greeting = r#"{"connect":{"client":"c09d1965","version":"6.9.1 OSS","ping":25}}"#;
        let refusal = r#"{"disconnect":{"code":3500,"reason":"invalid token"}}"#;
        let other = "http://a.example/x";
        for (at, data, wanted) in [
            (at, greeting, ("centrifugo", Sure)),
            (other, greeting, ("centrifugo", Sure)),
            (at, refusal, ("centrifugo", Sure)),
            (other, refusal, ("json", Likely)),
        ] {
            assert_eq!(of_event(at, "message", data, None), wanted, "{at} {data}");
        }
    }
}
