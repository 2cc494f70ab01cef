//! What is handed out for macOS: `Hark.app`, put together of programs that a Mac has built. Nothing of it has been run;
//! its layout, its property list and its icon are checked by a test.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use crate::{Result, Shell, package, page};

/// What the bundle holds of programs. The first is what opens when it is started; the agent stands beside it, so that
/// its notifications are those of the bundle.
const PROGRAMS: [&str; 2] = ["hark-window", "hark"];
/// The bundle's properties (Apple, Information Property List). It is no program of the Dock while only the agent runs,
/// and is not put to sleep (App Nap) for showing no window: the agent's timers are its heartbeats.
const PROPERTIES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>CFBundleDevelopmentRegion</key><string>en</string>
    <key>CFBundleDisplayName</key><string>Hark</string>
    <key>CFBundleExecutable</key><string>hark-window</string>
    <key>CFBundleIconFile</key><string>hark.icns</string>
    <key>CFBundleIdentifier</key><string>dev.hark.Hark</string>
    <key>CFBundleInfoDictionaryVersion</key><string>6.0</string>
    <key>CFBundleLocalizations</key><array><string>en</string><string>zh-Hans</string></array>
    <key>CFBundleName</key><string>Hark</string>
    <key>CFBundlePackageType</key><string>APPL</string>
    <key>CFBundleShortVersionString</key><string>@VERSION@</string>
    <key>CFBundleVersion</key><string>@VERSION@</string>
    <key>LSApplicationCategoryType</key><string>public.app-category.utilities</string>
    <key>LSMinimumSystemVersion</key><string>11.0</string>
    <key>LSUIElement</key><true/>
    <key>NSAppSleepDisabled</key><true/>
    <key>NSHighResolutionCapable</key><true/>
    <key>NSHumanReadableCopyright</key><string>The Hark maintainers</string>
</dict>
</plist>
"#;

/// Builds on a Mac, and puts the bundle together.
pub(crate) fn package(shell: &Shell) -> Result<PathBuf> {
    if !cfg!(target_os = "macos") {
        return Err(format!(
            "Hark.app is made of programs that only a Mac can link, and this is {}.",
            env::consts::OS
        ));
    }
    page::build(shell)?;
    for name in ["hark", "hark-window"] {
        shell.run(shell.cargo(&["build", "--release", "--package", name]))?;
    }
    let bundle = assemble(
        &shell.target.join("release"),
        &shell.root.join("icons/hark.icns"),
        &package::folder(shell),
    )?;
    // By nobody: without any signature a bundle may show no notifications.
    let mut sign = shell.command("codesign");
    sign.args(["--force", "--deep", "--sign", "-"]).arg(&bundle);
    shell.run(sign)?;
    Ok(bundle)
}

/// Puts the bundle together in a folder, of the programs in another. Answers where it is.
fn assemble(programs: &Path, icon: &Path, folder: &Path) -> Result<PathBuf> {
    let bundle = folder.join("Hark.app");
    let contents = bundle.join("Contents");
    _ = fs::remove_dir_all(&bundle);
    let put = || -> std::io::Result<()> {
        fs::create_dir_all(contents.join("MacOS"))?;
        fs::create_dir_all(contents.join("Resources"))?;
        for name in PROGRAMS {
            fs::copy(programs.join(name), contents.join("MacOS").join(name))?;
        }
        fs::copy(icon, contents.join("Resources/hark.icns"))?;
        let properties = PROPERTIES.replace("@VERSION@", env!("CARGO_PKG_VERSION"));
        fs::write(contents.join("Info.plist"), properties)?;
        fs::write(contents.join("PkgInfo"), "APPL????")
    };
    put().map_err(|e| format!("{}: {e}.", bundle.display()))?;
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Python's own reader of property lists judges it.
    #[test]
    fn the_bundle_is_laid_out_as_a_mac_wants_it() {
        let folder = env::temp_dir().join(format!("hark-bundle-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for name in PROGRAMS {
            fs::write(folder.join(name), name).unwrap();
        }
        let icon = Path::new(env!("CARGO_MANIFEST_DIR")).join("../icons/hark.icns");
        let bundle = assemble(&folder, &icon, &folder).unwrap();
        let contents = bundle.join("Contents");
        let look = "import plistlib, sys\n\
            read = plistlib.load(open(sys.argv[1], 'rb'))\n\
            print(read['CFBundleExecutable'], read['CFBundleIdentifier'], read['CFBundleIconFile'], read['LSUIElement'])";
        let read =
            Command::new("python3").args(["-c", look]).arg(contents.join("Info.plist")).output();
        let read = String::from_utf8(read.unwrap().stdout).unwrap();
        assert_eq!(read.trim(), "hark-window dev.hark.Hark hark.icns True");
        assert_eq!(fs::read_to_string(contents.join("MacOS/hark")).unwrap(), "hark");
        let icon = fs::read(contents.join("Resources/hark.icns")).unwrap();
        // Its length stands behind its mark (Apple, Icon Services).
        assert_eq!(&icon[..4], b"icns");
        assert_eq!(icon[4..8], u32::try_from(icon.len()).unwrap().to_be_bytes());
        fs::remove_dir_all(&folder).unwrap();
    }
}
