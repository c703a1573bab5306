//! Issuers that clusters host themselves: the documents, byte for byte, and what a file means.

use serde_json::Value;

use crate::{
    ClusterAt, KeyFiles, Publish, SigningKey, discovery_document, key_files, key_set, parse,
    parse_with,
};

const GOLDEN: &[u8] = include_bytes!("../../tests/keys/golden.pub");
const SECOND: &[u8] = include_bytes!("../../tests/keys/second.pub");
const KID: &str = "nHJohu1Mg0bRTDdPCyF3BubxqadnnDDe--S8hiL24FE";

/// What the key generator and `jq` print for the same key ("IAM for Pods configuration" of the EKS Anywhere documentation).
const KEY_SET: &str = r#"{
    "keys": [
        {
            "use": "sig",
            "kty": "RSA",
            "kid": "nHJohu1Mg0bRTDdPCyF3BubxqadnnDDe--S8hiL24FE",
            "alg": "RS256",
            "n": "N",
            "e": "AQAB"
        },
        {
            "use": "sig",
            "kty": "RSA",
            "kid": "",
            "alg": "RS256",
            "n": "N",
            "e": "AQAB"
        }
    ]
}
"#;

/// The modulus of the golden key, base64url, as `openssl rsa -pubin -modulus` shows it.
const MODULUS: &str = "tQ3Wlh2P0lhjhXqDNgr1rqN7TkSKDd2K6NwSYmDL0zLNv8RBUusKNVxRwv5PGDWbCDNKgYOURsEVJHkJFybi_yKSdGPRJCaVzwWwn0zTyAzBV3XUlaNrKBhtjT-i9Dd4X-NF2DH7RGkwLOgU0k2JD1gGurITU4IUar-rIND2Ywpvv8RhgowEpQgH2WND3oRGqzbVwb1H6mXJ_fVKVHvcp3chyhhPhpLoCNGwecP08RLLH_dOhoIYNX4DKaPSW1HIKetJRX9qHcKkOYxgGzrcNW2PtnHC9V4i4ColH6fhHIrpEnA3sJcecSEqz6TmjQej4xNnMYwQdxoQ56ZIk1lQjw";

fn golden() -> SigningKey {
    SigningKey::of_pem(GOLDEN).unwrap()
}

#[test]
fn the_key_set_is_the_key_generators() {
    let key = golden();
    assert_eq!(key.kid, KID);
    let expected = KEY_SET.replace("\"N\"", &format!("\"{MODULUS}\""));
    assert_eq!(key_set([&key], Some(&key)), expected);
    let one: Value = serde_json::from_str(&key_set([&key], None)).unwrap();
    assert_eq!(one["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn the_discovery_document_is_the_guides() {
    let expected = r#"{
    "issuer": "https://s3.us-west-2.amazonaws.com/acme-oidc",
    "jwks_uri": "https://s3.us-west-2.amazonaws.com/acme-oidc/keys.json",
    "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
    "response_types_supported": [
        "id_token"
    ],
    "subject_types_supported": [
        "public"
    ],
    "id_token_signing_alg_values_supported": [
        "RS256"
    ],
    "claims_supported": [
        "sub",
        "iss"
    ]
}
"#;
    let issuer = "https://s3.us-west-2.amazonaws.com/acme-oidc";
    assert_eq!(discovery_document(issuer), expected);
}

/// That line breaks and what stands before the block mean nothing, as for the key generator's PEM reader.
#[test]
fn a_key_is_the_same_however_its_file_is_written() {
    let text = String::from_utf8(GOLDEN.to_vec()).unwrap();
    for same in [
        text.replace('\n', "\r\n"),
        text.trim_end().to_owned(),
        format!("\n\n{text}\n"),
    ] {
        assert_eq!(SigningKey::of_pem(same.as_bytes()), Ok(golden()), "{same}");
    }
}

/// Every byte of the DER counts for the id, so that a file with one of them changed is another key or none.
#[test]
fn a_key_that_came_to_harm_is_not_the_same() {
    for at in (0..GOLDEN.len()).step_by(7) {
        let mut harmed = GOLDEN.to_vec();
        harmed[at] ^= 1;
        if let Ok(key) = SigningKey::of_pem(&harmed) {
            assert_ne!(key.kid, KID, "byte {at}");
        }
    }
}

fn own(extra: &str, issuer: &str) -> String {
    format!(
        r#"
apiVersion: wip/v1alpha1
kind: Space
metadata: {{ name: edge }}
spec:
  clusters:
    - {{ name: edge-1, selfHosted: {{ issuer: "{issuer}", account: "111122223333"{extra} }} }}
  identities:
    app:
      method: irsa
      workloads: [{{ namespace: app, serviceAccount: app }}]
      access: [{{ s3: {{ bucket: acme-app, region: us-west-2, allow: [read] }} }}]
"#
    )
}

fn published(issuer: &str, extra: &str) -> Publish {
    let publish = format!(", publish: {{ s3: {{ bucket: acme-oidc, region: us-west-2{extra} }} }}");
    let space = parse("space.yaml", own(&publish, issuer).as_bytes()).unwrap();
    match &space.clusters[0].at {
        ClusterAt::SelfHosted { publish, .. } => publish.clone().unwrap(),
        _ => panic!("not self-hosted"),
    }
}

/// Source of the forms of URLs: "Virtual hosting of buckets" in the Amazon S3 user guide.
#[test]
fn the_url_says_where_in_the_bucket_the_documents_lie() {
    for (issuer, prefix, direct) in [
        ("https://s3.us-west-2.amazonaws.com/acme-oidc", "", true),
        (
            "https://s3.us-west-2.amazonaws.com/acme-oidc/a/b",
            "a/b/",
            true,
        ),
        ("https://acme-oidc.s3.us-west-2.amazonaws.com", "", true),
        ("https://acme-oidc.s3.us-west-2.amazonaws.com/a", "a/", true),
        ("https://d111111abcdef8.cloudfront.net", "", false),
        ("https://issuer.example.com/edge/1", "edge/1/", false),
    ] {
        let publish = published(issuer, "");
        assert_eq!(
            (publish.prefix.as_str(), publish.direct),
            (prefix, direct),
            "{issuer}"
        );
        assert_eq!(publish.account, "111122223333");
    }
    let elsewhere = published("https://issuer.example.com", ", account: \"444455556666\"");
    assert_eq!(elsewhere.account, "444455556666");
}

#[test]
fn keys_are_read_from_the_files_that_the_space_file_names() {
    let text = own(
        ", signingKeys: [second.pub, keys/sa.pub], legacyEmptyKid: true",
        "https://i.example.com",
    );
    let names: Vec<String> = key_files("space.yaml", text.as_bytes())
        .into_iter()
        .collect();
    assert_eq!(names, ["keys/sa.pub", "second.pub"]);
    let files = KeyFiles::from([
        ("keys/sa.pub".to_owned(), Ok(GOLDEN.to_vec())),
        ("second.pub".to_owned(), Ok(SECOND.to_vec())),
    ]);
    let space = parse_with("space.yaml", text.as_bytes(), &files.into()).unwrap();
    let ClusterAt::SelfHosted {
        signing_keys,
        legacy_empty_kid,
        publish,
        ..
    } = &space.clusters[0].at
    else {
        panic!("not self-hosted");
    };
    let second = SigningKey::of_pem(SECOND).unwrap();
    assert_eq!(*signing_keys, [second.clone(), golden()]);
    assert!(legacy_empty_kid & publish.is_none());
    // In the order of their ids, whatever the order of the file; the first of the file without an id.
    let set: Value = serde_json::from_str(&key_set(signing_keys, signing_keys.first())).unwrap();
    let of = |name: &str| -> Vec<&str> {
        let keys = set["keys"].as_array().unwrap().iter();
        keys.map(|key| key[name].as_str().unwrap()).collect()
    };
    let mut sorted = [second.kid.as_str(), KID];
    sorted.sort_unstable();
    assert_eq!(of("kid"), [sorted[0], sorted[1], ""]);
    assert_eq!(of("n")[2], second.n);
}

/// Of a private key that is given by mistake no message holds a part.
#[test]
fn nothing_of_a_private_key_is_shown() {
    let secret = include_bytes!("../../tests/keys/private.pem");
    let text = own(", signingKeys: [sa.key]", "https://i.example.com");
    let files = KeyFiles::from([("sa.key".to_owned(), Ok(secret.to_vec()))]);
    let problems = parse_with("space.yaml", text.as_bytes(), &files.into()).unwrap_err();
    let shown = format!("{problems:?}");
    assert!(shown.contains("it holds a private key"), "{shown}");
    let body = String::from_utf8(secret.to_vec()).unwrap();
    for line in body.lines().filter(|line| !line.starts_with("-----")) {
        for part in line.as_bytes().chunks(8) {
            assert!(
                !shown.contains(std::str::from_utf8(part).unwrap()),
                "{shown}"
            );
        }
    }
}
