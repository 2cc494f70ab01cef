//! How a hub takes a message: a form with topic and data (draft-dunglas-mercure, "Publication"), the same
//! in 0.x and 1.0. It is a public update.

use url::{Url, form_urlencoded::Serializer};

use crate::feed::publish::{FORM, Outgoing, Publish, which_topic};

/// The parameters that name topics as they are; in 0.x a template, too.
const EXACT: &[&str] = &["topic", "topic[]", "match", "match[]", "match_exact", "match_exact[]"];

/// The request that publishes this; to `to`, else to the hub that is followed at `url`.
pub(super) fn publish(url: &Url, to: Option<&Url>, message: &Outgoing) -> Result<Publish, String> {
    let followed: Vec<(bool, String)> = url
        .query_pairs()
        .filter(|(name, _)| name.starts_with("topic") || name.starts_with("match"))
        .map(|(name, value)| {
            // What stands for many topics is none.
            let is_one = EXACT.contains(&&*name) && !value.contains('{') && value != "*";
            (is_one, value.into_owned())
        })
        .collect();
    let topic = match (&message.topic, followed.as_slice()) {
        // Whether a pattern covers it, the hub knows.
        (Some(topic), _) => topic.clone(),
        (None, [(true, topic)]) => topic.clone(),
        (None, followed) => {
            let all: Vec<String> = followed.iter().map(|(_, topic)| topic.clone()).collect();
            return Err(which_topic(&all));
        }
    };
    let mut hub = url.clone();
    hub.set_query(None);
    let (_, data) = message.data();
    let body = Serializer::new(String::new())
        .append_pair("topic", &topic)
        .append_pair("data", &data)
        .finish();
    Ok(Publish { url: to.cloned().unwrap_or(hub), content_type: FORM, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{
        Feed, Mercure,
        publish::tests::{bare, full},
    };

    fn sent(query: &str, to: Option<&str>, message: &Outgoing) -> Result<(String, String), String> {
        let url = format!("https://hub.example/.well-known/mercure?{query}").parse().unwrap();
        let to = to.map(|to| to.parse().unwrap());
        let Publish { url, content_type, body } = Mercure.publish(&url, to.as_ref(), message)?;
        assert_eq!(content_type, "application/x-www-form-urlencoded");
        Ok((url.into(), body))
    }

    fn to(topic: &str) -> Outgoing {
        Outgoing { topic: Some(topic.into()), ..bare("hi & you") }
    }

    #[test]
    fn it_is_a_form_to_the_hub_with_the_subscriptions_topic() {
        let hub = "https://hub.example/.well-known/mercure".to_owned();
        let body = "topic=https%3A%2F%2Fa.example%2F1&data=hi+%26+you".to_owned();
        for name in ["topic", "match", "match_exact", "topic%5B%5D"] {
            let query = format!("{name}=https://a.example/1&authorization=x");
            let found = sent(&query, None, &bare("hi & you"));
            assert_eq!(found, Ok((hub.clone(), body.clone())), "{name}");
        }
        let elsewhere = sent("topic=a", Some("https://in.example/hub"), &bare("x")).unwrap();
        assert_eq!(elsewhere, ("https://in.example/hub".into(), "topic=a&data=x".into()));
    }

    #[test]
    fn what_is_more_than_a_text_is_an_object() {
        let (_, body) = sent("topic=a", None, &full()).unwrap();
        let pairs: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).collect();
        assert_eq!(pairs[0], ("topic".into(), "a".into()));
        let object: serde_json::Value = serde_json::from_str(&pairs[1].1).unwrap();
        assert_eq!((&object["title"], &object["priority"]), (&"Build".into(), &4.into()));
    }

    #[test]
    fn a_topic_is_to_be_named_where_there_is_not_just_one() {
        for query in
            ["topic=a&topic=b", "topic=/books/{id}", "match_urlpattern=/books/:id", "topic=*"]
        {
            let said = sent(query, None, &bare("x")).unwrap_err();
            assert!(said.contains("--topic"), "{query}: {said}");
            let (_, body) = sent(query, None, &to("/books/1")).unwrap();
            assert_eq!(body, "topic=%2Fbooks%2F1&data=hi+%26+you");
        }
        assert!(sent("topic=a&topic=b", None, &bare("x")).unwrap_err().contains("a, b"));
        assert!(sent("", None, &bare("x")).unwrap_err().contains("names no topic"));
    }
}
