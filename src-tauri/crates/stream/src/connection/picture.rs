//! A picture of a message: asked for with nothing of the person's own, from where it may come and from nowhere
//! else, and read up to a bound. What it is is not looked at here.

use std::{fmt, net::IpAddr};

use hark_engine::{
    failure::Cause,
    pictures::{BYTES_MAX, Refused, Sources},
    reach::{Reach, is_on_internet},
};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use url::Url;

use super::{
    connect::{Via, addresses},
    dial::{Ask, exchange},
    request::{NotSent, placed},
};

/// Redirects that are followed, each judged as what it leads to.
const REDIRECTS_MAX: usize = 3;

/// Why there is no picture. What it says is a sentence without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPicture {
    /// It may not come from there.
    Refused(Refused),
    /// A name leads into a private network, and the feed is not in one.
    Inside(String),
    /// Its server answers something else than a picture.
    Status(u16),
    /// There is no end to its redirects, or one does not say where to.
    Redirect,
    /// It is too large.
    Bytes,
    /// Its server cannot be reached, or breaks off.
    Failed(Cause),
}

impl fmt::Display for NoPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => write!(f, "{refused}"),
            Self::Inside(origin) => {
                write!(f, "{origin} is in a private network, and the feed's own server is not")
            }
            Self::Status(code) => write!(f, "its server answers {code}"),
            Self::Redirect => f.write_str("its server sends it on, and on, or nowhere"),
            Self::Bytes => write!(f, "it is larger than {} KiB", BYTES_MAX >> 10),
            Self::Failed(cause) => write!(f, "its server cannot be asked: {}", cause.code()),
        }
    }
}

/// Fetches a picture from this address, which was judged already. `via` is the way to the feed's own server;
/// another one is reached through the same proxy, by the system's authorities. It takes as long as the servers
/// do; whoever waits no longer drops it.
///
/// # Errors
/// Why there is none.
pub async fn picture(mut url: Url, sources: &Sources, via: &Via) -> Result<Vec<u8>, NoPicture> {
    for _ in 0..=REDIRECTS_MAX {
        let via = way(&url, sources, via).await?;
        let mut ask = Ask { via, ..Ask::get(url.clone()) };
        let accept = HeaderValue::from_static("image/webp, image/png, image/jpeg");
        ask.headers.insert(header::ACCEPT, accept);
        let response = exchange(&ask).await.map_err(NoPicture::Failed)?;
        match response.status() {
            StatusCode::OK => return body(response).await,
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                let to = response.headers().get(header::LOCATION);
                let to = to.and_then(|to| to.to_str().ok()).ok_or(NoPicture::Redirect)?;
                url = sources.follow(&url, to).map_err(NoPicture::Refused)?;
            }
            other => return Err(NoPicture::Status(other.as_u16())),
        }
    }
    Err(NoPicture::Redirect)
}

/// The way to one server on the way to a picture. The feed's own is dialled as for the feed itself; any other
/// one is looked up once, and dialled at the address that was judged.
async fn way(url: &Url, sources: &Sources, via: &Via) -> Result<Via, NoPicture> {
    if sources.is_own(url) {
        // The authorities were set for this server, of which another port may be another one.
        let tls = via.tls.clone().filter(|_| url.origin() == sources.feed.origin());
        return Ok(Via { tls, ..via.clone() });
    }
    let at = match placed(url, Reach::Internet).await {
        Err(NotSent::Inside) if is_inside(&sources.feed).await => placed(url, Reach::Own).await,
        placed => placed,
    };
    let at: Vec<IpAddr> = at.map_err(|why| match why {
        NotSent::Inside => NoPicture::Inside(url.origin().ascii_serialization()),
        NotSent::Failed(cause) => NoPicture::Failed(cause),
    })?;
    Ok(Via { at, tls: None, ..via.clone() })
}

/// Whether a server is in a private network, with all of its addresses.
async fn is_inside(url: &Url) -> bool {
    let at = addresses(url).await.unwrap_or_default();
    !at.is_empty() && !at.iter().any(|address| is_on_internet(*address))
}

/// What a server sends, as long as it is not too large.
async fn body(response: Response<Incoming>) -> Result<Vec<u8>, NoPicture> {
    let mut body = response.into_body();
    if body.size_hint().lower() > BYTES_MAX as u64 {
        return Err(NoPicture::Bytes);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| NoPicture::Failed(super::cause::of_chain(&error)))?;
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        if bytes.len() > BYTES_MAX {
            return Err(NoPicture::Bytes);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// A server on this machine that notes what it is asked, and answers by the path.
    struct Server {
        port: u16,
        asked: Arc<Mutex<Vec<String>>>,
    }

    impl Server {
        async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let asked = Arc::<Mutex<Vec<String>>>::default();
            let notes = Arc::clone(&asked);
            tokio::spawn(async move {
                loop {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    let mut request = Vec::new();
                    while !request.ends_with(b"\r\n\r\n") {
                        request.push(stream.read_u8().await.unwrap());
                    }
                    let request = String::from_utf8(request).unwrap();
                    let path = request.split(' ').nth(1).unwrap().to_owned();
                    notes.lock().unwrap().push(request);
                    // One that has seen enough hangs up.
                    let _ = stream.write_all(&answer(&path)).await;
                }
            });
            Self { port, asked }
        }

        fn url(&self, host: &str, path: &str) -> Url {
            format!("http://{host}:{}{path}", self.port).parse().unwrap()
        }

        fn asked(&self) -> usize {
            self.asked.lock().unwrap().len()
        }

        /// What comes of a picture there, of a feed on this host.
        async fn fetch(&self, feed: &str, others: &[Url], url: Url) -> Result<Vec<u8>, NoPicture> {
            let sources = Sources { feed: self.url(feed, "/feed"), others: others.to_vec() };
            picture(url, &sources, &Via::default()).await
        }
    }

    fn ok(body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    fn moved(to: &str) -> Vec<u8> {
        format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
    }

    #[tokio::test]
    async fn it_is_asked_for_with_nothing_of_the_persons_own_over_redirects_too() {
        let server = Server::start(|path| match path {
            "/a" => [b"HTTP/1.1 302 Found\r\nSet-Cookie: a=b\r\n", &moved("/b")[20..]].concat(),
            _ => ok(b"pixels"),
        });
        let server = server.await;
        let fetched = server.fetch("127.0.0.1", &[], server.url("127.0.0.1", "/a")).await;
        assert_eq!(fetched, Ok(b"pixels".to_vec()));
        let agent = concat!("user-agent: hark/", env!("CARGO_PKG_VERSION"));
        let host = format!("host: 127.0.0.1:{}", server.port);
        let wanted = [
            "accept-encoding: identity",
            "accept: image/webp, image/png, image/jpeg",
            "cache-control: no-cache",
            "get /b http/1.1",
            host.as_str(),
            agent,
        ];
        let request = server.asked.lock().unwrap().last().unwrap().to_ascii_lowercase();
        let mut lines: Vec<&str> = request.trim_end().split("\r\n").collect();
        lines.sort_unstable();
        assert_eq!(lines, wanted);
    }

    #[tokio::test]
    async fn what_is_too_large_is_not_read_to_its_end() {
        let server = Server::start(|path| match path {
            "/said" => b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n".to_vec(),
            "/unsaid" => [b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![0; BYTES_MAX + 1]].concat(),
            "/all" => ok(&vec![0; BYTES_MAX]),
            "/cut" => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".to_vec(),
            _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        });
        let server = server.await;
        let fetch = |path: &str| server.fetch("127.0.0.1", &[], server.url("127.0.0.1", path));
        for path in ["/said", "/unsaid"] {
            assert_eq!(fetch(path).await, Err(NoPicture::Bytes), "{path}");
        }
        assert_eq!(fetch("/all").await.map(|bytes| bytes.len()), Ok(BYTES_MAX));
        assert_eq!(fetch("/none").await, Err(NoPicture::Status(404)));
        assert!(matches!(fetch("/cut").await, Err(NoPicture::Failed(_))));
    }

    #[tokio::test]
    async fn a_redirect_is_followed_only_to_where_a_picture_may_come_from() {
        let elsewhere = Server::start(|_| ok(b"x")).await;
        let to = elsewhere.url("127.0.0.1", "/secret");
        let server = Server::start(move |path| match path {
            "/away" => moved(to.as_str()),
            "/user" => moved("http://me@127.0.0.1/"),
            "/file" => moved("file:///etc/passwd"),
            "/nowhere" => b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
            _ => moved("/round"),
        });
        let server = server.await;
        let fetch = |path: &str| server.fetch("127.0.0.1", &[], server.url("127.0.0.1", path));
        let away = fetch("/away").await.unwrap_err();
        assert!(matches!(away, NoPicture::Refused(Refused::Origin(_))), "{away}");
        for path in ["/user", "/file"] {
            assert_eq!(fetch(path).await, Err(NoPicture::Refused(Refused::Address)), "{path}");
        }
        assert_eq!(fetch("/nowhere").await, Err(NoPicture::Redirect));
        let before = server.asked();
        assert_eq!(fetch("/round").await, Err(NoPicture::Redirect));
        assert_eq!((server.asked() - before, elsewhere.asked()), (REDIRECTS_MAX + 1, 0));
        // Where the person has named it, it is.
        let others = [elsewhere.url("127.0.0.1", "/")];
        let fetched = server.fetch("127.0.0.1", &others, server.url("127.0.0.1", "/away")).await;
        assert_eq!((fetched, elsewhere.asked()), (Ok(b"x".to_vec()), 1));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_dialled_only_where_the_feed_is_inside() {
        let server = Server::start(|_| ok(b"x")).await;
        // A name of this machine, and its address: two hosts.
        let others = [server.url("127.0.0.1", "/"), server.url("localhost", "/")];
        let url = server.url("localhost", "/x");
        let near = server.fetch("127.0.0.1", &others, url.clone()).await;
        assert!(near.is_ok(), "{near:?}");
        let before = server.asked();
        // An address of the internet, which nobody asks.
        let far = server.fetch("9.9.9.9", &others, url).await;
        assert!(matches!(far, Err(NoPicture::Inside(_))), "{far:?}");
        let far = server.fetch("9.9.9.9", &others, server.url("127.0.0.1", "/x")).await;
        assert!(matches!(far, Err(NoPicture::Inside(_))), "{far:?}");
        assert_eq!(server.asked(), before);
    }

    #[tokio::test]
    async fn what_was_judged_is_what_is_dialled() {
        let listed = Sources {
            feed: "https://push.example/".parse().unwrap(),
            others: vec!["http://1.1.1.1/".parse().unwrap()],
        };
        // No resolver is asked again: the way has the one address, whatever a name says then.
        let via = way(&listed.others[0], &listed, &Via::default()).await.unwrap();
        assert_eq!(via.at, ["1.1.1.1".parse::<IpAddr>().unwrap()]);
        let own = way(&listed.feed, &listed, &Via::default()).await.unwrap();
        assert!(own.at.is_empty(), "as for the feed itself, it is looked up as it is dialled");
    }
}
