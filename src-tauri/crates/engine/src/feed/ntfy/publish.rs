//! How ntfy takes a message: published as JSON to the server itself, which is why no topic stands in a
//! URL that a proxy would log (https://docs.ntfy.sh/publish/#publish-as-json).

use serde_json::Value;
use url::Url;

use super::Ntfy;
use crate::feed::{
    Feed,
    publish::{JSON, Outgoing, Publish},
};

/// The parameters that ntfy reads a credential from (https://docs.ntfy.sh/publish/#query-param).
const CREDENTIALS: &[&str] = &["auth", "authorization"];

/// The longest text, unless `message-size-limit` says otherwise, which ntfy advises against. A longer one is
/// an attachment, and as 2.27 makes none of JSON, it answers 500 to it. Bytes.
const TEXT_BYTES_MAX: usize = 4_095;

/// The request that publishes this; to `to`, else to the server whose topics are followed at `url`.
pub(super) fn publish(url: &Url, to: Option<&Url>, message: &Outgoing) -> Result<Publish, String> {
    let (base, topics) = parts(&Ntfy.stream_url(url));
    let topic = message.topic_of(&topics)?;
    let bytes = message.text.len();
    if bytes > TEXT_BYTES_MAX {
        return Err(format!(
            "The text has {bytes} bytes, and ntfy takes no more than {TEXT_BYTES_MAX} bytes in a message."
        ));
    }
    let mut object = message.object("message", "click");
    object.insert("topic".to_owned(), topic.into());
    Ok(Publish {
        url: to.cloned().unwrap_or(base),
        content_type: JSON,
        body: Value::from(object).to_string(),
    })
}

/// The server, with the credential that stands in the URL, and the topics that are followed there.
fn parts(stream: &Url) -> (Url, Vec<String>) {
    let segments: Vec<&str> = stream.path_segments().into_iter().flatten().collect();
    let (above, topics) = match segments.as_slice() {
        [above @ .., topics, "sse"] => (above, *topics),
        other => (other, ""),
    };
    let mut base = stream.clone();
    base.set_path(&above.iter().map(|part| format!("{part}/")).collect::<String>());
    let own: Vec<_> =
        stream.query_pairs().filter(|(name, _)| CREDENTIALS.contains(&&**name)).collect();
    base.set_query(None);
    if !own.is_empty() {
        base.query_pairs_mut().extend_pairs(own);
    }
    let topics = topics.replace("%2C", ",");
    (base, topics.split(',').filter(|topic| !topic.is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::feed::publish::tests::{bare, full};

    fn sent(url: &str, to: Option<&str>, message: &Outgoing) -> Result<(String, Value), String> {
        let to = to.map(|to| to.parse().unwrap());
        let Publish { url, content_type, body } =
            Ntfy.publish(&url.parse().unwrap(), to.as_ref(), message)?;
        assert_eq!(content_type, "application/json");
        Ok((url.into(), serde_json::from_str(&body).unwrap()))
    }

    #[test]
    fn it_is_json_to_the_server_itself() {
        let text = json!({ "topic": "t", "message": "hi" });
        for (url, wanted) in [
            ("https://ntfy.sh/t/sse?since=1h", "https://ntfy.sh/"),
            ("http://127.0.0.1:80/t", "http://127.0.0.1/"),
            ("https://a.example/ntfy/t/sse", "https://a.example/ntfy/"),
            ("https://ntfy.sh/t/sse?since=1h&auth=QQ%3D%3D", "https://ntfy.sh/?auth=QQ%3D%3D"),
        ] {
            assert_eq!(
                sent(url, None, &bare("hi")),
                Ok((wanted.to_owned(), text.clone())),
                "{url}"
            );
        }
        let elsewhere = sent("https://ntfy.sh/t/sse", Some("https://b.example/"), &bare("hi"));
        assert_eq!(elsewhere.unwrap().0, "https://b.example/");
    }

    #[test]
    fn every_option_has_its_name() {
        let wanted = json!({
            "topic": "t", "title": "Build", "message": "main is \"red\"\nand é", "priority": 4,
            "tags": ["ci", "a,b"], "click": "https://ci.example/7?a=b&c",
        });
        assert_eq!(sent("https://ntfy.sh/t/sse", None, &full()).unwrap().1, wanted);
    }

    #[test]
    fn of_several_topics_one_has_to_be_named() {
        for url in ["https://ntfy.sh/a,b/sse", "https://ntfy.sh/a%2Cb/sse"] {
            let said = sent(url, None, &bare("hi")).unwrap_err();
            assert!(said.contains("--topic") && said.contains("a, b"), "{said}");
            let to = |topic: &str| Outgoing { topic: Some(topic.into()), ..bare("hi") };
            assert_eq!(sent(url, None, &to("b")).unwrap().1["topic"], "b");
            assert!(sent(url, None, &to("c")).unwrap_err().contains("\"c\""), "{url}");
        }
        assert!(sent("https://ntfy.sh/", None, &bare("hi")).unwrap_err().contains("--topic"));
    }
}
