//! What a reader should know of the facts: warnings with the line to add, and what a grant means besides.
//!
//! Owns the codes WIP0310 to WIP0325. Pure; what blocks a want is not here.

use wip_plan::{Address, Note};
use wip_provider::Kind as _;
use wip_space::{ClusterAt, Component, Existing, Identity, Space, Verb};

use crate::accounts::of_arn;
use crate::facts::{AGENT, Fact, Facts, MOST};
use crate::kinds::iam_role::{IamRole, wanted_trust};
use crate::sizes::{Room, thousands};
use crate::{issuers, owners, permissions, pods, storage};

const QUOTA_ASSUMED: &str = "WIP0310";
const NEARLY_FULL: &str = "WIP0311";
const UNNAMED_KEY: &str = "WIP0312";
const LISTABLE: &str = "WIP0313";
const UNCHECKED: &str = "WIP0314";
const NOBODY: &str = "WIP0315";
const OWNER_SIDE: &str = "WIP0316";
const NO_SUCH_ROLE: &str = "WIP0317";
const NO_AGENT: &str = "WIP0318";
const ASSOCIATIONS: &str = "WIP0319";
const TARGET_SIDE: &str = "WIP0320";
/// Said by the kind that publishes keys, which alone knows which ones are there.
pub(crate) const KEY_GONE: &str = "WIP0325";

/// What there is to say of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// The code: `WIP0310`.
    pub code: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What it means and what to do.
    pub text: &'static str,
}

const fn code(code: &'static str, title: &'static str, text: &'static str) -> CodeInfo {
    CodeInfo { code, title, text }
}

/// Every code of this crate's notes, in order.
pub const CODES: &[CodeInfo] = &[
    code(
        QUOTA_ASSUMED,
        "the trust policy quota could not be read",
        "AWS's default counts. Allow `servicequotas:GetServiceQuota`, or say the number: `guardrails.trustPolicyQuota`.",
    ),
    code(
        NEARLY_FULL,
        "a trust policy is nearly full",
        "More than three quarters of the quota are used. Before it is full: `trust: hostPattern`, `method: podIdentity`, or a higher quota L-C07B4B0D.",
    ),
    code(
        UNNAMED_KEY,
        "a bucket is encrypted with a key that the file does not name",
        "Without rights on the key every upload is denied. Add the line of the note to the access.",
    ),
    code(
        LISTABLE,
        "names of objects become listable",
        "Vector's health check is HeadBucket, which needs `s3:ListBucket` on the whole bucket. Give billing a bucket of its own.",
    ),
    code(
        UNCHECKED,
        "something could not be looked at",
        "The plan goes on without it; whether it is as the file says shows only when it is used.",
    ),
    code(
        NOBODY,
        "nobody may assume a role yet",
        "No control plane and no workload is the identity's. Its role is kept, with a trust that denies, so that its id survives.",
    ),
    code(
        OWNER_SIDE,
        "another account has to let the role in",
        "The file lists the bucket or key with `policy: false`, so wip neither writes nor checks its policy. Give the statement to its owner.",
    ),
    code(
        NO_SUCH_ROLE,
        "a role that the file refers to is not there",
        "With `existing: reference` wip makes no role. Correct the name, or leave `existing` out.",
    ),
    code(
        NO_AGENT,
        "a cluster has no agent for EKS Pod Identity",
        "Without the add-on `eks-pod-identity-agent` pods get no credentials, whatever their association says. The note has the command that installs it; EKS Auto Mode has the agent built in.",
    ),
    code(
        ASSOCIATIONS,
        "how many pod identity associations a cluster has",
        "A cluster holds 5,000, and AWS raises that for nobody. Before they are used up: `method: irsa` with `trust: hostPattern`, or another cluster.",
    ),
    code(
        TARGET_SIDE,
        "the target role has to let the role in",
        "With `podIdentity.targetRoleArn` the pods act as a role that wip does not write. Its trust has to admit the identity's role, and its policies have to allow the access. Give the statements to its owner.",
    ),
    code(
        KEY_GONE,
        "a signing key is published no more",
        "STS refuses tokens that are signed with the key. Before it goes, the cluster has to sign with another one, and the longest lifetime of a token has to have passed: 86,400 s is the default of the pod identity webhook. Keys come first and go last: add the new one, apply, switch the signer, wait, remove the old one, apply.",
    ),
];

/// The notes of a Space.
pub(crate) fn notes(space: &Space, facts: &Facts) -> Vec<Note> {
    let mut notes = Vec::new();
    for (account, quota) in &facts.trust_quotas {
        notes.extend(quota.assumed.as_ref().map(|why| Note {
            code: QUOTA_ASSUMED.to_owned(),
            address: None,
            text: format!(
                "the trust policy quota of account {account} could not be read, so AWS's default counts, {} characters; \
                 guardrails.trustPolicyQuota sets it ({why})",
                thousands(quota.chars as usize),
            ),
            of_change: false,
        }));
    }
    notes.extend(of_clusters(space, facts));
    notes.extend(of_issuers(space, facts));
    for identity in &space.identities {
        let address = Address::new(IamRole::NAME, &space.name, &identity.name);
        let said = of_identity(space, identity, facts)
            .into_iter()
            .map(|(code, text)| Note {
                code: code.to_owned(),
                address: Some(address.clone()),
                text,
                of_change: code == LISTABLE,
            });
        notes.extend(said);
    }
    notes
}

/// What there is to say of EKS Pod Identity in each cluster that uses it.
fn of_clusters(space: &Space, facts: &Facts) -> Vec<Note> {
    let mut said: Vec<Said> = Vec::new();
    for cluster in &space.clusters {
        let (
            Some(pods),
            ClusterAt::Eks {
                cluster, region, ..
            },
        ) = (facts.pods.get(&cluster.name), &cluster.at)
        else {
            continue;
        };
        match &pods.agent {
            Fact::Known(true) => {}
            Fact::Known(false) => said.push((
                NO_AGENT,
                format!(
                    "the cluster {cluster} has no add-on {AGENT}, so its pods get no credentials; install it: \
                     aws eks create-addon --region {region} --cluster-name {cluster} --addon-name {AGENT}"
                ),
            )),
            Fact::Unreadable(why) => said.push((
                UNCHECKED,
                format!("whether the cluster {cluster} has the add-on {AGENT} was not checked: {why}"),
            )),
        }
        // Said while they grow, and from three quarters on always.
        if let Fact::Known(associations) = &pods.associations
            && (!associations.missing.is_empty() || associations.total() * 4 > MOST * 3)
        {
            said.push((
                ASSOCIATIONS,
                format!(
                    "{} of {} pod identity associations of the cluster {cluster} are used with those of this file",
                    thousands(associations.total()),
                    thousands(MOST),
                ),
            ));
        }
    }
    let note = |(code, text): Said| Note {
        code: code.to_owned(),
        address: None,
        text,
        of_change: false,
    };
    said.into_iter().map(note).collect()
}

/// What could not be seen of the buckets that issuers are hosted in, and what their owners must have written.
fn of_issuers(space: &Space, facts: &Facts) -> Vec<Note> {
    let owners = issuers::published(space).filter_map(|issuer| {
        let publish = issuer.publish;
        let listed = storage::listed(space, &publish.bucket)?;
        (publish.direct && !listed.policy).then(|| Note {
            code: OWNER_SIDE.to_owned(),
            address: None,
            text: format!(
                "account {} must have in the policy of the bucket {}: {}",
                publish.account,
                publish.bucket,
                issuers::statement(publish).to_json()
            ),
            of_change: false,
        })
    });
    let unseen = issuers::published(space).filter_map(|issuer| {
        let bucket = &issuer.publish.bucket;
        let found = facts.buckets.get(bucket)?;
        let (what, why) = match (&found.region, &found.closed) {
            (Fact::Unreadable(why), _) => ("is there", why),
            (_, Some(Fact::Unreadable(why))) => {
                ("lets everybody in by its Block Public Access", why)
            }
            _ => return None,
        };
        Some(Note {
            code: UNCHECKED.to_owned(),
            address: None,
            text: format!("whether the bucket {bucket} {what} was not checked: {why}"),
            of_change: false,
        })
    });
    owners.chain(unseen).collect()
}

type Said = (&'static str, String);

fn of_identity(space: &Space, identity: &Identity, facts: &Facts) -> Vec<Said> {
    let mut said = Vec::new();
    let missing = owners::role_is_there(identity, facts).err();
    said.extend(missing.map(|why| (NO_SUCH_ROLE, why)));
    if let Some(Fact::Unreadable(why)) = facts.roles.get(&identity.name) {
        let words = format!("the role {} was not checked: {why}", identity.role.name);
        said.push((UNCHECKED, words));
    }
    if identity.role.existing == Existing::Reference {
        return said;
    }
    said.extend(of_trust(space, identity, facts));
    said.extend(of_target(space, identity));
    for grant in storage::s3_grants(space, identity) {
        said.extend(of_bucket(space, identity, facts, &grant));
    }
    for use_ in permissions::key_uses(space, identity) {
        said.extend(of_key(space, identity, facts, &use_));
    }
    said
}

fn of_trust(space: &Space, identity: &Identity, facts: &Facts) -> Option<Said> {
    if identity
        .subjects
        .values()
        .all(std::collections::BTreeSet::is_empty)
    {
        let words = "no control plane or workload of the file uses this identity, so nobody may assume its role";
        return Some((NOBODY, words.to_owned()));
    }
    let quota = facts.trust_quotas.get(&identity.account)?.chars as usize;
    let room = Room::of(&wanted_trust(space, identity, facts).ok()?, quota);
    // Three quarters: time enough to ask AWS for more.
    (room.chars <= quota && room.chars * 4 > quota * 3).then(|| {
        let Room {
            subjects, fitting, ..
        } = room;
        (
            NEARLY_FULL,
            format!("{subjects} of {fitting} subjects fit the trust policy quota of {quota}"),
        )
    })
}

fn of_bucket(
    space: &Space,
    identity: &Identity,
    facts: &Facts,
    grant: &storage::S3Grant,
) -> Vec<Said> {
    let bucket = &grant.bucket;
    let mut said = Vec::new();
    if let Some(found) = facts.buckets.get(bucket) {
        if let Fact::Unreadable(why) = &found.region {
            said.push((
                UNCHECKED,
                format!("whether the bucket {bucket} is there was not checked: {why}"),
            ));
        }
        // Where nobody may look at the bucket at all, that is said once.
        if let (Fact::Known(Some(_)), Fact::Unreadable(why)) = (&found.region, &found.default_key) {
            said.push((
                UNCHECKED,
                format!("which key encrypts the bucket {bucket} was not checked: {why}"),
            ));
        }
        if let Fact::Known(Some(key)) = &found.default_key
            && !names_key(&grant.kms_keys, key)
        {
            let words = format!(
                "the bucket {bucket} is encrypted with a key that the file does not name; add to its access: kmsKey: \"{key}\""
            );
            said.push((UNNAMED_KEY, words));
        }
    }
    if identity.component == Component::Billing && grant.verbs.contains(&Verb::List) {
        let words = format!(
            "the names of all objects in {bucket} become listable: Vector's health check needs s3:ListBucket without a prefix"
        );
        said.push((LISTABLE, words));
    }
    let listed = storage::listed(space, bucket);
    if grant.account != identity.acting_account() && listed.is_some_and(|listed| !listed.policy) {
        let statements = owners::bucket_statements(identity, grant);
        let statements: Vec<String> = statements
            .iter()
            .map(wip_policy::Statement::to_json)
            .collect();
        let words = format!(
            "account {} must have in the policy of the bucket {bucket}: {}",
            grant.account,
            statements.join(",")
        );
        said.push((OWNER_SIDE, words));
    }
    said
}

/// What the target role's owner has to write, word for word.
fn of_target(space: &Space, identity: &Identity) -> Option<Said> {
    let target = identity.target_role.as_ref()?;
    if pods::managed_target(space, identity).is_some() {
        return None;
    }
    let json = |statements: Vec<wip_policy::Statement>| {
        let texts: Vec<String> = statements
            .iter()
            .map(wip_policy::Statement::to_json)
            .collect();
        texts.join(",")
    };
    let access = permissions::statements(space, identity).unwrap_or_default();
    let words = format!(
        "the trust of the role {target} must have: {}; and its policies must allow: {}",
        json(pods::target_trust(space, identity)),
        json(access),
    );
    Some((TARGET_SIDE, words))
}

/// Buckets name their key by ARN, by id or by alias ("PutBucketEncryption", KMSMasterKeyID).
fn names_key(named: &std::collections::BTreeSet<String>, key: &str) -> bool {
    named
        .iter()
        .any(|arn| arn == key || arn.rsplit('/').next() == Some(key))
}

fn of_key(
    space: &Space,
    identity: &Identity,
    facts: &Facts,
    use_: &permissions::KeyUse,
) -> Vec<Said> {
    let key = &use_.key;
    let mut said = Vec::new();
    let policy = facts.keys.get(key).map(|found| &found.policy);
    let listed = space.kms_keys.iter().find(|listed| listed.arn == *key);
    if let Some(Fact::Unreadable(why)) = policy {
        said.push((
            UNCHECKED,
            format!("whether the key {key} is there and lets IAM decide was not checked: {why}"),
        ));
    }
    let by_owner = listed.is_some_and(|listed| !listed.policy);
    if by_owner && owners::needs_key_policy(identity, facts, key) {
        let account = of_arn(key).map_or("", |(account, _)| account);
        let statement = owners::key_statement(identity, use_).to_json();
        said.push((
            OWNER_SIDE,
            format!("account {account} must have in the policy of the key {key}: {statement}"),
        ));
    }
    said
}
