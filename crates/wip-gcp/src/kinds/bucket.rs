//! `gcp/bucket`: a bucket that the file lets wip make.
//!
//! Shared: one that is there is used, and nothing of it is ours. Its labels are its mark; one that wip made is never public, and its access is
//! uniform. Cloud Storage deletes no bucket that is not empty.
//! Source: `storage.buckets.*`; "Uniform bucket-level access"; "Public access prevention".

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wip_plan::{Address, Edge, Existing, Field, Mark, Owner, Relation, Stray};
use wip_provider::{
    Ask, Class, CloudError, Created, Found, Kind, Observed, Question, Scope, Spotted, Target,
    Wanted,
};
use wip_rest::Call;
use wip_space::OnDestroy;

use crate::client::{Api, Clients};
use crate::facts::{Facts, known};
use crate::places::place;
use crate::{Google, marks};

pub(crate) const READ: &str = "storage:buckets.get";
pub(crate) const CREATE: &str = "storage:buckets.insert";
pub(crate) const PATCH: &str = "storage:buckets.patch";
pub(crate) const DELETE: &str = "storage:buckets.delete";
const LIST: &str = "storage:buckets.list";

/// The kind.
pub(crate) struct Bucket;

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BucketSpec {
    /// Its name.
    bucket: String,
    /// The project that it is in.
    project: String,
    /// Where its objects lie, in upper case.
    location: String,
    /// Whether access is uniform over the bucket.
    uniform: bool,
    /// Whether it can be made public.
    public_access_prevention: String,
    /// Of the Space; other labels on it are nobody's business here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    on_destroy: OnDestroy,
}

/// Nobody can make it public ("Public access prevention").
const ENFORCED: &str = "enforced";

impl Kind for Bucket {
    const NAME: &'static str = "gcp/bucket";
    const SUMMARY: &'static str = "A bucket of Cloud Storage: made where it is missing; one that was there before stays as it is.";
    const EXISTING: Existing = Existing::Shared;
    const FIELDS: &'static [Field] = &[
        Field {
            path: "bucket",
            replaces: true,
            sensitive: false,
        },
        Field {
            path: "project",
            replaces: true,
            sensitive: false,
        },
        Field {
            path: "location",
            replaces: true,
            sensitive: false,
        },
    ];
    type Spec = BucketSpec;
    type Cloud = Google;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<BucketSpec>> {
        let made = scope.space.gcs_buckets.iter().filter(|it| it.create);
        let want = made.map(|listed| Wanted {
            name: listed.bucket.clone(),
            place: place(&listed.project),
            spec: known(facts.buckets.get(&listed.bucket)).map(|_| BucketSpec {
                bucket: listed.bucket.clone(),
                project: listed.project.clone(),
                location: listed.location.clone(),
                uniform: true,
                public_access_prevention: ENFORCED.to_owned(),
                labels: scope.space.labels.clone(),
                on_destroy: listed.on_destroy,
            }),
            needs: BTreeSet::new(),
            links: BTreeSet::new(),
        });
        want.collect()
    }

    /// None: who may what in it are members of its policy.
    fn edges(_spec: &BucketSpec) -> Vec<Edge> {
        Vec::new()
    }

    fn stays(spec: &BucketSpec, relation: Relation) -> Option<String> {
        match (relation, spec.on_destroy) {
            (Relation::Shared, _) => Some("it was there before wip, so it stays".to_owned()),
            (_, OnDestroy::Delete) => None,
            (_, OnDestroy::Keep) => Some("it stays, with all that is in it".to_owned()),
        }
    }

    async fn observe(cloud: &Google, question: Question<'_, BucketSpec>) -> Observed {
        let clients = &cloud.clients;
        let looks = question.asks.iter().map(|ask| async {
            let found = look(clients, ask, &question.mark(ask)).await;
            ask.answer(found)
        });
        let mut observed = Observed {
            seen: join_all(looks).await,
            ..Observed::default()
        };
        if question.wide {
            observed.besides("buckets", strays(clients, &question).await);
        }
        observed
    }

    async fn create(
        cloud: &Google,
        at: &Target<'_>,
        spec: &BucketSpec,
    ) -> Result<Created, CloudError> {
        let mut labels = spec.labels.clone();
        labels.extend(marks::labels(at.mark));
        let mut body = settings(spec);
        body.insert("name".to_owned(), json!(spec.bucket));
        body.insert("location".to_owned(), json!(spec.location));
        body.insert("labels".to_owned(), json!(labels));
        let path = format!("/storage/v1/b?project={}", encoded(&spec.project));
        let call = Call::write(CREATE);
        let at = (Api::Storage, spec.project.as_str());
        let made = cloud
            .clients
            .call(call, at, Method::POST, &path, Some(body.into()));
        made.await.map(|_| Created::default())
    }

    async fn update(
        cloud: &Google,
        at: &Target<'_>,
        from: &BucketSpec,
        to: &BucketSpec,
    ) -> Result<(), CloudError> {
        // What becomes of a bucket stands in the state alone.
        if at.relation == Relation::Shared {
            return Ok(());
        }
        let mut labels: BTreeMap<String, Option<String>> = BTreeMap::new();
        labels.extend(from.labels.keys().map(|key| (key.clone(), None)));
        let own = to.labels.clone().into_iter().chain(marks::labels(at.mark));
        labels.extend(own.map(|(key, value)| (key, Some(value))));
        let mut body = settings(to);
        body.insert("labels".to_owned(), json!(labels));
        patch(&cloud.clients, to, body).await
    }

    async fn mark(cloud: &Google, at: &Target<'_>, live: &BucketSpec) -> Result<(), CloudError> {
        Self::update(cloud, at, live, live).await
    }

    async fn unmark(cloud: &Google, at: &Target<'_>, live: &BucketSpec) -> Result<(), CloudError> {
        let clients = &cloud.clients;
        let found = must(read(clients, &live.bucket, &live.project, false).await?)?;
        if !is_ours(&found, at.mark) {
            return Ok(());
        }
        let marks = found
            .labels
            .into_keys()
            .filter(|key| marks::is_of_mark(key));
        let none: BTreeMap<String, Value> = marks.map(|key| (key, Value::Null)).collect();
        let body = Map::from_iter([("labels".to_owned(), json!(none))]);
        patch(clients, live, body).await
    }

    /// Deletes what wip made and the file lets it delete. Everything else stays, unmarked.
    async fn delete(cloud: &Google, at: &Target<'_>, from: &BucketSpec) -> Result<(), CloudError> {
        let clients = &cloud.clients;
        let found = must(read(clients, &from.bucket, &from.project, false).await?)?;
        let is_made = at.relation != Relation::Shared && is_ours(&found, at.mark);
        if !is_made || from.on_destroy != OnDestroy::Delete {
            return Self::unmark(cloud, at, from).await;
        }
        let call = Call::write(DELETE);
        let path = path(&from.bucket);
        let at = (Api::Storage, from.project.as_str());
        let gone = clients.call(call, at, Method::DELETE, &path, None);
        gone.await.map(drop)
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn path(bucket: &str) -> String {
    format!("/storage/v1/b/{bucket}")
}

fn settings(spec: &BucketSpec) -> Map<String, Value> {
    let configuration = json!({
        "uniformBucketLevelAccess": { "enabled": spec.uniform },
        "publicAccessPrevention": spec.public_access_prevention,
    });
    Map::from_iter([("iamConfiguration".to_owned(), configuration)])
}

/// A bucket as Google has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Live {
    name: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    iam_configuration: Configuration,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    #[serde(default)]
    uniform_bucket_level_access: Uniform,
    #[serde(default)]
    public_access_prevention: String,
}

#[derive(Default, Deserialize)]
struct Uniform {
    #[serde(default)]
    enabled: bool,
}

fn is_ours(live: &Live, ours: &Mark) -> bool {
    matches!(
        marks::owner_by_labels(&live.labels, &ours.address),
        Owner::Marked(mark) if mark.names_the_same(ours)
    )
}

fn must(found: Option<Live>) -> Result<Live, CloudError> {
    found.ok_or_else(|| CloudError::local(Class::Missing, DELETE, "the bucket is not there"))
}

async fn read(
    clients: &Clients,
    bucket: &str,
    project: &str,
    fresh: bool,
) -> Result<Option<Live>, CloudError> {
    let call = Call::read(READ).of_fresh(fresh);
    clients
        .get(call, (Api::Storage, project), &path(bucket))
        .await
}

/// Whether access to a bucket is uniform; `None` where there is none.
pub(crate) async fn uniform(
    clients: &Clients,
    bucket: &str,
    project: &str,
) -> Result<Option<bool>, CloudError> {
    let live = read(clients, bucket, project, false).await?;
    Ok(live.map(|live| live.iam_configuration.uniform_bucket_level_access.enabled))
}

async fn patch(
    clients: &Clients,
    spec: &BucketSpec,
    body: Map<String, Value>,
) -> Result<(), CloudError> {
    let call = Call::write(PATCH);
    let at = (Api::Storage, spec.project.as_str());
    let path = path(&spec.bucket);
    let done = clients.call(call, at, Method::PATCH, &path, Some(body.into()));
    done.await.map(drop)
}

async fn look(clients: &Clients, ask: &Ask<'_, BucketSpec>, mark: &Mark) -> Found<BucketSpec> {
    let (wanted, owned) = (ask.wanted()?, ask.owned()?);
    // What is ours is looked at where it is; of a stray the name is all that is known.
    let known = owned.as_ref().or(wanted.as_ref());
    let name = known.map(|spec| spec.bucket.clone());
    let Some(name) = name.or(ask.id.map(str::to_owned)) else {
        return Ok(None);
    };
    let project = known.map_or("", |spec| spec.project.as_str());
    let Some(live) = read(clients, &name, project, ask.fresh && wanted.is_some()).await? else {
        return Ok(None);
    };
    let address = ask.address.to_string();
    let is_made = is_ours(&live, mark) && ask.relation != Some(Relation::Shared);
    // How somebody else's is set is theirs to say.
    let theirs = known.filter(|_| !is_made);
    let keys: BTreeSet<&String> = [&wanted, &owned]
        .into_iter()
        .flatten()
        .flat_map(|spec| spec.labels.keys())
        .collect();
    let labels = live.labels.iter().filter(|(key, _)| keys.contains(key));
    let labels = labels.map(|(key, value)| (key.clone(), value.clone()));
    let configuration = &live.iam_configuration;
    let spec = BucketSpec {
        bucket: name,
        project: project.to_owned(),
        location: live.location.to_uppercase(),
        uniform: configuration.uniform_bucket_level_access.enabled,
        public_access_prevention: configuration.public_access_prevention.clone(),
        labels: labels.collect(),
        on_destroy: known.map_or(OnDestroy::Keep, |spec| spec.on_destroy),
    };
    Ok(Some(Spotted {
        id: None,
        given: BTreeMap::new(),
        spec: theirs.cloned().unwrap_or(spec),
        owner: marks::owner_by_labels(&live.labels, &address),
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// Buckets of the project that bear the Space's mark and that nobody asked about.
async fn strays(
    clients: &Clients,
    question: &Question<'_, BucketSpec>,
) -> Result<Vec<Stray>, CloudError> {
    let project = question.place.account.as_str();
    let path = format!("/storage/v1/b?project={}", encoded(project));
    let call = Call::read(LIST);
    let listed: Vec<Live> = clients
        .list(call, (Api::Storage, project), &path, "items")
        .await?;
    let stray = |live: Live| {
        let address = Address::new(Bucket::NAME, question.space, &live.name);
        let owner = marks::owner_by_labels(&live.labels, &address.to_string());
        question.stray(&owner, live.name)
    };
    Ok(listed.into_iter().filter_map(stray).collect())
}
