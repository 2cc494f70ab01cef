//! `src-tauri/docs/output.schema.json` says what commands print with `--json`, and is generated from this crate.
//! The test fails when it is out of step; run it with `HARK_BLESS=1` to write it anew.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::*;

/// What each command prints: its name, whether it is one value or one a line, and the value's schema.
fn commands(of: &mut SchemaGenerator) -> Map<String, Value> {
    fn refers<T: JsonSchema>(of: &mut SchemaGenerator, lines: &str) -> Value {
        let mut schema = of.subschema_for::<T>().to_value();
        if let Value::Object(schema) = &mut schema {
            schema.insert("description".to_owned(), lines.into());
        }
        schema
    }
    let (one, many) = ("One value.", "One value a line.");
    let all = [
        ("hark status --json", refers::<Status>(of, one)),
        ("hark messages --json", refers::<Message>(of, many)),
        ("hark history --json", refers::<HistoryEntry>(of, many)),
        ("hark history --uptime --json", refers::<Uptime>(of, many)),
        ("hark rules --json", refers::<RulesTried>(of, one)),
        ("hark send --json", refers::<Sent>(of, one)),
        ("hark handlers --json", refers::<Handler>(of, many)),
        ("hark handlers run --json", refers::<HandlerRun>(of, one)),
        ("hark consents --json", refers::<Consent>(of, many)),
        ("hark relay --json", refers::<Relay>(of, one)),
        ("hark doctor --json", checks()),
        ("hark doctor URL --json", findings()),
        ("hark listen --json", told()),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// What needs no agent is of the command line's own, and said here in words of its own.
fn object(description: &str, properties: Value) -> Value {
    let required: Vec<&String> = properties.as_object().unwrap().keys().collect();
    json!({
        "description": description,
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn marks() -> Value {
    json!({ "enum": ["ok", "warning", "wrong", "unknown"] })
}

fn checks() -> Value {
    let check = object(
        "One thing that was looked at.",
        json!({
            "group": { "enum": ["desktop", "files", "subscription"] },
            "subscription": { "type": ["string", "null"], "description": "Its key." },
            "about": { "type": "string", "description": "A word or two that stay." },
            "mark": marks(),
            "seen": { "type": "string" },
            "advice": { "type": ["string", "null"], "description": "What to do." },
        }),
    );
    object(
        "One value.",
        json!({ "version": { "type": "string" }, "checks": { "type": "array", "items": check } }),
    )
}

fn findings() -> Value {
    let change = object(
        "A line to change.",
        json!({
            "place": { "enum": ["server", "nginx", "caddy", "try"] },
            "line": { "type": "string" },
        }),
    );
    let finding = object(
        "One thing that was seen.",
        json!({
            "about": { "type": "string", "description": "A word that stays." },
            "mark": marks(),
            "seen": { "type": "string" },
            "change": { "type": "array", "items": change },
        }),
    );
    object(
        "One value.",
        json!({
            "feed": { "type": "string" },
            "listened_ms": { "type": "integer", "minimum": 0 },
            "events": { "type": "integer", "minimum": 0 },
            "findings": { "type": "array", "items": finding },
        }),
    )
}

fn told() -> Value {
    let (text, optional) = (json!({ "type": "string" }), json!({ "type": ["string", "null"] }));
    let time = |of| json!({ "type": of, "format": "date-time" });
    object(
        "One value a line.",
        json!({
            "from": { "type": "string", "description": "The URL, without what may be a secret." },
            "server_id": optional,
            "title": text,
            "body": text,
            "priority": { "type": "integer", "minimum": 1, "maximum": 5 },
            "time": time(json!(["string", "null"])),
            "received": time(json!("string")),
            "url": optional,
            "tags": { "type": "array", "items": text },
            "topic": optional,
            "sequence": optional,
            "extras": { "type": "object", "description": "Icon, Markdown, file and actions." },
        }),
    )
}

fn generated() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generator = settings.into_generator();
    let commands = commands(&mut generator);
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What Hark's commands print with --json",
        "description": "Each property is a command. What stands here stays; more may be added.",
        "type": "object",
        "properties": commands,
        "$defs": generator.take_definitions(true),
    });
    serde_json::to_string_pretty(&schema).unwrap() + "\n"
}

#[test]
fn what_commands_print_is_described() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/output.schema.json");
    let wanted = generated();
    if std::env::var_os("HARK_BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "docs/output.schema.json is out of step; run: cargo xtask generate");
}
