//! What commands print with `--json`, held to the schema that is handed out, by a validator that is not Hark's.

use std::{fs, path::Path};

use serde_json::{Value, json};

/// Checks what a command has printed, one value or one a line.
///
/// # Panics
/// Where the schema says something else, or nothing, of it.
pub fn as_described(command: &str, printed: &[Value]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/docs/output.schema.json");
    let whole: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let of =
        whole["properties"].get(command).unwrap_or_else(|| panic!("{command} is not described"));
    let mut schema = json!({ "$defs": whole["$defs"], "$schema": whole["$schema"] });
    schema.as_object_mut().unwrap().extend(of.as_object().unwrap().clone());
    let validator = jsonschema::draft202012::options().should_validate_formats(true);
    let validator = validator.build(&schema).unwrap();
    for value in printed {
        let wrong: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{command}: {wrong:#?} in {value:#}");
    }
}
