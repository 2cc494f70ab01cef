//! What the linker does beside Rust's own. On Linux it folds functions that are the same: in the agent's memory, most
//! of which are its code pages, this is 0.2 MiB. Only the linker that Rust brings along for this target is known to
//! do it. On Windows it puts in what that shows of the program and what the program asks of it.

use std::{env, path::PathBuf, process::Command};

const RESOURCES: &str = "../../packaging/hark.rc";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let of = |name: &str| env::var(name).unwrap_or_default();
    let (target, is_handed_out) = (of("TARGET"), of("PROFILE") == "release");
    if is_handed_out && target == "x86_64-unknown-linux-gnu" && brings_lld(&target) {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
    if of("CARGO_CFG_TARGET_OS") == "windows" {
        for file in [RESOURCES, "../../packaging/hark.exe.manifest", "../../../icons/hark.ico"] {
            println!("cargo::rerun-if-changed={file}");
        }
        let version = of("CARGO_PKG_VERSION");
        let macros = [
            format!("VERSION={version}"),
            format!("VERSION_NUMBERS={},0", version.replace('.', ",")),
        ];
        let put_in = embed_resource::compile(RESOURCES, macros);
        // Where it is only checked, there may be no compiler for them.
        let put_in = match is_handed_out {
            true => put_in.manifest_required(),
            false => put_in.manifest_optional(),
        };
        if let Err(why) = put_in {
            println!(
                "cargo::error=What Windows shows of the program could not be put into it: {why}."
            );
        }
    }
}

fn brings_lld(target: &str) -> bool {
    let Some(rustc) = env::var_os("RUSTC") else { return false };
    let Ok(answer) = Command::new(rustc).args(["--print", "sysroot"]).output() else {
        return false;
    };
    let sysroot = PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim());
    sysroot.join("lib/rustlib").join(target).join("bin/gcc-ld").is_dir()
}
