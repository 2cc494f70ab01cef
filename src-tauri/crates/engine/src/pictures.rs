//! Which picture of a message may be fetched, and from where: its sender learns by it that somebody is there.
//! Pure: nothing here fetches anything.

use std::fmt;

use url::Url;

use crate::{
    links,
    message::{Attachment, Message},
};

/// The largest picture that is fetched. Bytes.
pub const BYTES_MAX: usize = 1 << 20;
/// The most pixels that a picture may have, by what it says itself.
pub const PIXELS_MAX: u64 = 4 << 20;
/// How the names of files end that are pictures of a kind that is shown.
const ENDINGS: [&str; 4] = ["png", "jpg", "jpeg", "webp"];

/// Where a subscription's pictures may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The feed's own address: its origin is one.
    pub feed: Url,
    /// Other origins, which the person has named.
    pub others: Vec<Url>,
}

/// Why a picture is not fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has no plain http or https address.
    Address,
    /// Its origin is neither the feed's nor named in the settings.
    Origin(String),
    /// It is asked for over https, and led on to http.
    Unencrypted,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("its address is no plain http or https address"),
            Self::Origin(origin) => write!(
                f,
                "{origin} is not the feed's own server; to allow it, add it to `pictures_from`"
            ),
            Self::Unencrypted => f.write_str("it leads from https to unencrypted http"),
        }
    }
}

impl Sources {
    /// The picture of a message that is fetched: the file that comes with it, where that is a picture and not
    /// too large, else its icon; none where it has neither.
    #[must_use]
    pub fn of(message: &Message) -> Option<&str> {
        let extras = &message.extras;
        let attached = extras.attachment.as_ref().filter(|it| is_picture(it));
        attached.map(|it| it.url.as_str()).or(extras.icon.as_deref())
    }

    /// The address of a picture, as it is fetched.
    ///
    /// # Errors
    /// Where it is not.
    pub fn judge(&self, url: &str) -> Result<Url, Refused> {
        let url = links::of_web(url).and_then(|url| Url::parse(&url).ok());
        let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
        let mut url = url.ok_or(Refused::Address)?;
        url.set_fragment(None);
        let origin = url.origin();
        let known = [&self.feed].into_iter().chain(&self.others);
        if known.into_iter().any(|known| known.origin() == origin) {
            return Ok(url);
        }
        Err(Refused::Origin(origin.ascii_serialization()))
    }

    /// Where a redirect from this address leads.
    ///
    /// # Errors
    /// Where it is not followed.
    pub fn follow(&self, from: &Url, location: &str) -> Result<Url, Refused> {
        let to = from.join(location).map_err(|_| Refused::Address)?;
        if from.scheme() == "https" && to.scheme() == "http" {
            return Err(Refused::Unencrypted);
        }
        self.judge(to.as_str())
    }

    /// Whether it is on the feed's own host, wherever that is.
    #[must_use]
    pub fn is_own(&self, url: &Url) -> bool {
        url.host().is_some() && url.host() == self.feed.host()
    }
}

/// Whether a file is a picture of a kind that is shown, as far as its name tells, and not too large.
fn is_picture(attached: &Attachment) -> bool {
    let is_small = attached.bytes.is_none_or(|bytes| bytes <= BYTES_MAX as u64);
    let in_url = Url::parse(&attached.url).ok();
    let in_url = in_url.as_ref().map(|url| url.path().rsplit('/').next().unwrap_or_default());
    let name = if attached.name.is_empty() { in_url.unwrap_or_default() } else { &*attached.name };
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    is_small && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Extras;

    fn sources() -> Sources {
        let others = ["https://cdn.example", "http://pics.example:8080"];
        let others = others.iter().map(|url| url.parse().unwrap()).collect();
        Sources { feed: "https://push.example/news/sse?auth=s3cret".parse().unwrap(), others }
    }

    #[test]
    fn a_picture_comes_from_the_feeds_own_origin_or_a_named_one() {
        let judged = |url: &str| sources().judge(url).map(String::from);
        for good in [
            "https://push.example/file/x.png?y",
            "https://push.example:443/file/x.png?y",
            "https://PUSH.example/file/x.png?y#z",
        ] {
            assert_eq!(judged(good).as_deref(), Ok("https://push.example/file/x.png?y"), "{good}");
        }
        assert!(judged("https://cdn.example/a/b").is_ok());
        assert!(judged("http://pics.example:8080/a").is_ok());
        for elsewhere in [
            "https://other.example/x.png",
            "http://push.example/x.png",
            "https://push.example:8443/x.png",
            "https://push.example.evil.example/x.png",
            "https://a.push.example/x.png",
            "http://cdn.example/x.png",
            "http://pics.example/x.png",
            "https://push.example./x.png",
            "http://169.254.169.254/latest",
        ] {
            assert!(matches!(judged(elsewhere), Err(Refused::Origin(_))), "{elsewhere}");
        }
        for none in [
            "https://me@push.example/x.png",
            "https://me:pass@push.example/x.png",
            "https://push.example@evil.example/x.png",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
            "ftp://push.example/x.png",
            "/x.png",
            "",
        ] {
            assert_eq!(judged(none), Err(Refused::Address), "{none}");
        }
        let said = judged("https://other.example/topic/x.png").unwrap_err().to_string();
        assert!(said.starts_with("https://other.example is not"), "{said}");
        assert!(!said.contains("topic"), "a path may be a secret: {said}");
    }

    #[test]
    fn a_redirect_is_judged_as_what_it_leads_to() {
        let from: Url = "https://push.example/a/b".parse().unwrap();
        let follow = |to: &str| sources().follow(&from, to).map(String::from);
        assert_eq!(follow("c.png").as_deref(), Ok("https://push.example/a/c.png"));
        assert_eq!(follow("//cdn.example/c").as_deref(), Ok("https://cdn.example/c"));
        assert_eq!(follow("http://pics.example:8080/c"), Err(Refused::Unencrypted));
        assert_eq!(follow("http://push.example/c"), Err(Refused::Unencrypted));
        assert!(matches!(follow("https://other.example/"), Err(Refused::Origin(_))));
        assert_eq!(follow("https://me@push.example/"), Err(Refused::Address));
        assert_eq!(follow("javascript:alert(1)"), Err(Refused::Address));
        let from: Url = "http://pics.example:8080/a".parse().unwrap();
        assert!(sources().follow(&from, "https://cdn.example/c").is_ok());
    }

    #[test]
    fn only_the_feeds_own_host_is_its_own() {
        let is_own = |url: &str| sources().is_own(&url.parse().unwrap());
        assert!(is_own("https://push.example/x") && is_own("https://push.example:8443/"));
        assert!(!is_own("https://cdn.example/x") && !is_own("https://push.example.evil/"));
    }

    #[test]
    fn the_file_goes_before_the_icon_where_it_is_a_picture() {
        let of = |name: &str, url: &str, bytes, icon: Option<&str>| {
            let attachment = Some(Attachment { name: name.into(), url: url.into(), bytes });
            let extras = Extras { icon: icon.map(Into::into), attachment, ..Extras::default() };
            let message = Message { extras, ..Message::of_text("x") };
            Sources::of(&message).map(str::to_owned)
        };
        let (file, icon) = ("https://a.example/f/7", Some("https://a.example/icon"));
        for name in ["door.jpg", "a.b.PNG", "x.webp", "x.jpeg"] {
            assert_eq!(of(name, file, Some(9), icon).as_deref(), Some(file), "{name}");
        }
        for name in ["paper.pdf", "logo.svg", "x.gif", "png", "door.jpg.exe", ""] {
            assert_eq!(of(name, file, None, icon).as_deref(), icon, "{name}");
        }
        let named = "https://a.example/f/door.jpg?x=.pdf";
        assert_eq!(of("", named, None, icon).as_deref(), Some(named));
        assert_eq!(of("door.jpg", file, Some(1 << 20), icon).as_deref(), Some(file));
        assert_eq!(of("door.jpg", file, Some((1 << 20) + 1), icon).as_deref(), icon);
        assert_eq!(of("paper.pdf", file, None, None), None);
        assert_eq!(Sources::of(&Message::of_text("x")), None);
    }
}
