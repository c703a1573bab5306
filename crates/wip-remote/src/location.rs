//! URLs of places that keep states, taken apart.
//!
//! Owns which URLs there are, and the names of the objects below them.
//! Asks nobody whether they exist.

use std::fmt;

/// The longest prefix: object names may have 1,024 bytes everywhere, ours need some of them.
const LONGEST_PREFIX: usize = 512;

/// Why a URL names no place for a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{url:?} is no place for a state: {why}; write s3://BUCKET/PREFIX, azblob://ACCOUNT/CONTAINER/PREFIX or gs://BUCKET/PREFIX"
)]
pub struct UrlError {
    url: String,
    why: String,
}

/// Whose bucket it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    /// Amazon S3, or what speaks like it.
    S3,
    /// Azure Blob Storage: the storage account, and its blob endpoint where the URL names it.
    Azure {
        account: String,
        endpoint: Option<String>,
    },
    /// Google Cloud Storage.
    Gcs,
}

/// The place of one Space's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) provider: Provider,
    /// The bucket; in Azure the container.
    pub(crate) bucket: String,
    /// The folder of the Space, without a slash at either end.
    folder: String,
}

/// A URL that somebody gave, for messages: without a user's name and password, and without a
/// query, which holds the signature of a shared access signature.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}/{path}")
        }
        None => url.to_owned(),
    }
}

impl Location {
    /// Takes `url` apart, for the state of `space`.
    pub(crate) fn parse(url: &str, space: &str) -> Result<Self, UrlError> {
        let wrong = |why: String| UrlError {
            url: without_secrets(url),
            why,
        };
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| wrong("it has no scheme".to_owned()))?;
        let (provider, rest) = match scheme {
            "s3" => (Provider::S3, rest),
            "gs" => (Provider::Gcs, rest),
            "azblob" => azure(rest).map_err(wrong)?,
            "https" => azure_endpoint(rest).map_err(wrong)?,
            "az" | "azure" | "abfs" | "abfss" | "wasbs" => {
                return Err(wrong(format!(
                    "tools differ in what {scheme}:// means; for Azure say azblob://ACCOUNT/CONTAINER/PREFIX"
                )));
            }
            "gcs" => return Err(wrong("for Google Cloud Storage say gs://".to_owned())),
            _ => return Err(wrong(format!("{scheme}:// is not known"))),
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        check_bucket(&provider, bucket).map_err(wrong)?;
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if prefix.len() > LONGEST_PREFIX {
            let why = format!("the prefix has more than {LONGEST_PREFIX} bytes");
            return Err(wrong(why));
        }
        let mut folder = String::new();
        if !prefix.is_empty() {
            for segment in prefix.split('/') {
                check_segment(segment).map_err(wrong)?;
                folder.push_str(segment);
                folder.push('/');
            }
        }
        check_segment(space).map_err(wrong)?;
        folder.push_str(space);
        Ok(Self {
            provider,
            bucket: bucket.to_owned(),
            folder,
        })
    }

    /// The name of the object `name` of the Space: `state.yaml`, `journal/0000000001`.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// The URL of the object with the name `key`.
    pub(crate) fn url(&self, key: &str) -> String {
        format!("{self}/{key}")
    }
}

/// The bucket as a URL, without what is in it.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bucket = &self.bucket;
        match &self.provider {
            Provider::S3 => write!(f, "s3://{bucket}"),
            Provider::Azure { account, .. } => write!(f, "azblob://{account}/{bucket}"),
            Provider::Gcs => write!(f, "gs://{bucket}"),
        }
    }
}

/// `ACCOUNT/CONTAINER/PREFIX`.
fn azure(rest: &str) -> Result<(Provider, &str), String> {
    let (account, rest) = rest
        .split_once('/')
        .ok_or("the container is missing after the storage account")?;
    check_account(account)?;
    let provider = Provider::Azure {
        account: account.to_owned(),
        endpoint: None,
    };
    Ok((provider, rest))
}

/// `ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX`, as the portal shows it, of any cloud of Azure.
fn azure_endpoint(rest: &str) -> Result<(Provider, &str), String> {
    let (host, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let account = host
        .split_once(".blob.")
        .filter(|(_, suffix)| suffix.starts_with("core.") || suffix.starts_with("storage."))
        .filter(|(_, suffix)| {
            suffix
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '.')
        })
        .map(|(account, _)| account)
        .ok_or(
            "of https:// only https://ACCOUNT.blob.core.windows.net/CONTAINER/PREFIX is known",
        )?;
    check_account(account)?;
    let provider = Provider::Azure {
        account: account.to_owned(),
        endpoint: Some(format!("https://{host}")),
    };
    Ok((provider, rest))
}

/// "Storage account overview": 3 to 24 lower-case letters and digits.
fn check_account(account: &str) -> Result<(), String> {
    let fits = (3..=24).contains(&account.len())
        && account
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    fits.then_some(())
        .ok_or_else(|| format!("{account:?} cannot be a storage account"))
}

/// "General purpose bucket naming rules" (S3), "Bucket names" (GCS), "Naming and referencing
/// containers" (Azure).
fn check_bucket(provider: &Provider, bucket: &str) -> Result<(), String> {
    let (what, longest, marks) = match provider {
        Provider::S3 => ("bucket", 63, ".-"),
        Provider::Azure { .. } => ("container", 63, "-"),
        Provider::Gcs => ("bucket", 222, ".-_"),
    };
    if bucket.is_empty() {
        return Err(format!("it names no {what}"));
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = bucket.as_bytes();
    let fits = (3..=longest).contains(&bytes.len())
        && bytes
            .iter()
            .all(|&b| plain(b) || marks.as_bytes().contains(&b))
        && plain(bytes[0])
        && plain(bytes[bytes.len() - 1]);
    fits.then_some(())
        .ok_or_else(|| format!("{bucket:?} cannot be a {what}"))
}

/// What needs no encoding in any of the three, so that a name is the same everywhere.
fn check_segment(segment: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.=+@,:!".contains(&b);
    if segment.is_empty() {
        return Err("the prefix has an empty part".to_owned());
    }
    if matches!(segment, "." | "..") || !segment.bytes().all(plain) {
        return Err(format!(
            "{segment:?} cannot be part of the prefix: letters, digits and -_.=+@,:! can"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(url: &str) -> String {
        let location = Location::parse(url, "prod").unwrap_or_else(|error| panic!("{error}"));
        location.url(&location.key("state.yaml"))
    }

    #[test]
    fn the_state_lies_below_the_prefix_in_a_folder_of_the_space() {
        for (url, state) in [
            ("s3://acme-state", "s3://acme-state/prod/state.yaml"),
            ("s3://acme-state/", "s3://acme-state/prod/state.yaml"),
            (
                "s3://acme-state/a/b/",
                "s3://acme-state/a/b/prod/state.yaml",
            ),
            ("gs://acme_state/a", "gs://acme_state/a/prod/state.yaml"),
            (
                "azblob://acmestate/wip",
                "azblob://acmestate/wip/prod/state.yaml",
            ),
            (
                "azblob://acmestate/wip/a",
                "azblob://acmestate/wip/a/prod/state.yaml",
            ),
            (
                "https://acmestate.blob.core.windows.net/wip/a",
                "azblob://acmestate/wip/a/prod/state.yaml",
            ),
        ] {
            assert_eq!(key(url), state, "{url}");
        }
    }

    #[test]
    fn an_endpoint_of_another_azure_is_kept() {
        let url = "https://acmestate.blob.core.usgovcloudapi.net/wip";
        let location = Location::parse(url, "prod").expect("a location");
        let endpoint = "https://acmestate.blob.core.usgovcloudapi.net".to_owned();
        let account = "acmestate".to_owned();
        assert_eq!(
            location.provider,
            Provider::Azure {
                account,
                endpoint: Some(endpoint)
            }
        );
    }

    #[test]
    fn what_is_no_place_is_refused_with_the_reason() {
        let long = format!("s3://acme-state/{}", "a".repeat(513));
        for (url, why) in [
            ("state/prod", "no scheme"),
            ("ftp://acme-state", "ftp:// is not known"),
            ("gcs://acme-state", "say gs://"),
            ("az://acme-state", "azblob://ACCOUNT"),
            ("s3://", "names no bucket"),
            ("s3://Acme/", "cannot be a bucket"),
            ("s3://ab", "cannot be a bucket"),
            ("s3://-acme", "cannot be a bucket"),
            ("s3://acme_state", "cannot be a bucket"),
            ("s3://user:secret@acme", "cannot be a bucket"),
            ("s3://acme-state//a", "empty part"),
            ("s3://acme-state/a/../b", "\"..\""),
            ("s3://acme-state/a?region=x", "\"a?region=x\""),
            ("s3://acme-state/a%2fb", "cannot be part"),
            ("s3://acme-state/a b", "cannot be part"),
            (&long, "more than 512"),
            ("azblob://acmestate", "the container is missing"),
            ("azblob://acmestate/", "names no container"),
            ("azblob://Acme-State/wip", "cannot be a storage account"),
            ("azblob://acmestate/wip.a", "cannot be a container"),
            ("https://example.org/a", "only https://ACCOUNT.blob"),
            (
                "https://acme.blob.core.windows.net@evil.org/wip",
                "only https://ACCOUNT.blob",
            ),
        ] {
            let error = Location::parse(url, "prod").expect_err(url).to_string();
            assert!(error.contains(why), "{url}: {error}");
        }
        assert!(Location::parse("s3://acme-state", "../x").is_err());
    }
}
