//! Writing the documents: each on the condition that nobody else wrote it since it was read.
//!
//! Owns what stands beside a document: its type, how long it may be cached, our mark.
//!
//! Source of the conditions: `If-Match` and `If-None-Match` of PutObject, `If-Match` of DeleteObject (Amazon S3 API reference).

use std::collections::{BTreeMap, HashMap};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use wip_plan::{Mark, Owner};
use wip_provider::{Class, CloudError, Target};
use wip_space::{DISCOVERY_DOCUMENT, KEY_SET};

use super::DocumentsSpec;
use super::read::{CONTENT_TYPE, Object, await_public, object};
use crate::client::{Call, Client};
use crate::marks;

/// Five minutes: so soon does whoever caches the key set see a key that was added, and one that was taken away.
const CACHE_CONTROL: &str = "max-age=300";

/// What is to be there of a document.
#[derive(Clone)]
struct Wish {
    content_type: String,
    cache_control: Option<String>,
    metadata: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Wish {
    fn new(text: String, mark: &Mark) -> Self {
        Self {
            content_type: CONTENT_TYPE.to_owned(),
            cache_control: Some(CACHE_CONTROL.to_owned()),
            metadata: marks::tags(mark, &BTreeMap::new()),
            body: text.into_bytes(),
        }
    }

    fn is(&self, object: &Object) -> bool {
        (&self.content_type, &self.metadata, &self.body)
            == (&object.content_type, &object.metadata, &object.body)
    }
}

/// Makes the documents where there are none, and waits until everybody can read them.
pub(super) async fn create(
    client: &Client,
    at: &Target<'_>,
    spec: &DocumentsSpec,
) -> Result<(), CloudError> {
    for (document, text) in spec.texts() {
        let wish = Wish::new(text, at.mark);
        put(client, &spec.bucket, &spec.object(document), &wish, None).await?;
    }
    await_public(client, spec).await
}

/// Makes the documents what `to` says, and waits until everybody can read them.
pub(super) async fn update(
    client: &Client,
    at: &Target<'_>,
    to: &DocumentsSpec,
) -> Result<(), CloudError> {
    for document in [DISCOVERY_DOCUMENT, KEY_SET] {
        let key = to.object(document);
        match to.text(document) {
            Some(text) => {
                let wish = |_: Option<&Object>| Some(Wish::new(text.clone(), at.mark));
                bring(client, &to.bucket, &key, wish).await?
            }
            None => remove(client, &to.bucket, &key, at.mark).await?,
        };
    }
    await_public(client, to).await
}

/// Writes our mark on the documents that are there, or takes it off; everything else of them stays.
pub(super) async fn remark(
    client: &Client,
    live: &DocumentsSpec,
    mark: Option<&Mark>,
) -> Result<(), CloudError> {
    let mut found = false;
    for document in [DISCOVERY_DOCUMENT, KEY_SET] {
        if document == KEY_SET && live.keys.is_empty() && !live.amiss.contains(KEY_SET) {
            continue;
        }
        let wish = |object: Option<&Object>| {
            let object = object?;
            let mut metadata = object.metadata.clone();
            metadata.retain(|key, _| !marks::keys().contains(key));
            metadata.extend(
                mark.into_iter()
                    .flat_map(|mark| marks::tags(mark, &BTreeMap::new())),
            );
            Some(Wish {
                content_type: object.content_type.clone(),
                cache_control: object.cache_control.clone(),
                metadata,
                body: object.body.clone(),
            })
        };
        let key = live.object(document);
        found |= bring(client, &live.bucket, &key, wish).await?;
    }
    match found {
        true => Ok(()),
        false => Err(CloudError::local(
            Class::Missing,
            "s3:GetObject",
            "no document is there",
        )),
    }
}

/// Deletes the documents that bear our mark.
pub(super) async fn delete(
    client: &Client,
    at: &Target<'_>,
    from: &DocumentsSpec,
) -> Result<(), CloudError> {
    let mut found = false;
    for document in [KEY_SET, DISCOVERY_DOCUMENT] {
        found |= remove(client, &from.bucket, &from.object(document), at.mark).await?;
    }
    match found {
        true => Ok(()),
        false => Err(CloudError::local(
            Class::Missing,
            "s3:DeleteObject",
            "no document of ours is there",
        )),
    }
}

/// Turns an object into what `wish` makes of it, on the condition that it is still what was read; answers whether it wished
/// for anything.
///
/// Once more where that does not hold: the write before may have been ours, its answer lost.
async fn bring(
    client: &Client,
    bucket: &str,
    key: &str,
    wish: impl Fn(Option<&Object>) -> Option<Wish>,
) -> Result<bool, CloudError> {
    let mut conflict = None;
    for _ in 0..2 {
        let there = object(client, bucket, key).await?;
        let Some(wish) = wish(there.as_ref()) else {
            return Ok(false);
        };
        if there.as_ref().is_some_and(|there| wish.is(there)) {
            return Ok(true);
        }
        if let Some(conflict) = conflict {
            return Err(conflict);
        }
        match put(client, bucket, key, &wish, there.as_ref()).await {
            Err(error) if error.class == Class::Conflict => conflict = Some(error),
            ended => return ended.map(|()| true),
        }
    }
    conflict.map_or(Ok(true), Err)
}

/// One write, over what was read or where nothing was.
///
/// With S3's own keys, whatever the bucket's default is: with a key of KMS nobody unknown could read it ("Using server-side
/// encryption with AWS KMS keys", Amazon S3 user guide).
async fn put(
    client: &Client,
    bucket: &str,
    key: &str,
    wish: &Wish,
    over: Option<&Object>,
) -> Result<(), CloudError> {
    let metadata: HashMap<String, String> = wish.metadata.clone().into_iter().collect();
    let ask = || {
        let ask = client.s3().put_object().bucket(bucket).key(key);
        let ask = ask
            .expected_bucket_owner(&client.account)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .content_type(&wish.content_type)
            .set_cache_control(wish.cache_control.clone())
            .set_metadata(Some(metadata.clone()))
            .body(ByteStream::from(wish.body.clone()));
        match over {
            Some(there) => ask.if_match(&there.etag).send(),
            None => ask.if_none_match("*").send(),
        }
    };
    client
        .call(Call::write("s3:PutObject"), ask)
        .await
        .map(drop)
}

/// Deletes an object that bears our mark, on the condition that it is still what was read; whether there was one.
async fn remove(client: &Client, bucket: &str, key: &str, mark: &Mark) -> Result<bool, CloudError> {
    let Some(there) = object(client, bucket, key).await? else {
        return Ok(false);
    };
    let is_ours =
        matches!(marks::owner(&there.metadata), Owner::Marked(owner) if owner.names_the_same(mark));
    if !is_ours {
        return Ok(false);
    }
    let ask = || {
        let ask = client.s3().delete_object().bucket(bucket).key(key);
        ask.expected_bucket_owner(&client.account)
            .if_match(&there.etag)
            .send()
    };
    match client.call(Call::write("s3:DeleteObject"), ask).await {
        Err(error) if error.class != Class::Missing => Err(error),
        _ => Ok(true),
    }
}
