//! Accounts and clusters.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::self_hosted::self_hosted_at;
use super::storage::Storage;
use crate::Code;
use crate::KeyFiles;
use crate::model::{AccountAccess, Aws, Cluster, ClusterAt};
use crate::problem::Problems;
use crate::raw::{AksSpec, AwsSpec, ClusterSpec, EksSpec, GkeSpec, Spec};
use crate::read::Spanned;
use crate::words::{nearest, shown};

/// The clusters that are valid, and the names of all.
pub(crate) struct Clusters {
    pub(crate) known: Vec<Spanned<Cluster>>,
    /// Also of those that are wrong elsewhere, so that one slip is reported once.
    names: BTreeSet<String>,
    /// Whether every cluster's name could be read.
    all_named: bool,
}

impl Clusters {
    pub(crate) fn get(&self, name: &str) -> Option<&Cluster> {
        self.known
            .iter()
            .map(|known| &known.value)
            .find(|known| known.name == name)
    }

    /// Whether there is no other cluster than the valid ones.
    pub(crate) fn complete(&self) -> bool {
        self.all_named && self.known.len() == self.names.len()
    }

    /// The only one, by name.
    pub(crate) fn only(&self) -> Option<&str> {
        match self.names.first() {
            Some(name) if self.names.len() == 1 => Some(name),
            _ => None,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.names.len()
    }

    /// Checks a reference.
    pub(crate) fn refer(&self, name: &str, span: &Range<usize>, problems: &mut Problems) -> bool {
        if self.names.contains(name) {
            return true;
        }
        if self.all_named {
            let help = match nearest(name, self.names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known clusters: {}", self.list()),
            };
            let message = format!(
                "there is no cluster `{}` under `spec.clusters`",
                shown(name)
            );
            problems.add(Code::UnknownCluster, span, message, "unknown cluster", help);
        }
        false
    }

    pub(crate) fn list(&self) -> String {
        self.names
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The partition of a region.
pub(crate) fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

pub(crate) fn accounts(aws: &AwsSpec, problems: &mut Problems) -> Aws {
    let mut accounts = BTreeMap::new();
    for (id, account) in aws
        .accounts
        .get()
        .into_iter()
        .flat_map(|accounts| &accounts.0)
    {
        let spec = &account.value;
        let access = match (spec.profile.as_ref(), spec.assume_role.as_ref()) {
            (Some(profile), None) => AccountAccess::Profile(profile.value.to_string()),
            (None, Some(assume)) => {
                let Some(role) = assume.value.role_arn.as_ref() else {
                    continue;
                };
                if *arn(&role.value).account != *id.value {
                    problems.add(
                        Code::WrongPlace,
                        &role.span,
                        format!("the role is not in account {}", &*id.value),
                        format!("in account {}", arn(&role.value).account),
                        "an account is reached by a role in it",
                    );
                }
                AccountAccess::AssumeRole {
                    role_arn: role.value.to_string(),
                    external_id: assume.value.external_id.get().map(|id| id.to_string()),
                }
            }
            (None, None) => {
                if !spec.flawed {
                    exactly_one(&account.span, "`profile` and `assumeRole`", false, problems);
                }
                continue;
            }
            (Some(_), Some(assume)) => {
                exactly_one(&assume.span, "`profile` and `assumeRole`", true, problems);
                continue;
            }
        };
        accounts.insert(id.value.to_string(), access);
    }
    Aws { accounts }
}

/// Reports none or several of what must be given once.
pub(crate) fn exactly_one(
    span: &Range<usize>,
    names: &str,
    several: bool,
    problems: &mut Problems,
) {
    let (message, label, help) = if several {
        (
            format!("only one of {names} can be given"),
            "one too many",
            "keep one of them",
        )
    } else {
        (
            format!("one of {names} is needed"),
            "none is given",
            "add one of them",
        )
    };
    problems.add(Code::ExactlyOne, span, message, label, help);
}

pub(crate) fn clusters(
    spec: &Spec,
    known: (&Storage, &KeyFiles),
    problems: &mut Problems,
) -> Clusters {
    let items = spec.clusters.get();
    let mut clusters = Clusters {
        known: Vec::new(),
        names: BTreeSet::new(),
        all_named: items.is_some(),
    };
    if let Some(field) = spec.clusters.as_ref()
        && field.value.is_empty()
    {
        problems.add(
            Code::EmptyList,
            &field.span,
            "a Space needs at least one cluster",
            "no cluster",
            "add `- { name: …, eks: { account: …, region: …, cluster: … } }`",
        );
    }
    let accounts = accounts_of(spec);
    let mut places: BTreeMap<String, &Spanned<ClusterSpec>> = BTreeMap::new();
    let mut published: BTreeMap<(String, String), &Range<usize>> = BTreeMap::new();
    for item in items.into_iter().flatten() {
        let Some(name) = item.value.name.as_ref() else {
            clusters.all_named = false;
            cluster_at(item, &accounts, known, problems);
            continue;
        };
        let at = cluster_at(item, &accounts, known, problems);
        if !clusters.names.insert(name.value.to_string()) {
            let first = items
                .into_iter()
                .flatten()
                .filter_map(|item| item.value.name.as_ref());
            let first = first.into_iter().find(|first| *first.value == *name.value);
            duplicate(
                &name.span,
                first.map(|first| &first.span),
                &format!("the cluster `{}`", &*name.value),
                problems,
            );
            continue;
        }
        let Some(at) = at else { continue };
        if let ClusterAt::SelfHosted {
            publish: Some(publish),
            ..
        } = &at
        {
            let place = (publish.bucket.clone(), publish.prefix.clone());
            if let Some(first) = published.insert(place, &name.span) {
                let what = format!("the place where `{}` publishes its documents", &*name.value);
                duplicate(&name.span, Some(first), &what, problems);
                continue;
            }
        }
        if let Some(first) = places.insert(key_of(&at), item) {
            let span = &name.span;
            let first = first.value.name.as_ref().map(|name| &name.span);
            duplicate(
                span,
                first,
                &format!("the cluster behind `{}`", &*name.value),
                problems,
            );
        }
        let cluster = Cluster {
            name: name.value.to_string(),
            at,
        };
        clusters.known.push(Spanned {
            value: cluster,
            span: name.span.clone(),
        });
    }
    clusters
}

/// Reports something that is there twice.
pub(crate) fn duplicate(
    span: &Range<usize>,
    first: Option<&Range<usize>>,
    what: &str,
    problems: &mut Problems,
) {
    let first = first.unwrap_or(span);
    problems.add_pair(
        Code::Duplicate,
        span,
        format!("{what} is given twice"),
        "given again",
        "keep one of the two",
        first,
        "first given here",
    );
}

/// What makes two clusters the same one.
fn key_of(at: &ClusterAt) -> String {
    match at {
        ClusterAt::Eks {
            account,
            region,
            cluster,
            ..
        } => format!("{account}/{region}/{cluster}"),
        ClusterAt::Aks {
            subscription,
            resource_group,
            cluster,
            ..
        } => format!("{subscription}/{resource_group}/{cluster}").to_lowercase(),
        ClusterAt::Gke {
            project,
            location,
            cluster,
            ..
        } => format!("{project}/{location}/{cluster}"),
        ClusterAt::SelfHosted { issuer, .. } => issuer.clone(),
    }
}

/// All subscriptions that the file names for clusters, identities and what they reach.
pub(crate) fn subscriptions(spec: &Spec) -> BTreeSet<String> {
    let clusters = spec.clusters.get().into_iter().flatten();
    let clusters = clusters.filter_map(|item| item.value.aks.get()?.subscription.get());
    let identities = spec.identities.get().into_iter().flat_map(|all| &all.0);
    let identities = identities.flat_map(|(_, identity)| {
        let identity = &identity.value;
        let own = identity.identity.get().and_then(|it| it.subscription.get());
        let access = identity.access.get().into_iter().flatten();
        let access = access.filter_map(|item| {
            let blobs = item.value.blob_container.get();
            let vault = item.value.key_vault.get();
            let of_blobs = blobs.and_then(|it| it.subscription.get());
            of_blobs.or(vault.and_then(|it| it.subscription.get()))
        });
        own.into_iter().chain(access)
    });
    let buckets = spec.buckets.get().into_iter().flatten();
    let containers = buckets.filter_map(|item| item.value.blob_container.get());
    let containers = containers.filter_map(|it| it.subscription.get());
    let all = clusters.chain(identities).chain(containers);
    all.map(|subscription| subscription.to_string()).collect()
}

/// The one subscription that all AKS clusters of the file are in.
pub(crate) fn subscription_of_clusters(spec: &Spec) -> Option<String> {
    let clusters = spec.clusters.get().into_iter().flatten();
    let all = clusters.filter_map(|item| item.value.aks.get()?.subscription.get());
    let all: BTreeSet<String> = all.map(|subscription| subscription.to_string()).collect();
    all.first().filter(|_| all.len() == 1).cloned()
}

/// All accounts that the file names for clusters and access to AWS.
fn accounts_of(spec: &Spec) -> BTreeSet<String> {
    let eks = spec.clusters.get().into_iter().flatten();
    let eks = eks.filter_map(|item| item.value.eks.get()?.account.get());
    let listed = spec.aws.get().and_then(|aws| aws.accounts.get());
    let listed = listed
        .into_iter()
        .flat_map(|accounts| accounts.0.iter().map(|(id, _)| &id.value));
    eks.chain(listed).map(|id| id.to_string()).collect()
}

fn cluster_at(
    item: &Spanned<ClusterSpec>,
    accounts: &BTreeSet<String>,
    known: (&Storage, &KeyFiles),
    problems: &mut Problems,
) -> Option<ClusterAt> {
    let given = &item.value;
    let names = "`eks`, `aks`, `gke` and `selfHosted`";
    match (
        given.eks.as_ref(),
        given.aks.as_ref(),
        given.gke.as_ref(),
        given.self_hosted.as_ref(),
    ) {
        (Some(eks), None, None, None) => eks_at(&eks.value, problems),
        (None, Some(aks), None, None) => aks_at(&aks.value),
        (None, None, Some(gke), None) => gke_at(&gke.value),
        (None, None, None, Some(own)) => self_hosted_at(own, accounts, known, problems),
        (None, None, None, None) => {
            if !given.flawed {
                exactly_one(&item.span, names, false, problems);
            }
            None
        }
        (_, aks, gke, own) => {
            let own = own.map(|own| &own.span);
            let gke = gke.map(|gke| &gke.span);
            let span = own.or(gke).or(aks.map(|aks| &aks.span));
            exactly_one(span.unwrap_or(&item.span), names, true, problems);
            None
        }
    }
}

fn gke_at(gke: &GkeSpec) -> Option<ClusterAt> {
    Some(ClusterAt::Gke {
        project: gke.project.get()?.to_string(),
        number: gke.project_number.get().copied(),
        location: gke.location.get()?.to_string(),
        cluster: gke.cluster.get()?.to_string(),
    })
}

fn aks_at(aks: &AksSpec) -> Option<ClusterAt> {
    Some(ClusterAt::Aks {
        tenant: aks.tenant.get()?.to_string(),
        subscription: aks.subscription.get()?.to_string(),
        resource_group: aks.resource_group.get()?.to_string(),
        cluster: aks.cluster.get()?.to_string(),
        issuer: aks.issuer.get().map(|issuer| issuer.to_string()),
    })
}

fn eks_at(eks: &EksSpec, problems: &mut Problems) -> Option<ClusterAt> {
    let region = eks.region.get()?;
    let partition = partition_of(region);
    if let Some(given) = eks.partition.as_ref()
        && given.value.name() != partition
    {
        problems.add(
            Code::WrongPlace,
            &given.span,
            format!("region {} is in partition {partition}", &**region),
            format!("not {partition}"),
            "remove the line: the partition follows from the region",
        );
    }
    Some(ClusterAt::Eks {
        account: eks.account.get()?.to_string(),
        region: region.to_string(),
        cluster: eks.cluster.get()?.to_string(),
        issuer: eks.issuer.get().map(|issuer| issuer.to_string()),
        partition: partition.to_owned(),
    })
}

impl Cluster {
    /// The account that its roles live in, where it has any.
    pub(crate) fn account(&self) -> Option<&str> {
        match &self.at {
            ClusterAt::Eks { account, .. } | ClusterAt::SelfHosted { account, .. } => Some(account),
            ClusterAt::Aks { .. } | ClusterAt::Gke { .. } => None,
        }
    }

    /// Its partition, where it has one.
    pub(crate) fn partition(&self) -> Option<&str> {
        match &self.at {
            ClusterAt::Eks { partition, .. } | ClusterAt::SelfHosted { partition, .. } => {
                Some(partition)
            }
            ClusterAt::Aks { .. } | ClusterAt::Gke { .. } => None,
        }
    }
}

/// The parts of an ARN whose form has been checked.
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

pub(crate) fn arn(text: &str) -> Arn<'_> {
    let mut parts = text.splitn(6, ':').skip(1);
    let mut next = || parts.next().unwrap_or_default();
    let partition = next();
    let _service = next();
    Arn {
        partition,
        region: next(),
        account: next(),
        resource: next(),
    }
}
