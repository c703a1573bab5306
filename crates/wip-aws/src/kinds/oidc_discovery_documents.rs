//! `aws/oidc-discovery-documents`: the two documents of an issuer, as objects in a bucket.
//!
//! Owns them as a value, and what a change of them means for tokens. How they are read is `read`'s, how they are written `write`'s.
//! That everybody may read them is a statement of the bucket's policy, so another kind's.

mod read;
mod rights;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wip_plan::{Address, Edge, Existing, Field};
use wip_provider::{CloudError, Created, Kind, Observed, Question, Scope, Target, Wanted};
use wip_space::{DISCOVERY_DOCUMENT, KEY_SET, SigningKey, Space, discovery_document, key_set};

use crate::accounts::place;
use crate::issuers::{self, Issuer};
use crate::kinds::s3_bucket_policy_statements::for_issuers;
use crate::notes::KEY_GONE;
use crate::{Aws, Facts};

pub(crate) use rights::rights;

/// The kind.
pub(crate) struct OidcDiscoveryDocuments;

/// The documents of one issuer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DocumentsSpec {
    /// The issuer, `https://…`.
    issuer: String,
    bucket: String,
    /// What their keys begin with, `""` or with `/` at its end.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    prefix: String,
    /// The keys that sign the issuer's tokens, by their ids; without one there is no key set.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    keys: BTreeMap<String, Numbers>,
    /// The id of the key that is published without one as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    legacy_key: Option<String>,
    /// Whether everybody can read them; absent where something stands between the bucket and its readers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public: Option<bool>,
    /// Documents that are missing, or say something else than this; only of live ones.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    amiss: BTreeSet<String>,
}

/// A public key: exponent and modulus, base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    e: String,
    n: String,
}

impl DocumentsSpec {
    fn of(issuer: &Issuer<'_>) -> Self {
        let numbers = |key: &SigningKey| Numbers {
            e: key.e.clone(),
            n: key.n.clone(),
        };
        let keys = issuer.keys.iter();
        Self {
            issuer: issuer.url.to_owned(),
            bucket: issuer.publish.bucket.clone(),
            prefix: issuer.publish.prefix.clone(),
            keys: keys.map(|key| (key.kid.clone(), numbers(key))).collect(),
            legacy_key: issuer.legacy.map(|key| key.kid.clone()),
            public: issuer.publish.direct.then_some(true),
            amiss: BTreeSet::new(),
        }
    }

    /// The key of a document's object.
    fn object(&self, document: &str) -> String {
        format!("{}{document}", self.prefix)
    }

    /// The text of a document; `None` where there is to be none.
    fn text(&self, document: &str) -> Option<String> {
        if document == DISCOVERY_DOCUMENT {
            return Some(discovery_document(&self.issuer));
        }
        let keys: Vec<SigningKey> = self.keys.iter().map(signing_key).collect();
        let legacy = self.legacy_key.as_ref();
        let legacy = legacy.and_then(|kid| keys.iter().find(|key| key.kid == *kid));
        (!keys.is_empty()).then(|| key_set(&keys, legacy))
    }

    /// The documents that are to be there, with their texts.
    fn texts(&self) -> impl Iterator<Item = (&'static str, String)> {
        [DISCOVERY_DOCUMENT, KEY_SET]
            .into_iter()
            .filter_map(|document| Some((document, self.text(document)?)))
    }

    /// The ids of its keys that `other` lacks.
    fn lacking(&self, other: &Self) -> Vec<&str> {
        let keys = self.keys.iter();
        let gone = keys.filter(|(kid, numbers)| other.keys.get(*kid) != Some(numbers));
        gone.map(|(kid, _)| kid.as_str()).collect()
    }
}

fn signing_key((kid, numbers): (&String, &Numbers)) -> SigningKey {
    SigningKey {
        kid: kid.clone(),
        n: numbers.n.clone(),
        e: numbers.e.clone(),
    }
}

impl Kind for OidcDiscoveryDocuments {
    const NAME: &'static str = "aws/oidc-discovery-documents";
    const SUMMARY: &'static str = "Discovery document and key set of an issuer that a cluster hosts itself, as objects in a bucket.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[
        Field {
            path: "bucket",
            replaces: true,
            sensitive: false,
        },
        Field {
            path: "prefix",
            replaces: true,
            sensitive: false,
        },
    ];
    type Spec = DocumentsSpec;
    type Cloud = Aws;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<DocumentsSpec>> {
        let wanted = |issuer: Issuer<'_>| {
            let publish = issuer.publish;
            let readable = issuers::readable(scope.space, facts, publish);
            Wanted {
                name: issuer.cluster.name.clone(),
                place: place(&publish.account, &publish.region),
                spec: readable.map(|()| DocumentsSpec::of(&issuer)),
                needs: for_issuers::address(scope.space, publish)
                    .into_iter()
                    .chain(for_issuers::bucket(scope.space, publish))
                    .collect(),
                links: BTreeSet::new(),
            }
        };
        issuers::published(scope.space).map(wanted).collect()
    }

    /// None: whose tokens are taken stands in the trust of the roles.
    fn edges(_spec: &DocumentsSpec) -> Vec<Edge> {
        Vec::new()
    }

    fn interrupts(from: &DocumentsSpec, to: &DocumentsSpec) -> Option<String> {
        let gone = from.lacking(to);
        let comes = !to.lacking(from).is_empty();
        (!gone.is_empty() && (comes || to.keys.is_empty())).then(|| {
            let why = match comes {
                true => "while the cluster may still sign with it and nobody knows the new one",
                false => "and none is left, so that every token is refused",
            };
            format!(
                "{} would be published no more, {why}: \
                 add the new key first and apply, let the cluster sign with it, wait until the last token of the old one has expired, \
                 and remove that one then",
                named(&gone)
            )
        })
    }

    /// The lifetime is the webhook's own default (`token-expiration`, README of aws/amazon-eks-pod-identity-webhook).
    fn warns(from: &DocumentsSpec, to: &DocumentsSpec) -> Option<(&'static str, String)> {
        let gone = from.lacking(to);
        (!gone.is_empty()).then(|| {
            let words = format!(
                "tokens that are signed with {} are refused from then on; tokens of the webhook live for 86,400 s where nobody says otherwise, \
                 so let that time have passed since the cluster signs with another key",
                named(&gone)
            );
            (KEY_GONE, words)
        })
    }

    async fn observe(cloud: &Aws, question: Question<'_, DocumentsSpec>) -> Observed {
        let looks = question
            .asks
            .iter()
            .map(|ask| async { ask.answer(read::look(&cloud.clients, &question, ask).await) });
        Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        }
    }

    async fn create(
        cloud: &Aws,
        at: &Target<'_>,
        spec: &DocumentsSpec,
    ) -> Result<Created, CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::create(&client, at, spec).await?;
        Ok(Created::default())
    }

    async fn update(
        cloud: &Aws,
        at: &Target<'_>,
        _from: &DocumentsSpec,
        to: &DocumentsSpec,
    ) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::update(&client, at, to).await
    }

    async fn mark(cloud: &Aws, at: &Target<'_>, live: &DocumentsSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::remark(&client, live, Some(at.mark)).await
    }

    async fn unmark(cloud: &Aws, at: &Target<'_>, live: &DocumentsSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::remark(&client, live, None).await
    }

    async fn delete(cloud: &Aws, at: &Target<'_>, from: &DocumentsSpec) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        write::delete(&client, at, from).await
    }
}

/// The address of the documents of a cluster, where wip publishes them.
pub(crate) fn address(space: &Space, cluster: &wip_space::Cluster) -> Option<Address> {
    issuers::published_of(cluster)
        .map(|_| Address::new(OidcDiscoveryDocuments::NAME, &space.name, &cluster.name))
}

fn named(kids: &[&str]) -> String {
    match kids {
        [one] => format!("the key {one}"),
        many => format!("the keys {}", many.join(" and ")),
    }
}
