//! `hark consents`: the requests that messages make without a question, and a yes taken back.

use hark_api::{Consent, route};
use hark_local::profile::Profile;

use super::client;
use crate::{
    Done,
    arguments::{ConsentsCommand, ConsentsOptions},
    out, show,
};

pub async fn consents(profile: &Profile, options: ConsentsOptions) -> Done {
    let client = client(profile);
    if let Some(ConsentsCommand::TakeBack { key, method, origin }) = options.command {
        let consent = Consent { subscription: key, origin, method };
        client.call(&route::TAKE_BACK, &consent).await?;
        let Consent { subscription, origin, method } = consent;
        out::line(format_args!(
            "Before a message of {subscription} sends {method} to {origin}, you are asked."
        ))?;
        return Ok(());
    }
    let all = client.call(&route::CONSENTS, &()).await?;
    if !options.json {
        out::print(show::consents::consents(&all))?;
        return Ok(());
    }
    for one in &all {
        out::json(one)?;
    }
    Ok(())
}
