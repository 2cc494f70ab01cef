//! The agent's own API, for questions that starting `hark` each time would make too slow.

use hark_api::{
    HistoryEntry, HistoryQuery, Link, Message, MessagesQuery, Phase, Status,
    client::{CallError, Client},
    route,
};
use hark_local::profile::Profile;

use crate::{World, hark::under_wine};

/// The API's own limit.
const PAGE: u32 = 1_000;

impl World {
    /// A client of the agent that runs here, or will.
    #[must_use]
    pub fn client(&self) -> Client {
        let profile = Profile::find(Some(&self.path("profile"))).unwrap();
        let socket = profile.socket();
        if under_wine() {
            self.bridge(&socket);
        }
        Client::new(&socket)
    }

    /// What the agent says of itself, if one answers.
    ///
    /// # Errors
    /// Where none does.
    pub async fn ask(&self) -> Result<Status, CallError> {
        self.client().call(&route::STATUS, &()).await
    }

    /// What the agent says of one link, if one answers and has it.
    ///
    /// # Errors
    /// Says in words what it is instead.
    pub async fn ask_link(&self, subscription: &str) -> Result<Link, String> {
        let status = self.ask().await.map_err(|error| error.to_string())?;
        let link = status.links.into_iter().find(|link| link.subscription == subscription);
        link.ok_or_else(|| format!("no link {subscription}"))
    }

    /// Whether a link streams.
    ///
    /// # Errors
    /// Says in words what it does instead.
    pub async fn streams(&self, subscription: &str) -> Result<(), String> {
        match self.ask_link(subscription).await?.phase {
            Phase::Streaming { .. } => Ok(()),
            other => Err(format!("{other:?}")),
        }
    }

    /// Every stored message, in the order in which they were received, however many there are.
    ///
    /// # Panics
    /// Where no agent tells them.
    pub async fn all_messages(&self) -> Vec<Message> {
        let client = self.client();
        let mut all = Vec::new();
        loop {
            let after = Some(all.last().map_or(0, |last: &Message| last.id));
            let query = MessagesQuery { limit: Some(PAGE), after, ..MessagesQuery::default() };
            let page = client.call(&route::MESSAGES, &query).await.unwrap();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// The reconnection history's latest page, oldest first.
    ///
    /// # Panics
    /// Where no agent tells it.
    pub async fn all_history(&self) -> Vec<HistoryEntry> {
        let query = HistoryQuery { limit: Some(PAGE), ..HistoryQuery::default() };
        let mut entries = self.client().call(&route::OUTAGES, &query).await.unwrap();
        entries.reverse();
        entries
    }
}
