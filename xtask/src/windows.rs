//! What is handed out for Windows: the program without a console, and the installer.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Result, Shell, cross, debian, package, page};

/// Where the header's offset stands in an executable (Microsoft's PE format).
const HEADER_AT: usize = 0x3c;
/// Where the subsystem stands behind the header's signature: 20 bytes of the file's header, and 68 of the optional one.
const SUBSYSTEM: usize = 4 + 20 + 68;
/// A program with a console (`IMAGE_SUBSYSTEM_WINDOWS_CUI`), and one without (`_GUI`).
const CONSOLE: u8 = 3;
const WINDOWS: u8 = 2;

/// Makes of a program with a console the same one without: a program at login or for a click would flash a console,
/// and one without cannot print.
pub(crate) fn without_console(program: &[u8]) -> Result<Vec<u8>> {
    let strange = || "It is no program for Windows with a console.".to_owned();
    let at = program.get(HEADER_AT..HEADER_AT + 4).ok_or_else(strange)?;
    let at = u32::from_le_bytes([at[0], at[1], at[2], at[3]]) as usize;
    let is_program = program.get(at..at + 4) == Some(b"PE\0\0");
    let found = program.get(at + SUBSYSTEM..at + SUBSYSTEM + 2);
    if !is_program || found != Some(&[CONSOLE, 0]) {
        return Err(strange());
    }
    let mut without = program.to_vec();
    without[at + SUBSYSTEM] = WINDOWS;
    Ok(without)
}

/// Puts `harkw.exe` beside `hark.exe` in a folder.
pub(crate) fn add_without_console(folder: &Path) -> Result<()> {
    let failed = |path: &Path, e: std::io::Error| format!("{}: {e}.", path.display());
    let (from, to) = (folder.join("hark.exe"), folder.join("harkw.exe"));
    let program = fs::read(&from).map_err(|e| failed(&from, e))?;
    fs::write(&to, without_console(&program)?).map_err(|e| failed(&to, e))
}

/// Builds what is handed out, and makes the installer of it.
pub(crate) fn package(shell: &Shell) -> Result<PathBuf> {
    debian::ensure(shell, &[debian::CROSS])?;
    page::build(shell)?;
    let programs = cross::build(shell, "release")?;
    installer(shell, &programs, false)
}

/// Makes the installer of the programs in a folder; a quick one is not compressed.
pub(crate) fn installer(shell: &Shell, programs: &Path, quick: bool) -> Result<PathBuf> {
    add_without_console(programs)?;
    let version = env!("CARGO_PKG_VERSION");
    let out = package::folder(shell).join(format!("hark-{version}-setup.exe"));
    let folder = package::folder(shell);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    let mut command = shell.command("makensis");
    command.args(["-V2", "-NOCD", &format!("-DVERSION={version}")]);
    command.arg(format!("-DPROGRAMS={}", programs.display()));
    for (name, file) in [("ICON", "hark.ico"), ("PANEL", "installer.bmp")] {
        command.arg(format!("-D{name}={}", shell.root.join("icons").join(file).display()));
    }
    command.arg(format!("-DRESULT={}", out.display()));
    command.args(quick.then_some("-DQUICK"));
    command.arg(shell.root.join("src-tauri/packaging/hark.nsi"));
    shell.run(command)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_subsystem_of_a_program_is_changed() {
        let mut program = vec![0; 0x40 + SUBSYSTEM + 8];
        program[HEADER_AT] = 0x40;
        program[0x40..0x44].copy_from_slice(b"PE\0\0");
        program[0x40 + SUBSYSTEM] = CONSOLE;
        let mut wanted = program.clone();
        wanted[0x40 + SUBSYSTEM] = WINDOWS;
        assert_eq!(without_console(&program), Ok(wanted.clone()));
        for other in [&wanted[..], b"", b"MZ", &program[..0x42]] {
            assert!(without_console(other).is_err());
        }
    }
}
