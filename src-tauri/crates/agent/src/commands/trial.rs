//! Tries a URL before it is written down: what answers there, what it speaks, and what it said last.

use hark_api::{ApiError, ErrorCode, Found, Preview, Recognised};
use hark_config::{credentials::Credentials, presets::Presets, settings::Subscription};
use hark_engine::{
    failure::{Cause, Failure},
    feed,
};
use hark_stream::{
    connection::Ask,
    probe::{Latest, Outcome, Refusal, RefusalKind, Stream, guess, latest, probe},
};
use url::Url;

use crate::to_api;

/// Why a stream is not followed that is the answer to one question.
const IS_ANSWER: &str = "streams one answer and says that it is all ([DONE]): it is no feed of what is to \
                         come, and would be told anew with each connection.";
/// What to do about it, where nobody can be asked.
const UNCHECKED: &str = "To follow it all the same, add it with --unchecked.";
/// The warning about a stream that does not stay open.
const ENDED: &str = "It ended the stream after what it had. Where it goes on doing so, it is asked once a \
                     minute, unless it sends retry:.";
/// The warning about one that answers over http alone, though nobody has said that it should.
const IN_THE_CLEAR: &str = "Over https it does not answer, so it is followed over http: whoever is on the \
                            way can read and change what comes. No token is sent to it.";
/// What is said of one that could not be recognised.
const NOT_KNOWN: &str = "What it speaks is found out at its first answer.";

/// What is to be tried.
pub(super) struct Question<'a> {
    /// With all that is sent.
    pub one: Subscription,
    /// Its URL where the first cannot be reached.
    pub in_the_clear: Option<Url>,
    /// What the person says that it speaks.
    pub feed: Option<&'a str>,
    /// The person can be asked.
    pub asks: bool,
    /// Where it cannot be reached, that is a refusal.
    pub reached: bool,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Answer {
    /// What was recognised, and where its events come from.
    pub found: Option<(Recognised, Url)>,
    /// Its latest message.
    pub preview: Option<Preview>,
    /// What there is to know.
    pub warning: Option<String>,
}

/// What a URL is without being tried.
pub(super) fn guessed(url: &Url) -> Option<(Recognised, Url)> {
    guess(url).map(known)
}

fn known(stream: Stream) -> (Recognised, Url) {
    (to_api::recognised(stream.recognition), stream.url)
}

/// Tries it.
///
/// # Errors
/// Where it is refused.
pub(super) async fn run(question: Question<'_>, presets: &Presets) -> Result<Answer, ApiError> {
    let Question { one, in_the_clear, feed, asks, reached } = question;
    let mut answer =
        Answer { found: guessed(&one.url).filter(|_| feed.is_none()), ..Answer::default() };
    let origin = one.origin();
    // It may be the authorities' file that cannot be read, and no token helps against that.
    let code = one.ca.is_none().then_some(ErrorCode::CredentialWanted);
    let wrong = |cause: Cause| ApiError { code, ..by(cause, &origin) };
    // One that only sends goes over the same way.
    let secret = one.has_any_secret();
    let mut ask = Credentials::new(one).ask().await.map_err(wrong)?;
    let mut outcome = probe(ask.clone()).await;
    if let (Outcome::Unreachable { .. }, Some(clear), false) = (&outcome, in_the_clear, secret) {
        let clear = Ask { url: clear, ..ask.clone() };
        if let stream @ Outcome::Stream(_) = probe(clear.clone()).await {
            (outcome, ask, answer.warning) = (stream, clear, Some(IN_THE_CLEAR.to_owned()));
        }
    }
    match outcome {
        Outcome::Stream(stream) => {
            if let Ok(feed) = presets.feed(feed.unwrap_or(stream.recognition.feed)) {
                let ask = Ask { url: stream.url.clone(), ..ask };
                let Latest { message, ended, is_answer } = latest(&ask, &*feed).await;
                let sentence = match (is_answer, asks) {
                    (true, true) => Some(format!("{origin} {IS_ANSWER}")),
                    (true, false) => Some(format!("{origin} {IS_ANSWER} {UNCHECKED}")),
                    (false, asks) => (ended && asks).then(|| format!("{origin}: {ENDED}")),
                };
                if let Some(sentence) = sentence {
                    let code = Some(ErrorCode::NoPushFeed);
                    let (recognised, url) = known(stream);
                    let warning = answer.warning;
                    let found = Box::new(Found { url: url.into(), recognised, warning });
                    return Err(ApiError { code, found: Some(found), ..ApiError::plain(sentence) });
                }
                answer.preview = message.map(to_api::preview);
                answer.warning = answer.warning.or_else(|| ended.then(|| ENDED.to_owned()));
            }
            answer.found = Some(known(stream));
        }
        Outcome::Unreachable { cause } => {
            let sentence = cause.sentence(&origin);
            if reached {
                let code = Some(ErrorCode::Unreachable);
                return Err(ApiError { code, ..by(cause, &origin) });
            }
            let warning =
                format!("It could not be tried now, and is saved all the same. {sentence}");
            let is_known = answer.found.is_some() || feed.is_some();
            answer.warning =
                Some(if is_known { warning } else { format!("{warning} {NOT_KNOWN}") });
        }
        Outcome::Refused(refusal) => return Err(refused(refusal, &origin)),
    }
    Ok(answer)
}

/// Whether a feed can ask at a URL at all.
///
/// # Errors
/// One sentence on what the URL lacks.
pub(super) fn takes(presets: &Presets, feed: &str, url: &Url) -> Result<(), ApiError> {
    let lacks = presets.feed(feed).map_err(ApiError::plain)?.subscribe(url, "");
    let origin = url.origin().ascii_serialization();
    lacks.map(drop).map_err(|cause| by(cause, &origin))
}

/// What a subscription speaks: what the person says, else what was recognised, else nothing known.
pub(super) fn speaks(given: Option<String>, found: Option<&Recognised>) -> String {
    given
        .or_else(|| found.map(|found| found.feed.clone()))
        .unwrap_or_else(|| feed::UNKNOWN.to_owned())
}

fn refused(refusal: Refusal, origin: &str) -> ApiError {
    let code = match refusal.kind {
        RefusalKind::CredentialWanted => ErrorCode::CredentialWanted,
        RefusalKind::NotAFeed => ErrorCode::NotAFeed,
    };
    let sentence = refusal.sentence(origin);
    ApiError { code: Some(code), sentence, ..by(refusal.cause, origin) }
}

/// What a server, or the way there, did.
fn by(cause: Cause, origin: &str) -> ApiError {
    let cause = to_api::cause(&Failure::from(cause), origin);
    ApiError { cause: Some(Box::new(cause.clone())), ..ApiError::plain(cause.sentence) }
}
