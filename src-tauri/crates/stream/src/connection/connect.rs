//! A connection to a server: resolve, TCP (both address families at once, RFC 8305), a proxy where
//! one stands between, TLS.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hark_engine::failure::Cause;
use hark_local::file;
use http::{HeaderValue, Uri};
use hyper_util::{
    client::{
        legacy::connect::{
            HttpConnector,
            dns::Name,
            proxy::{SocksV5, Tunnel},
        },
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};
use tower_service::Service;
use url::{Host, Url};

use super::{
    cause::{self, NotResolved},
    certificate, roots,
    trail::{Route, Trail},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The system's own collection has a quarter of this.
const PEM_BYTES_MAX: u64 = 1 << 20;
const TLS_TIMEOUT: Duration = Duration::from_secs(10);

/// The way to a server.
#[derive(Clone, Debug, Default)]
pub struct Via {
    /// The proxy to connect through.
    pub proxy: Proxy,
    /// The authorities to trust and the certificate to show; the system's roots where missing.
    pub tls: Option<Arc<ClientConfig>>,
    /// Makes the connection instead of TCP, where set.
    pub wire: Option<Wire>,
    /// Where the server is, where that was looked up already: no other address is dialled, and none handed
    /// to a proxy that makes a tunnel. One that forwards plain http looks it up itself.
    pub at: Vec<IpAddr>,
}

/// Makes connections outside the system's network: a network in memory, with simulated time.
#[derive(Clone)]
pub struct Wire(Arc<dyn Fn() -> Wiring + Send + Sync>);

/// A connection that is being made.
pub type Wiring = Pin<Box<dyn Future<Output = io::Result<Box<dyn Io>>> + Send>>;

impl Wire {
    /// A wire over what `make` connects.
    pub fn new(make: impl Fn() -> Wiring + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

/// A proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say; never for this machine.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Direct,
    /// This one: `http` or `socks5`.
    To(Url),
}

/// What can be read and written.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// An established connection.
pub(super) struct Established {
    pub(super) io: Box<dyn Io>,
    /// The local and peer address of the connection.
    pub(super) route: Option<Route>,
    /// Set where the request goes to a proxy as it is, with the target's whole URL: what
    /// authenticates us there.
    pub(super) forwarding: Option<Option<HeaderValue>>,
}

/// Connects to the server of `url`. A certificate that is refused is noted in the trail.
pub(super) async fn connect(url: &Url, via: &Via, trail: &Trail) -> Result<Established, Cause> {
    let uri = url[..url::Position::BeforePath].parse::<Uri>();
    let uri = uri.map_err(|error| Cause::NotHttp { detail: error.to_string().into() })?;
    let secure = url.scheme() == "https";
    trail.secured(None);
    if let Some(Wire(make)) = &via.wire {
        let io = make().await.map_err(|error| cause::of_chain(&error))?;
        return Ok(Established { io, route: None, forwarding: None });
    }
    let proxy = matcher(url, &via.proxy).and_then(|matcher| matcher.intercept(&uri));
    let is_proxied = proxy.is_some();
    let (tcp, forwarding) = match proxy {
        None => (direct(uri, &via.at).await?, None),
        Some(proxy) => {
            let scheme = proxy.uri().scheme_str().unwrap_or_default().to_owned();
            let to = proxy.uri().clone();
            let uri = at_address(url, &via.at).unwrap_or(uri);
            let tcp = match scheme.as_str() {
                "http" if secure => {
                    let mut tunnel = Tunnel::new(to, connector(&[]));
                    if let Some(auth) = proxy.basic_auth() {
                        tunnel = tunnel.with_auth(auth.clone());
                    }
                    through(tunnel.call(uri)).await?
                }
                "http" => through(connector(&[]).call(to)).await?,
                "socks5" | "socks5h" => {
                    let mut socks = SocksV5::new(to, connector(&[])).local_dns(scheme == "socks5");
                    if let Some((user, password)) = proxy.raw_auth() {
                        socks = socks.with_auth(user.to_owned(), password.to_owned());
                    }
                    through(socks.call(uri)).await?
                }
                other => {
                    let detail = format!("{other} proxies are not supported; use http or socks5");
                    return Err(Cause::Proxy { detail: detail.into() });
                }
            };
            let forwards = scheme == "http" && !secure;
            (tcp, forwards.then(|| proxy.basic_auth().cloned()))
        }
    };
    let ends = tcp.local_addr().and_then(|local| Ok((local.ip(), tcp.peer_addr()?)));
    let route = ends.ok().map(|(local, peer)| Route { local, peer, is_proxied });
    let io: Box<dyn Io> = if secure {
        match &via.tls {
            Some(own) => Box::new(tls(tcp, url, own.clone(), trail).await?),
            None => {
                let secured = tls(tcp, url, roots::shared().await?, trail).await;
                if matches!(secured, Err(Cause::Certificate { .. })) {
                    roots::refused();
                }
                Box::new(secured?)
            }
        }
    } else {
        Box::new(tcp)
    };
    Ok(Established { io, route, forwarding })
}

fn matcher(url: &Url, proxy: &Proxy) -> Option<Matcher> {
    match proxy {
        Proxy::Direct => None,
        Proxy::To(proxy) => Some(Matcher::builder().all(proxy.to_string()).build()),
        Proxy::Environment if is_loopback(url) => None,
        Proxy::Environment => Some(Matcher::from_env()),
    }
}

/// Whether a URL's host is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a name is this machine's by definition (RFC 6761, 6.3).
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// The server of a URL by its first address, where that was looked up already.
fn at_address(url: &Url, at: &[IpAddr]) -> Option<Uri> {
    let to = SocketAddr::new(*at.first()?, url.port_or_known_default()?);
    format!("{}://{to}", url.scheme()).parse().ok()
}

/// The addresses of a URL's host, as they are dialled.
pub(super) async fn addresses(url: &Url) -> Result<Vec<IpAddr>, Cause> {
    let name = match url.host() {
        Some(Host::Ipv4(address)) => return Ok(vec![address.into()]),
        Some(Host::Ipv6(address)) => return Ok(vec![address.into()]),
        Some(Host::Domain(name)) => name.parse::<Name>(),
        None => return Err(Cause::NameNotResolved),
    };
    let name = name.map_err(|_| Cause::NameNotResolved)?;
    let looked_up = timeout(CONNECT_TIMEOUT, Resolver::default().call(name)).await;
    let found = looked_up.map_err(|_| Cause::NameNotResolved)?;
    Ok(found.map_err(|_| Cause::NameNotResolved)?.map(|found| found.ip()).collect())
}

fn connector(at: &[IpAddr]) -> HttpConnector<Resolver> {
    let mut connector = HttpConnector::new_with_resolver(Resolver(at.into()));
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector.set_nodelay(true);
    connector
}

async fn direct(uri: Uri, at: &[IpAddr]) -> Result<TcpStream, Cause> {
    let connected = timeout(CONNECT_TIMEOUT, connector(at).call(uri)).await;
    let connected = connected.map_err(|_| Cause::ConnectTimeout)?;
    Ok(connected.map_err(|error| cause::of_chain(&error))?.into_inner())
}

/// Connects through a proxy: a failure here is the proxy's, or what the proxy says of the server.
async fn through<E: std::error::Error + 'static>(
    connecting: impl Future<Output = Result<TokioIo<TcpStream>, E>>,
) -> Result<TcpStream, Cause> {
    let failed = |detail: String| Cause::Proxy { detail: detail.into() };
    match timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok(tcp)) => Ok(tcp.into_inner()),
        Ok(Err(error)) => Err(failed(match cause::of_chain(&error) {
            Cause::Io { .. } => error.to_string(),
            cause => cause.code(),
        })),
        Err(_) => Err(failed("it did not answer in time".to_owned())),
    }
}

async fn tls(
    tcp: TcpStream,
    url: &Url,
    config: Arc<ClientConfig>,
    trail: &Trail,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Cause> {
    let host = url.host_str().unwrap_or_default();
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(name)
        .map_err(|_| Cause::Certificate { detail: "the host's name cannot be certified".into() })?;
    let handshake = timeout(TLS_TIMEOUT, TlsConnector::from(config).connect(name, tcp));
    let (secured, refused) = certificate::watched(handshake).await;
    trail.distrusted(refused);
    let stream = match secured {
        Err(_) => return Err(Cause::TlsTimeout),
        Ok(stream) => stream.map_err(|error| cause::of_chain(&error))?,
    };
    trail.secured(match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => Some("TLS 1.3"),
        Some(rustls::ProtocolVersion::TLSv1_2) => Some("TLS 1.2"),
        _ => None,
    });
    Ok(stream)
}

/// Why a TLS file cannot be used.
#[derive(Debug)]
pub struct TlsFileError(String);

impl fmt::Display for TlsFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TlsFileError {}

/// The PEM files of a subscription's own TLS.
#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// Certificates to trust beside the system's.
    pub ca: Option<PathBuf>,
    /// The certificate chain to show, and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl TlsFiles {
    /// The file to name where the wrong one cannot be told.
    #[must_use]
    pub fn first(&self) -> PathBuf {
        let client = || self.client.as_ref().map(|(chain, _)| chain);
        self.ca.as_ref().or_else(client).cloned().unwrap_or_default()
    }
}

/// A configuration by these files. Blocks as long as their disk does.
///
/// # Errors
/// One sentence that names the file.
pub fn tls_config(files: &TlsFiles) -> Result<ClientConfig, TlsFileError> {
    let wrong = |path: &Path, error: &dyn fmt::Display| {
        TlsFileError(format!("the file {}: {error}", path.display()))
    };
    let read = |path: &Path| file::read(path, PEM_BYTES_MAX).map_err(|error| wrong(path, &error));
    let certificates = |path: &Path| -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
        let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
        match all {
            Ok(all) if all.is_empty() => Err(wrong(path, &"it holds no certificate")),
            all => all.map_err(|error| wrong(path, &error)),
        }
    };
    let mut trusted = roots::store();
    if let Some(path) = &files.ca {
        for certificate in certificates(path)? {
            trusted.add(certificate).map_err(|error| wrong(path, &error))?;
        }
    }
    let config = roots::trusting(trusted);
    let Some((chain, key)) = &files.client else { return Ok(config.with_no_client_auth()) };
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| wrong(key, &error))?;
    config
        .with_client_auth_cert(certificates(chain)?, private)
        .map_err(|error: rustls::Error| wrong(chain, &error))
}

const LOCAL_V4: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const LOCAL_V6: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0);

/// The system's resolver, with an error that can be told by its type; or what was looked up already.
#[derive(Clone, Default)]
struct Resolver(Arc<[IpAddr]>);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NotResolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NotResolved>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NotResolved>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let known = Arc::clone(&self.0);
        Box::pin(async move {
            if !known.is_empty() {
                let known: Vec<_> = known.iter().map(|&ip| SocketAddr::new(ip, 0)).collect();
                return Ok(known.into_iter());
            }
            if is_localhost(name.as_str()) {
                // No resolver is asked, as another's resolver may answer anything.
                return Ok(vec![LOCAL_V6, LOCAL_V4].into_iter());
            }
            let found: io::Result<Vec<_>> =
                tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect);
            match found {
                Ok(addresses) if !addresses.is_empty() => Ok(addresses.into_iter()),
                _ => Err(NotResolved),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_under_localhost_is_this_machine_whatever_a_resolver_says() {
        for name in ["localhost", "push.localhost", "a.b.LOCALHOST", "push.localhost."] {
            let found: Vec<_> =
                Resolver::default().call(name.parse().unwrap()).await.unwrap().collect();
            assert_eq!(found, [LOCAL_V6, LOCAL_V4], "{name}");
            assert!(is_loopback(&format!("http://{name}/").parse().unwrap()), "{name}");
        }
        assert!(!is_localhost("notlocalhost") && !is_localhost("localhost.example"));
    }
}
