//! `ui/src/api.ts` is generated from this crate. The test fails when it is out of step; run it with
//! `HARK_BLESS=1` to write it anew.

use ts_rs::{Config, TS};

use crate::*;

fn generated() -> String {
    let cfg = Config::new().with_large_int("number");
    let mut out = String::from(
        "// Generated from src-tauri/crates/api; `cargo xtask generate` writes it anew.\n",
    );
    macro_rules! declare {
        ($($name:ty),+ $(,)?) => {$(
            out.push_str("\nexport ");
            out.push_str(&<$name as TS>::decl(&cfg));
            out.push('\n');
        )+};
    }
    declare!(
        Time,
        Class,
        Cause,
        Status,
        AgentInfo,
        Notifications,
        Link,
        Phase,
        Heartbeat,
        HeartbeatSource,
        Condition,
        Severity,
        Message,
        Attachment,
        Action,
        ActionKind,
        Decision,
        Shown,
        MessagesQuery,
        JournalRow,
        HistoryEntry,
        Outage,
        Span,
        SpanKind,
        HistoryQuery,
        AddSubscription,
        Credential,
        Added,
        Preview,
        Recognised,
        Certainty,
        Target,
        Accepted,
        RulesFor,
        RulesTried,
        RuleTried,
        MessageTried,
        Sample,
        ApiError,
        ErrorCode,
        Event,
    );
    out.push_str(
        "\n/** Every route: what it takes and what it answers. */\nexport interface Routes {\n",
    );
    for line in route::typescript(&cfg) {
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str("}\n");
    out
}

#[test]
fn the_windows_types_are_those_of_this_crate() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/src/api.ts");
    let wanted = generated();
    if std::env::var_os("HARK_BLESS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "ui/src/api.ts is out of step; run: cargo xtask generate");
}
