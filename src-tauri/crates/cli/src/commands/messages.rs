//! `hark messages`: stored messages, the latest, or as they come.

use std::{collections::BTreeSet, pin::pin};

use futures_util::{Stream, StreamExt};
use hark_api::{
    Event, Message, MessagesQuery, Time,
    client::{CallError, Client},
    csv, route,
};
use hark_config::settings::OWN_KEY;
use hark_engine::{feed::publish::read_priority, message::Priority};
use hark_local::profile::Profile;
use jiff::{Span, Timestamp, civil::DateTime, tz::TimeZone};
use tokio::time::{Duration, sleep};

use super::{client, key_of};
use crate::{Done, Failed, arguments::MessagesOptions, look::Look, out, show};

/// So many messages are asked for at a time.
const PAGE_MAX: u32 = 1_000;
/// How soon an agent that is gone is looked for again.
const RETRY: Duration = Duration::from_secs(1);

pub async fn messages(profile: &Profile, options: &MessagesOptions) -> Done {
    let client = client(profile);
    let query = query(options)?;
    // Heard from now on, so that none is missed between what is stored and what comes.
    let mut events = pin!(client.events()?);
    if options.follow {
        heard(events.next().await)?;
    }
    let look = Look::of_stdout();
    let stored = latest(&client, &query, options.limit).await?;
    if let (true, Some(word)) = (stored.is_empty(), &options.key) {
        check(&client, word).await?;
    }
    if options.csv {
        out::print(csv::messages(&stored, csv::Names::Above)?)?;
        return Ok(());
    }
    let lines = stored.iter().map(|message| line(message, options, &look));
    let text = lines.collect::<Result<String, Failed>>()?;
    if stored.is_empty() && !options.json && !options.follow {
        out::line(nothing(options))?;
    } else if options.json || options.follow {
        out::print(text)?;
    } else {
        out::paged(&text, look.columns.is_some())?;
    }
    if !options.follow {
        return Ok(());
    }
    let mut following = Following {
        client: &client,
        query,
        options,
        listed: stored.iter().map(|message| message.id).collect(),
        last: None,
    };
    out::while_read(async {
        following.events(events).await?;
        loop {
            // The agent has ended. What comes while it starts anew is in its store.
            sleep(RETRY).await;
            let events = pin!(client.events()?);
            following.events(events).await?;
        }
    })
    .await
}

/// Sees that what a person names is followed, or that something of it is stored.
async fn check(client: &Client, word: &str) -> Done {
    let links = client.call(&route::STATUS, &()).await?.links;
    let Err(unnamed) = key_of(&links, word) else { return Ok(()) };
    let query = MessagesQuery {
        subscription: Some(word.to_owned()),
        limit: Some(1),
        ..MessagesQuery::default()
    };
    let is_known = word == OWN_KEY || !client.call(&route::MESSAGES, &query).await?.is_empty();
    if is_known { Ok(()) } else { Err(unnamed.into()) }
}

/// What is printed as it comes.
struct Following<'a> {
    client: &'a Client,
    query: MessagesQuery,
    options: &'a MessagesOptions,
    /// Those that were printed at the beginning.
    listed: BTreeSet<i64>,
    /// The last one that was looked at; `None` before the first.
    last: Option<i64>,
}

impl Following<'_> {
    /// Prints what is told of, until the agent ends.
    async fn events(
        &mut self,
        mut events: impl Stream<Item = Result<Event, CallError>> + Unpin,
    ) -> Done {
        while let Some(event) = events.next().await {
            match (event, self.last) {
                (Ok(Event::Message(message)), last) => {
                    self.print(last.unwrap_or(message.id - 1)).await?;
                    self.last = self.last.max(Some(message.id));
                }
                (Ok(Event::Reset(_)), Some(last)) => self.print(last).await?,
                (Ok(_), _) => {}
                (Err(CallError::NoAgent | CallError::Ended | CallError::TimedOut), _) => break,
                (Err(error), _) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Prints what has come since a message.
    async fn print(&mut self, after: i64) -> Done {
        let mut query =
            MessagesQuery { after: Some(after), limit: Some(PAGE_MAX), ..self.query.clone() };
        loop {
            let page = match self.client.call(&route::MESSAGES, &query).await {
                Err(CallError::NoAgent | CallError::Ended) => return Ok(()),
                page => page?,
            };
            let Some(last) = page.last().map(|message| message.id) else { return Ok(()) };
            let look = Look::of_stdout();
            for message in page.iter().filter(|message| !self.listed.contains(&message.id)) {
                out::print(line(message, self.options, &look)?)?;
            }
            (query.after, self.last) = (Some(last), self.last.max(Some(last)));
        }
    }
}

fn heard(event: Option<Result<Event, CallError>>) -> Result<Event, CallError> {
    event.unwrap_or(Err(CallError::Ended))
}

fn line(message: &Message, options: &MessagesOptions, look: &Look) -> Result<String, Failed> {
    let text = match options.json {
        true => out::as_json(message)?,
        false => show::message(message, look, options.follow),
    };
    Ok(text + "\n")
}

/// The latest messages that a query asks for, up to so many, the earliest first.
async fn latest(
    client: &Client,
    query: &MessagesQuery,
    limit: u32,
) -> Result<Vec<Message>, CallError> {
    let mut messages: Vec<Message> = Vec::new();
    // Each answer is bounded by the agent, in rows and in bytes.
    while let left @ 1.. = limit.saturating_sub(u32::try_from(messages.len()).unwrap_or(u32::MAX)) {
        let mut query = MessagesQuery { limit: Some(left.min(PAGE_MAX)), ..query.clone() };
        if let Some(message) = messages.last() {
            (query.before, query.before_time) = (Some(message.id), Some(message.time));
        }
        let page = client.call(&route::MESSAGES, &query).await?;
        if page.is_empty() {
            break;
        }
        messages.extend(page);
    }
    messages.reverse();
    Ok(messages)
}

fn query(options: &MessagesOptions) -> Result<MessagesQuery, Failed> {
    let now = Timestamp::now();
    let when = |option: &str, text: &Option<String>| {
        text.as_deref().map(|text| when(option, text, now)).transpose()
    };
    let priority = options.priority.as_deref().map(read_priority).transpose().map_err(Failed)?;
    Ok(MessagesQuery {
        before: options.before,
        subscription: options.key.clone(),
        since: when("--since", &options.since)?.map(Time),
        until: when("--until", &options.until)?.map(Time),
        unread: options.unread,
        tag: options.tag.clone(),
        priority: priority.map(Priority::level),
        search: options.search.clone(),
        ..MessagesQuery::default()
    })
}

/// A point in time, as a person writes it: how long ago, or when.
fn when(option: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failed> {
    if let Ok(ago) = text.parse::<Span>() {
        let at = now.to_zoned(TimeZone::system()).checked_sub(ago.abs());
        return Ok(at.map_or(Timestamp::MIN, |at| at.timestamp()));
    }
    let local = || text.parse::<DateTime>().and_then(|at| at.to_zoned(TimeZone::system()));
    let at = text.parse().or_else(|_| local().map(|at| at.timestamp()));
    at.map_err(|_| {
        Failed(format!(
            "{option} {text}: {text:?} is no time; write it like 2h, 2026-03-01 or '2026-03-01 8:00'."
        ))
    })
}

fn nothing(options: &MessagesOptions) -> &'static str {
    let MessagesOptions { key, since, until, before, search, priority, tag, unread, .. } = options;
    let words = [key, since, until, search, priority, tag];
    if *unread || before.is_some() || words.into_iter().any(Option::is_some) {
        "No message is as you ask."
    } else {
        "There is no message yet."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_when_is_read_as_people_write_it() {
        let now: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        for (text, at) in [
            ("2h", "2026-03-02T10:00:00Z"),
            ("1d", "2026-03-01T12:00:00Z"),
            ("2026-03-01T08:00:00+01:00", "2026-03-01T07:00:00Z"),
        ] {
            assert_eq!(when("--since", text, now).ok(), at.parse().ok(), "{text}");
        }
        for text in ["2026-03-01", "2026-03-01 08:00"] {
            assert!(when("--since", text, now).is_ok(), "{text}");
        }
        assert!(when("--until", "yesterday", now).is_err());
    }
}
