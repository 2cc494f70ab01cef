//! The trusted authorities are read again after the agent has refused a certificate.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, path::PathBuf};

use hark_tests::{
    LONG, World,
    beat::Beat,
    eventually,
    nginx::{Nginx, PLAIN, Site},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// An authority of this name.
fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server by TLS, with a certificate of this authority; passes on to `beat`.
async fn site<'a>(
    world: &'a World,
    beat: &Beat,
    theirs: &CertifiedIssuer<'static, KeyPair>,
) -> Nginx<'a> {
    let folder = world.folder("proxy");
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.join("site.pem"), params.signed_by(&key, theirs).unwrap().pem()).unwrap();
    fs::write(folder.join("site.key"), key.serialize_pem()).unwrap();
    let server =
        format!("{} ssl_certificate site.pem; ssl_certificate_key site.key;", PLAIN.server);
    Nginx::start(world, beat.port, Site { server: &server, ..PLAIN }).await
}

/// Follows a server by TLS whose authority is missing from where `trusting` makes the agent read it, until
/// it is put there.
async fn is_trusted_once_it_is_there(trusting: impl FnOnce(&mut World, &PathBuf) -> String) {
    let (mut world, beat) = (World::new(), Beat::start().await);
    let (theirs, other) = (authority("theirs"), authority("other"));
    let trusted = world.file("trusted.pem", other.pem());
    let more = trusting(&mut world, &trusted);
    let world = world;
    let nginx = site(&world, &beat, &theirs).await;
    let url = nginx.url("https");
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\n{more}"));
    let _agent = world.agent().await;
    let link = world.phase("news", "backing_off").await;
    assert_eq!(link["phase"]["cause"]["code"], "certificate", "{link}");

    fs::write(&trusted, theirs.pem()).unwrap();
    eventually("it streams", LONG, async || {
        world.hark(&["resume", "news"]).await.ok();
        world.streams("news").await
    })
    .await;
}

#[tokio::test]
async fn the_systems_authorities_are_read_again() {
    is_trusted_once_it_is_there(|world, trusted| {
        world.set("SSL_CERT_FILE", trusted);
        String::new()
    })
    .await;
}

#[tokio::test]
async fn a_subscriptions_own_authority_is_read_again() {
    is_trusted_once_it_is_there(|_, trusted| format!("ca = \"{}\"\n", trusted.display())).await;
}

#[tokio::test]
async fn the_doctor_and_listen_trust_the_authority_that_they_are_given() {
    let (world, beat) = (World::new(), Beat::start().await);
    let theirs = authority("theirs");
    let nginx = site(&world, &beat, &theirs).await;
    let url = nginx.url("https");
    let trusted = world.file("trusted.pem", theirs.pem());
    let ca = ["--ca", trusted.to_str().unwrap()];

    let visit = async |more: &[&str]| {
        let args = ["doctor", &url, "--for", "1s", "--json"];
        let answer = world.hark(&[&args, more].concat()).await;
        serde_json::from_str::<serde_json::Value>(&answer.out).unwrap()["findings"].to_string()
    };
    assert!(visit(&[]).await.contains("not trusted"));
    let findings = visit(&ca).await;
    assert!(!findings.contains("not trusted") && findings.contains("HTTP/1.1 200"), "{findings}");

    world.hark(&["listen", &url]).await.refused(&["is not trusted"]);
    let args = [&["listen", &url, "--raw"], &ca[..]].concat();
    let mut listening = world.start_hark("listen", &args);
    listening.line("\"streaming\"", LONG).await;
    world.hark(&["listen", &url, "--ca", "/no/such/file"]).await.refused(&["/no/such/file"]);
    world.hark(&["doctor", &url, "--proxy", "ftp://a/"]).await.refused(&["--proxy", "socks5://"]);
}
