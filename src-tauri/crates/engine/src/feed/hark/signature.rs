//! How a relay is recognised: by its address, and by a header of its answer.

use url::Url;

use super::Hark;
use crate::{
    feed::{Clue, Signature},
    wire::Head,
};

impl Signature for Hark {
    fn by_url(&self, url: &Url) -> Option<Clue> {
        let is_relay = url.path() == "/relay/v1/messages";
        is_relay.then(|| Clue::sure("its address is that of a relay of Hark"))
    }

    fn by_head(&self, head: &Head) -> Option<Clue> {
        head.get("hark-relay").map(|_| Clue::sure("its answer names a relay of Hark"))
    }
}

#[cfg(test)]
mod tests {
    use crate::feed::{Certainty::Sure, recognition::tests::of_url};

    #[test]
    fn its_address_is_a_clue() {
        assert_eq!(of_url("http://127.0.0.1:7275/relay/v1/messages"), Some(("hark", Sure)));
        assert_eq!(of_url("http://127.0.0.1:7275/relay"), None);
    }
}
