//! Programs that a click starts, which only note what they are given: what opens links, and Hark's window.

use std::{env, fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::{SHORT, World, eventually};

/// A program that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// See the module.
pub struct Opener {
    notes: PathBuf,
    taken: usize,
}

impl Opener {
    /// Puts them before all programs of this world.
    pub fn put(world: &mut World) -> Self {
        let notes = world.path("started");
        let script = format!(
            "#!/bin/sh\nprintf '%s\\0' \"${{0##*/}}\" \"$#\" \"$@\" >> {}\n",
            notes.display()
        );
        for name in ["xdg-open", "hark-window"] {
            let path = world.file(format!("bin/{name}"), &script);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut path = world.path("bin").into_os_string();
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        world.set("PATH", path);
        world.set("HARK_WINDOW", world.path("bin/hark-window"));
        Self { notes, taken: 0 }
    }

    /// The next one that was started.
    pub async fn next(&mut self) -> Started {
        let taken = self.taken;
        let all = eventually("a program is started", SHORT, async || {
            let all = self.all();
            if all.len() > taken { Ok(all) } else { Err(format!("{} were", all.len())) }
        })
        .await;
        self.taken += 1;
        all[taken].clone()
    }

    /// All that were started so far, in order.
    #[must_use]
    pub fn all(&self) -> Vec<Started> {
        let text = String::from_utf8(fs::read(&self.notes).unwrap_or_default()).unwrap();
        let (mut fields, mut all) = (text.split_terminator('\0'), Vec::new());
        while let (Some(name), Some(count)) = (fields.next(), fields.next()) {
            let count = count.parse().unwrap();
            let args: Vec<String> = fields.by_ref().take(count).map(str::to_owned).collect();
            // The rest of it is still being written.
            if args.len() < count {
                break;
            }
            all.push(Started { name: name.to_owned(), args });
        }
        all
    }
}
