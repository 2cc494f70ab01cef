//! Wishes and the rules that say them.

use hark_engine::message::Priority;

use super::super::{Names, Usual, check_usual, read_rules, usual_of, write_usual};

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|word| (*word).to_owned()).collect()
}

fn from(level: i64) -> Option<Priority> {
    Some(Priority::clamped(level))
}

#[test]
fn wishes_become_rules_and_rules_wishes() {
    for (usual, text) in [
        (Usual::default(), ""),
        (Usual { from: from(4), ..Usual::default() }, ""),
        (
            Usual { never: words(&["nightly", "a\"b"]), ..Usual::default() },
            "[[rules]]\nname = \"never for these tags\"\ntag = [\"nightly\", 'a\"b']\nthen = \"quiet\"\n",
        ),
        (
            Usual { from: from(3), sound: Some("bell".into()), ..Usual::default() },
            "[[rules]]\nname = \"sound\"\nmin_priority = 3\nsound = \"bell\"\n",
        ),
        (
            Usual { from: from(2), only: words(&["disk", "1.5|2"]), ..Usual::default() },
            "[[rules]]\nname = \"only with these words\"\ntext = '(?i)disk|1\\.5\\|2'\nmin_priority = 2\n\n\
             [[rules]]\nname = \"without these words\"\nthen = \"quiet\"\n",
        ),
        (
            Usual {
                never: words(&["x"]),
                only: words(&["门"]),
                sound: Some("none".into()),
                ..Usual::default()
            },
            "[[rules]]\nname = \"never for these tags\"\ntag = [\"x\"]\nthen = \"quiet\"\n\n[[rules]]\nname = \
             \"only with these words\"\ntext = \"(?i)门\"\nsound = \"none\"\n\n[[rules]]\nname = \"without \
             these words\"\nthen = \"quiet\"\n",
        ),
    ] {
        let written = write_usual(&usual, &Names::default());
        assert_eq!(written, text);
        assert_eq!(usual_of(&written, usual.from), Some((usual, Names::default())), "{written}");
    }
}

#[test]
fn names_of_the_persons_own_stay() {
    let text = "[[rules]]\ntag = \"nightly\"\nthen = \"quiet\"\n[[rules]]\nname = \"mine\"\nsound = \"bell\"\n";
    let (usual, names) = usual_of(text, None).unwrap();
    let wanted =
        Usual { never: words(&["nightly"]), sound: Some("bell".into()), ..Usual::default() };
    assert_eq!(usual, wanted);
    let again = write_usual(&usual, &names);
    assert_eq!(read_rules(&again).unwrap(), read_rules(text).unwrap());
}

#[test]
fn what_no_wish_says_is_none() {
    for text in [
        // Comments would be lost.
        "[[rules]]\n# noise\ntag = \"x\"\nthen = \"quiet\"\n",
        "[[rules]] # noise\ntag = \"x\"\nthen = \"quiet\"\n",
        "# all\n",
        "[[rules]]\ntag = \"\\u0023\" # noise\nthen = \"quiet\"\n",
        // Other conditions and other ends.
        "[[rules]]\ntag = \"x\"\nthen = \"drop\"\n",
        "[[rules]]\ntag = \"x\"\nmin_priority = 2\nthen = \"quiet\"\n",
        "[[rules]]\ntag = \"x\"\n",
        "[[rules]]\ntopic = \"x\"\nthen = \"quiet\"\n",
        "[[rules]]\ntext = \"(?i)x\"\n",
        "[[rules]]\ntext = \"(?i)x\"\n[[rules]]\nthen = \"drop\"\n",
        "[[rules]]\ntext = \"(?i)x\"\n[[rules]]\ntext = \"y\"\nthen = \"quiet\"\n",
        "[[rules]]\ntext = \"(?i)x\"\nraise = 1\n[[rules]]\nthen = \"quiet\"\n",
        "[[rules]]\ntext = \"(?i)x.y\"\n[[rules]]\nthen = \"quiet\"\n",
        "[[rules]]\ntext = \"x\"\n[[rules]]\nthen = \"quiet\"\n",
        "[[rules]]\ntext = \"(?i)x|\"\n[[rules]]\nthen = \"quiet\"\n",
        "[[rules]]\nsound = \"bell\"\nmin_priority = 4\n",
        "[[rules]]\nsound = \"bell\"\n[[rules]]\ntag = \"x\"\nthen = \"quiet\"\n",
        "[[rules]]\nthen = \"quiet\"\n",
        // No rules at all.
        "[[rules]]\ntext = \"(\"\n",
        "rules",
    ] {
        assert_eq!(usual_of(text, None), None, "{text}");
    }
    // What alerts, alerts below the least priority too.
    assert_eq!(usual_of("[[rules]]\nsound = \"bell\"\n", from(4)), None);
    assert!(usual_of("[[rules]]\nsound = \"bell\"\nmin_priority = 4\n", from(4)).is_some());
    assert!(usual_of("[[rules]]\ntag = \"#x\"\nthen = \"quiet\"\n", None).is_some());
}

#[test]
fn wishes_have_bounds() {
    let of = |never: Vec<String>| check_usual(&Usual { never, ..Usual::default() });
    assert!(of(words(&["a"])).is_ok());
    assert!(of(words(&[" "])).is_err() && of(words(&["a\nb"])).is_err());
    assert!(of(vec!["a".into(); 51]).is_err());
}
