//! Clusters that host their own issuer: its keys, and where its documents are published.
//!
//! Owns what the URL of an issuer says of the bucket behind it, and whether file and URL agree.
//! What a file with a key looks like is `signing_key`'s.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::place::{duplicate, partition_of};
use super::storage::Storage;
use crate::model::{ClusterAt, Publish, S3Location};
use crate::problem::Problems;
use crate::raw::{KeyPath, Partition, PublishS3, SelfHostedSpec};
use crate::read::Spanned;
use crate::words::shown;
use crate::{Code, KeyFiles, SigningKey};

/// How many keys one issuer may publish: a rotation needs two.
const KEYS: usize = 10;

pub(crate) fn self_hosted_at(
    own: &Spanned<SelfHostedSpec>,
    accounts: &BTreeSet<String>,
    (storage, files): (&Storage, &KeyFiles),
    problems: &mut Problems,
) -> Option<ClusterAt> {
    let signing_keys = signing_keys(&own.value, files, problems);
    let account = match (own.value.account.get(), accounts.first()) {
        (Some(account), _) => Some(account.to_string()),
        (None, Some(only)) if accounts.len() == 1 => Some(only.clone()),
        _ => {
            problems.add(
                Code::WhichAccount,
                &own.span,
                "which account do the roles of this cluster live in?",
                "no account",
                "add `account: \"…\"`: the file does not name exactly one",
            );
            None
        }
    };
    let issuer = own.value.issuer.as_ref()?;
    let account = account?;
    let region = own.value.region.get();
    let published = own
        .value
        .publish
        .get()
        .and_then(|publish| publish.s3.as_ref());
    let publish = match published {
        None => None,
        Some(s3) => Some(publish(
            s3,
            (&issuer.value, &issuer.span),
            (&account, storage),
            problems,
        )?),
    };
    Some(ClusterAt::SelfHosted {
        issuer: issuer.value.to_string(),
        account,
        region: region.map(|region| region.to_string()),
        partition: region
            .map_or(Partition::Aws.name(), |region| partition_of(region))
            .to_owned(),
        signing_keys,
        legacy_empty_kid: own.value.legacy_empty_kid.or(false),
        publish,
    })
}

fn signing_keys(
    own: &SelfHostedSpec,
    files: &KeyFiles,
    problems: &mut Problems,
) -> Vec<SigningKey> {
    let given = own.signing_keys.as_ref();
    if let Some(given) = given
        && !(1..=KEYS).contains(&given.value.len())
    {
        let (message, help) = match given.value.len() {
            0 => (
                "a list of no keys".to_owned(),
                "name a file, or remove the line",
            ),
            count => (
                format!("there are {count} keys, and at most {KEYS} are taken"),
                "remove the keys that sign no tokens any more",
            ),
        };
        problems.add(Code::OutOfRange, &given.span, message, "out of range", help);
        return Vec::new();
    }
    if let (Some(legacy), None) = (own.legacy_empty_kid.as_ref(), given)
        && legacy.value
    {
        problems.add(
            Code::Contradiction,
            &legacy.span,
            "`legacyEmptyKid` is about the first of the `signingKeys`, and none is given",
            "without a key",
            "add `signingKeys`, or remove the line",
        );
    }
    let mut keys: Vec<SigningKey> = Vec::new();
    let mut seen: BTreeMap<String, &Range<usize>> = BTreeMap::new();
    for path in given.into_iter().flat_map(|given| &given.value) {
        let Some(key) = signing_key(path, files, problems) else {
            continue;
        };
        if let Some(first) = seen.insert(key.kid.clone(), &path.span) {
            let what = format!("the key {}", key.kid);
            duplicate(&path.span, Some(first), &what, problems);
            continue;
        }
        keys.push(key);
    }
    keys
}

fn signing_key(
    path: &Spanned<KeyPath>,
    files: &KeyFiles,
    problems: &mut Problems,
) -> Option<SigningKey> {
    let name = shown(&path.value);
    let bytes = match files.get(&*path.value) {
        Some(Ok(bytes)) => bytes,
        Some(Err(why)) => {
            problems.add(
                Code::NoKeyFile,
                &path.span,
                format!("the file `{name}` cannot be read: {why}"),
                "cannot be read",
                "paths are relative to the Space file",
            );
            return None;
        }
        None => {
            problems.add(
                Code::NoKeyFile,
                &path.span,
                format!("the file `{name}` was not read"),
                "not read",
                "give the Space file itself, with its keys beside it",
            );
            return None;
        }
    };
    match SigningKey::of_pem(bytes) {
        Ok(key) => Some(key),
        Err(fault) => {
            let message = format!("the file `{name}` is not taken: {}", fault.what);
            problems.add(
                Code::BadKey,
                &path.span,
                message,
                "not a public key for RS256",
                fault.help,
            );
            None
        }
    }
}

/// What the URL of an issuer says of where it is hosted.
enum Hosted<'a> {
    /// In a bucket: name, region, and the rest of the path.
    Bucket(&'a str, &'a str, &'a str),
    /// At an address of S3 that names no region.
    OldAddress,
    /// Anywhere else: the path.
    Elsewhere(&'a str),
}

/// Takes an issuer's URL apart.
///
/// Source of the forms: "Virtual hosting of buckets" in the Amazon S3 user guide.
fn hosted(issuer: &str) -> Hosted<'_> {
    let rest = issuer.strip_prefix("https://").unwrap_or(issuer);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let domain = host
        .strip_suffix(".amazonaws.com")
        .or_else(|| host.strip_suffix(".amazonaws.com.cn"));
    let Some(domain) = domain else {
        return Hosted::Elsewhere(path);
    };
    if let Some(region) = domain.strip_prefix("s3.") {
        let (bucket, path) = path.split_once('/').unwrap_or((path, ""));
        return Hosted::Bucket(bucket, region, path);
    }
    match domain.rsplit_once(".s3.") {
        Some((bucket, region)) => Hosted::Bucket(bucket, region, path),
        None if domain == "s3" || domain.starts_with("s3-") => Hosted::OldAddress,
        None if domain.ends_with(".s3") || domain.contains(".s3-") => Hosted::OldAddress,
        None => Hosted::Elsewhere(path),
    }
}

fn publish(
    s3: &Spanned<PublishS3>,
    (issuer, issuer_span): (&str, &Range<usize>),
    (own, storage): (&str, &Storage),
    problems: &mut Problems,
) -> Option<Publish> {
    let (bucket, region) = (s3.value.bucket.get()?, s3.value.region.get()?);
    let hosted = hosted(issuer);
    let contradiction = match hosted {
        Hosted::Bucket(there, ..) if there != &**bucket => {
            Some(format!("says the bucket `{there}`"))
        }
        Hosted::Bucket(_, there, _) if there != &**region => {
            Some(format!("says the region {there}"))
        }
        Hosted::OldAddress => Some("names no region of S3".to_owned()),
        _ => None,
    };
    if let Some(says) = contradiction {
        let suffix = match partition_of(region) {
            "aws-cn" => ".cn",
            _ => "",
        };
        problems.add_pair(
            Code::Contradiction,
            &s3.span,
            format!(
                "the issuer's URL {}, and the documents go to `{}` in {}",
                shown(&says),
                &**bucket,
                &**region
            ),
            "published here",
            format!(
                "the URL of this bucket is https://s3.{}.amazonaws.com{suffix}/{}",
                &**region, &**bucket
            ),
            issuer_span,
            "the issuer",
        );
        return None;
    }
    let (path, direct) = match hosted {
        Hosted::Bucket(_, _, path) => (path, true),
        Hosted::Elsewhere(path) => (path, false),
        Hosted::OldAddress => return None,
    };
    let place = S3Location {
        bucket: bucket.to_string(),
        region: region.to_string(),
        account: s3.value.account.get().map(|account| account.to_string()),
        prefix: String::new(),
        kms_key: None,
    };
    let place = storage.with_account(&place, own);
    storage.agree(&place, own, &s3.span, problems);
    Some(Publish {
        bucket: place.bucket,
        region: place.region,
        account: place.account.unwrap_or_else(|| own.to_owned()),
        prefix: match path {
            "" => String::new(),
            path => format!("{path}/"),
        },
        direct,
    })
}
