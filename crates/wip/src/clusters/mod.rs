//! The commands that look at the Space's clusters, and what they share.
//!
//! Owns how a cluster is reached from the command line, and what of the state concerns it.
//! What is read of a cluster and what follows from it is `wip-kube`'s.

pub(crate) mod discover;
mod failure;
pub(crate) mod helm_values;
pub(crate) mod keys;
pub(crate) mod manifests;
pub(crate) mod restart;
pub(crate) mod token;
pub(crate) mod verify;

use std::collections::{BTreeMap, BTreeSet};

use wip_kube::{Applied, Ask, Expected, Found, Kube, Observed};
use wip_plan::{Edge, Note, State, grants};
use wip_space::{Cluster, ClusterAt, Discovered, Discovery, Space, Subject};

use crate::args::{Reach, Schema};
use crate::failure::Failure;
use crate::run::{Run, Session};

/// What begins the name of a service account.
const SUBJECT: &str = "system:serviceaccount:";
/// The code of what was found on a cluster and hinders nothing.
const REMARK: &str = "WIP0307";

/// The control planes of a cluster, for a plan.
pub(crate) struct Planes {
    /// Those that have a host namespace.
    pub(crate) discovered: BTreeSet<Discovered>,
    /// What the reader should know.
    pub(crate) notes: Vec<Note>,
}

/// Reads the control planes where the file says so.
pub(crate) async fn discover(
    run: &Run<'_>,
    reach: &Reach,
    discovery: &Discovery,
    state: &State,
) -> Result<Planes, Failure> {
    let found = found(run, reach, discovery, state).await?;
    let notes = found.remarks.iter().map(|text| Note {
        code: REMARK.to_owned(),
        address: None,
        text: text.clone(),
        of_change: false,
    });
    Ok(Planes {
        discovered: found.placed(),
        notes: notes.collect(),
    })
}

/// What a cluster has, once it is sure that it is the one that the file and the state mean.
async fn found(
    run: &Run<'_>,
    reach: &Reach,
    discovery: &Discovery,
    state: &State,
) -> Result<Found, Failure> {
    let cluster = cluster_of(&run.space, &discovery.cluster)?;
    let issuer = run.clouds.issuer(cluster).await.map_err(|why| {
        let heading = format!("which cluster `{}` is could not be found out", cluster.name);
        let hint = "say `issuer: …` of the cluster in the Space file, or let wip ask its cloud";
        Failure::new("WIP0283", heading, hint).with_cause(&why)
    })?;
    let connected = connect(run.session, &run.space, cluster, reach, Some(discovery)).await?;
    let ask = Ask {
        cluster: &cluster.name,
        issuer: &issuer,
        groups: &discovery.groups,
    };
    let found = wip_kube::discover(&connected.kube, ask)
        .await
        .map_err(|error| failure::of(error, &connected))?;
    let known = known_namespaces(run, state);
    let placed = found.placed();
    let is_found = |namespace: &String| {
        placed
            .iter()
            .any(|found| found.host_namespace.name() == *namespace)
    };
    if !known.is_empty() && !known.iter().any(is_found) {
        let heading = format!(
            "none of the {} control planes of the state is on the cluster; nothing was done",
            known.len()
        );
        let known: Vec<&str> = known.iter().map(String::as_str).take(5).collect();
        let hint = "is this the Space's cluster, and are these its groups? Where all of them were really deleted, take `discovery` out of the Space file to revoke what they had";
        return Err(Failure::new("WIP0287", heading, hint)
            .with_cause(&format!("the state has {}", known.join(", "))));
    }
    Ok(found)
}

/// The namespaces of control planes that the state gives access to, and the file does not name.
fn known_namespaces(run: &Run<'_>, state: &State) -> BTreeSet<String> {
    let space = &run.space;
    let mut named: BTreeSet<String> = space
        .control_planes
        .iter()
        .map(|plane| plane.host_namespace.name())
        .collect();
    let of_aws = space.identities.iter().map(|it| &it.subjects);
    let of_azure = space.entra.iter().map(|it| &it.subjects);
    let of_google = space.google.iter().map(|it| &it.subjects);
    let of_file = of_aws.chain(of_azure).chain(of_google);
    for subject in of_file.flat_map(BTreeMap::values).flatten() {
        if let Subject::Exact { namespace, .. } = subject {
            named.insert(namespace.clone());
        }
    }
    let namespaces = admitted(run, state).into_iter().filter_map(|who| {
        let (namespace, _) = who.strip_prefix(SUBJECT)?.split_once(':')?;
        (!namespace.contains('*')).then(|| namespace.to_owned())
    });
    namespaces
        .filter(|namespace| !named.contains(namespace))
        .collect()
}

/// Who may act as an identity, as the state has it: subjects, of which some are patterns.
fn admitted(run: &Run<'_>, state: &State) -> Vec<String> {
    let kinds = run.clouds.kinds();
    let edges = state.resources.iter().filter_map(|(address, owned)| {
        let info = kinds.get(address.kind())?;
        (info.edges)(&owned.doc).ok()
    });
    let who = edges.flatten().filter_map(|edge| match edge {
        Edge::ActsAs { who, .. } => Some(who),
        Edge::May { .. } => None,
    });
    who.collect()
}

/// The cluster of that name.
fn cluster_of<'a>(space: &'a Space, name: &str) -> Result<&'a Cluster, Failure> {
    let mut clusters = space.clusters.iter();
    clusters
        .find(|cluster| cluster.name == name)
        .ok_or_else(|| {
            let names: Vec<&str> = space.clusters.iter().map(|it| it.name.as_str()).collect();
            let heading = format!("the Space file has no cluster `{name}`");
            Failure::new("WIP0004", heading, &format!("it has {}", names.join(", ")))
        })
}

/// The cluster that a command is about: the one that is named, or the only one.
fn the_cluster<'a>(space: &'a Space, named: Option<&str>) -> Result<&'a Cluster, Failure> {
    match (named, space.clusters.as_slice()) {
        (Some(name), _) => cluster_of(space, name),
        (None, [one]) => Ok(one),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|it| it.name.as_str()).collect();
            let heading = "the Space has several clusters: which is meant?";
            let hint = format!("--cluster NAME, one of {}", names.join(", "));
            Err(Failure::new("WIP0004", heading, &hint))
        }
    }
}

/// An API server that is reached.
struct Connected {
    kube: Kube,
    /// The context of the kubeconfig, where one is named.
    context: Option<String>,
}

/// The cluster names that contexts were given for, and the contexts.
fn contexts(space: &Space, reach: &Reach) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for given in &reach.context {
        let split = given.split_once('=');
        let is_cluster = |name: &str| space.clusters.iter().any(|it| it.name == name);
        let (cluster, context) = match (split, space.clusters.as_slice()) {
            (Some((cluster, context)), _) if is_cluster(cluster) => (cluster, context),
            (_, [one]) => (one.name.as_str(), given.as_str()),
            (Some((cluster, _)), _) => {
                cluster_of(space, cluster)?;
                continue;
            }
            (None, _) => {
                let heading = format!("--context {given}: of which cluster?");
                let hint =
                    "the Space has several: --context CLUSTER=CONTEXT, once for each that is meant";
                return Err(Failure::new("WIP0004", heading, hint));
            }
        };
        found.insert(cluster.to_owned(), context.to_owned());
    }
    Ok(found)
}

/// Reaches a cluster; asks nothing yet.
async fn connect(
    session: Session<'_>,
    space: &Space,
    cluster: &Cluster,
    reach: &Reach,
    discovery: Option<&Discovery>,
) -> Result<Connected, Failure> {
    let given = contexts(space, reach)?.remove(&cluster.name);
    let of_file = discovery
        .filter(|discovery| discovery.cluster == cluster.name)
        .and_then(|discovery| discovery.context.clone());
    let context = given.or(of_file);
    let kube = match crate::clouds::sandbox_at(session).await? {
        Some(url) => {
            let url = format!("{url}/_kube/{}", cluster.name);
            match &session.env.wire {
                Some(wire) => Ok(Kube::on_wire(wire.clone(), &url, "sandbox")),
                None => Kube::of_sandbox(&url, "sandbox"),
            }
        }
        None => Kube::of_context(context.as_deref()).await,
    };
    let kube =
        kube.map_err(|error| failure::unreachable(error, &cluster.name, context.as_deref()))?;
    Ok(Connected { kube, context })
}

/// The clusters that a command looks at: those with a context, and the one that discovery reads.
fn looked_at<'a>(space: &'a Space, reach: &Reach) -> Result<Vec<&'a Cluster>, Failure> {
    let given = contexts(space, reach)?;
    let discovery = space.discovery.as_ref();
    let clusters = space.clusters.iter().filter(|cluster| {
        given.contains_key(&cluster.name)
            || discovery.is_some_and(|discovery| discovery.cluster == cluster.name)
    });
    Ok(clusters.collect())
}

/// A cluster as it is, beside what it should be.
struct Look {
    cluster: String,
    context: Option<String>,
    expected: Vec<Expected>,
    observed: Observed,
    /// Ids of keys that sign its tokens and that the file does not publish.
    unpublished: Vec<String>,
}

/// Looks at one cluster, once it is known to be the file's.
async fn look(
    run: &Run<'_>,
    reach: &Reach,
    cluster: &Cluster,
    applied: &Applied,
) -> Result<(Look, Connected), Failure> {
    let discovery = run.space.discovery.as_ref();
    let connected = connect(run.session, &run.space, cluster, reach, discovery).await?;
    let unknown = match run.clouds.issuer(cluster).await {
        Err(why) => Some(why),
        Ok(issuer) => wip_kube::check_cluster(&connected.kube, &cluster.name, &issuer)
            .await
            .map_err(|error| failure::of(error, &connected))?,
    };
    let expected = wip_kube::expected(&run.space, &cluster.name, applied);
    let planes = run.space.control_planes.iter();
    let groups: BTreeSet<String> = planes
        .filter(|plane| plane.cluster == cluster.name)
        .map(|plane| plane.group.clone())
        .collect();
    let mut observed = wip_kube::observe(&connected.kube, &expected, &groups)
        .await
        .map_err(|error| failure::of(error, &connected))?;
    let unknown = unknown.map(|why| format!("whether this is the file's cluster: {why}"));
    observed.unseen.extend(unknown);
    let unpublished = unpublished(cluster, &connected.kube, &mut observed).await;
    let look = Look {
        unpublished,
        cluster: cluster.name.clone(),
        context: connected.context.clone(),
        expected,
        observed,
    };
    Ok((look, connected))
}

/// The keys of a cluster that hosts its own issuer and that the file does not name, by their ids.
async fn unpublished(cluster: &Cluster, kube: &Kube, observed: &mut Observed) -> Vec<String> {
    let ClusterAt::SelfHosted { signing_keys, .. } = &cluster.at else {
        return Vec::new();
    };
    if signing_keys.is_empty() {
        return Vec::new();
    }
    match wip_kube::signing_keys(kube).await {
        Ok(found) => found
            .into_iter()
            .filter(|found| !signing_keys.contains(&found.key))
            .map(|found| found.key.kid)
            .collect(),
        Err(error) => {
            observed
                .unseen
                .push(format!("the keys that sign tokens: {error}"));
            Vec::new()
        }
    }
}

/// What of the state concerns the clusters: what charts must be told, and what identities and subjects may reach.
fn applied(run: &Run<'_>, state: &State) -> Applied {
    let kinds = run.clouds.kinds();
    let mut applied = Applied::default();
    for (address, owned) in &state.resources {
        let name = address.local_name();
        let identity = name.split_once('/').map_or(name, |(identity, _)| identity);
        let mut outputs = run.clouds.outputs(address, &owned.place, &owned.doc);
        outputs.extend(owned.given.clone());
        let known = applied.outputs.entry(identity.to_owned()).or_default();
        known.extend(outputs);
        let Some(info) = kinds.get(address.kind()) else {
            continue;
        };
        for grant in grants::grants(info, address, &owned.doc).unwrap_or_default() {
            let may = format!("{} {}", grant.verb, grant.on);
            let of = match grant.who.starts_with(SUBJECT) {
                true => applied.of_subjects.entry(grant.who).or_default(),
                false => applied
                    .of_identities
                    .entry(identity.to_owned())
                    .or_default(),
            };
            of.insert(may);
        }
    }
    applied
}

/// The JSON Schema of a document of these commands.
pub(crate) fn schema(of: Schema) -> Result<serde_json::Value, Failure> {
    Ok(match of {
        Schema::Restart => schemars::schema_for!(restart::Document).to_value(),
        Schema::Verify => schemars::schema_for!(verify::Document<'_>).to_value(),
        Schema::Token => schemars::schema_for!(token::Document).to_value(),
        _ => schemars::schema_for!(discover::Document).to_value(),
    })
}
