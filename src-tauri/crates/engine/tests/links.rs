//! 630 links of hostile strangers, each with what becomes of it: `no`, `opens` with what is opened, or
//! `asks` with what is opened after a yes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_engine::links::{LINK_BYTES_MAX, Links};

#[test]
fn each_becomes_what_is_written_beside_it_and_nothing_else_is_ever_opened() {
    let links = Links::default();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in include_str!("links.jsonl").lines() {
        let (wanted, text): (String, String) = serde_json::from_str(line).unwrap();
        count += 1;
        let judged = links.judge(&text);
        if let Ok(link) = &judged {
            let url = &link.url;
            assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}: {url}");
            assert!(url.len() <= LINK_BYTES_MAX, "{url}");
            let is_usual = ["https://", "http://", "mailto:"].iter().any(|it| url.starts_with(it));
            assert!(is_usual, "{text:?}: {url}");
            assert_eq!(links.judge(url).as_ref(), Ok(link), "it stays as it is");
        }
        let found = match judged {
            Err(_) => "no".to_owned(),
            Ok(link) if link.doubt.is_some() => format!("asks {}", link.url),
            Ok(link) => format!("opens {}", link.url),
        };
        let is_as_wanted = found == wanted || wanted == "asks *" && found.starts_with("asks ");
        if !is_as_wanted {
            wrong.push(format!(
                "{:?}: wanted {wanted}, found {found}",
                text.get(..200).unwrap_or(&text)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 630, "{count}");
}
