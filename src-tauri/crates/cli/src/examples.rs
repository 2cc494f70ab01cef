//! What stands below the options in each `--help` and page of the manual: examples, and exit codes.

use clap::Command;

/// How commands end.
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  not done; one sentence says why and what to do
  2  the command line is wrong
Some commands have more of them; their own help says so.";

/// By the words of the command: what one may want, and the command line for it.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "agent",
        &[
            ("Run it in this terminal and see each message", "hark agent --no-tray"),
            ("Try it without any server", "hark agent --no-tray --demo"),
            ("Watch over servers where there is no desktop", "hark agent --headless"),
        ],
    ),
    ("open", &[("", "hark open"), ("At one message", "hark open --message 42")]),
    (
        "autostart",
        &[("Start with the desktop", "hark autostart on"), ("Is it so?", "hark autostart")],
    ),
    (
        "add",
        &[
            ("A topic of ntfy, by its page", "hark add https://ntfy.example/alerts"),
            (
                "With a token that a file holds",
                "hark add https://push.example/a --token-file ~/.push-token",
            ),
            ("With a password, which is asked for", "hark add https://push.example/a --user me"),
            (
                "With a header, whose value is asked for",
                "hark add https://push.example/a -H X-Api-Key",
            ),
        ],
    ),
    ("edit", &[("", "hark edit builds")]),
    ("rename", &[("", "hark rename builds 'Nightly builds'")]),
    ("remove", &[("", "hark remove builds")]),
    ("pause", &[("One", "hark pause builds"), ("All", "hark pause")]),
    ("resume", &[("One", "hark resume builds"), ("All", "hark resume")]),
    ("mute", &[("", "hark mute builds")]),
    ("unmute", &[("", "hark unmute builds")]),
    (
        "snooze",
        &[
            ("All, for an hour", "hark snooze --for 1h"),
            ("One, until tomorrow", "hark snooze builds --until 'tomorrow 8:00'"),
        ],
    ),
    ("wake", &[("Everything", "hark wake"), ("One", "hark wake builds")]),
    (
        "status",
        &[
            ("Go on showing it", "hark status --watch"),
            ("In a script", "hark status --check"),
            (
                "The phase of each",
                "hark status --json | jq -r '.links[] | .subscription, .phase.phase'",
            ),
        ],
    ),
    (
        "messages",
        &[
            ("As they come", "hark messages --follow"),
            ("What was urgent since yesterday", "hark messages --since 1d --priority urgent"),
            ("Find some", "hark messages --search 'disk full'"),
            ("What you have not read of one", "hark messages builds --unread"),
            ("For a spreadsheet", "hark messages -n 5000 --csv"),
        ],
    ),
    (
        "read",
        &[("Two", "hark read 41 42"), ("All of one subscription", "hark read --all --of builds")],
    ),
    ("delete", &[("", "hark delete 41 42")]),
    ("act", &[("Open its link", "hark act 42"), ("Its second button", "hark act 42 2")]),
    (
        "history",
        &[
            ("Of one", "hark history builds"),
            ("For a spreadsheet", "hark history -n 1000 --csv"),
            ("How reliable each was", "hark history --uptime"),
        ],
    ),
    ("consents", &[("What messages do without asking", "hark consents")]),
    (
        "consents take-back",
        &[("Be asked again", "hark consents take-back home POST https://door.example:443")],
    ),
    ("handlers", &[("Those that are set, and their last runs", "hark handlers")]),
    ("handlers run", &[("Try one", "hark handlers run restart-push --as lost")]),
    (
        "rules",
        &[
            ("What they do with the latest messages", "hark rules builds"),
            ("Try others", "hark rules builds new-rules.toml"),
            ("Put them in force", "hark rules builds new-rules.toml --save"),
        ],
    ),
    (
        "send",
        &[
            ("", "hark send alerts 'Backup finished' --title Backup --priority low"),
            ("What a command printed", "df -h | hark send alerts -"),
        ],
    ),
    (
        "relay",
        &[
            ("How it is, and who follows", "hark relay"),
            ("Let programs of this computer follow", "hark relay on"),
            ("For a page in a browser", "hark relay token --read-only"),
        ],
    ),
    ("test", &[("", "hark test")]),
    ("stop", &[("", "hark stop")]),
    ("config path", &[("", "hark config path")]),
    ("config check", &[("Before it is saved elsewhere", "hark config check")]),
    ("export", &[("", "hark export set-up.toml")]),
    (
        "import",
        &[
            ("See what it would do", "hark import set-up.toml --dry-run"),
            ("Do it", "hark import set-up.toml"),
        ],
    ),
    ("logs", &[("As it grows", "hark logs --follow")]),
    ("completions", &[("For this shell alone", "source <(hark completions bash)")]),
    ("listen", &[("", "hark listen https://push.example/builds")]),
    (
        "doctor",
        &[
            ("This computer and all that is followed", "hark doctor"),
            ("A server", "hark doctor https://push.example/builds"),
        ],
    ),
    ("demo", &[("", "hark demo --port 8099")]),
];

/// The command line with examples and exit codes.
pub fn added_to(command: Command) -> Command {
    let command = command.after_help(EXIT_CODES);
    EXAMPLES.iter().fold(command, |command, (words, examples)| {
        let words: Vec<&str> = words.split(' ').collect();
        at(command, &words, &text(examples))
    })
}

/// Adds a text to the command that these words lead to.
fn at(command: Command, words: &[&str], text: &str) -> Command {
    match words {
        [] => {
            let before = command.get_after_help().map(|before| format!("{before}\n\n"));
            command.after_help(text.to_owned() + "\n" + &before.unwrap_or_default())
        }
        [word, rest @ ..] => command.mut_subcommand(word, |sub| at(sub, rest, text)),
    }
}

fn text(examples: &[(&str, &str)]) -> String {
    let mut text = String::from("Examples:");
    for (what, line) in examples {
        match *what {
            "" => text.push_str(&format!("\n  {line}")),
            what => text.push_str(&format!("\n  {what}:\n    {line}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::arguments::Arguments;

    /// The words of a line of a shell, from `hark` on.
    fn words(line: &str) -> Vec<String> {
        let line = &line[line.find("hark").unwrap()..];
        let line = line.split([')', '|']).next().unwrap();
        let mut words = vec![String::new()];
        let mut quoted = false;
        for char in line.trim().chars() {
            match char {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                char => words.last_mut().unwrap().push(char),
            }
        }
        words
    }

    #[test]
    fn each_command_has_an_example_and_each_example_is_a_command_line() {
        for (of, examples) in EXAMPLES {
            for (_, line) in *examples {
                let words = words(line);
                Arguments::try_parse_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
                assert!(words[1..].join(" ").starts_with(of), "{line} is of {of}");
            }
        }
        for sub in Arguments::command().get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let name = sub.get_name();
            let has = EXAMPLES.iter().any(|(of, _)| of.split(' ').next() == Some(name));
            assert!(has, "{name} has no example");
        }
    }
}
