//! What `[relay]` may say.

use hark_local::socket::NO_PATHS;

use super::*;

#[cfg(unix)]
fn at(text: &str) -> RelayAt {
    RelayAt::Listen(text.parse::<std::net::SocketAddr>().unwrap())
}

// Sockets have paths on Unix alone.
#[cfg(unix)]
#[test]
fn the_relay_is_off_where_it_is_not_there_and_listens_where_it_is_told() {
    assert_eq!(read_all("").relay, None);
    for (text, wanted) in [
        ("listen = \"127.0.0.1:7275\"", at("127.0.0.1:7275")),
        ("listen = \"localhost:80\"", at("127.0.0.1:80")),
        ("listen = \"[::1]:9\"", at("[::1]:9")),
        ("socket = \"/run/user/1000/relay\"", RelayAt::Socket("/run/user/1000/relay".into())),
    ] {
        let relay = read_all(&format!("[relay]\n{text}\n")).relay.unwrap();
        assert_eq!(relay, Relay { at: wanted, origins: Vec::new() }, "{text}");
    }
    let origins = "[relay]\nlisten = \"[::1]:9\"\n\
                   origins = [\"HTTPS://Dash.example/\", \"http://localhost:3000\"]\n";
    let relay = read_all(origins).relay.unwrap();
    assert_eq!(relay.origins, ["https://dash.example", "http://localhost:3000"]);
}

#[test]
fn what_is_wrong_with_the_relay_is_said_in_a_sentence() {
    for (text, wanted) in [
        ("", "listen = \"127.0.0.1:7275\", or socket"),
        ("listen = \"127.0.0.1:1\"\nsocket = \"/s\"", "not both"),
        ("listen = \"0.0.0.0:80\"", "for this computer alone"),
        ("listen = \"192.168.1.5:80\"", "not at 192.168.1.5"),
        ("listen = \"[::]:80\"", "for this computer alone"),
        ("listen = \"127.0.0.1:0\"", "a port that stays"),
        ("listen = \"push.example:80\"", "is no address to listen at"),
        ("listen = 80", "line 2"),
        ("socket = \"relay\"", NO_PATHS.unwrap_or("it begins with /")),
        ("listen = \"[::1]:9\"\norigins = [\"*\"]", "is no origin"),
        ("listen = \"[::1]:9\"\norigins = [\"null\"]", "is no origin"),
        ("listen = \"[::1]:9\"\norigins = [\"https://a.example/page\"]", "is no origin"),
        ("listen = \"[::1]:9\"\ntoken = \"x\"", "unknown field `token`"),
    ] {
        let said = problem(&format!("[relay]\n{text}\n"));
        assert!(said.contains(wanted), "{text}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn the_relay_is_turned_on_and_off_and_the_rest_of_the_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let before = "# mine\n[subscriptions.a]\nurl = \"https://a.example\" # the first\n";
    fs::write(&path, before).unwrap();
    let text = || fs::read_to_string(&path).unwrap();
    set_relay(&path, Some(None)).unwrap();
    assert_eq!(text(), format!("{before}\n[relay]\nlisten = \"127.0.0.1:7275\"\n"));
    set_relay(&path, Some(Some(RelayAt::Socket("/s".into())))).unwrap();
    assert_eq!(text(), format!("{before}\n[relay]\nsocket = \"/s\"\n"));
    set_relay(&path, Some(None)).unwrap();
    assert!(text().ends_with("socket = \"/s\"\n"), "where it was");
    set_relay(&path, None).unwrap();
    assert_eq!(text(), before);
    set_relay(&path, None).unwrap();
}

#[test]
fn the_examples_of_the_page_on_the_relay_are_read() {
    let examples = examples(include_str!("../../../../../docs/relay.md"));
    let all: String = examples.into_iter().map(|(_, text)| text).collect();
    let settings = read_all(&all);
    assert_eq!(settings.relay.unwrap().origins, ["https://dash.example"]);
    assert_eq!(settings.subscriptions["desk"].feed, "hark");
}
