//! `hark edit` and `hark rename`: one subscription's part of the settings. What an editor has saved the agent, where
//! one runs, takes up by itself.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{self, Command},
};

use hark_api::{
    EditSubscription, OptionValue, OptionsQuery, SubscriptionOptions, client::CallError, route,
};
use hark_config::settings::{EditError, set_name, set_table, table_of};
use hark_local::{file, profile::Profile};

use super::{client, confirm};
use crate::{Done, Failed, out};

/// The editor where none is named.
const EDITOR: &str = "vi";
/// The option that is a subscription's name.
const NAME: &str = "name";

/// What the editor is given: beside the settings, readable by the owner alone, and gone at the end.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Has the person edit a subscription's table, until it is well or given up.
pub fn edit(profile: &Profile, word: &str) -> Done {
    let path = profile.settings();
    let (key, before) = table_of(&path, word)?;
    let copy = Copy(path.with_file_name(format!(".edited-{}.toml", process::id())));
    file::create_private(&copy.0)?.write_all(before.as_bytes())?;
    loop {
        open(&copy.0)?;
        // An editor may have put another file in its place.
        let text = fs::read_to_string(&copy.0)?;
        if text == before {
            out::line("Nothing was changed.")?;
            return Ok(());
        }
        match set_table(&path, &key, &text) {
            Ok(_) => {
                out::line(format!("Saved {key}."))?;
                return Ok(());
            }
            Err(error @ EditError::Unknown(_)) => return Err(error.into()),
            Err(error) => {
                out::note(&error);
                if !confirm::can_ask() || !confirm::confirm("Edit it again?")? {
                    return Err(Failed("Nothing was changed.".to_owned()));
                }
            }
        }
    }
}

/// Opens a file in the person's editor and waits for it to end. `VISUAL` and `EDITOR` are a program and its
/// arguments; there is no shell in between.
fn open(path: &Path) -> Done {
    let named = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.trim().is_empty()));
    let named = named.unwrap_or_else(|| EDITOR.to_owned());
    let mut words = named.split_whitespace();
    let program = words.next().unwrap_or(EDITOR);
    let status = Command::new(program).args(words).arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failed(format!("The editor {program} failed. Nothing was changed."))),
        Err(error) => Err(Failed(format!(
            "The editor {program} could not be started: {error}. Name another one in VISUAL."
        ))),
    }
}

/// Gives a subscription another name, through the agent or, where none runs, in the settings alone.
pub async fn rename(profile: &Profile, word: String, name: &str) -> Done {
    let agent = client(profile);
    let key = match agent.call(&route::OPTIONS, &OptionsQuery { subscription: word.clone() }).await
    {
        Err(CallError::NoAgent) => set_name(&profile.settings(), &word, name)?.answer,
        told => {
            let SubscriptionOptions { subscription, mut options } = told?;
            options.retain(|option, _| option == NAME);
            let after = [(NAME.to_owned(), OptionValue::Text(name.to_owned()))].into();
            let edit = EditSubscription { subscription, before: options, after, unchecked: true };
            agent.call(&route::EDIT, &edit).await?.subscription
        }
    };
    out::line(format!("{key} is called {name:?} now. Its key stays."))?;
    Ok(())
}
