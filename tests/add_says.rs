//! What a person reads when they add a server: its page, its stream, without a token, with a wrong and a
//! right one, while it is down. The servers are real where a heading does not say otherwise; `add_says.txt`
//! is what was read, and `HARK_BLESS=1` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{env, fs, path::Path};

use hark_tests::{
    World,
    beat::Beat,
    django::Django,
    hark::shown,
    mercure::{Hub, Version},
    nchan::Nchan,
    nginx::{Nginx, PLAIN, Site},
    pocketbase::PocketBase,
    real_ntfy::RealNtfy,
    stand_in::{self, Answers, StandIn, TOKEN},
};
use rcgen::{CertificateParams, IsCa, KeyPair};

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

/// Without what differs from run to run: ports, folders, a certificate's fingerprint and dates.
fn steady(text: &str, world: &World) -> String {
    let folder = world.path("");
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    // A file that is not there is named by Windows in its own way.
    let text = text.replace(&format!("{}\\", shown(Path::new(folder))), "~/");
    let text =
        text.replace("File not found. (os error 2)", "No such file or directory (os error 2)");
    let mut text = text.replace(folder, "~");
    for host in ["127.0.0.1:", "127.0.0.1%3A", "localhost:"] {
        let parts = text.split(host).enumerate().map(|(at, part)| match at {
            0 => part.to_owned(),
            _ => format!("HOST{}", part.trim_start_matches(|c: char| c.is_ascii_digit())),
        });
        text = parts.collect();
    }
    let certificates = text.split("valid from ").enumerate().map(|(at, part)| {
        let Some((_, after)) = part.split_once("fingerprint is ").filter(|_| at > 0) else {
            return part.to_owned();
        };
        let rest = after.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == ':');
        format!("valid from DATE until DATE. Its SHA-256 fingerprint is FINGERPRINT{rest}")
    });
    certificates.collect()
}

/// A server behind TLS whose certificate nobody but itself has signed; answers it with the certificate's
/// file.
async fn self_signed<'a>(world: &'a World, beat: &Beat) -> (Nginx<'a>, String) {
    let folder = world.folder("proxy");
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::ExplicitNoCa;
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    fs::write(folder.join("site.pem"), &certificate).unwrap();
    fs::write(folder.join("site.key"), key.serialize_pem()).unwrap();
    let server =
        format!("{} ssl_certificate site.pem; ssl_certificate_key site.key;", PLAIN.server);
    let nginx = Nginx::start(world, beat.port, Site { server: &server, ..PLAIN }).await;
    (nginx, world.file("ca.pem", certificate).display().to_string())
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
    let fits = file("fits", TOKEN);
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

    reader.server("A server with a certificate of its own");
    let beat = Beat::start().await;
    let (nginx, ca) = self_signed(&world, &beat).await;
    let url = nginx.url("https");
    reader.add("its own page", url.strip_suffix("events").unwrap(), &[]).await;
    reader.add("its stream", &url, &[]).await;
    reader.add("with a file that is not there", &url, &["--ca", "no.pem"]).await;
    reader.add("with its certificate", &url, &["--ca", &ca]).await;
    drop(nginx);
    reader.add("down", &format!("{url}?down"), &["--ca", &ca]).await;

    reader.server("Mercure, a stand-in");
    let hub = Hub::start(Version::Zero).await;
    hub.publish("builds", "main is green");
    let stream = hub.url("topic=builds");
    let own = stream.split_once("/.well-known").unwrap().0.to_owned();
    reader.add("its own page", &own, &[]).await;
    reader.add("the hub", &format!("{own}/.well-known/mercure"), &[]).await;
    hub.protect(TOKEN);
    reader.add("a topic, without a token", &stream, &[]).await;
    reader.add("with a wrong one", &stream, &["--token-file", &wrong]).await;
    reader.add("with the right one", &stream, &["--token-file", &fits]).await;
    drop(hub);
    reader.add("down", &stream.replace("builds", "other"), &[]).await;
    let site = StandIn::start(stand_in::site_with_hub).await;
    reader.add("the page of a site that names its hub", &site.url("/books/1"), &[]).await;
    reader.add("the site's own page", &site.url("/"), &[]).await;
    reader.add("a page that names another's hub", &site.url("/away"), &[]).await;

    for (name, answers, stream) in [
        ("Home Assistant", stand_in::home_assistant as Answers, "/api/stream"),
        ("Mastodon", stand_in::mastodon, "/api/v1/streaming/user/notification"),
    ] {
        reader.server(&format!("{name}, a stand-in"));
        let mut server = StandIn::start(answers).await;
        let (page, url) = (server.url("/"), server.url(stream));
        reader.add("its own page, without a token", &page, &[]).await;
        reader.add("its stream, without a token", &url, &[]).await;
        reader.add("with a wrong one", &url, &["--token-file", &wrong]).await;
        reader.add("its own page, with the right one", &page, &["--token-file", &fits]).await;
        reader.add("a page that is not there", &server.url("/x"), &[]).await;
        server.kill().await;
        reader.add("its own page, down", &page, &[]).await;
        reader.add("its stream, down", &format!("{url}?down"), &[]).await;
    }
    let apart = StandIn::start(stand_in::mastodon_apart).await;
    let token = ["--token-file", &*fits];
    reader.add("streams of another server, with the right token", &apart.url("/"), &token).await;

    reader.server("smee, a stand-in");
    let mut smee = StandIn::start(stand_in::smee).await;
    reader.add("its own page", &smee.url("/"), &[]).await;
    reader.add("a channel", &smee.url("/aBcDeF"), &[]).await;
    smee.kill().await;
    reader.add("down", &smee.url("/gHiJkL"), &[]).await;

    reader.server("Gotify, a stand-in");
    let mut gotify = StandIn::start(stand_in::gotify).await;
    reader.add("its own page", &gotify.url("/"), &[]).await;
    reader.add("its stream, without a token", &gotify.url("/stream"), &[]).await;
    reader.add("with the right one", &gotify.url("/stream"), &token).await;
    gotify.kill().await;
    reader.add("down", &gotify.url("/stream"), &[]).await;

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
