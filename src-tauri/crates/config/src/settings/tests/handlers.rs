//! What `[[handlers]]` may say.

use hark_engine::handlers::{Escalates, On};

use super::*;

const SUBSCRIPTION: &str = "[subscriptions.builds]\nurl = \"https://a.example\"\n";

fn handler(lines: &str) -> String {
    format!("{SUBSCRIPTION}[[handlers]]\n{lines}\n")
}

#[test]
fn a_handler_is_read_with_its_defaults() {
    let text = handler("name = \"restart\"\non = \"lost\"\nrun = [\"restart\", \"{key}\", \"{}\"]");
    let one = read_all(&text).handlers.remove(0);
    assert_eq!(one.plan.on, [On::Lost]);
    assert_eq!((one.plan.cooldown, one.plan.at_most), (Duration::from_secs(60), 10));
    assert_eq!((one.plan.repeat, one.timeout), (false, Duration::from_secs(60)));
    let plain = |text: &str| Word::Plain(text.to_owned());
    assert_eq!(one.run, [plain("restart"), Word::Filled(Placeholder::Key), plain("{}")]);
    let text = handler("name = \"tell\"\non = [\"gap\", \"message\"]\nrun = [\"tell\"]\n");
    let one = read_all(&text).handlers.remove(0);
    assert_eq!((one.plan.cooldown, one.plan.at_most), (Duration::ZERO, 100));
}

#[test]
fn one_that_takes_over_makes_the_other_go_on() {
    let text = handler(
        "name = \"restart\"\non = \"down\"\nrun = [\"a\"]\n\
         [[handlers]]\nname = \"page\"\nescalates = \"restart\"\nrun = [\"b\"]",
    );
    let settings = read_all(&text);
    assert!(settings.handlers[0].plan.repeat);
    let wanted = Escalates { handler: "restart".to_owned(), after_failures: 3 };
    assert_eq!(settings.handlers[1].plan.escalates, Some(wanted));
}

#[test]
fn what_is_wrong_with_a_handler_is_said_where_it_stands() {
    let run = "run = [\"a\"]";
    for (lines, wanted) in [
        ("name = \"a\"\non = \"lost\"\nrun = []".to_owned(), "`run` names no program"),
        (format!("name = \"a\"\non = \"dead\"\n{run}"), "is called \"dead\"; known are lost, down"),
        (format!("name = \"a\"\non = 5\n{run}"), "`on` is one of lost, down"),
        (format!("name = \"a\"\n{run}"), "`on` is one of lost, down"),
        (format!("name = \"\"\non = \"lost\"\n{run}"), "a handler's name has"),
        (
            "name = \"a\"\non = \"lost\"\nrun = [\"a\", \"{title}\"]".to_owned(),
            "known are {key}, {name}",
        ),
        ("name = \"a\"\non = \"lost\"\nrun = [\"a\", \"--k={key}\"]".to_owned(), "whole argument"),
        ("name = \"a\"\non = \"lost\"\nrun = [\"{name}\"]".to_owned(), "cannot be a placeholder"),
        ("name = \"a\"\non = \"lost\"\nrun = \"sh\"".to_owned(), "line 6"),
        (format!("name = \"a\"\non = \"lost\"\nsubscription = \"x\"\n{run}"), "subscription \"x\""),
        (format!("name = \"a\"\non = \"lost\"\nat_most = 0\n{run}"), "`at_most` is 1 to"),
        (format!("name = \"a\"\non = \"lost\"\ntimeout = \"2h\"\n{run}"), "at most 1h"),
        (format!("name = \"a\"\non = \"lost\"\nshell = true\n{run}"), "unknown field `shell`"),
        (format!("name = \"a\"\nescalates = \"a\"\n{run}"), "no such other one"),
        (format!("name = \"a\"\non = \"lost\"\nescalates = \"b\"\n{run}"), "leave out `on`"),
        (
            format!("name = \"a\"\non = \"lost\"\nafter_failures = 2\n{run}"),
            "for one that `escalates`",
        ),
        (
            format!(
                "name = \"a\"\non = \"lost\"\n{run}\n[[handlers]]\nname = \"a\"\non = \"gap\"\n{run}"
            ),
            "line 7, column 1: two handlers are called \"a\"",
        ),
        (
            format!(
                "name = \"a\"\non = \"gap\"\n{run}\n[[handlers]]\nname = \"b\"\nescalates = \"a\"\n{run}"
            ),
            "for nothing that lasts",
        ),
        (
            format!(
                "name = \"a\"\nescalates = \"b\"\n{run}\n[[handlers]]\nname = \"b\"\nescalates = \"a\"\n{run}"
            ),
            "the handlers \"a\", \"b\" escalate each other in a circle",
        ),
        (
            format!(
                "name = \"x\"\nescalates = \"a\"\n{run}\n[[handlers]]\nname = \"a\"\nescalates = \"b\"\n{run}\n\
                 [[handlers]]\nname = \"b\"\nescalates = \"c\"\n{run}\n\
                 [[handlers]]\nname = \"c\"\nescalates = \"a\"\n{run}"
            ),
            "line 7, column 1: the handlers \"a\", \"b\", \"c\" escalate",
        ),
    ] {
        let said = problem(&handler(&lines));
        assert!(said.contains(wanted), "{lines}\n{said}");
    }
}

#[test]
fn the_variables_of_all_credentials_are_known() {
    let text = "[subscriptions.a]\nurl = \"https://a.example\"\nbearer = { env = \"A\" }\n\
                headers = { X = { env = \"B\" } }\npublish = { bearer = { env = \"C\" } }\n\
                [subscriptions.b]\nurl = \"https://b.example\"\n\
                basic = { user = \"u\", password = { env = \"D\" } }\n\
                publish = { basic = { user = \"u\", password = { env = \"E\" } } }\n";
    let all = read_all(text).handler_set().secret_variables;
    assert_eq!(all.into_iter().collect::<String>(), "ABCDE");
}

#[test]
fn the_examples_of_the_page_on_handlers_are_read() {
    let examples = examples(include_str!("../../../../../docs/handlers.md"));
    assert!(examples.len() >= 3, "{}", examples.len());
    let all: String = examples.into_iter().map(|(_, text)| text).collect();
    let all = format!("{SUBSCRIPTION}{all}");
    let names = read_all(&all).handlers.into_iter().map(|one| one.plan.name);
    assert!(names.collect::<Vec<_>>().contains(&"page".to_owned()));
}
