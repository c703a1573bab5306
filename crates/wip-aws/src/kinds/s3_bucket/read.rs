//! Looking at buckets.
//!
//! Owns what stands in the way: settings that another claims, and what is in a bucket that is to be deleted.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::{Relation, Stray};
use wip_provider::{Ask, Class, CloudError, Question, Spotted};
use wip_space::OnDestroy;

use super::settings::{At, Live};
use super::spec::{BucketSpec, Setting};
use super::tags::{self, Tags};
use crate::client::{Call, Client, Clients};
use crate::marks;

/// A bucket, as far as it is ours; `None` where there is none.
pub(super) async fn look(
    clients: &Clients,
    question: &Question<'_, BucketSpec>,
    ask: &Ask<'_, BucketSpec>,
) -> Result<Option<Spotted<BucketSpec>>, CloudError> {
    let client = clients.at(question.place).await?;
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    let known = owned.as_ref().or(wanted.as_ref());
    let Some(bucket) = known.map(|spec| spec.bucket.as_str()).or(ask.id) else {
        return Ok(None);
    };
    let found = match tags::read(&client, bucket, ask.fresh).await {
        Err(error) if error.class == Class::Missing => return Ok(None),
        Err(error) if error.class == Class::Denied && may_make(wanted.as_ref()) => {
            return Err(strangers(error));
        }
        found => found?,
    };
    let mark = question.mark(ask);
    let claim = tags::claim(&mark);
    let at = At {
        client: &client,
        bucket,
        fresh: ask.fresh,
    };
    let live = match &wanted {
        Some(wanted) => {
            // Whoever rebuilds a state does not know yet which claims are his.
            if !question.wide {
                unclaimed(bucket, &found, wanted, &claim)?;
            }
            at.settings(wanted).await?
        }
        None => Live::default(),
    };
    let ours = tags::is_marked(&found, &mark);
    let end = owned.as_ref().or(wanted.as_ref());
    let spec = BucketSpec {
        bucket: bucket.to_owned(),
        claims: claims(&found, &claim),
        versioning: live.versioning,
        encryption: live.encryption,
        block_public_access: live.blocked,
        tags: labels(&found, wanted.as_ref(), owned.as_ref(), ours),
        on_destroy: end.and_then(|spec| spec.on_destroy),
    };
    let is_to_go = wanted.is_none()
        && ours
        && ask.relation != Some(Relation::Shared)
        && spec.on_destroy == Some(OnDestroy::Delete);
    if is_to_go {
        deletable(&client, bucket, &found, &claim).await?;
    }
    Ok(Some(Spotted {
        id: None,
        given: BTreeMap::new(),
        spec,
        owner: marks::owner(&found),
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

fn may_make(wanted: Option<&BucketSpec>) -> bool {
    wanted.is_some_and(|wanted| wanted.on_destroy.is_some())
}

/// S3 refuses in the same way whoever may not look, and whoever expects another owner.
fn strangers(error: CloudError) -> CloudError {
    let words = "either wip may not look at the bucket, or it is another account's: names are taken once for all accounts";
    CloudError {
        message: format!("{}; {words}", error.message),
        ..error
    }
}

/// Refuses where a wanted setting bears another's claim.
pub(super) fn unclaimed(
    bucket: &str,
    found: &Tags,
    wanted: &BucketSpec,
    claim: &str,
) -> Result<(), CloudError> {
    for setting in &wanted.claims {
        if let Some(whose) = tags::claimed_by_another(found, *setting, claim) {
            return Err(tags::refused(bucket, *setting, &whose));
        }
    }
    Ok(())
}

/// The settings that bear our claim.
fn claims(found: &Tags, claim: &str) -> BTreeSet<Setting> {
    let is_ours = |setting: &Setting| found.get(setting.tag()).is_some_and(|by| by == claim);
    Setting::ALL.into_iter().filter(is_ours).collect()
}

/// The Space's labels on a bucket that wip made; on any other none is wanted, so none is missing.
fn labels(
    found: &Tags,
    wanted: Option<&BucketSpec>,
    owned: Option<&BucketSpec>,
    ours: bool,
) -> Tags {
    if !ours {
        return wanted
            .or(owned)
            .map(|spec| spec.tags.clone())
            .unwrap_or_default();
    }
    let known = |key: &String| {
        [wanted, owned]
            .into_iter()
            .flatten()
            .any(|spec| spec.tags.contains_key(key))
    };
    let mut labels = found.clone();
    labels.retain(|key, _| known(key));
    labels
}

/// Refuses where a bucket cannot be deleted, because of what is in it or of who else uses it.
pub(super) async fn deletable(
    client: &Client,
    bucket: &str,
    found: &Tags,
    claim: &str,
) -> Result<(), CloudError> {
    for setting in Setting::ALL {
        if let Some(whose) = tags::claimed_by_another(found, setting, claim) {
            let words = format!(
                "the bucket {bucket} is not deleted: its `{}` is claimed by {whose}, which uses it",
                setting.words()
            );
            return Err(CloudError::local(
                Class::Final,
                "s3:GetBucketTagging",
                words,
            ));
        }
    }
    let ask = || {
        let ask = client
            .s3()
            .list_object_versions()
            .bucket(bucket)
            .max_keys(1);
        ask.expected_bucket_owner(&client.account).send()
    };
    let answer = client
        .call(Call::read("s3:ListObjectVersions"), ask)
        .await?;
    let versions = answer.versions.unwrap_or_default();
    let markers = answer.delete_markers.unwrap_or_default();
    let first = versions.into_iter().find_map(|version| version.key);
    let first = first.or_else(|| markers.into_iter().find_map(|marker| marker.key));
    let Some(key) = first else { return Ok(()) };
    let words = format!(
        "the bucket {bucket} is not empty (it holds `{key}`, or old versions of it), and wip deletes no objects; \
         empty it, or apply with `onDestroy: keep` first"
    );
    Err(CloudError::local(
        Class::Final,
        "s3:ListObjectVersions",
        words,
    ))
}

/// Buckets of the place that bear the Space's mark and that nobody asked about; each is read, because a listing says no tags.
pub(super) async fn strays(
    clients: &Clients,
    question: &Question<'_, BucketSpec>,
) -> Result<Vec<Stray>, CloudError> {
    let client = clients.at(question.place).await?;
    let mut names: Vec<String> = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let ask = || {
            let ask = client.s3().list_buckets().max_buckets(1000);
            ask.bucket_region(&question.place.region)
                .set_continuation_token(token.clone())
                .send()
        };
        let page = client.call(Call::read("s3:ListBuckets"), ask).await?;
        names.extend(
            page.buckets
                .unwrap_or_default()
                .into_iter()
                .filter_map(|found| found.name),
        );
        let next = page.continuation_token.filter(|next| !next.is_empty());
        if next.is_none() || next == token {
            break;
        }
        token = next;
    }
    let mut strays = Vec::new();
    for name in names {
        let found = match tags::read(&client, &name, false).await {
            Err(error) if error.class == Class::Missing => continue,
            found => found?,
        };
        strays.extend(question.stray(&marks::owner(&found), name));
    }
    Ok(strays)
}
