//! `hark history`: when each connection was lost, why, and for how long.

use hark_api::{HistoryEntry, HistoryQuery, Link, Uptime, client::Client, csv, route};
use hark_local::profile::Profile;

use super::{client, key_of};
use crate::{Done, arguments::HistoryOptions, look::Look, out, show};

/// So many entries are looked through for those of a subscription that is gone.
const ENTRIES_MAX: u32 = 1_000;

pub async fn history(profile: &Profile, options: HistoryOptions) -> Done {
    let HistoryOptions { key, limit, json, csv, uptime } = options;
    if uptime {
        return self::uptime(profile, key.as_deref(), json).await;
    }
    let client = client(profile);
    if let Some(word) = &key {
        check(&client, word).await?;
    }
    let query = HistoryQuery { limit: Some(limit), subscription: key, ..HistoryQuery::default() };
    let mut entries: Vec<HistoryEntry> = client.call(&route::OUTAGES, &query).await?;
    entries.reverse();
    if csv {
        out::print(csv::history(&entries, csv::Names::Above)?)?;
    } else if json {
        for entry in &entries {
            out::json(entry)?;
        }
    } else if entries.is_empty() {
        out::line("No connection was lost yet.")?;
    } else {
        let look = Look::of_stdout();
        let text: String = entries.iter().map(|entry| show::entry(entry, &look)).collect();
        out::paged(&text, look.columns.is_some())?;
    }
    Ok(())
}

/// Sees that what a person names is followed, or has a history of its own: what is said of all is said of it, too.
async fn check(client: &Client, word: &str) -> Done {
    let links = client.call(&route::STATUS, &()).await?.links;
    let Err(unnamed) = key_of(&links, word) else { return Ok(()) };
    let limit = Some(ENTRIES_MAX);
    let query = HistoryQuery { limit, subscription: Some(word.into()), ..HistoryQuery::default() };
    let entries: Vec<HistoryEntry> = client.call(&route::OUTAGES, &query).await?;
    let is_own = |entry: &HistoryEntry| match entry {
        HistoryEntry::Outage(outage) => outage.subscription == word,
        HistoryEntry::Span(span) => span.subscription.as_deref() == Some(word),
        HistoryEntry::Handler(run) => run.subscription == word,
    };
    if entries.iter().any(is_own) { Ok(()) } else { Err(unnamed.into()) }
}

/// How reliably each subscription, or this one, was connected.
async fn uptime(profile: &Profile, word: Option<&str>, json: bool) -> Done {
    let client = client(profile);
    let mut all: Vec<Uptime> = client.call(&route::UPTIME, &()).await?;
    let links: Vec<Link> = client.call(&route::STATUS, &()).await?.links;
    if let Some(word) = word {
        let key = key_of(&links, word)?;
        all.retain(|one| one.subscription == key);
    }
    if json {
        return all.iter().try_for_each(|one| Ok(out::json(one)?));
    }
    let look = Look::of_stdout();
    out::print(all.iter().map(|one| show::uptime(one, &look)).collect::<String>())?;
    Ok(())
}
