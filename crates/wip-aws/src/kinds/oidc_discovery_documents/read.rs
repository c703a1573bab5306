//! Reading the documents: with our credentials, and as everybody.
//!
//! Owns what a live object means: its document, its mark, and whether everybody can read it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::error::{ConnectorError, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, ByteStreamError as Error};
use serde_json::Value;
use wip_plan::{Mark, Owner};
use wip_provider::{Ask, Class, CloudError, Question, Spotted};
use wip_space::{DISCOVERY_DOCUMENT, KEY_SET};

use super::{DocumentsSpec, Numbers};
use crate::client::{Call, Client, Clients};
use crate::marks;

/// The largest object that is read; what is larger is no document of ours.
const MAX: usize = 1024 * 1024;
pub(super) const CONTENT_TYPE: &str = "application/json";

/// A document that is there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    pub(super) etag: String,
    pub(super) content_type: String,
    /// As it was written; absent where nobody said.
    pub(super) cache_control: Option<String>,
    /// User metadata.
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Object {
    /// Whether it says what `text` says, whatever its white space.
    fn says(&self, text: &str) -> bool {
        let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
        let said = value(&self.body);
        self.content_type == CONTENT_TYPE && said.is_some() && said == value(text.as_bytes())
    }
}

/// Reads an object; `None` where there is none.
pub(super) async fn object(
    client: &Client,
    bucket: &str,
    key: &str,
) -> Result<Option<Object>, CloudError> {
    let ask = || async {
        let ask = client.s3().get_object().bucket(bucket).key(key);
        let mut answer = ask.expected_bucket_owner(&client.account).send().await?;
        // Within the call, so that one whose body breaks off is made again.
        let body = gathered(std::mem::take(&mut answer.body)).await;
        let broken = |error: Error| ConnectorError::io(error.into());
        answer.body = body.map_err(|error| SdkError::dispatch_failure(broken(error)))?;
        Ok(answer)
    };
    let judge = |answer: Result<GetObjectOutput, CloudError>| match answer {
        Err(error) if error.class == Class::Missing => Ok(None),
        answer => object_of(whole(answer?)?).map(Some),
    };
    client
        .call_judged(Call::read("s3:GetObject"), ask, judge)
        .await
}

/// A body in memory; of one that is too large, the beginning.
async fn gathered(mut body: ByteStream) -> Result<ByteStream, Error> {
    let mut bytes = Vec::new();
    while bytes.len() <= MAX
        && let Some(more) = body.try_next().await?
    {
        bytes.extend_from_slice(&more);
    }
    Ok(ByteStream::from(bytes))
}

/// An answer that is an object's: every object has an ETag.
fn whole(answer: GetObjectOutput) -> Result<GetObjectOutput, CloudError> {
    match answer.e_tag.is_some() {
        true => Ok(answer),
        false => Err(CloudError::local(
            Class::Broken,
            "s3:GetObject",
            "the answer is no object's",
        )),
    }
}

fn object_of(answer: GetObjectOutput) -> Result<Object, CloudError> {
    let body = answer.body.bytes().unwrap_or_default().to_vec();
    if body.len() > MAX {
        let what = "the object is larger than any document of an issuer";
        return Err(CloudError::local(Class::Final, "s3:GetObject", what));
    }
    Ok(Object {
        etag: answer.e_tag.unwrap_or_default(),
        content_type: answer.content_type.unwrap_or_default(),
        cache_control: answer.cache_control,
        metadata: answer.metadata.unwrap_or_default().into_iter().collect(),
        body,
    })
}

/// Whether everybody can read an object.
async fn is_public(client: &Client, bucket: &str, key: &str) -> Result<bool, CloudError> {
    let s3 = client.s3_of_everybody();
    let ask = || s3.get_object().bucket(bucket).key(key).send();
    let judge = |answer: Result<GetObjectOutput, CloudError>| match answer {
        Err(error) if matches!(error.class, Class::Denied | Class::Missing) => Ok(false),
        answer => whole(answer?).map(|_| true),
    };
    client
        .call_judged(Call::read("s3:GetObject"), ask, judge)
        .await
}

/// Waits until everybody can read the documents, for as long as something may take to become visible.
///
/// Errors: `NotYet` where that does not happen, with what may be in the way.
pub(super) async fn await_public(client: &Client, spec: &DocumentsSpec) -> Result<(), CloudError> {
    if spec.public != Some(true) {
        return Ok(());
    }
    for (document, _) in spec.texts() {
        let key = spec.object(document);
        let ask = || {
            client
                .s3_of_everybody()
                .get_object()
                .bucket(&spec.bucket)
                .key(&key)
                .send()
        };
        let judge = |answer: Result<GetObjectOutput, CloudError>| match answer {
            Ok(answer) => whole(answer).map(drop),
            Err(error) if matches!(error.class, Class::Denied | Class::Missing) => {
                Err(CloudError {
                    class: Class::NotYet,
                    message: format!(
                        "not everybody can read s3://{}/{key} ({}); look at Block Public Access of the bucket, of account {} \
                     and of its organization, and at what else the bucket's policy denies; where it has to stay closed, \
                     put CloudFront in front of the bucket and make its address the issuer",
                        spec.bucket, error.message, client.account
                    ),
                    ..error
                })
            }
            Err(error) => Err(error),
        };
        client
            .call_judged(Call::read("s3:GetObject"), ask, judge)
            .await?;
    }
    Ok(())
}

/// What is there of the documents.
pub(super) async fn look(
    clients: &Clients,
    question: &Question<'_, DocumentsSpec>,
    ask: &Ask<'_, DocumentsSpec>,
) -> Result<Option<Spotted<DocumentsSpec>>, CloudError> {
    let client = clients.at(question.place).await?;
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    let Some(known) = owned.as_ref().or(wanted.as_ref()) else {
        return Ok(None);
    };
    let read = |document: &'static str| {
        let key = known.object(document);
        let client = &client;
        async move { object(client, &known.bucket, &key).await }
    };
    // Where the file has no key, the key set is somebody else's business.
    let has_keys = [&wanted, &owned]
        .into_iter()
        .flatten()
        .any(|spec| !spec.keys.is_empty());
    // Each to its end, whatever comes of the other: the same run makes the same calls.
    let (discovery, keys) = futures_util::join!(read(DISCOVERY_DOCUMENT), async {
        match has_keys {
            true => read(KEY_SET).await,
            false => Ok(None),
        }
    });
    let (discovery, keys) = (discovery?, keys?);
    if discovery.is_none() && keys.is_none() {
        return Ok(None);
    }
    let mut spec = live(known, discovery.as_ref(), keys.as_ref());
    let is_direct = wanted.as_ref().unwrap_or(known).public.is_some();
    if is_direct {
        let there = [(DISCOVERY_DOCUMENT, &discovery), (KEY_SET, &keys)];
        let mut public = true;
        for (document, _) in there.into_iter().filter(|(_, object)| object.is_some()) {
            public &= is_public(&client, &spec.bucket, &spec.object(document)).await?;
        }
        spec.public = Some(public);
    }
    let ours = question.mark(ask);
    let owners = [&discovery, &keys]
        .into_iter()
        .flatten()
        .map(|object| marks::owner(&object.metadata));
    Ok(Some(Spotted {
        id: None,
        given: BTreeMap::new(),
        spec,
        owner: owner(owners, &ours, ask.is_owned()),
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// Whose the documents are: one that is not ours counts before one that is, unless the state knows them. Then what
/// somebody put in the place of one is drift, for anybody who writes there lets his own tokens in.
fn owner(owners: impl Iterator<Item = Owner>, ours: &Mark, is_owned: bool) -> Owner {
    let is_ours = |owner: &Owner| matches!(owner, Owner::Marked(mark) if mark.names_the_same(ours));
    let owners: Vec<Owner> = owners.collect();
    let telling = owners.iter().find(|owner| is_ours(owner) == is_owned);
    telling
        .or(owners.first())
        .cloned()
        .unwrap_or(Owner::Unmarked)
}

/// The spec that live documents mean, at the place of one that is known.
fn live(known: &DocumentsSpec, discovery: Option<&Object>, keys: Option<&Object>) -> DocumentsSpec {
    let mut spec = DocumentsSpec {
        issuer: known.issuer.clone(),
        bucket: known.bucket.clone(),
        prefix: known.prefix.clone(),
        keys: BTreeMap::new(),
        legacy_key: None,
        public: None,
        amiss: BTreeSet::new(),
    };
    let set = keys.and_then(|object| serde_json::from_slice::<Value>(&object.body).ok());
    let set = set.as_ref().and_then(|set| set.get("keys")?.as_array());
    let mut nameless = Vec::new();
    for key in set.into_iter().flatten() {
        let text = |name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(kid), Some(e), Some(n)) = (text("kid"), text("e"), text("n")) else {
            continue;
        };
        match kid.as_str() {
            "" => nameless.push(Numbers { e, n }),
            _ => drop(spec.keys.insert(kid, Numbers { e, n })),
        }
    }
    if let [numbers] = &nameless[..] {
        let mut same = spec.keys.iter().filter(|(_, known)| *known == numbers);
        spec.legacy_key = same.next().map(|(kid, _)| kid.clone());
    }
    // What cannot be said in other words shows as a document that is amiss.
    if !discovery
        .is_some_and(|object| object.says(&spec.text(DISCOVERY_DOCUMENT).unwrap_or_default()))
    {
        spec.amiss.insert(DISCOVERY_DOCUMENT.to_owned());
    }
    if let Some(object) = keys
        && !object.says(&spec.text(KEY_SET).unwrap_or_default())
    {
        spec.amiss.insert(KEY_SET.to_owned());
    }
    spec
}
