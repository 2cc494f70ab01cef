//! `hark status`: how each connection is doing.

use hark_api::route;
use hark_local::profile::Profile;

use super::client;
use crate::{Done, out, show};

pub async fn status(profile: &Profile, json: bool) -> Done {
    let status = client(profile).call(&route::STATUS, &()).await?;
    if json {
        out::json_pretty(&status)?;
    } else {
        out::print(show::status(&status, jiff::Timestamp::now()))?;
    }
    Ok(())
}
