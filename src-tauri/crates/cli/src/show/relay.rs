//! The relay, as a person reads it.

use std::fmt::Write;

use hark_agent::print::glimpse;
use hark_api::Relay;

use crate::look::Look;

/// Where the relay is, and who follows it.
pub fn relay(relay: &Relay, look: &Look) -> String {
    let Some(at) = &relay.at else {
        return "The relay is off. Turn it on with: hark relay on\n".to_owned();
    };
    let mut out = match (&relay.problem, relay.listens) {
        (Some(problem), _) => format!("{} {at}\n    {problem}\n", look.bad("does not listen at")),
        (None, true) => format!("{} {at}\n", look.good("listens at")),
        (None, false) => format!("begins at {at}\n"),
    };
    match relay.token_file.is_some() {
        true => out.push_str("    token    hark relay token, or --read-only for messages alone\n"),
        false => out.push_str("    token    none: only you can use the socket\n"),
    }
    for origin in &relay.origins {
        let _ = writeln!(out, "    page     {origin}");
    }
    let _ = writeln!(out, "    clients  {} of {}", relay.clients.len(), relay.clients_max);
    for client in &relay.clients {
        let called = match (&client.origin, client.agent.is_empty()) {
            (Some(origin), _) => origin.clone(),
            (None, true) => "nameless".to_owned(),
            // It is what the client says of itself.
            (None, false) => glimpse("", &client.agent, 0),
        };
        let _ = writeln!(
            out,
            "        {called}, since {}: {} messages, up to {}",
            look.dim(&look.ago(client.since)),
            client.sent,
            client.reached
        );
    }
    out
}

/// How to follow a relay that has just begun to listen.
pub fn begin(relay: &Relay) -> String {
    let at = relay.at.as_deref().unwrap_or_default();
    match relay.token_file.is_some() {
        true => format!(
            "The relay listens at {at}. Try it:\n    curl -N -H \"Authorization: Bearer $(hark relay \
             token)\" '{at}/relay/v1/messages?since=0'\n"
        ),
        false => format!(
            "The relay listens at {at}. Try it:\n    curl -N --unix-socket {at} \
             'http://localhost/relay/v1/messages?since=0'\n"
        ),
    }
}
