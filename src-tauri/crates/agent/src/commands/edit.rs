//! One subscription's options, as a form has them: read from the settings, and written there again.

use hark_api::{
    Added, ApiError, EditSubscription, ErrorCode, OptionsQuery, ReasonCode, SubscriptionOptions,
};
use hark_config::{
    kept,
    presets::Presets,
    settings::{self, OptionValue, Options, Subscription},
};
use hark_engine::feed;

use super::{
    Commands,
    add::{SETTLE_TIMEOUT, typed},
    secrets::{options_meant, options_told},
    trial::{self, Answer, Question},
};

/// The options that decide what is asked for, and how: with another value, what answers is another thing.
const ASKED: [&str; 7] =
    ["url", "feed", "bearer", "ca", "proxy", "cleartext_credentials", "paused"];
/// The same, for all options in these tables.
const ASKED_IN: [&str; 3] = ["basic.", "headers.", "client_certificate."];

impl Commands {
    /// The options of one subscription, as they stand in the settings file.
    ///
    /// # Errors
    /// Where there is none of that key or name, or the file cannot be read.
    pub async fn options(&self, asked: OptionsQuery) -> Result<SubscriptionOptions, ApiError> {
        let word = asked.subscription;
        let read = self.configuration.aside(move |path| settings::options_of(path, &word));
        let (subscription, options) = read.await?;
        let folder = kept::folder_of(self.configuration.path());
        Ok(SubscriptionOptions { subscription, options: options_told(&folder, options) })
    }

    /// Changes options of a subscription. What changes what is asked for is tried first.
    ///
    /// # Errors
    /// Where a value cannot be taken, what answers is refused or cannot be reached, the file was changed meanwhile
    /// in the same options, or it cannot be written.
    pub async fn edit(&self, edit: EditSubscription) -> Result<Added, ApiError> {
        let folder = kept::folder_of(self.configuration.path());
        let before = options_meant(&folder, edit.before)?;
        let mut after = options_meant(&folder, edit.after)?;
        let differs = |name: &str| before.get(name) != after.get(name);
        let mut in_the_clear = None;
        if let Some(OptionValue::Text(url)) = after.get("url").filter(|_| differs("url")) {
            let read = typed(url)?;
            in_the_clear = read.in_the_clear;
            after.insert("url".to_owned(), OptionValue::Text(read.url.into()));
        }
        let (old, one) = self.drafted(&edit.subscription, &before, &after).await?;
        self.may_have(&old, &one)?;
        let names = before.keys().chain(after.keys());
        let is_asked = |name: &str| {
            ASKED.contains(&name) || ASKED_IN.iter().any(|table| name.starts_with(table))
        };
        let is_tried = !edit.unchecked
            && !one.paused
            && names.into_iter().any(|name| is_asked(name) && before.get(name) != after.get(name));
        let mut answer = Answer::default();
        if is_tried {
            let presets =
                self.configuration.aside(|path| Ok(Presets::beside(path).presets)).await?;
            let feed = Some(one.feed.clone()).filter(|feed| feed != feed::UNKNOWN);
            let question =
                Question { one, in_the_clear, feed: feed.as_deref(), asks: false, reached: true };
            answer = trial::run(question, &presets).await?;
            if let Some((recognised, url)) = &answer.found {
                let speaks = trial::speaks(feed, Some(recognised));
                trial::takes(&presets, &speaks, url)?;
                after.insert("feed".to_owned(), OptionValue::Text(speaks));
                if before.get("url") != after.get("url") {
                    after.insert("url".to_owned(), OptionValue::Text(url.to_string()));
                }
            }
        }
        let word = edit.subscription;
        let key = self
            .change(&[], move |path| settings::set_options(path, &word, &before, &after))
            .await?;
        if is_tried {
            self.subscriptions.settled(&key, SETTLE_TIMEOUT).await;
        }
        let recognised = answer.found.map(|(recognised, _)| recognised);
        let Answer { preview, warning, .. } = answer;
        Ok(Added { subscription: key, recognised, preview, warning })
    }

    async fn drafted(
        &self,
        word: &str,
        before: &Options,
        after: &Options,
    ) -> Result<(Subscription, Subscription), ApiError> {
        let (word, before, after) = (word.to_owned(), before.clone(), after.clone());
        self.configuration
            .aside(move |path| settings::draft_options(path, &word, &before, &after))
            .await
    }

    /// Whether a subscription may have the typed secrets that it names: those that were typed for it, and for the
    /// server that it is on.
    fn may_have(&self, old: &Subscription, one: &Subscription) -> Result<(), ApiError> {
        let folder = kept::folder_of(self.configuration.path());
        let own: Vec<_> = old.secret_files().collect();
        for (file, to) in one.secret_files_sent() {
            if file.parent() == Some(&folder) && !own.contains(&file) {
                self.own.typed.may_go(file, to)?;
            }
        }
        // Wherever a secret is kept, it is for the server that it was meant for.
        let way = |of: &Subscription| (of.origin(), of.cleartext_credentials);
        let sends_to = |of: &Subscription| {
            of.publish.as_ref().and_then(|to| to.url.as_ref()).map(url::Url::origin)
        };
        let is_new = |file: &std::path::Path| self.own.typed.has(file);
        // One that was there before goes where it went, whichever part of the options names it.
        let moved = one.secrets().any(|(secret, to)| {
            let mut had = old.secrets().filter(|(other, _)| *other == secret).peekable();
            had.peek().is_some() && had.all(|(_, at)| at.origin() != to.origin())
        });
        if moved
            || (way(old) != way(one) && one.has_credential() || sends_to(old) != sends_to(one))
                && one.has_any_secret()
                && !(one.secrets_are_files() && one.secret_files().all(is_new))
        {
            let (from, to) = (old.origin(), one.origin());
            let values: &[(_, &dyn ToString)] = &[("from", &from), ("to", &to)];
            let sentence = format!(
                "The credential is for {from}, and is not sent to another server. Type the one for {to}."
            );
            return Err(ApiError {
                code: Some(ErrorCode::CredentialWanted),
                ..ApiError::because(ReasonCode::CredentialElsewhere, values, sentence)
            });
        }
        Ok(())
    }
}
