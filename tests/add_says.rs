//! What a person reads when they add a server: its page, its stream, without a token, with a wrong and a
//! right one, while it is down. The servers are real; `add_says.txt` is what was read, and `HARK_BLESS=1`
//! writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{env, fs, path::Path};

use hark_tests::{
    World, django::Django, nchan::Nchan, pocketbase::PocketBase, real_ntfy::RealNtfy,
};

/// A person at a terminal, and what they have read.
struct Reader<'a> {
    world: &'a World,
    read: String,
}

impl Reader<'_> {
    fn server(&mut self, name: &str) {
        self.read += &format!("\n## {name}\n");
    }

    /// Adds a URL, with these options, in a situation.
    async fn add(&mut self, when: &str, url: &str, options: &[&str]) {
        let answer = self.world.hark(&[&["add", url], options].concat()).await;
        let shown: Vec<&str> = [url].into_iter().chain(options.iter().copied()).collect();
        let said = format!("{}{}", answer.out, answer.err);
        self.read += &format!("\n# {when}\n$ hark add {}\n{said}", shown.join(" "));
    }
}

/// Without what differs from run to run: ports, folders, times.
fn steady(text: &str, world: &World) -> String {
    let mut out = String::new();
    let folder = world.path("");
    let text = text.replace(folder.to_str().unwrap().trim_end_matches('/'), "~");
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("127.0.0.1:") {
        out += before;
        out += "HOST";
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out + rest
}

#[tokio::test]
async fn what_is_said_when_a_server_is_added_is_what_was_read_and_found_good() {
    let world = World::new();
    let users = world.path("ntfy/users.db").display().to_string();
    let settings = [("auth-file", users.as_str()), ("auth-default-access", "deny-all")];
    let Some(mut ntfy) = RealNtfy::start_with(&world, &settings).await else { return };
    let Some(mut base) = PocketBase::start(&world).await else { return };
    let Some(mut django) = Django::start(&world).await else { return };
    let mut nchan = Nchan::start(&world).await;
    let file = |name: &str, text: &str| world.secret(name, text).display().to_string();
    let right = file("right", &ntfy.add_user("me", "correct horse").await);
    let wrong = file("wrong", "tk_00000000000000000000000000000");
    let of_base = file("base", &base.token);
    let _agent = world.agent().await;
    let mut reader = Reader { world: &world, read: String::new() };

    reader.server("ntfy, whose topics want a token");
    let page = format!("http://127.0.0.1:{}", ntfy.port);
    reader.add("its own page", &page, &[]).await;
    reader.add("a topic's page, without a token", &format!("{page}/alerts"), &[]).await;
    reader.add("with a wrong one", &format!("{page}/alerts"), &["--token-file", &wrong]).await;
    reader.add("with the right one", &format!("{page}/alerts"), &["--token-file", &right]).await;
    reader.add("once more", &format!("{page}/alerts"), &["--token-file", &right]).await;
    ntfy.kill();
    reader.add("down", &format!("{page}/backups"), &["--token-file", &right]).await;

    reader.server("PocketBase");
    let page = format!("http://127.0.0.1:{}", base.port);
    reader.add("its own page", &format!("{page}/_/"), &[]).await;
    reader.add("its realtime API", &base.url(""), &[]).await;
    let url = base.url("?collection=alerts");
    reader.add("a collection", &url, &["--token-file", &of_base]).await;
    base.kill();
    reader.add("down", &base.url("?collection=secret"), &[]).await;

    reader.server("django-eventstream");
    reader.add("a channel", &django.url("news"), &[]).await;
    reader.add("a channel that may not be read", &django.url("locked"), &[]).await;
    reader
        .add("a page that is not there", &format!("http://127.0.0.1:{}/x", django.port), &[])
        .await;
    django.kill();
    reader.add("down", &django.url("other"), &[]).await;

    reader.server("Nchan");
    nchan.publish("builds", "main is green").await;
    reader.add("a channel", &nchan.url("builds"), &[]).await;
    reader.add("its own page", &format!("http://127.0.0.1:{}/", nchan.port()), &[]).await;
    nchan.stop().await;
    reader.add("down", &nchan.url("other"), &[]).await;

    reader.server("No server");
    reader.add("a word", "builds", &[]).await;
    reader.add("a WebSocket", "wss://gotify.example/stream", &[]).await;
    reader.add("another scheme", "ftp://a.example/x", &[]).await;

    let read = steady(reader.read.trim_start(), &world);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("add_says.txt");
    if env::var_os("HARK_BLESS").is_some() {
        fs::write(&path, &read).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    for (read, found) in read.lines().zip(found.lines()) {
        assert_eq!(read, found, "read anew with HARK_BLESS=1");
    }
    assert_eq!(read.lines().count(), found.lines().count());
}
