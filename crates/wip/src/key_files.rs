//! The files with signing keys that a Space file names.
//!
//! Owns where they lie, beside the Space file, and how much is read of each.
//! Says nothing of what is in one: that is `wip_space`'s, which shows none of it.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use wip_space::KeyFiles;

/// The largest file that is taken; a public key of 8,192 bits has some 1,400 bytes as PEM.
const MAX: u64 = 16 * 1024;
/// How many files are read at all; a Space file that names more is refused.
const MOST: usize = 1000;

/// Reads the files that a Space file names.
pub(crate) fn read(space: &Path, text: &[u8]) -> KeyFiles {
    let names = wip_space::key_files(&space.display().to_string(), text);
    let folder = space.parent().unwrap_or(Path::new(""));
    names
        .into_iter()
        .take(MOST)
        .map(|name| {
            let bytes = bytes(&folder.join(&name));
            (name, bytes)
        })
        .collect()
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let because = |error: std::io::Error| error.to_string();
    // A pipe or a device would be waited for.
    if !fs::metadata(path).map_err(because)?.is_file() {
        return Err("it is no ordinary file".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX + 1).read_to_end(&mut bytes))
        .map_err(because)?;
    match bytes.len() as u64 > MAX {
        true => Err(format!("it is larger than {} KiB", MAX / 1024)),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACE: &str = r#"
spec:
  clusters:
    - selfHosted: { signingKeys: [sa.pub, large.pub, missing.pub, folder, pipe] }
"#;

    /// Beside the Space file, to a bound, and nothing that would be waited for.
    #[test]
    fn only_small_ordinary_files_are_read() {
        let name = format!("wip-key-files-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("a folder");
        let at = |name: &str| folder.join(name);
        fs::write(at("sa.pub"), "PEM").expect("a file");
        fs::write(at("large.pub"), vec![b'x'; 16 * 1024 + 1]).expect("a file");
        fs::create_dir(at("folder")).expect("a folder");
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(made.expect("mkfifo is there").success());
        let files = read(&at("space.yaml"), SPACE.as_bytes());
        let why = |name: &str| files[name].clone().expect_err("not read");
        assert_eq!(files["sa.pub"], Ok(b"PEM".to_vec()));
        assert_eq!(why("large.pub"), "it is larger than 16 KiB");
        assert!(why("missing.pub").contains("No such file"));
        assert_eq!(why("folder"), "it is no ordinary file");
        assert_eq!(why("pipe"), "it is no ordinary file");
        fs::remove_dir_all(&folder).expect("a folder");
    }
}
