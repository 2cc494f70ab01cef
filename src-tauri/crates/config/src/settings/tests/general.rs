//! What a form shows of what is set for all, and what it writes.

use std::{fs, path::Path};

use super::super::*;

const TEXT: &str = "# mine\n[keep] # for all\n# a week\ndays = 7 # enough\n\n[subscriptions.a]\nurl = \"https://a.example/\"\n";

fn changed(path: &Path, change: impl FnOnce(&mut Options)) -> Result<String, EditError> {
    let before = general_of(path)?;
    let mut after = before.clone();
    change(&mut after);
    set_general(path, &before, &after)?;
    Ok(fs::read_to_string(path).unwrap())
}

#[test]
fn only_what_was_changed_is_written_and_what_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, TEXT).unwrap();
    assert_eq!(general_of(&path).unwrap(), [("keep.days".into(), OptionValue::Number(7))].into());

    let text = |text: &str| OptionValue::Text(text.to_owned());
    let now = changed(&path, |all| {
        all.insert("keep.days".into(), OptionValue::Number(30));
        all.insert("problems.tell_after".into(), text("never"));
    });
    let wanted = TEXT.replace("days = 7", "days = 30") + "\n[problems]\ntell_after = \"never\"\n";
    assert_eq!(now.unwrap(), wanted);
    let text_now = fs::read_to_string(&path).unwrap();
    let settings = parse(&path, &text_now, &Default::default()).unwrap();
    assert_eq!(settings.problems.tell_after, None);

    for (name, value) in [
        ("keep.bytes", text("1 B")),
        ("keep.messages", OptionValue::Number(0)),
        ("problems.tell_after", text("soon")),
        ("relay.listen", text("0.0.0.0:1")),
    ] {
        let wrong = changed(&path, |all| drop(all.insert(name.into(), value)));
        let Err(EditError::Unfit { option, .. }) = wrong else { panic!("{name}: {wrong:?}") };
        assert_eq!(option.as_deref(), Some(name));
        assert_eq!(fs::read_to_string(&path).unwrap(), wanted);
    }
    let before = [("keep.days".into(), OptionValue::Number(7))].into();
    let stale = set_general(&path, &before, &Options::new());
    assert!(matches!(stale, Err(EditError::Changed(what)) if what == "keep.days"));
    let gone = changed(&path, Options::clear).unwrap();
    assert!(!gone.contains("tell_after") && !gone.contains("days ="), "{gone}");
    assert!(gone.contains("# mine"), "{gone}");
}
