//! `ui/src/api.ts` is generated from this crate. The test fails when it is out of step; run it with
//! `HARK_BLESS=1` to write it anew.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashSet},
};

use ts_rs::{Config, TS, TypeVisitor};

use crate::*;

/// The declarations of the types of routes and events, by name: the derive names a type's parts in an
/// order that differs from build to build.
struct Declarations<'a> {
    config: &'a Config,
    seen: HashSet<TypeId>,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        T::visit_generics(self);
        T::visit_dependencies(self);
        // Only types of this crate have an output file.
        if T::output_path().is_some() {
            self.found.insert(T::name(self.config), T::decl(self.config));
        }
    }
}

fn generated() -> String {
    let cfg = Config::new().with_large_int("number");
    let mut types = Declarations { config: &cfg, seen: HashSet::new(), found: BTreeMap::new() };
    route::visit(&mut types);
    types.visit::<Event>();
    types.visit::<ApiError>();
    types.visit::<RelayEvent>();
    types.visit::<RelayRefusal>();
    types.visit::<Health>();
    let mut out = String::from(
        "// Generated from src-tauri/crates/api; `cargo xtask generate` writes it anew.\n",
    );
    for declaration in types.found.values() {
        out.push_str("\nexport ");
        out.push_str(declaration);
        out.push('\n');
    }
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
