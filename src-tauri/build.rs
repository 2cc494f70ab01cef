//! Embeds the built page. It never runs npm: building Rust code should not reach for the network.

use std::path::Path;

fn main() {
    let page = "../ui/dist";
    println!("cargo::rerun-if-changed={page}");
    if !Path::new(page).join("index.html").is_file() {
        println!(
            "cargo::error=The window's page is not built yet: ui/dist/index.html is missing. \
             Run `cargo xtask run`, or `npm ci && npm run build` in the folder ui."
        );
        return;
    }
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new()) {
        println!("cargo::error={error:#}");
    }
}
