//! What a message lets the person do: open its link, copy a text, send a request. A client, or whoever
//! shows the message, is told what to open or to copy; a request is sent from here, once the person has
//! seen all of it.

use std::sync::Arc;

use hark_api::{self as api, Accepted, Act, ActOn, Acted, ApiError, Consent, Question, Seems, Yes};
use hark_config::{credentials::Credentials, settings::Subscription};
use hark_engine::{
    asked::{Asked, Grant},
    failure::Cause,
    links::{Doubt, Link},
    markdown,
    message::{Action, Does},
    reach::Reach,
    readable::Line,
};
use hark_store::{MessageRow, StoreError};
use hark_stream::connection::{Answered, NotSent, Via, request};
use tokio::sync::Semaphore;
use url::Url;

use crate::{ledger::Ledger, registry::Registry, words::Language};

/// Requests that may be under way at once.
const REQUESTS_MAX: usize = 4;

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Actions {
    ledger: Ledger,
    registry: Registry,
    under_way: Arc<Semaphore>,
}

impl Actions {
    /// Those of the messages in this ledger.
    #[must_use]
    pub fn new(ledger: Ledger, registry: Registry) -> Self {
        Self { ledger, registry, under_way: Arc::new(Semaphore::new(REQUESTS_MAX)) }
    }

    /// Does something about a message, or says what is to be asked or done for it. What it says is in
    /// `language`.
    ///
    /// # Errors
    /// Where the message is gone, has no such action, or nothing of the kind is ever done.
    pub async fn act(&self, act: Act, language: Language) -> Result<Acted, ApiError> {
        let row = self.message(act.message)?;
        let none = || {
            let Act { message, what, .. } = &act;
            ApiError::plain(match what {
                ActOn::Link => format!("Message {message} has no link."),
                ActOn::Attachment => format!("Message {message} has no file."),
                ActOn::Action(number) => {
                    format!("Message {message} has no action {}.", u64::from(*number) + 1)
                }
                ActOn::Text(_) => format!("That address does not stand in message {message}."),
            })
        };
        match act.what.clone() {
            ActOn::Text(url) => match stands_in(&row, &url) {
                true => self.link(&url, act.answer),
                false => Err(none()),
            },
            ActOn::Link => self.link(row.message.url.as_deref().ok_or_else(none)?, act.answer),
            ActOn::Attachment => {
                let attached = row.message.extras.attachment.as_ref().ok_or_else(none)?;
                self.link(&attached.url, act.answer)
            }
            ActOn::Action(number) => {
                let Action { label, does, .. } = self::action(&row, number).ok_or_else(none)?;
                match does {
                    Does::Open { url } => self.link(url, act.answer),
                    Does::Copy { text } => Ok(Acted::Copy { text: text.to_string() }),
                    Does::Tell { .. } => Err(ApiError::plain(format!(
                        "{label:?} is for programs on a phone; Hark only shows what it says."
                    ))),
                    Does::Send { url, method, headers, body } => {
                        let asked = Asked::of(url, method, headers, body);
                        let asked = asked.map_err(|why| ApiError::plain(why.to_string()))?;
                        self.send(&row.subscription, asked, act.answer, language).await
                    }
                }
            }
        }
    }

    /// The stored message.
    ///
    /// # Errors
    /// Where it is not there any more.
    pub fn message(&self, id: i64) -> Result<MessageRow, ApiError> {
        let row = self.ledger.read(|store| store.message(id));
        row.map_err(|error| ApiError::plain(error.to_string()))?.ok_or_else(|| {
            ApiError::plain(format!(
                "Message {id} is not there any more: it was deleted, replaced by a later one, or is too old."
            ))
        })
    }

    fn link(&self, url: &str, answer: Option<Yes>) -> Result<Acted, ApiError> {
        let judged = self.registry.judge(url);
        let Link { url, doubt } = judged.map_err(|why| ApiError::plain(why.to_string()))?;
        let Some(doubt) = doubt else { return Ok(Acted::Open { url }) };
        let asked = Question::Link { url: url.clone(), seems: seems(Some(doubt)) };
        match answer {
            Some(Yes { asked: seen, .. }) if seen == asked => Ok(Acted::Open { url }),
            _ => Ok(Acted::Ask { asked }),
        }
    }

    async fn send(
        &self,
        subscription: &str,
        asked: Asked,
        answer: Option<Yes>,
        language: Language,
    ) -> Result<Acted, ApiError> {
        let feed = self.feed(subscription);
        let reached = self.registry.with(subscription, |one| one.reached).flatten();
        let reach = asked.reach(feed.as_ref(), reached);
        if asked.is_out_of(reach) {
            return Err(ApiError::plain(language.inside(&asked.origin())));
        }
        // Nothing is allowed to a subscription that is none any more.
        let grant = asked.grant(subscription).filter(|_| feed.is_some());
        let question = question(&asked, grant.is_some());
        let remember = match answer {
            Some(Yes { asked: seen, remember }) if seen == question => remember,
            // A yes to something else is none.
            _ if !self.is_granted(grant.as_ref()) => return Ok(Acted::Ask { asked: question }),
            _ => false,
        };
        let way = self.registry.with(subscription, |one| way(&one.subscription, &asked.url));
        let (acted, is_answered) = self.sent(&asked, reach, way, language).await;
        // Meanwhile it may have been removed, or be another.
        let is_followed = || self.feed(subscription) == feed;
        if let Some(grant) = grant.filter(|_| remember && is_answered && is_followed()) {
            // A failure is a condition already; then it is asked again.
            let _ = self.ledger.grant(&grant);
        }
        Ok(acted)
    }

    /// The requests that messages make without a question, as the person has said.
    ///
    /// # Errors
    /// Where that cannot be read.
    pub fn consents(&self) -> Result<Vec<Consent>, ApiError> {
        let grants = self.ledger.read(|store| store.grants());
        let consent =
            |Grant { subscription, origin, method }| Consent { subscription, origin, method };
        let plain = |error: StoreError| ApiError::plain(error.to_string());
        grants.map(|all| all.into_iter().map(consent).collect()).map_err(plain)
    }

    /// The person takes a yes back.
    ///
    /// # Errors
    /// Where there is none, or that cannot be written.
    pub fn take_back(&self, consent: Consent) -> Result<Accepted, ApiError> {
        let Consent { subscription, origin, method } = consent;
        let grant = Grant { subscription, origin, method };
        match self.ledger.take_back(&grant) {
            Ok(true) => Ok(Accepted { subscriptions: vec![grant.subscription] }),
            Ok(false) => Err(ApiError::plain(format!(
                "Nothing is allowed to {} for {} {}. What is, says: hark consents",
                grant.subscription, grant.method, grant.origin
            ))),
            Err(error) => Err(ApiError::plain(error.to_string())),
        }
    }

    /// The address of a subscription that is followed.
    fn feed(&self, subscription: &str) -> Option<Url> {
        self.registry.with(subscription, |one| one.subscription.url.clone())
    }

    /// Whether the person need not be asked. Where that cannot be read, they are.
    fn is_granted(&self, grant: Option<&Grant>) -> bool {
        let granted = |grant| self.ledger.read(|store| store.is_granted(grant));
        grant.is_some_and(|grant| granted(grant).unwrap_or_default())
    }

    /// What came of it, and whether a server has answered.
    async fn sent(
        &self,
        asked: &Asked,
        reach: Reach,
        way: Option<Subscription>,
        language: Language,
    ) -> (Acted, bool) {
        let Ok(_one_of_few) = self.under_way.try_acquire() else {
            let sentence = language.pick(
                "Nothing was sent: other requests are under way. Try it again in a moment.",
                "没有发送：其他请求还在进行。请稍后再试。",
            );
            return (Acted::Done { ok: false, sentence: sentence.to_owned() }, false);
        };
        let answered = match via(way).await {
            Ok(via) => request(asked, reach, via).await,
            Err(cause) => Err(NotSent::Failed(cause)),
        };
        let origin = asked.origin();
        let is_answered = answered.is_ok();
        let ok = answered.as_ref().is_ok_and(|answered| (200..300).contains(&answered.code));
        tracing::info!(origin, method = asked.method, ok, "a message's request was sent");
        let sentence = match answered {
            Ok(Answered { code, means, detail }) => {
                let means = means.map(|text| format!(" {text}")).unwrap_or_default();
                let detail = detail.map(|text: Line| format!(" ({text})")).unwrap_or_default();
                let status = format!("{code}{means}{detail}");
                language.answered(code, asked.method, &origin, &status)
            }
            Err(NotSent::Inside) => language.inside(&origin),
            Err(NotSent::Failed(cause)) => language.unanswered(&cause, &origin),
        };
        (Acted::Done { ok, sentence }, is_answered)
    }
}

/// The way to a server of this URL, as the settings of a subscription there: its proxy, and the authorities
/// where they are its own server's. No credential is on it.
fn way(subscription: &Subscription, url: &Url) -> Subscription {
    let way = subscription.without_credentials();
    let ca = way.ca.clone().filter(|_| way.url.origin() == url.origin());
    Subscription { ca, ..way }
}

async fn via(way: Option<Subscription>) -> Result<Via, Cause> {
    match way {
        Some(way) => Ok(Credentials::new(way).ask().await?.via),
        None => Ok(Via::default()),
    }
}

/// Whether an address stands in the text of a message, by itself or as what its Markdown leads to.
fn stands_in(row: &MessageRow, url: &str) -> bool {
    let body: &str = &row.message.body;
    !url.is_empty()
        && (body.contains(url)
            || (row.message.extras.markdown && markdown::links(body).iter().any(|it| it == url)))
}

/// An action of a message.
#[must_use]
pub fn action(row: &MessageRow, number: u32) -> Option<&Action> {
    row.message.extras.actions.get(usize::try_from(number).ok()?)
}

fn question(asked: &Asked, can_remember: bool) -> Question {
    Question::Request {
        method: asked.method.to_owned(),
        origin: asked.origin(),
        url: asked.url.to_string(),
        headers: asked.headers.clone(),
        body: asked.body.clone(),
        seems: seems(asked.doubt()),
        can_remember,
    }
}

fn seems(doubt: Option<Doubt>) -> api::Seems {
    let Doubt { ascii, unicode, user } = doubt.unwrap_or_default();
    Seems { host: ascii, reads: unicode, user }
}

#[cfg(test)]
mod tests {
    use hark_stream::connection::Proxy;

    use super::*;

    #[test]
    fn the_way_to_another_server_has_the_proxy_and_not_the_authorities_of_the_feeds_own() {
        let one = Subscription {
            ca: Some("/ca.pem".into()),
            proxy: Proxy::To("http://proxy.example:3128/".parse().unwrap()),
            ..Subscription::plain("https://a.example/news".parse().unwrap(), "ntfy")
        };
        let way = |url: &str| way(&one, &url.parse().unwrap());
        assert_eq!(way("https://a.example/other").ca, one.ca);
        for other in ["https://a.example:8443/", "http://a.example/", "https://b.example/"] {
            assert_eq!((way(other).ca, way(other).proxy), (None, one.proxy.clone()), "{other}");
        }
    }
}
