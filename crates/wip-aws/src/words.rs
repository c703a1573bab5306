//! What statements mean, in words: `s3 read, write, list, delete` on `acme-backups/prod-eu/*`.
//!
//! Owns the words for the statements that wip writes.
//! Anything else is said as `wip_policy` says it, so that nothing is hidden behind a friendly word.

use std::collections::{BTreeMap, BTreeSet};

use wip_plan::Edge;
use wip_policy::{Document, Effect, PrincipalType, Principals, Statement};

use crate::permissions::{FOR_RESOURCE, GRANT};
use crate::pods::SESSION_NAMESPACE;
use crate::trust::{Pods, Trust, admits};

/// A verb with its place in the order in which people read them.
type Word = (u8, &'static str);

/// The actions that have a word: action, service, word.
const WORDS: &[(&str, &str, Word)] = &[
    ("s3:GetObject", "s3", (0, "read")),
    ("s3:PutObject", "s3", (1, "write")),
    ("s3:ListBucket", "s3", (2, "list")),
    ("s3:DeleteObject", "s3", (3, "delete")),
    ("secretsmanager:GetSecretValue", "secrets", (0, "read")),
    ("secretsmanager:PutSecretValue", "secrets", (1, "write")),
    ("secretsmanager:ListSecrets", "secrets", (2, "list")),
    ("secretsmanager:DeleteSecret", "secrets", (3, "delete")),
    ("ssm:GetParameter", "parameters", (0, "read")),
    ("ssm:PutParameter", "parameters", (1, "write")),
    ("ssm:GetParametersByPath", "parameters", (2, "list")),
    ("ssm:DescribeParameters", "parameters", (2, "list")),
    ("ssm:DeleteParameter", "parameters", (3, "delete")),
    ("kms:Decrypt", "kms", (0, "decrypt")),
    ("kms:Encrypt", "kms", (1, "encrypt")),
    ("kms:GenerateDataKey", "kms", (1, "encrypt")),
    ("kms:GenerateDataKeyWithoutPlaintext", "kms", (1, "encrypt")),
    ("kms:ReEncryptFrom", "kms", (2, "re-encrypt")),
    ("kms:ReEncryptTo", "kms", (2, "re-encrypt")),
    ("kms:CreateGrant", "kms", (3, "grant for AWS resources")),
    ("sts:AssumeRole", "sts", (0, "assume")),
    ("ec2:CreateSnapshot", "ebs", (0, "snapshot")),
    ("ec2:CreateVolume", "ebs", (1, "restore")),
    ("ec2:DeleteSnapshot", "ebs", (2, "delete snapshots")),
];

/// The actions that go without a word beside the one that they help.
const HELPERS: &[(&str, &str)] = &[
    ("s3:AbortMultipartUpload", "s3:PutObject"),
    ("s3:ListMultipartUploadParts", "s3:PutObject"),
    (
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
    ),
    (
        "secretsmanager:CreateSecret",
        "secretsmanager:PutSecretValue",
    ),
    (
        "secretsmanager:TagResource",
        "secretsmanager:PutSecretValue",
    ),
    (
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:ListSecrets",
    ),
    ("ssm:AddTagsToResource", "ssm:PutParameter"),
    ("sts:TagSession", "sts:AssumeRole"),
    ("kms:DescribeKey", "kms:Decrypt"),
    ("ec2:CreateTags", "ec2:CreateSnapshot"),
    ("ec2:DescribeSnapshots", "ec2:CreateSnapshot"),
    ("ec2:DescribeVolumes", "ec2:CreateSnapshot"),
];

/// What the policies of a role of `partition` allow; of a statement without words, in which policy it stands.
pub(crate) fn may<'a>(
    partition: &str,
    documents: impl IntoIterator<Item = (&'a String, &'a Document)>,
) -> Vec<Edge> {
    let mut spoken: BTreeMap<(String, String), BTreeSet<Word>> = BTreeMap::new();
    let mut edges = Vec::new();
    for (policy, document) in documents {
        let summed_up = |verb: String| Edge::May {
            verb,
            on: format!("policy {policy}"),
        };
        // What is denied is no right, and taking it off takes nobody's right away.
        for statement in document
            .statements
            .iter()
            .filter(|statement| !statement.is_deny())
        {
            match in_words(partition, statement) {
                Some(words) => words.into_iter().for_each(|(at, word)| {
                    spoken.entry(at).or_default().insert(word);
                }),
                None => edges.push(summed_up(statement.summary())),
            }
        }
        edges.extend(
            document
                .unknown
                .iter()
                .filter(|unknown| !unknown.is_deny())
                .map(|unknown| summed_up(unknown.summary())),
        );
    }
    edges.extend(spoken.into_iter().map(|((service, on), words)| {
        let words: Vec<&str> = words.into_iter().map(|(_, word)| word).collect();
        let (service, via) = service.split_once(' ').unwrap_or((&service, ""));
        let verb = [service, &words.join(", "), via]
            .join(" ")
            .trim_end()
            .to_owned();
        Edge::May { verb, on }
    }));
    edges
}

/// Service and place, with a word for what is allowed there.
type Spoken = Vec<((String, String), Word)>;

/// The words of a statement of a form that wip writes.
fn in_words(partition: &str, statement: &Statement) -> Option<Spoken> {
    let plain = statement.effect == Effect::Allow
        && statement.principal.is_none()
        && statement.not_principal.is_none()
        && statement.not_action.is_empty()
        && statement.not_resource.is_empty();
    let (condition, value) = match only_condition(statement)? {
        Some((condition, value)) => (condition, value),
        None => ("", ""),
    };
    let mut spoken = Vec::new();
    for action in &statement.action {
        if HELPERS
            .iter()
            .any(|(helper, of)| helper == action && statement.action.contains(*of))
        {
            continue;
        }
        let (_, service, word) = WORDS.iter().find(|(known, ..)| known == action)?;
        for resource in &statement.resource {
            let place = place(partition, service, resource);
            let (service, place) = match (condition, action.as_str()) {
                ("", "s3:ListBucket") => ((*service).to_owned(), format!("{place}/*")),
                ("s3:prefix", "s3:ListBucket") => {
                    ((*service).to_owned(), format!("{place}/{value}"))
                }
                ("kms:ViaService", action) if action.starts_with("kms:") => {
                    let via = value.split('.').next().unwrap_or_default();
                    (format!("{service} via {via}"), place)
                }
                ("aws:RequestedRegion", _) => {
                    ((*service).to_owned(), format!("{place} in {value}"))
                }
                ("", action) if !action.starts_with("kms:") => ((*service).to_owned(), place),
                _ => return None,
            };
            spoken.push(((service, place), *word));
        }
    }
    (plain && !spoken.is_empty()).then_some(spoken)
}

/// The key and value of the one condition, `Some(None)` without one, `None` where there is more to say.
///
/// That a session must have a tag of our own is left out: who has it stands with whom the role admits. That a grant must be
/// for a resource is in the word for granting, which is for no other grant.
fn only_condition(statement: &Statement) -> Option<Option<(&str, &str)>> {
    let all = statement.condition.iter().flat_map(|(operator, keys)| {
        keys.iter()
            .flat_map(move |(key, values)| values.iter().map(move |value| (operator, key, value)))
    });
    let of_session =
        |operator: &str, key: &str| (operator, key) == ("StringEquals", SESSION_NAMESPACE);
    let of_grant = |operator: &str, key: &str, value: &str| {
        (operator, key, value) == ("Bool", FOR_RESOURCE, "true")
    };
    let (grants, others): (Vec<_>, Vec<_>) = all
        .filter(|(operator, key, _)| !of_session(operator, key))
        .partition(|(operator, key, value)| of_grant(operator, key, value));
    let only_grants = statement.action.iter().all(|action| action == GRANT);
    if grants.is_empty() == statement.action.contains(GRANT) || !(grants.is_empty() || only_grants)
    {
        return None;
    }
    let mut all = others.into_iter();
    match (all.next(), all.next()) {
        (None, _) => Some(None),
        (Some((operator, key, value)), None) => {
            let known = match key.as_str() {
                "s3:prefix" => operator == "StringLike",
                "kms:ViaService" | "aws:RequestedRegion" => operator == "StringEquals",
                _ => false,
            };
            known.then_some(Some((key, value)))
        }
        _ => None,
    }
}

/// What people call a resource: without what only ARNs need, where that leaves no doubt.
///
/// Different resources have different words: region and account stay, and a resource of another partition than the
/// role's keeps its ARN.
fn place(partition: &str, service: &str, resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let short = match (service, parts.as_slice()) {
        ("s3", ["arn", at, "s3", "", "", rest]) if *at == partition => Some((*rest).to_owned()),
        ("secrets", ["arn", at, "secretsmanager", region, account, rest]) if *at == partition => {
            let name = rest.strip_prefix("secret:");
            name.map(|name| format!("{region} {account} {name}"))
        }
        ("parameters", ["arn", at, "ssm", region, account, rest]) if *at == partition => {
            let name = rest.strip_prefix("parameter");
            name.map(|name| format!("{region} {account} {name}"))
        }
        _ => None,
    };
    short.unwrap_or_else(|| resource.to_owned())
}

/// Who acts as a role: the subjects as their clusters write them, each with the issuer that vouches for it.
///
/// Leaves out the audiences, which are the same for all of wip's.
pub(crate) fn who(trust: &Trust) -> Vec<Edge> {
    let mut who: BTreeSet<(String, String)> = BTreeSet::new();
    for (provider, admitted) in &trust.web_identity {
        let issuer = provider.split_once(":oidc-provider/");
        let issuer = issuer.map_or(provider.as_str(), |(_, issuer)| issuer);
        let claims = admitted.subjects.union(&admitted.patterns);
        who.extend(claims.map(|claim| (claim.clone(), issuer.to_owned())));
    }
    who.extend(trust.pods.iter().flat_map(pods));
    if let Some(other) = &trust.other {
        let allowing = other
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Allow);
        let admitted = allowing
            .flat_map(|statement| admits(statement).unwrap_or_else(|| vec![principals(statement)]));
        who.extend(admitted.map(|who| (who, String::new())));
        let may_allow = other.unknown.iter().filter(|unknown| !unknown.is_deny());
        who.extend(may_allow.map(|unknown| (unknown.summary(), String::new())));
    }
    let edge = |(who, at)| Edge::ActsAs { who, at };
    who.into_iter().map(edge).collect()
}

/// Who comes by EKS Pod Identity: service accounts where sessions must be tagged, else whoever has an association in the
/// clusters.
fn pods(pods: &Pods) -> Vec<(String, String)> {
    let places: Vec<String> = match pods.clusters.is_empty() {
        true => vec!["any cluster of the account".to_owned()],
        false => pods.clusters.iter().map(|arn| cluster(arn)).collect(),
    };
    let any = |set: &BTreeSet<String>| match set.is_empty() {
        true => BTreeSet::from(["*".to_owned()]),
        false => set.clone(),
    };
    let tagged = !pods.namespaces.is_empty() || !pods.service_accounts.is_empty();
    let names: Vec<String> = match tagged {
        false => vec!["service accounts with a pod identity association".to_owned()],
        true => {
            let namespaces = any(&pods.namespaces).into_iter();
            let accounts = any(&pods.service_accounts);
            let named = namespaces.flat_map(|namespace| {
                let claim =
                    move |name: &String| format!("system:serviceaccount:{namespace}:{name}");
                accounts.iter().map(claim).collect::<Vec<_>>()
            });
            named.collect()
        }
    };
    let who = names.iter();
    who.flat_map(|name| {
        places
            .iter()
            .map(move |place| (name.clone(), place.clone()))
    })
    .collect()
}

/// `arn:aws:eks:REGION:ACCOUNT:cluster/NAME` → `cluster NAME`.
fn cluster(arn: &str) -> String {
    let name = arn.rsplit_once(":cluster/").map_or(arn, |(_, name)| name);
    format!("cluster {name}")
}

/// The principals of a foreign trust statement; with a condition, the whole of it.
fn principals(statement: &Statement) -> String {
    match &statement.principal {
        Some(Principals::Of(map)) if statement.condition.is_empty() => {
            let names = map.iter().flat_map(|(kind, names)| {
                names.iter().map(move |name| match kind {
                    PrincipalType::Aws => name.clone(),
                    kind => format!("{kind} {name}"),
                })
            });
            names.collect::<Vec<_>>().join(", ")
        }
        _ => statement.summary(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_resources_have_different_words() {
        let mut said: BTreeMap<(&str, String), String> = BTreeMap::new();
        let arns = |service: &'static str, kind: &'static str| {
            let names = ["prod/*", "secret:prod/*", "parameter/prod/*", "*"];
            let places = ["aws", "aws-cn"].into_iter().flat_map(|partition| {
                ["eu-west-1", "us-west-2"]
                    .into_iter()
                    .flat_map(move |region| {
                        ["111122223333", "444455556666"].map(|account| (partition, region, account))
                    })
            });
            places.flat_map(move |(partition, region, account)| {
                names.map(|name| {
                    format!("arn:{partition}:{service}:{region}:{account}:{kind}{name}")
                })
            })
        };
        let buckets = ["aws", "aws-cn"]
            .into_iter()
            .flat_map(|partition| ["a", "a/*"].map(|rest| format!("arn:{partition}:s3:::{rest}")));
        let all = arns("secretsmanager", "secret:").map(|arn| ("secrets", arn));
        let all = all.chain(arns("secretsmanager", "").map(|arn| ("secrets", arn)));
        let all = all.chain(arns("ssm", "parameter/").map(|arn| ("parameters", arn)));
        let all = all.chain(buckets.map(|arn| ("s3", arn)));
        for (service, arn) in all {
            let words = place("aws", service, &arn);
            if let Some(other) = said.insert((service, words.clone()), arn.clone()) {
                assert_eq!(other, arn, "both are {words}");
            }
        }
        assert!(said.len() > 50, "{}", said.len());
    }

    #[test]
    fn region_and_account_are_said() {
        let secret = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:prod/*";
        assert_eq!(
            place("aws", "secrets", secret),
            "eu-west-1 444455556666 prod/*"
        );
        let parameter = "arn:aws:ssm:eu-west-1:444455556666:parameter/prod/*";
        assert_eq!(
            place("aws", "parameters", parameter),
            "eu-west-1 444455556666 /prod/*"
        );
    }
}
