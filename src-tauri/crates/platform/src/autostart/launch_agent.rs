//! A LaunchAgent (`launchd.plist(5)`) as the text of its file, and whether such a file starts anything. Pure.

use std::io::{self, Cursor};

use plist::{Dictionary, Value};

/// By what launchd knows it; also the file's name.
pub(super) const LABEL: &str = "dev.hark.agent";

/// The file that starts these words when its user logs in.
pub(super) fn written(command: &[&str]) -> io::Result<Vec<u8>> {
    let words = command.iter().map(|word| Value::from(*word)).collect();
    let mut agent = Dictionary::new();
    agent.insert("Label".to_owned(), LABEL.into());
    agent.insert("ProgramArguments".to_owned(), Value::Array(words));
    agent.insert("RunAtLoad".to_owned(), true.into());
    let mut text = Vec::new();
    Value::Dictionary(agent).to_writer_xml(&mut text).map_err(io::Error::other)?;
    text.push(b'\n');
    Ok(text)
}

/// Whether such a file starts anything: it can be turned off within. What it says may be in any form that launchd
/// reads.
pub(super) fn is_on(text: &[u8]) -> bool {
    let Ok(Value::Dictionary(agent)) = Value::from_reader(Cursor::new(text)) else { return false };
    let says = |key: &str| agent.get(key).and_then(Value::as_boolean).unwrap_or_default();
    says("RunAtLoad") && !says("Disabled")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>dev.hark.agent</string>
	<key>ProgramArguments</key>
	<array>
		<string>/Applications/Hark &amp; Co.app/Contents/MacOS/hark</string>
		<string>agent</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
</dict>
</plist>
"#;

    #[test]
    fn it_is_written_as_launchd_reads_it() {
        let command = ["/Applications/Hark & Co.app/Contents/MacOS/hark", "agent"];
        assert_eq!(String::from_utf8(written(&command).unwrap()).unwrap(), WANTED);
    }

    #[test]
    fn one_that_was_turned_off_or_is_none_starts_nothing() {
        assert!(is_on(WANTED.as_bytes()));
        let off = "<key>Disabled</key><true/></dict>";
        assert!(!is_on(WANTED.replace("</dict>", off).as_bytes()));
        assert!(!is_on(WANTED.replace("<true/>", "<false/>").as_bytes()));
        let mut binary = Vec::new();
        Value::from_reader(Cursor::new(WANTED)).unwrap().to_writer_binary(&mut binary).unwrap();
        assert!(is_on(&binary));
        for wrong in ["", "<plist", "bplist00", "<plist version=\"1.0\"><array/></plist>"] {
            assert!(!is_on(wrong.as_bytes()), "{wrong}");
        }
    }
}
