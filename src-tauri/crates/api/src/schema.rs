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
        ("hark rules --json", refers::<RulesTried>(of, one)),
        ("hark send --json", refers::<Sent>(of, one)),
        ("hark handlers --json", refers::<Handler>(of, many)),
        ("hark handlers run --json", refers::<HandlerRun>(of, one)),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
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
