//! How a page names its hub (draft-dunglas-mercure, "Discovery"): `Link: <HUB>; rel="mercure"`, and the
//! topic of what it shows, `Link: <TOPIC>; rel="self"`. Headers are a stranger's, and bounded.

use url::Url;

use crate::wire::Head;

/// The longest hub or topic that is taken, in bytes.
const ADDRESS_BYTES_MAX: usize = 500;

/// The targets of the `Link` headers with this relation (RFC 8288).
pub(super) fn links<'a>(head: &'a Head, relation: &'a str) -> impl Iterator<Item = &'a str> {
    let values = head.iter().filter(|(name, _)| *name == "link").map(|(_, value)| value);
    values.flat_map(move |value| {
        // A target may hold what separates parameters; it ends where its bracket does.
        value.split('<').skip(1).filter_map(move |link| {
            let (target, parameters) = link.split_once('>')?;
            let is_it = parameters.split([';', ',']).any(|parameter| {
                let Some((name, value)) = parameter.split_once('=') else { return false };
                let mut relations = value.trim().trim_matches('"').split_whitespace();
                name.trim().eq_ignore_ascii_case("rel")
                    && relations.any(|one| one.eq_ignore_ascii_case(relation))
            });
            (is_it && target.len() <= ADDRESS_BYTES_MAX).then_some(target)
        })
    })
}

/// The hub that a page names, and the topic of the page; none where it is the site's own, which names its
/// hub on each page.
pub(super) fn hub(page: &Url, head: &Head) -> Option<(Url, Option<Url>)> {
    let hub = links(head, "mercure").find_map(|target| page.join(target).ok())?;
    if !matches!(hub.scheme(), "http" | "https") {
        return None;
    }
    let own = links(head, "self").find_map(|target| page.join(target).ok());
    // Where it does not say, its own address is the topic. What the person's has besides its path may be a
    // secret, and the topic is shown and stored.
    let topic = own.or_else(|| (page.path() != "/").then(|| bare(page)));
    Some((hub, topic.filter(|topic| topic.as_str().len() <= ADDRESS_BYTES_MAX)))
}

/// Origin and path alone.
fn bare(page: &Url) -> Url {
    let mut bare = page.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    // Both can be set where there is a host.
    let _ = (bare.set_username(""), bare.set_password(None));
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(page: &str, links: &[&str]) -> Option<(String, Option<String>)> {
        let head = links.iter().map(|link| ("link".to_owned(), (*link).to_owned())).collect();
        let (hub, topic) = hub(&page.parse().unwrap(), &head)?;
        Some((hub.into(), topic.map(String::from)))
    }

    #[test]
    fn a_page_names_its_hub_and_its_topic() {
        let page = "https://a.example/books/1";
        let hub = "<https://hub.example/.well-known/mercure>; rel=\"mercure\"";
        let with = |topic: &str| {
            Some(("https://hub.example/.well-known/mercure".to_owned(), Some(topic.to_owned())))
        };
        for page in [
            page,
            "https://a.example/books/1?token=secret",
            "https://a.example/books/1?session=SECRET&page=2#SECRET",
            "https://me:SECRET@a.example/books/1",
        ] {
            assert_eq!(of(page, &[hub]), with("https://a.example/books/1"));
        }
        let own = "</things/7>; rel=self";
        assert_eq!(of(page, &[own, hub]), with("https://a.example/things/7"));
        assert_eq!(of(page, &[&format!("{own}, {hub}")]), with("https://a.example/things/7"));
        let relative = "</hub>; title=\"x\"; rel=\"next mercure\"";
        let root = of("https://a.example/", &[relative]);
        assert_eq!(root, Some(("https://a.example/hub".to_owned(), None)));
    }

    #[test]
    fn what_names_no_hub_leads_nowhere() {
        let long = format!("<https://hub.example/{}>; rel=mercure", "x".repeat(600));
        for link in
            ["", "<", "<>", "</mercure.css>; rel=preload", "<ftp://a.example/>; rel=mercure", &long]
        {
            assert_eq!(of("https://a.example/x", &[link]), None, "{link}");
        }
    }
}
