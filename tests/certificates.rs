//! A certificate that is no longer valid, on a link that has streamed: what the history says, and that the
//! link is back once the certificate is replaced and the person resumes it. And what is said of one that is
//! refused from the beginning, so that a person can compare it and name its authority.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, path::Path, process::Command, time::Duration};

use hark_tests::{
    World,
    beat::Beat,
    hark::{shown, under_wine},
    nginx::{Nginx, PLAIN, Site},
    outage::Link,
};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

const HOST: &str = "127.0.0.1";
/// The name of the authority that the agent trusts.
const OURS: &str = "ours";

/// An authority, and what it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Puts a certificate where nginx looks for it; one that ended long ago where it is expired.
    fn sign(&self, folder: &Path, name: &str, expired: bool) {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        if expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        fs::write(folder.join("site.pem"), certificate.pem()).unwrap();
        fs::write(folder.join("site.key"), key.serialize_pem()).unwrap();
    }
}

/// Follows a server by TLS, has its certificate replaced by a bad one, and then by a good one.
async fn suffers(name: &str, because: &str, bad: impl FnOnce(&Path, &Authority)) {
    let (world, beat, authority) = (World::new(), Beat::start().await, Authority::new(OURS));
    let folder = world.folder("proxy");
    let ca = world.file("ca.pem", authority.0.pem());
    authority.sign(&folder, HOST, false);
    let server =
        format!("{} ssl_certificate site.pem; ssl_certificate_key site.key;", PLAIN.server);
    let site = Site { server: &server, ..PLAIN };
    let nginx = Nginx::start(&world, beat.port, site).await;
    let more = format!("heartbeat = \"30s\"\nca = \"{}\"", ca.display());
    let url = nginx.url("https");
    let link = Link::start_at(&world, &beat, &url, &more).await;

    bad(&folder, &authority);
    let broken = Timestamp::now();
    nginx.reload(site).await;
    link.down(&["certificate"]).await;
    let status = world.link("news").await;
    let cause = &status["phase"]["cause"];
    assert_eq!(cause["class"], "refused", "visible at once, and no storm: {status}");
    let sentence = cause["sentence"].as_str().unwrap();
    let wanted = format!("is not trusted: {because}.");
    assert!(sentence.ends_with(&wanted), "{sentence:?} does not end with {wanted:?}");
    let origin = url.strip_suffix("/events").unwrap();
    assert!(sentence.contains(origin), "{sentence}");

    authority.sign(&folder, HOST, false);
    nginx.reload(site).await;
    let mended = Timestamp::now();
    world.hark(&["resume", "news"]).await.ok();
    let told = link.back(mended).await;
    assert_eq!(told.outage.latest.as_ref().unwrap().code, "certificate");
    // The old worker has a second to end, and the stream with it.
    let ends = ["truncated", "connection reset", "end of stream"];
    link.judge(name, broken, mended, &told, &ends, Duration::from_secs(1));
}

#[tokio::test]
async fn an_expired_certificate_is_named_and_left_when_it_is_renewed() {
    suffers("an expired certificate", "it has expired", |folder, authority| {
        authority.sign(folder, HOST, true);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_of_another_host_is_named_and_left_when_it_is_mended() {
    suffers("another host's certificate", "it is for another name", |folder, authority| {
        authority.sign(folder, "elsewhere.example", false);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_named_and_left_when_it_is_mended() {
    let because = "its issuer is unknown to this system";
    suffers("an unknown authority's certificate", because, |folder, _| {
        Authority::new("theirs").sign(folder, HOST, false);
    })
    .await;
}

#[tokio::test]
async fn an_authority_that_was_made_anew_under_its_name_is_told_from_an_unknown_one() {
    let because = "the authority that it names has not signed it";
    suffers("a renewed authority's certificate", because, |folder, _| {
        Authority::new(OURS).sign(folder, HOST, false);
    })
    .await;
}

#[tokio::test]
async fn a_certificate_that_add_refuses_is_shown_and_its_authority_may_be_named() {
    let (world, beat, authority) = (World::new(), Beat::start().await, Authority::new(OURS));
    let folder = world.folder("proxy");
    authority.sign(&folder, HOST, false);
    let server =
        format!("{} ssl_certificate site.pem; ssl_certificate_key site.key;", PLAIN.server);
    let site = Site { server: &server, ..PLAIN };
    let nginx = Nginx::start(&world, beat.port, site).await;
    let url = nginx.url("https");
    let fingerprint = || {
        let openssl = ["x509", "-noout", "-sha256", "-fingerprint", "-in"];
        let shown = Command::new("openssl").args(openssl).arg(folder.join("site.pem")).output();
        let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
        shown.trim().split_once('=').unwrap().1.to_owned()
    };

    let own = fingerprint();
    let words = [&*own, "signed by \"ours\"", HOST, "--ca FILE", "this subscription alone"];
    world.hark(&["add", &url]).await.refused(&words);
    world.hark(&["listen", &url]).await.refused(&words);
    let doctor = world.hark(&["doctor", &url]).await;
    let found = doctor.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(found.contains(&own) && found.contains("--ca FILE"), "{doctor:?}");
    for refused in ["--insecure", "-k", "no-verify"] {
        assert!(!found.contains(refused), "the check stays: {found}");
    }

    let ca = world.file("ca.pem", authority.0.pem()).display().to_string();
    for (name, expired, because) in [(HOST, true, "renew"), ("elsewhere.example", false, "name")] {
        authority.sign(&folder, name, expired);
        nginx.reload(site).await;
        let words = [&*fingerprint(), name, because, "does not help"];
        world.hark(&["add", &url, "--ca", &ca]).await.refused(&words);
    }
    assert!(!world.path("profile/config/config.toml").exists(), "nothing was saved");

    authority.sign(&folder, HOST, false);
    nginx.reload(site).await;
    let missing_words = if under_wine() { "not found" } else { "No such file" };
    let missing = world.path("missing.pem").display().to_string();
    world.hark(&["add", &url, "--ca", &missing]).await.refused(&["missing.pem", missing_words]);
    let _agent = world.agent().await;
    world.hark(&["add", &url, "--ca", &ca, "--name", "News"]).await.ok();
    world.phase("news", "streaming").await;
    let settings = fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    assert!(settings.contains(&shown(Path::new(&ca))), "{settings}");
}
