//! Issuers whose documents wip publishes: what is published where, and what stands in the way of whoever reads them.
//!
//! Owns what follows from file and facts. Writes nothing: that is the kinds' for documents and for bucket policies.

use wip_policy::{PrincipalType, Principals, Statement};
use wip_space::{
    BlockPublicAccess, Cluster, ClusterAt, DISCOVERY_DOCUMENT, KEY_SET, Publish, SigningKey, Space,
};

use crate::accounts::partition_of_region;
use crate::facts::{Fact, Facts};
use crate::{owners, storage};

/// An issuer whose documents wip publishes.
#[derive(Clone, Copy)]
pub(crate) struct Issuer<'a> {
    pub(crate) cluster: &'a Cluster,
    /// `https://…`.
    pub(crate) url: &'a str,
    pub(crate) keys: &'a [SigningKey],
    /// The key that is published without an id too.
    pub(crate) legacy: Option<&'a SigningKey>,
    pub(crate) publish: &'a Publish,
}

/// The issuers whose documents wip publishes, in the order of the file.
pub(crate) fn published(space: &Space) -> impl Iterator<Item = Issuer<'_>> {
    space.clusters.iter().filter_map(published_of)
}

/// The issuer of a cluster, where wip publishes its documents.
pub(crate) fn published_of(cluster: &Cluster) -> Option<Issuer<'_>> {
    match &cluster.at {
        ClusterAt::SelfHosted {
            issuer,
            signing_keys,
            publish: Some(publish),
            ..
        } => Some(Issuer {
            cluster,
            url: issuer,
            keys: signing_keys,
            legacy: cluster.legacy_key(),
            publish,
        }),
        _ => None,
    }
}

/// The ARNs of both documents.
pub(crate) fn arns(publish: &Publish) -> [String; 2] {
    let partition = partition_of_region(&publish.region);
    let Publish { bucket, prefix, .. } = publish;
    [DISCOVERY_DOCUMENT, KEY_SET]
        .map(|document| format!("arn:{partition}:s3:::{bucket}/{prefix}{document}"))
}

/// The statement that lets everybody read exactly these documents ("Self-hosted Kubernetes setup" of
/// aws/amazon-eks-pod-identity-webhook).
pub(crate) fn statement(publish: &Publish) -> Statement {
    Statement::allow(["s3:GetObject"], arns(publish)).with_principal(Principals::Anyone)
}

/// Whether everybody will be able to read the documents, as far as the facts say.
///
/// # Errors
/// What is in the way, and the ways out.
pub(crate) fn readable(space: &Space, facts: &Facts, publish: &Publish) -> Result<(), String> {
    open(space, facts, publish)?;
    let bucket = &publish.bucket;
    if !publish.direct || storage::listed(space, bucket).is_some() {
        return Ok(());
    }
    let ours = statement(publish);
    let policy = facts
        .buckets
        .get(bucket)
        .and_then(|found| found.policy.as_ref());
    let why = match policy {
        Some(Fact::Known(Some(document)))
            if document
                .statements
                .iter()
                .any(|theirs| admits(theirs, &ours)) =>
        {
            return Ok(());
        }
        Some(Fact::Known(_)) => "its policy does not let everybody read the documents",
        Some(Fact::Unreadable(_)) | None => "wip may not read its policy",
    };
    Err(format!(
        "the bucket {bucket} is not listed under `buckets`, and {why}; \
         list it there, with `policy: true` where wip may write the policy, with `policy: false` where its owner has added: {}",
        ours.to_json(),
    ))
}

/// Whether the bucket is where the file says, and lets itself be opened.
///
/// # Errors
/// It is not, or does not.
pub(crate) fn open(space: &Space, facts: &Facts, publish: &Publish) -> Result<(), String> {
    let bucket = &publish.bucket;
    owners::there(space, facts, bucket, &publish.region, &publish.account)?;
    if !publish.direct {
        return Ok(());
    }
    let listed = storage::listed(space, bucket);
    match listed.and_then(|listed| listed.own.block_public_access) {
        Some(BlockPublicAccess::All) => {
            return Err(format!(
                "`blockPublicAccess: all` keeps everybody out of the bucket {bucket}, and AWS reads an issuer's documents as everybody; \
                 say `acls`, or put CloudFront in front of the bucket and make its address the issuer"
            ));
        }
        // Set before anything is published.
        Some(BlockPublicAccess::Acls | BlockPublicAccess::None) => return Ok(()),
        None => {}
    }
    let found = facts.buckets.get(bucket);
    if found.is_some_and(|found| matches!(found.region, Fact::Known(None))) {
        // "Blocking public access to your Amazon S3 storage" (Amazon S3 user guide): as of April 2023.
        return Err(format!(
            "the bucket {bucket} is made with Block Public Access on, and AWS reads an issuer's documents as everybody; \
             say `blockPublicAccess: acls` beside `create`"
        ));
    }
    match found.and_then(|found| found.closed.as_ref()) {
        Some(Fact::Known(settings)) if !settings.is_empty() => Err(format!(
            "Block Public Access of the bucket {bucket} keeps everybody out ({}), and AWS reads an issuer's documents as everybody; \
             turn these settings off for this bucket (`blockPublicAccess: acls` under `buckets` leaves the others on), \
             or put CloudFront in front of the bucket and make its address the issuer",
            settings.join(", "),
        )),
        _ => Ok(()),
    }
}

/// Whether a statement lets everybody do what `ours` does, as far as it says so plainly.
fn admits(theirs: &Statement, ours: &Statement) -> bool {
    let everybody = match &theirs.principal {
        Some(Principals::Anyone) => true,
        Some(Principals::Of(map)) => map
            .get(&PrincipalType::Aws)
            .is_some_and(|names| names.contains("*")),
        None => false,
    };
    let reads =
        |pattern: &String| crate::pattern::matches(&pattern.to_ascii_lowercase(), "s3:getobject");
    let holds = |arn: &String| {
        theirs
            .resource
            .iter()
            .any(|pattern| crate::pattern::matches(pattern, arn))
    };
    everybody
        && !theirs.is_deny()
        && theirs.condition.is_empty()
        && theirs.action.iter().any(reads)
        && ours.resource.iter().all(holds)
}
