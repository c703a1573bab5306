//! Looking at associations: a listing of each cluster, and one call for each that is asked about.
//!
//! Owns what of a live one is somebody else's and stays so, and which may be taken from the state unread.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_eks::types::PodIdentityAssociation as Live;
use futures_util::future::{FutureExt as _, join_all};
use futures_util::stream::{self, StreamExt as _};
use wip_plan::{Address, Owner, Seen, Stray};
use wip_provider::{Ask, Class, CloudError, Observed, Question, Spotted};

use super::listing::{Listed, list};
use super::spec::AssociationSpec;
use crate::client::{Call, Client, Clients};
use crate::marks;

/// Associations that are looked at at once: more than a place answers at once, and few enough to hold.
const LOOKS: usize = 100;

/// Looks at everything that is asked.
pub(super) async fn observe(
    clients: &Clients,
    question: Question<'_, AssociationSpec>,
) -> Observed {
    let mut observed = Observed::default();
    let mut clusters: BTreeMap<String, Vec<&Ask<'_, AssociationSpec>>> = BTreeMap::new();
    for ask in question.asks {
        match known(ask) {
            Ok(Some(spec)) => clusters.entry(spec.cluster).or_default().push(ask),
            Ok(None) => observed.seen.push(ask.answer(Ok(None))),
            Err(error) => observed.seen.push(ask.answer(Err(error))),
        }
    }
    let looks = clusters
        .iter()
        .map(|(cluster, asks)| of_cluster(clients, &question, cluster, asks));
    for found in join_all(looks).await {
        observed.seen.extend(found.seen);
        observed.strays.extend(found.strays);
        observed.remarks.extend(found.remarks);
        observed.unread += found.unread;
    }
    observed
}

/// What is there before what is wanted: both are of the same service account.
fn known(ask: &Ask<'_, AssociationSpec>) -> Result<Option<AssociationSpec>, CloudError> {
    match ask.owned()? {
        Some(spec) => Ok(Some(spec)),
        None => ask.wanted(),
    }
}

async fn of_cluster(
    clients: &Clients,
    question: &Question<'_, AssociationSpec>,
    cluster: &str,
    asks: &[&Ask<'_, AssociationSpec>],
) -> Observed {
    let listed = async {
        let client = clients.at(question.place).await?;
        let subjects: BTreeSet<(String, String)> = match asks {
            [ask] => known(ask)?.iter().map(AssociationSpec::subject).collect(),
            _ => BTreeSet::new(),
        };
        let one = subjects.first().filter(|_| !question.wide);
        let one = one.map(|(namespace, name)| (namespace.as_str(), name.as_str()));
        let listed = match clients.take_listing(question.place, cluster) {
            Some(listed) => listed,
            None => list(&client, cluster, one).await?,
        };
        Ok::<_, CloudError>((client, listed))
    };
    let (client, listed) = match listed.await {
        Ok(listed) => listed,
        // With the cluster all that was in it is gone.
        Err(error) if error.class == Class::Missing => {
            let seen = asks.iter().map(|ask| ask.answer(Ok(None))).collect();
            return Observed {
                seen,
                ..Observed::default()
            };
        }
        Err(error) => {
            let seen = asks.iter().map(|ask| ask.answer(Err(error.clone())));
            return Observed {
                seen: seen.collect(),
                ..Observed::default()
            };
        }
    };
    let listed: BTreeMap<(String, String), Listed> = listed
        .into_iter()
        .map(|one| ((one.namespace.clone(), one.service_account.clone()), one))
        .collect();
    let mut observed = Observed::default();
    let mut to_read = Vec::new();
    for ask in asks {
        let stored = question.listed.then(|| stored(question, ask, &listed));
        match stored.flatten() {
            Some(seen) => {
                observed.unread += 1;
                observed.seen.push(seen);
            }
            None => to_read.push(*ask),
        }
    }
    let looks = to_read
        .into_iter()
        .map(|ask| look(&client, ask, &listed).boxed_local());
    let mut looks = stream::iter(looks).buffer_unordered(LOOKS);
    while let Some(seen) = looks.next().await {
        observed.seen.push(seen);
    }
    drop(looks);
    if question.wide {
        let strays = strays(&client, question, cluster, &listed).await;
        observed.besides("associations", strays);
    }
    observed
}

/// What the state says of one whose id is the state's.
fn stored(
    question: &Question<'_, AssociationSpec>,
    ask: &Ask<'_, AssociationSpec>,
    listed: &BTreeMap<(String, String), Listed>,
) -> Option<(Address, Seen)> {
    let spec = known(ask).ok()??;
    let there = listed.get(&spec.subject())?;
    let same = ask.id == Some(there.id.as_str()) && there.owner.is_none();
    same.then(|| ask.stored(question))?
}

async fn look(
    client: &Client,
    ask: &Ask<'_, AssociationSpec>,
    listed: &BTreeMap<(String, String), Listed>,
) -> (Address, Seen) {
    let found = async {
        let Some(spec) = known(ask)? else {
            return Ok(None);
        };
        let there = match listed.get(&spec.subject()) {
            Some(there) => Some(there.clone()),
            None if ask.fresh => Some(awaited(client, &spec).await?),
            None => None,
        };
        let Some(there) = there else {
            return Ok(None);
        };
        Ok(describe(client, &spec.cluster, &there.id)
            .await?
            .map(|live| (there, live)))
    };
    let (there, live) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return ask.answer(Ok(None)),
        Err(error) => return ask.answer(Err(error)),
    };
    if let Some(owner) = there.owner {
        let words = format!("it belongs to the add-on {owner}, and wip never touches it");
        return (ask.address.clone(), Seen::Unreadable(words));
    }
    let spotted = spotted(ask, there.id, live);
    match spotted {
        Ok(spotted) => match strange(ask, &spotted) {
            Some(words) => (ask.address.clone(), Seen::Unreadable(words)),
            None => ask.answer(Ok(Some(spotted))),
        },
        Err(error) => ask.answer(Err(error)),
    }
}

fn spotted(
    ask: &Ask<'_, AssociationSpec>,
    id: String,
    live: Live,
) -> Result<Spotted<AssociationSpec>, CloudError> {
    let known = [ask.wanted()?, ask.owned()?];
    let keys = known.iter().flatten().flat_map(|spec| spec.tags.keys());
    let keys: BTreeSet<String> = keys.cloned().collect();
    let owner = marks::owner(&live.tags.clone().unwrap_or_default().into_iter().collect());
    Ok(Spotted {
        id: Some(id),
        given: BTreeMap::new(),
        spec: AssociationSpec::read(live, &keys)?,
        owner,
        objections: Vec::new(),
        remarks: Vec::new(),
    })
}

/// Why one that is not ours is not to be taken over: it gives its pods another role.
fn strange(ask: &Ask<'_, AssociationSpec>, spotted: &Spotted<AssociationSpec>) -> Option<String> {
    let is_the_one = ask.is_owned() && (ask.id.is_none() || ask.id == spotted.id.as_deref());
    if spotted.owner != Owner::Unmarked || is_the_one {
        return None;
    }
    let wanted = ask.wanted().ok()??;
    let live = &spotted.spec;
    (live.role != wanted.role).then(|| {
        format!(
            "exists, is not ours, and gives the pods the role {}, not {}; let the file say `role: {{ name: … }}`, \
             or delete it: aws eks delete-pod-identity-association --cluster-name {} --association-id {}",
            live.role,
            wanted.role,
            live.cluster,
            spotted.id.as_deref().unwrap_or_default(),
        )
    })
}

/// The listing of one that was made a moment ago, when it is visible.
async fn awaited(client: &Client, spec: &AssociationSpec) -> Result<Listed, CloudError> {
    const CALL: &str = "eks:ListPodIdentityAssociations";
    let ask = || {
        let ask = client.eks().list_pod_identity_associations();
        ask.cluster_name(&spec.cluster)
            .namespace(&spec.namespace)
            .service_account(&spec.service_account)
            .send()
    };
    client
        .call_judged(Call::read(CALL), ask, |answer| {
            let mut there = answer?.associations.unwrap_or_default().into_iter();
            let words = "what was made a moment ago is not visible yet";
            let summary = there
                .next()
                .ok_or_else(|| CloudError::local(Class::NotYet, CALL, words))?;
            Ok(Listed {
                namespace: spec.namespace.clone(),
                service_account: spec.service_account.clone(),
                id: summary.association_id.unwrap_or_default(),
                owner: summary.owner_arn,
            })
        })
        .await
}

/// One association; `None` where it is gone, whatever a listing may still say.
pub(super) async fn describe(
    client: &Client,
    cluster: &str,
    id: &str,
) -> Result<Option<Live>, CloudError> {
    let ask = || {
        let ask = client.eks().describe_pod_identity_association();
        ask.cluster_name(cluster).association_id(id).send()
    };
    let call = Call::read("eks:DescribePodIdentityAssociation");
    match client.call(call, ask).await {
        Ok(output) => Ok(output.association),
        Err(error) if error.class == Class::Missing => Ok(None),
        Err(error) => Err(error),
    }
}

/// Associations that bear the Space's mark and that nobody asked about; each is read, because a listing says no tags.
async fn strays(
    client: &Client,
    question: &Question<'_, AssociationSpec>,
    cluster: &str,
    listed: &BTreeMap<(String, String), Listed>,
) -> Result<Vec<Stray>, CloudError> {
    let asked = question.asks.iter().filter_map(|ask| known(ask).ok()?);
    let asked: BTreeSet<(String, String)> = asked.map(|spec| spec.subject()).collect();
    let unasked = listed
        .iter()
        .filter(|(subject, there)| there.owner.is_none() && !asked.contains(*subject))
        .map(|(_, there)| stray(client, question, cluster, there));
    let found: Vec<Result<Option<Stray>, CloudError>> = stream::iter(unasked)
        .buffer_unordered(LOOKS)
        .collect()
        .await;
    let found: Result<Vec<Option<Stray>>, CloudError> = found.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}

async fn stray(
    client: &Client,
    question: &Question<'_, AssociationSpec>,
    cluster: &str,
    there: &Listed,
) -> Result<Option<Stray>, CloudError> {
    let Some(live) = describe(client, cluster, &there.id).await? else {
        return Ok(None);
    };
    let tags = live.tags.unwrap_or_default().into_iter().collect();
    Ok(question.stray(&marks::owner(&tags), &there.id))
}
