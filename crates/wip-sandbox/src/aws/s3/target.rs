//! What a request is about: bucket, key and operation, from host, path and query.
//!
//! Source: S3 User Guide, "Virtual hosting of buckets"; botocore's model of `s3` (`requestUri` of each operation).
//! Not here: whether the bucket exists.

use percent_encoding::percent_decode_str;

use crate::http::Request;

/// Bucket and key of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) bucket: Option<String>,
    pub(crate) key: Option<String>,
    /// Addressed as `BUCKET.s3.amazonaws.com`, which leads to the bucket's own region whatever the client meant.
    pub(crate) global: bool,
}

impl Target {
    /// Reads host and path.
    pub(crate) fn of(request: &Request) -> Self {
        let path = request.path.strip_prefix('/').unwrap_or(&request.path);
        let some = |text: &str| {
            (!text.is_empty()).then(|| percent_decode_str(text).decode_utf8_lossy().into_owned())
        };
        match hosted(request.header("host").unwrap_or_default()) {
            Some((bucket, global)) => Self {
                bucket: Some(bucket),
                key: some(path),
                global,
            },
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                Self {
                    bucket: some(bucket),
                    key: some(key),
                    global: false,
                }
            }
        }
    }
}

/// The bucket that a host name begins with, and whether it is the global one.
fn hosted(host: &str) -> Option<(String, bool)> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    for local in [".localhost", ".127.0.0.1"] {
        if let Some(bucket) = name.strip_suffix(local) {
            return (!bucket.is_empty()).then(|| (bucket.to_owned(), false));
        }
    }
    let rest = name
        .strip_suffix(".amazonaws.com")
        .or_else(|| name.strip_suffix(".amazonaws.com.cn"))?;
    if let Some(bucket) = rest.strip_suffix(".s3") {
        return Some((bucket.to_owned(), true));
    }
    let (bucket, _region) = rest
        .rsplit_once(".s3.")
        .or_else(|| rest.rsplit_once(".s3-"))?;
    Some((bucket.to_owned(), false))
}

/// The name of the operation; for one that the sandbox does not serve, method and query parameter.
pub(crate) fn operation(request: &Request) -> String {
    let target = Target::of(request);
    let names: Vec<String> = request
        .query_pairs()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let has = |name: &str| names.iter().any(|other| other == name);
    let method = request.method.as_str();
    if target.bucket.is_none() {
        return if method == "GET" {
            "ListBuckets".to_owned()
        } else {
            method.to_owned()
        };
    }
    let settings = if target.key.is_some() {
        &OBJECT_SETTINGS[..]
    } else {
        &BUCKET_SETTINGS[..]
    };
    if let Some((name, operations)) = settings.iter().find(|(name, _)| has(name)) {
        let found = operations.iter().find(|(verb, _)| *verb == method);
        return found.map_or_else(
            || format!("{method}?{name}"),
            |(_, operation)| (*operation).to_owned(),
        );
    }
    let operation = match (method, target.key.is_some()) {
        ("HEAD", false) => "HeadBucket",
        ("PUT", false) => "CreateBucket",
        ("DELETE", false) => "DeleteBucket",
        ("GET", false) if request.query_value("list-type").as_deref() == Some("2") => {
            "ListObjectsV2"
        }
        ("GET", false) => "ListObjects",
        ("HEAD", true) => "HeadObject",
        ("PUT", true) if request.header("x-amz-copy-source").is_some() => "CopyObject",
        ("PUT", true) => "PutObject",
        ("GET", true) => "GetObject",
        ("DELETE", true) => "DeleteObject",
        _ => method,
    };
    operation.to_owned()
}

type Setting = (&'static str, &'static [(&'static str, &'static str)]);

/// Parameters that make a request one about a setting, with the operations served of them.
const BUCKET_SETTINGS: [Setting; 23] = [
    ("location", &[("GET", "GetBucketLocation")]),
    (
        "policy",
        &[
            ("GET", "GetBucketPolicy"),
            ("PUT", "PutBucketPolicy"),
            ("DELETE", "DeleteBucketPolicy"),
        ],
    ),
    ("policyStatus", &[("GET", "GetBucketPolicyStatus")]),
    (
        "encryption",
        &[
            ("GET", "GetBucketEncryption"),
            ("PUT", "PutBucketEncryption"),
            ("DELETE", "DeleteBucketEncryption"),
        ],
    ),
    (
        "versioning",
        &[
            ("GET", "GetBucketVersioning"),
            ("PUT", "PutBucketVersioning"),
        ],
    ),
    (
        "publicAccessBlock",
        &[
            ("GET", "GetPublicAccessBlock"),
            ("PUT", "PutPublicAccessBlock"),
            ("DELETE", "DeletePublicAccessBlock"),
        ],
    ),
    (
        "tagging",
        &[
            ("GET", "GetBucketTagging"),
            ("PUT", "PutBucketTagging"),
            ("DELETE", "DeleteBucketTagging"),
        ],
    ),
    ("acl", &[]),
    ("accelerate", &[]),
    ("analytics", &[]),
    ("cors", &[]),
    ("delete", &[]),
    ("intelligent-tiering", &[]),
    ("inventory", &[]),
    ("lifecycle", &[]),
    ("logging", &[]),
    ("metrics", &[]),
    ("notification", &[]),
    ("object-lock", &[]),
    ("ownershipControls", &[]),
    ("replication", &[]),
    ("uploads", &[("GET", "ListMultipartUploads")]),
    ("versions", &[("GET", "ListObjectVersions")]),
];

const OBJECT_SETTINGS: [Setting; 9] = [
    ("acl", &[]),
    ("attributes", &[]),
    ("legal-hold", &[]),
    ("retention", &[]),
    ("restore", &[]),
    ("tagging", &[]),
    ("torrent", &[]),
    ("uploads", &[("POST", "CreateMultipartUpload")]),
    (
        "uploadId",
        &[
            ("PUT", "UploadPart"),
            ("POST", "CompleteMultipartUpload"),
            ("DELETE", "AbortMultipartUpload"),
            ("GET", "ListParts"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, host: &str, path: &str, query: &str) -> Request {
        Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: [("host".to_owned(), host.to_owned())].into(),
            body: Vec::new(),
        }
    }

    #[test]
    fn targets() {
        for (host, path, bucket, key, global) in [
            ("127.0.0.1:80", "/", None, None, false),
            ("127.0.0.1:80", "/b", Some("b"), None, false),
            ("127.0.0.1:80", "/b/", Some("b"), None, false),
            (
                "127.0.0.1:80",
                "/b/k/x%20y",
                Some("b"),
                Some("k/x y"),
                false,
            ),
            ("b.localhost:80", "/k", Some("b"), Some("k"), false),
            (
                "a.b.s3.eu-west-1.amazonaws.com",
                "/k",
                Some("a.b"),
                Some("k"),
                false,
            ),
            ("b.s3.amazonaws.com", "/", Some("b"), None, true),
            (
                "s3.eu-west-1.amazonaws.com",
                "/b/k",
                Some("b"),
                Some("k"),
                false,
            ),
            ("s3.amazonaws.com", "/b", Some("b"), None, false),
        ] {
            let expected = Target {
                bucket: bucket.map(str::to_owned),
                key: key.map(str::to_owned),
                global,
            };
            assert_eq!(
                Target::of(&request("GET", host, path, "")),
                expected,
                "{host}{path}"
            );
        }
    }

    #[test]
    fn operations() {
        for (method, path, query, expected) in [
            ("GET", "/", "", "ListBuckets"),
            ("HEAD", "/b", "", "HeadBucket"),
            ("PUT", "/b/", "", "CreateBucket"),
            ("GET", "/b", "policy", "GetBucketPolicy"),
            ("GET", "/b", "policyStatus=", "GetBucketPolicyStatus"),
            ("GET", "/b", "list-type=2&prefix=policy", "ListObjectsV2"),
            ("GET", "/b", "versions&max-keys=1", "ListObjectVersions"),
            ("GET", "/b", "acl", "GET?acl"),
            ("PUT", "/b", "location", "PUT?location"),
            ("GET", "/b/policy", "", "GetObject"),
            ("PUT", "/b/k", "uploadId=1&partNumber=1", "UploadPart"),
        ] {
            assert_eq!(
                operation(&request(method, "h", path, query)),
                expected,
                "{method} {path}?{query}"
            );
        }
    }
}
