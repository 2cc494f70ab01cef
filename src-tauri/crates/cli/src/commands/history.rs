//! `hark history`: when each connection was lost, why, and for how long.

use hark_api::{HistoryEntry, HistoryQuery, csv, route};
use hark_local::profile::Profile;

use super::client;
use crate::{Done, arguments::HistoryOptions, look::Look, out, show};

pub async fn history(profile: &Profile, options: HistoryOptions) -> Done {
    let HistoryOptions { key, limit, json, csv } = options;
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
