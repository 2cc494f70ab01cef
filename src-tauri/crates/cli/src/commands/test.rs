//! `hark test`: a sample message, the whole way.

use hark_api::route;
use hark_local::profile::Profile;

use super::client;
use crate::{Done, Failed, out};

pub async fn test(profile: &Profile) -> Done {
    let sample = client(profile).call(&route::TEST, &()).await?;
    if sample.shown {
        out::line(sample.sentence)?;
        return Ok(());
    }
    Err(Failed(sample.sentence))
}
