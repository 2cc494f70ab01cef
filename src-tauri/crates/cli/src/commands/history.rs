//! `hark history`: when each connection was lost, why, and for how long.

use hark_api::{HistoryEntry, HistoryQuery, route};
use hark_local::profile::Profile;

use super::client;
use crate::{Done, out, show};

pub async fn history(profile: &Profile, limit: u32, json: bool) -> Done {
    let query = HistoryQuery { limit: Some(limit), ..HistoryQuery::default() };
    let mut entries: Vec<HistoryEntry> = client(profile).call(&route::OUTAGES, &query).await?;
    entries.reverse();
    for entry in &entries {
        if json {
            out::json(entry)?;
        } else {
            out::line(show::entry(entry))?;
        }
    }
    if entries.is_empty() && !json {
        out::line("No connection was lost yet.")?;
    }
    Ok(())
}
