//! Connections through TLS and proxies, on loopback: certificates are made for each test, and the
//! proxies are a few lines each.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::StreamExt;
use hark_engine::{failure::Cause, wire::Arrival};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{RootCertStore, ServerConfig, pki_types::PrivateKeyDer, server::WebPkiClientVerifier},
};

use super::{Ask, Connection, Proxy, TlsFiles, Trail, tls_config};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n";

const MOVED: &[u8] =
    b"HTTP/1.1 307 Moved\r\nLocation: /there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// An authority of our own, and what it has signed, as files.
struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Files that trust this authority and show no certificate.
    fn trusted(&self) -> TlsFiles {
        TlsFiles { ca: Some(self.ca()), client: None }
    }

    fn sign(&self, name: &str, expired: bool) -> (rcgen::Certificate, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// A server with a certificate for `name`; answers its URL.
async fn tls_server(
    authority: &Authority,
    name: &str,
    expired: bool,
    wants_client: bool,
) -> String {
    tls_server_with(authority, name, expired, wants_client, Arc::from(ANSWER)).await
}

/// The same, with this answer at `/s`.
async fn tls_server_with(
    authority: &Authority,
    name: &str,
    expired: bool,
    wants_client: bool,
    says: Arc<[u8]>,
) -> String {
    let (certificate, key) = authority.sign(name, expired);
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let builder = ServerConfig::builder();
    let config = if wants_client {
        let mut roots = RootCertStore::empty();
        roots.add(authority.issuer.der().clone()).unwrap();
        builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap(),
        )
    } else {
        builder.with_no_client_auth()
    };
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/s", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(tcp).await {
                tokio::spawn(answer_with(stream, says.clone()));
            }
        }
    });
    url
}

async fn plain_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/s?q=1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(answer(tcp));
        }
    });
    url
}

async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin) {
    answer_with(stream, Arc::from(ANSWER)).await;
}

async fn answer_with(mut stream: impl AsyncRead + AsyncWrite + Unpin, says: Arc<[u8]>) {
    let here = head(&mut stream).await.contains(" /s HTTP");
    let _ = stream.write_all(if here { &says } else { ANSWER }).await;
    let _ = stream.shutdown().await;
}

/// The first arrival after the opening: an event's data, or the cause of the end.
async fn first(ask: Ask) -> Result<String, Cause> {
    let mut connection = Connection::dial(ask);
    let next = async {
        loop {
            match connection.next().await {
                Some(Arrival::Event { event, .. }) => return Ok(event.data),
                Some(Arrival::Closed(cause)) => return Err(cause),
                Some(_) => {}
                None => panic!("an end without a cause"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.unwrap()
}

fn ask(url: &str) -> Ask {
    Ask::get(url.parse().unwrap())
}

fn trusting(url: &str, authority: &Authority) -> Ask {
    let mut ask = ask(url);
    ask.via.tls = Some(Arc::new(tls_config(&authority.trusted()).unwrap()));
    ask
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_where_the_settings_name_it() {
    let authority = Authority::new();
    let url = tls_server(&authority, "localhost", false, false).await;
    assert_eq!(first(trusting(&url, &authority)).await, Ok("a".into()));
    let unknown = Cause::Certificate { detail: "its issuer is unknown to this system".into() };
    assert_eq!(first(ask(&url)).await, Err(unknown));
}

#[tokio::test]
async fn an_expired_certificate_and_one_for_another_name_are_told_apart() {
    let authority = Authority::new();
    for (name, expired, detail) in
        [("localhost", true, "it has expired"), ("other.example", false, "it is for another name")]
    {
        let url = tls_server(&authority, name, expired, false).await;
        let wanted = Err(Cause::Certificate { detail: detail.into() });
        assert_eq!(first(trusting(&url, &authority)).await, wanted);
    }
}

#[tokio::test]
async fn a_certificate_that_is_refused_is_told_to_its_own_dial_and_no_other() {
    let authority = Authority::new();
    let refused = async |name: &str| {
        let url = tls_server(&authority, name, false, false).await;
        let ask = Ask { trail: Trail::kept(), ..ask(&url) };
        let trail = ask.trail.clone();
        first(ask).await.unwrap_err();
        assert!(!trail.is_connected() && trail.heads().is_empty(), "nothing was asked");
        trail.certificate().unwrap().to_string()
    };
    let (one, other) = tokio::join!(refused("one.example"), refused("other.example"));
    assert!(one.contains("for one.example,") && other.contains("for other.example,"), "{one}");
    let fingerprint = |text: &str| text.split("fingerprint is ").nth(1).unwrap()[..95].to_owned();
    assert_ne!(fingerprint(&one), fingerprint(&other));
    assert!(one.contains("--ca FILE"), "{one}");

    let url = tls_server(&authority, "localhost", false, false).await;
    let ask = Ask { trail: Trail::kept(), ..trusting(&url, &authority) };
    let trail = ask.trail.clone();
    assert_eq!(first(ask).await, Ok("a".into()));
    assert_eq!(trail.certificate(), None);
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_gets_ours() {
    let authority = Authority::new();
    let url = tls_server(&authority, "localhost", false, true).await;
    let (certificate, key) = authority.sign("me", false);
    let (chain, private) =
        (authority.folder.path().join("me.pem"), authority.folder.path().join("me.key"));
    std::fs::write(&chain, certificate.pem()).unwrap();
    std::fs::write(&private, key.serialize_pem()).unwrap();
    let mut ask = ask(&url);
    let files = TlsFiles { client: Some((chain, private)), ..authority.trusted() };
    let config = tls_config(&files).unwrap();
    ask.via.tls = Some(Arc::new(config));
    assert_eq!(first(ask).await, Ok("a".into()));
    let without = first(trusting(&url, &authority)).await;
    assert!(matches!(without, Err(Cause::Tls { .. })), "{without:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_certificate_file_that_cannot_be_used_is_named() {
    let authority = Authority::new();
    let empty = authority.folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing\n").unwrap();
    let pipe = authority.folder.path().join("pipe.pem");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (file, said) in [
        (empty, "empty.pem: it holds no certificate"),
        (pipe, "pipe.pem: it is a named pipe, not a file"),
        (authority.folder.path().join("no.pem"), "no.pem: No such file"),
    ] {
        let trusted = TlsFiles { ca: Some(file.clone()), client: None };
        let client = TlsFiles { client: Some((authority.ca(), file)), ..TlsFiles::default() };
        let error = tls_config(&trusted).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        let error = tls_config(&client).unwrap_err().to_string();
        assert!(error.contains(said.split(' ').next().unwrap()), "{error}");
    }
}

/// A server behind TLS that sends everybody to `target`; answers its URL.
async fn redirecting(authority: &Authority, target: String) -> String {
    let answer = format!("HTTP/1.1 307 Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
    tls_server_with(authority, "localhost", false, false, Arc::from(answer.as_bytes())).await
}

#[tokio::test]
async fn own_certificates_stay_with_their_origin() {
    let authority = Authority::new();
    let other = tls_server(&authority, "localhost", false, false).await;
    let url = redirecting(&authority, other.clone()).await;
    let Err(Cause::Redirect { detail }) = first(trusting(&url, &authority)).await else {
        panic!("it was followed")
    };
    let origin = other.strip_suffix("/s").unwrap();
    assert!(detail.contains(&format!("leads to {origin},")), "{detail}");
    assert!(detail.ends_with("follow the new address instead"), "{detail}");
    // Within the origin they do go along.
    let own = tls_server_with(&authority, "localhost", false, false, Arc::from(MOVED)).await;
    assert_eq!(first(trusting(&own, &authority)).await, Ok("a".into()));
}

#[tokio::test]
async fn plain_http_in_front_of_a_tls_server_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        // Reads on, so that the answer is not lost to a reset.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let found = first(ask(&url)).await;
    assert!(matches!(found, Err(Cause::Tls { .. })), "{found:?}");
}

/// An HTTP proxy: CONNECT, or a request with the whole URL. Answers its URL and what it was asked.
async fn http_proxy(refuse: bool) -> (Proxy, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (told, asked) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let head = head(&mut client).await;
            let line = head.lines().next().unwrap().to_owned();
            let _ = told.send(line.clone());
            if refuse {
                let _ = client.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
                continue;
            }
            let target = line.split(' ').nth(1).unwrap().to_owned();
            if line.starts_with("CONNECT") {
                let mut server = TcpStream::connect(target).await.unwrap();
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            } else {
                let _ = client.write_all(ANSWER).await;
            }
        }
    });
    (Proxy::To(url.parse().unwrap()), asked)
}

#[tokio::test]
async fn an_http_proxy_tunnels_https_and_forwards_http() {
    let authority = Authority::new();
    let url = tls_server(&authority, "localhost", false, false).await;
    let (proxy, mut asked) = http_proxy(false).await;
    let mut secure = trusting(&url, &authority);
    secure.via.proxy = proxy.clone();
    assert_eq!(first(secure).await, Ok("a".into()));
    assert!(asked.recv().await.unwrap().starts_with("CONNECT localhost:"));
    let mut plain = ask("http://push.invalid/s?q=1");
    plain.via.proxy = proxy;
    assert_eq!(first(plain).await, Ok("a".into()));
    assert_eq!(asked.recv().await.unwrap(), "GET http://push.invalid/s?q=1 HTTP/1.1");
}

#[tokio::test]
async fn a_proxy_that_fails_is_told_from_a_server_that_does() {
    let (proxy, _asked) = http_proxy(true).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gone = Proxy::To(format!("http://{closed}/").parse().unwrap());
    for proxy in [proxy, gone] {
        let mut ask = ask("https://push.invalid/");
        ask.via.proxy = proxy;
        let found = first(ask).await;
        assert!(matches!(found, Err(Cause::Proxy { .. })), "{found:?}");
    }
}

#[tokio::test]
async fn a_socks5_proxy_is_asked_for_the_host() {
    let server = plain_server().await;
    let target: std::net::SocketAddr =
        server.strip_prefix("http://").unwrap().split('/').next().unwrap().parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("socks5h://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        // RFC 1928: no authentication, then CONNECT to a name.
        let mut hello = [0; 3];
        client.read_exact(&mut hello).await.unwrap();
        client.write_all(&[5, 0]).await.unwrap();
        let mut request = [0; 5];
        client.read_exact(&mut request).await.unwrap();
        assert_eq!(request[..4], [5, 1, 0, 3]);
        let mut name = vec![0; usize::from(request[4]) + 2];
        client.read_exact(&mut name).await.unwrap();
        assert_eq!(&name[..name.len() - 2], b"push.invalid");
        let mut server = TcpStream::connect(target).await.unwrap();
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    });
    let mut ask = ask("http://push.invalid/s");
    ask.via.proxy = Proxy::To(proxy.parse().unwrap());
    assert_eq!(first(ask).await, Ok("a".into()));
}
