//! What a bucket may be called, and which regions S3 knows.
//!
//! Not here: whether a name is taken.

/// Whether a name is one of a general purpose bucket.
///
/// Source: S3 User Guide, "General purpose bucket naming rules".
pub(crate) fn is_bucket_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=63).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| alphanumeric(byte) || matches!(byte, b'.' | b'-'))
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && !name.contains("..")
        && !is_ip_address(name)
        && !["xn--", "sthree-", "amzn-s3-demo-"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        && !["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
}

fn is_ip_address(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    parts.len() == 4
        && parts
            .iter()
            .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The region of a location constraint, or nothing where S3 knows none of that name.
///
/// `us-east-1` is none: it is what an absent constraint means. Source: botocore's model of `s3`, `BucketLocationConstraint`.
pub(crate) fn region_of(constraint: &str) -> Option<&str> {
    if constraint == "EU" {
        return Some("eu-west-1");
    }
    LOCATIONS.contains(&constraint).then_some(constraint)
}

const LOCATIONS: [&str; 37] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "a".repeat(64);
        for bad in [
            "",
            "ab",
            &long,
            "Upper",
            "a_b",
            "-abc",
            "abc-",
            ".abc",
            "abc.",
            "a..b",
            "192.168.5.4",
            "xn--abc",
            "sthree-abc",
            "amzn-s3-demo-abc",
            "abc-s3alias",
            "abc--ol-s3",
            "abc.mrap",
            "abc--x-s3",
            "a b",
        ] {
            assert!(!is_bucket_name(bad), "{bad}");
        }
        for good in [
            "abc",
            "my-bucket.example",
            "1.2.3",
            "192.168.5.4444",
            &long[..63],
        ] {
            assert!(is_bucket_name(good), "{good}");
        }
    }

    #[test]
    fn locations() {
        assert_eq!(region_of("EU"), Some("eu-west-1"));
        assert_eq!(region_of("us-west-2"), Some("us-west-2"));
        assert_eq!(region_of("us-east-1"), None);
        assert_eq!(region_of("mars-1"), None);
    }
}
