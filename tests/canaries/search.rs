//! The search for secrets, plain and encoded, and the proof that it finds them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::SECRET;

/// All files of a folder, by path.
pub(super) fn collect(folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let bytes = fs::read(&path).expect("a file");
            files.insert(path.to_str().expect("UTF-8").to_owned(), bytes);
        }
    }
}

/// `file: form of the secret`, for each that is there.
pub(super) fn find(files: &BTreeMap<String, Vec<u8>>, secrets: &[&str]) -> Vec<String> {
    let forms: Vec<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    let mut found = Vec::new();
    for (path, bytes) in files {
        let text = String::from_utf8_lossy(bytes);
        let here = forms.iter().filter(|form| text.contains(form.as_str()));
        found.extend(here.map(|form| format!("{path}: {form}")));
    }
    found
}

/// A secret as it is, percent-encoded, with the slashes of some JSON, and in base64 wherever it begins.
fn forms(secret: &str) -> Vec<String> {
    let encoded = |digits: fn(u8) -> String| -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let parts = secret.bytes().map(|byte| match is_plain(byte) {
            true => char::from(byte).to_string(),
            false => digits(byte),
        });
        parts.collect()
    };
    let mut forms = vec![
        secret.to_owned(),
        secret.replace('/', "\\/"),
        encoded(|byte| format!("%{byte:02X}")),
        encoded(|byte| format!("%{byte:02x}")),
    ];
    // Three bytes make four letters, so what is before it only moves where the threes begin.
    forms.extend((0..3).map(|start| base64(&secret.as_bytes()[start..])));
    forms
}

/// All whole threes of bytes.
fn base64(bytes: &[u8]) -> String {
    let letters: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['+', '/'])
        .collect();
    let (threes, _) = bytes.as_chunks::<3>();
    let four = |three: &[u8; 3]| {
        let [a, b, c] = three.map(usize::from);
        [
            a >> 2,
            (a << 4 | b >> 4) & 63,
            (b << 2 | c >> 6) & 63,
            c & 63,
        ]
    };
    threes.iter().flat_map(four).map(|at| letters[at]).collect()
}

#[test]
fn the_search_finds_what_it_searches_for() {
    let plant = |text: String| {
        let files = BTreeMap::from([("f".to_owned(), format!("before {text} after").into_bytes())]);
        find(&files, &[SECRET])
    };
    // Made by `base64`, of "", "x" and "xy" before the secret and "z" after it.
    let encoded = [
        "a0FuYXJpZS93SmFsK3JYVXRuRkVNSWJQeFJmaUNZU0VDUkVUS0VZLzF6",
        "eGtBbmFyaWUvd0phbCtyWFV0bkZFTUliUHhSZmlDWVNFQ1JFVEtFWS8xeg==",
        "eHlrQW5hcmllL3dKYWwrclhVdG5GRU1JYlB4UmZpQ1lTRUNSRVRLRVkvMXo=",
    ];
    for text in encoded.map(str::to_owned).into_iter().chain([
        SECRET.to_owned(),
        SECRET.replace('/', "%2F").replace('+', "%2B"),
        json!({ "key": SECRET }).to_string(),
    ]) {
        assert!(!plant(text.clone()).is_empty(), "{text}");
    }
    assert_eq!(plant("nothing of it".to_owned()), [""; 0]);
}
