//! The tags of a bucket: our mark, our claims on settings, and everybody else's, which stay.
//!
//! Owns the read-modify-write. S3 takes a bucket's tags only whole and has no etag for them, so what was written is read
//! again, and written again where somebody else's write lost it; a read that shows what was there before is behind, and is
//! repeated. What begins with `aws:` goes back as it came: S3 refuses to lose it ("System Tags cannot be removed by
//! requester", cloud-custodian/cloud-custodian#2834).

use std::collections::BTreeMap;

use aws_sdk_s3::operation::get_bucket_tagging::GetBucketTaggingOutput;
use aws_sdk_s3::types::{Tag, Tagging};
use wip_plan::{Mark, Owner};
use wip_provider::{Class, CloudError};

use super::spec::Setting;
use crate::client::{Call, Client};
use crate::marks;

/// Tags by key.
pub(super) type Tags = BTreeMap<String, String>;

/// How often a write is repeated that somebody else's write undid.
const WRITES: usize = 4;
/// "Using cost allocation S3 bucket tags" (Amazon S3 user guide).
const MOST: usize = 50;

/// What a tag says that claims a setting: Space and lineage.
pub(super) fn claim(mark: &Mark) -> String {
    format!("{}/{}", mark.space, mark.lineage)
}

/// Whose a setting is that another claims; `None` where nobody does, or this Space and lineage do.
pub(super) fn claimed_by_another(tags: &Tags, setting: Setting, ours: &str) -> Option<String> {
    let theirs = tags.get(setting.tag()).filter(|theirs| *theirs != ours)?;
    let (space, lineage) = theirs.split_once('/').unwrap_or((theirs, ""));
    let own = ours.split_once('/').map_or("", |(space, _)| space);
    Some(match space == own {
        true => format!("another state of this Space (lineage {lineage})"),
        false => format!("the Space `{space}`"),
    })
}

/// Whether the bucket bears the mark of this Space and lineage.
pub(super) fn is_marked(tags: &Tags, ours: &Mark) -> bool {
    matches!(
        marks::owner(tags),
        Owner::Marked(mark) if (&mark.space, &mark.lineage) == (&ours.space, &ours.lineage)
    )
}

/// Why a setting that another claims is not touched, and what to do about it.
pub(super) fn refused(bucket: &str, setting: Setting, whose: &str) -> CloudError {
    let (name, tag) = (setting.words(), setting.tag());
    let words = format!(
        "`{name}` of the bucket {bucket} is claimed by {whose}; take the line out of one of the two files and apply that one \
         first, or take the tag {tag} off the bucket where nobody has that state any more"
    );
    CloudError::local(Class::Final, "s3:GetBucketTagging", words)
}

/// The tags of a bucket; `Missing` where there is no bucket, `NotYet` of one that was made a moment ago.
pub(super) async fn read(client: &Client, bucket: &str, fresh: bool) -> Result<Tags, CloudError> {
    current(client, bucket, fresh, None).await
}

/// The tags, where they are not `outdated` any more.
async fn current(
    client: &Client,
    bucket: &str,
    fresh: bool,
    outdated: Option<&Tags>,
) -> Result<Tags, CloudError> {
    let call = Call::read("s3:GetBucketTagging").of_fresh(fresh);
    let ask = || {
        let ask = client.s3().get_bucket_tagging().bucket(bucket);
        ask.expected_bucket_owner(&client.account).send()
    };
    let judge = |answer: Result<GetBucketTaggingOutput, CloudError>| {
        let tags = match answer {
            Ok(output) => from_s3(output.tag_set),
            // "There is no tag set associated with the bucket" (GetBucketTagging, Amazon S3 API reference).
            Err(error) if error.code.as_deref() == Some("NoSuchTagSet") => Tags::new(),
            Err(error) => return Err(error),
        };
        if outdated == Some(&tags) {
            let words = format!(
                "the tags of the bucket {bucket} are still what they were before our write"
            );
            return Err(CloudError::local(
                Class::NotYet,
                "s3:GetBucketTagging",
                words,
            ));
        }
        Ok(tags)
    };
    client.call_judged(call, ask, judge).await
}

/// Changes tags, all others as they are; answers what they were before.
///
/// Errors: whatever `edit` finds wrong with what is there.
pub(super) async fn change(
    client: &Client,
    bucket: &str,
    fresh: bool,
    edit: impl Fn(&mut Tags) -> Result<(), CloudError>,
) -> Result<(), CloudError> {
    let mut outdated: Option<Tags> = None;
    for attempt in 0..=WRITES {
        let found = current(client, bucket, fresh, outdated.as_ref()).await?;
        let mut tags = found.clone();
        edit(&mut tags)?;
        if tags == found {
            return Ok(());
        }
        if attempt == WRITES {
            break;
        }
        write(client, bucket, fresh, &tags).await?;
        outdated = Some(found);
    }
    let words =
        format!("the tags of the bucket {bucket} are written by somebody else all the time");
    Err(CloudError::local(
        Class::Conflict,
        "s3:PutBucketTagging",
        words,
    ))
}

async fn write(client: &Client, bucket: &str, fresh: bool, tags: &Tags) -> Result<(), CloudError> {
    if tags.is_empty() {
        let ask = || {
            let ask = client.s3().delete_bucket_tagging().bucket(bucket);
            ask.expected_bucket_owner(&client.account).send()
        };
        let call = Call::write("s3:DeleteBucketTagging").of_fresh(fresh);
        return client.call(call, ask).await.map(drop);
    }
    if tags.len() > MOST {
        let words = format!(
            "the bucket {bucket} would have {} tags with ours, and {MOST} fit; remove some",
            tags.len()
        );
        return Err(CloudError::local(
            Class::Final,
            "s3:PutBucketTagging",
            words,
        ));
    }
    let tagging = Tagging::builder().set_tag_set(Some(to_s3(tags)?)).build();
    let tagging = tagging.map_err(unbuilt)?;
    let ask = || {
        let ask = client.s3().put_bucket_tagging().bucket(bucket);
        let ask = ask.expected_bucket_owner(&client.account);
        ask.tagging(tagging.clone()).send()
    };
    let call = Call::write("s3:PutBucketTagging").of_fresh(fresh);
    client.call(call, ask).await.map(drop)
}

/// Tags as S3's SDK has them.
pub(super) fn to_s3(tags: &Tags) -> Result<Vec<Tag>, CloudError> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    let tags: Result<Vec<Tag>, _> = tags.iter().map(tag).collect();
    tags.map_err(unbuilt)
}

fn from_s3(tags: Vec<Tag>) -> Tags {
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

fn unbuilt(error: aws_sdk_s3::error::BuildError) -> CloudError {
    CloudError::local(Class::Final, "s3:Tag", error.to_string())
}
