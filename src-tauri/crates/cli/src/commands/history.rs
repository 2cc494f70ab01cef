//! `hark history`: when each connection was lost, why, and for how long.

use hark_api::{HistoryEntry, HistoryQuery, Link, Uptime, csv, named, route};
use hark_local::profile::Profile;

use super::client;
use crate::{Done, Failed, arguments::HistoryOptions, look::Look, out, show};

pub async fn history(profile: &Profile, options: HistoryOptions) -> Done {
    let HistoryOptions { key, limit, json, csv, uptime } = options;
    if uptime {
        return self::uptime(profile, key.as_deref(), json).await;
    }
    let query = HistoryQuery { limit: Some(limit), subscription: key, ..HistoryQuery::default() };
    let mut entries: Vec<HistoryEntry> = client(profile).call(&route::OUTAGES, &query).await?;
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

/// How reliably each subscription, or this one, was connected.
async fn uptime(profile: &Profile, word: Option<&str>, json: bool) -> Done {
    let client = client(profile);
    let mut all: Vec<Uptime> = client.call(&route::UPTIME, &()).await?;
    let links: Vec<Link> = client.call(&route::STATUS, &()).await?.links;
    if let Some(word) = word {
        let key = named(&links, word).map_or(word, |link| &link.subscription);
        all.retain(|one| one.subscription == key);
        if all.is_empty() {
            return Err(Failed(format!("There is no subscription \"{word}\".")));
        }
    }
    if json {
        return all.iter().try_for_each(|one| Ok(out::json(one)?));
    }
    let look = Look::of_stdout();
    out::print(all.iter().map(|one| show::uptime(one, &look)).collect::<String>())?;
    Ok(())
}
