//! `hark rules`: tries rules against what is stored, and puts them in force.

use std::{fs, io, path::Path};

use hark_api::{RulesFor, route};
use hark_local::profile::Profile;

use super::client;
use crate::{Done, Failed, arguments::RulesOptions, out, show};

/// A larger file holds no rules.
const RULES_BYTES_MAX: usize = 256 << 10;

pub async fn rules(profile: &Profile, options: RulesOptions) -> Done {
    let rules = match &options.file {
        Some(path) => Some(read(path)?),
        None => None,
    };
    let asked = RulesFor { subscription: options.key, rules, usual: None, save: options.save };
    let tried = client(profile).call(&route::RULES, &asked).await?;
    if options.json {
        out::json_pretty(&tried)?;
    } else {
        out::print(show::rules(&tried, asked.rules.is_some()))?;
    }
    Ok(())
}

/// A file's text, or the input's.
fn read(path: &Path) -> Result<String, Failed> {
    let text = match path.as_os_str() == "-" {
        true => io::read_to_string(io::stdin()),
        false => fs::read_to_string(path),
    };
    let text =
        text.map_err(|error| Failed(format!("{} cannot be read: {error}.", path.display())))?;
    if text.len() > RULES_BYTES_MAX {
        let limit = RULES_BYTES_MAX >> 10;
        let name = path.display();
        return Err(Failed(format!("{name} is larger than {limit} KiB, too large to be rules.")));
    }
    Ok(text)
}
