//! What a role may do: from the access of an identity to policy statements, the smallest that work.
//!
//! Owns which actions a verb means, for whom, under which conditions.
//! Knows no role and no size limit.

use std::collections::{BTreeMap, BTreeSet};

use wip_policy::{Document, Effect, Principals, Statement};
use wip_space::{Access, Component, Identity, Names, Space, Verb};

use crate::accounts::{dns_suffix, of_arn};
use crate::names::{camel, hash};
use crate::storage::{self, S3Grant};

/// The actions of a verb on objects.
///
/// The components get what their binaries use. `s3:PutObject` starts, fills and completes a multipart upload. One of backups
/// that fails is aborted by the library (`PutObject` of minio-go, under thanos-io/objstore), whose README names no permission
/// for that. "Multipart upload API and permissions" (Amazon S3 user guide) demands `s3:AbortMultipartUpload`, and lets the
/// initiator have it by default, which may or may not hold for a session. Without it the parts stay, and cost, where nobody
/// sees them; with it nothing is lost that `s3:DeleteObject` could not lose. Vector uploads in one part.
/// Custom identities also get to list parts, as Velero asks ("Set permissions for Velero", velero-plugin-for-aws README).
pub(crate) fn object_actions(
    component: Component,
    verbs: &BTreeSet<Verb>,
) -> BTreeSet<&'static str> {
    let of = |verb: &Verb| -> &[&'static str] {
        match verb {
            Verb::Read => &["s3:GetObject"],
            Verb::Write if component == Component::Custom => &[
                "s3:PutObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            Verb::Write if component == Component::Backup => {
                &["s3:PutObject", "s3:AbortMultipartUpload"]
            }
            Verb::Write => &["s3:PutObject"],
            Verb::Delete => &["s3:DeleteObject"],
            Verb::List => &[],
        }
    };
    verbs.iter().flat_map(of).copied().collect()
}

/// The statement about the objects of a grant, without a name.
pub(crate) fn objects(partition: &str, component: Component, grant: &S3Grant) -> Option<Statement> {
    let actions = object_actions(component, &grant.verbs);
    let resource = format!("{}/{}*", bucket_arn(partition, &grant.bucket), grant.prefix);
    (!actions.is_empty()).then(|| Statement::allow(actions, [resource]))
}

/// The statement about the list of a grant's objects, without a name.
///
/// Limited to the prefix, but for billing: HeadBucket, Vector's health check, asks for no prefix.
///
/// A missing object under the prefix is a 404 all the same, which is the only no that `Exists` of objstore takes: where S3
/// asks whether the caller may know, the object's key stands for `s3:prefix` (ceph/ceph#68577, kopia/kopia#3072).
pub(crate) fn list(partition: &str, component: Component, grant: &S3Grant) -> Option<Statement> {
    if !grant.verbs.contains(&Verb::List) {
        return None;
    }
    let statement = Statement::allow(["s3:ListBucket"], [bucket_arn(partition, &grant.bucket)]);
    match component == Component::Billing || grant.prefix.is_empty() {
        true => Some(statement),
        false => Some(statement.when("StringLike", "s3:prefix", [format!("{}*", grant.prefix)])),
    }
}

/// The statement of a bucket's policy that keeps everybody out who comes without TLS, without a name.
///
/// Source: "Security best practices for Amazon S3" (Amazon S3 user guide), "Enforce encryption of data in transit".
pub(crate) fn deny_insecure_transport(partition: &str, bucket: &str) -> Statement {
    let arn = bucket_arn(partition, bucket);
    let everything = Statement {
        effect: Effect::Deny,
        ..Statement::allow(["s3:*"], [arn.clone(), format!("{arn}/*")])
    };
    everything
        .with_principal(Principals::Anyone)
        .when("Bool", "aws:SecureTransport", ["false"])
}

fn bucket_arn(partition: &str, bucket: &str) -> String {
    format!("arn:{partition}:s3:::{bucket}")
}

/// One key, used through one service in one region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyUse {
    /// The key's ARN.
    pub(crate) key: String,
    /// `s3`, `secretsmanager`, `ssm` or `ec2`.
    pub(crate) service: &'static str,
    pub(crate) region: String,
    /// Only while AWS hands the key on to what it makes for the caller: of `kms:CreateGrant`.
    pub(crate) for_resource: bool,
    pub(crate) actions: BTreeSet<&'static str>,
}

/// The keys that an identity uses, each once per service and region, sorted; what only AWS may do with one for a resource
/// apart.
pub(crate) fn key_uses(space: &Space, identity: &Identity) -> Vec<KeyUse> {
    let mut uses: BTreeMap<(String, &'static str, String), BTreeSet<&'static str>> =
        BTreeMap::new();
    let mut add = |key: &String, service, region: &str, actions: &[&'static str]| {
        let at = uses
            .entry((key.clone(), service, region.to_owned()))
            .or_default();
        at.extend(actions);
    };
    for grant in storage::s3_grants(space, identity) {
        let actions = key_actions(identity.component, &grant.verbs);
        grant
            .kms_keys
            .iter()
            .for_each(|key| add(key, "s3", &grant.region, &actions));
    }
    for access in &identity.access {
        let (service, region, kms_keys, allow) = match access {
            Access::SecretsManager {
                region,
                kms_keys,
                allow,
                ..
            } => ("secretsmanager", region, kms_keys, allow),
            Access::ParameterStore {
                region,
                kms_keys,
                allow,
                ..
            } => ("ssm", region, kms_keys, allow),
            Access::EbsSnapshots { kms_keys } => {
                for key in kms_keys {
                    let region = of_arn(key).map_or("", |(_, region)| region);
                    add(key, "ec2", region, &EBS_KEY);
                }
                continue;
            }
            _ => continue,
        };
        let verbs = verbs(identity, allow.as_ref());
        let mut actions = Vec::new();
        actions.extend(verbs.contains(&Verb::Read).then_some("kms:Decrypt"));
        if verbs.contains(&Verb::Write) {
            actions.push("kms:GenerateDataKey");
            // CreateSecret and PutSecretValue read back what they encrypt (botocore's model of `secretsmanager`).
            actions.extend((service == "secretsmanager").then_some("kms:Decrypt"));
            // A standard parameter is encrypted by the key itself, an advanced one by a data key ("How AWS Systems Manager
            // Parameter Store uses AWS KMS", AWS KMS developer guide).
            actions.extend((service == "ssm").then_some("kms:Encrypt"));
        }
        kms_keys
            .iter()
            .for_each(|key| add(key, service, region, &actions));
    }
    let uses = uses
        .into_iter()
        .flat_map(|((key, service, region), actions)| {
            let (granting, using): (BTreeSet<_>, BTreeSet<_>) =
                actions.into_iter().partition(|action| *action == GRANT);
            [(false, using), (true, granting)].map(|(for_resource, actions)| KeyUse {
                key: key.clone(),
                service,
                region: region.clone(),
                for_resource,
                actions,
            })
        });
    uses.filter(|use_| !use_.actions.is_empty()).collect()
}

/// Whether a grant is one that a service makes for a resource of its own ("AWS KMS condition keys", AWS KMS developer guide).
pub(crate) const FOR_RESOURCE: &str = "kms:GrantIsForAWSResource";
pub(crate) const GRANT: &str = "kms:CreateGrant";

/// What EC2 does with a key for whoever takes snapshots of encrypted volumes, and makes volumes of them ("Requirements for
/// Amazon EBS encryption", Amazon EBS user guide, which names them and the condition on grants). Velero's README has more
/// besides: to encrypt, data keys in the open, and grants to list, revoke and retire, which EBS does by itself.
const EBS_KEY: [&str; 6] = [
    GRANT,
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

/// Put needs `kms:GenerateDataKey`; Get, and a multipart upload, `kms:Decrypt` ("Using server-side encryption with AWS KMS
/// keys", Amazon S3 user guide). Vector uploads in one part.
fn key_actions(component: Component, verbs: &BTreeSet<Verb>) -> Vec<&'static str> {
    let multipart = verbs.contains(&Verb::Write) && component != Component::Billing;
    let mut actions = Vec::new();
    actions.extend((verbs.contains(&Verb::Read) || multipart).then_some("kms:Decrypt"));
    actions.extend(
        verbs
            .contains(&Verb::Write)
            .then_some("kms:GenerateDataKey"),
    );
    actions
}

impl KeyUse {
    /// The statement about `resource`: the key's ARN in a role's policy, `*` in the key's own.
    pub(crate) fn statement(&self, partition: &str, resource: &str) -> Statement {
        let via = format!("{}.{}.{}", self.service, self.region, dns_suffix(partition));
        let actions = self.actions.iter().copied();
        let via =
            Statement::allow(actions, [resource]).when("StringEquals", "kms:ViaService", [via]);
        match self.for_resource {
            true => via.when("Bool", FOR_RESOURCE, ["true"]),
            false => via,
        }
    }

    /// The service, with what sets the two uses of a key by one service apart.
    pub(crate) fn name(&self) -> String {
        match self.for_resource {
            true => format!("{}-grants", self.service),
            false => self.service.to_owned(),
        }
    }
}

fn verbs(identity: &Identity, allow: Option<&BTreeSet<Verb>>) -> BTreeSet<Verb> {
    allow
        .cloned()
        .unwrap_or_else(|| storage::needed(identity.component))
}

/// The statements of an identity's role, each with a name of its own that follows from what it is about.
///
/// # Errors
/// A raw statement of the file that is none.
pub(crate) fn statements(space: &Space, identity: &Identity) -> Result<Vec<Statement>, String> {
    let partition = identity.partition.as_str();
    let mut made: Vec<(String, Statement)> = Vec::new();
    for grant in storage::s3_grants(space, identity) {
        let place = camel(&grant.bucket) + &camel(&grant.prefix);
        let objects = objects(partition, identity.component, &grant);
        let list = list(partition, identity.component, &grant);
        made.extend(objects.map(|statement| (format!("S3Objects{place}"), statement)));
        made.extend(list.map(|statement| (format!("S3List{place}"), statement)));
    }
    for access in &identity.access {
        made.extend(of_access(identity, access)?);
    }
    for key in key_uses(space, identity) {
        let id = camel(key.key.rsplit('/').next().unwrap_or_default());
        let name = format!("Kms{}{id}", camel(&key.name()));
        made.push((name, key.statement(partition, &key.key)));
    }
    Ok(named(made))
}

fn of_access(identity: &Identity, access: &Access) -> Result<Vec<(String, Statement)>, String> {
    let partition = identity.partition.as_str();
    let arn = |service: &str, region: &str, account: &Option<String>, rest: &str| {
        let account = account.as_ref().unwrap_or(&identity.account);
        format!("arn:{partition}:{service}:{region}:{account}:{rest}")
    };
    Ok(match access {
        Access::S3 { .. } => Vec::new(),
        Access::SecretsManager {
            region,
            account,
            names,
            allow,
            ..
        } => {
            let resources =
                secrets(names).map(|name| arn("secretsmanager", region, account, &name));
            let verbs = verbs(identity, allow.as_ref());
            secret_store(
                "Secrets",
                region,
                &verbs,
                resources.collect(),
                SECRETS_MANAGER,
            )
        }
        Access::ParameterStore {
            region,
            account,
            names,
            allow,
            ..
        } => {
            let resources = parameters(names).map(|name| arn("ssm", region, account, &name));
            let verbs = verbs(identity, allow.as_ref());
            secret_store(
                "Parameters",
                region,
                &verbs,
                resources.collect(),
                PARAMETER_STORE,
            )
        }
        Access::EbsSnapshots { .. } => vec![(
            "EbsSnapshots".to_owned(),
            Statement::allow(EBS_SNAPSHOTS, ["*"]),
        )],
        Access::AssumeRole { roles } => {
            vec![(
                "AssumeRoles".to_owned(),
                Statement::allow(["sts:AssumeRole"], roles),
            )]
        }
        Access::Statement(value) => {
            let statement = raw(value)?;
            let name = statement
                .sid
                .clone()
                .unwrap_or_else(|| format!("Statement{}", hash(&statement.to_json(), 8)));
            vec![(name, statement)]
        }
    })
}

/// What Velero does with volumes ("Set permissions for Velero", velero-plugin-for-aws README); EC2 names no snapshot that is
/// yet to be made, so the resource is `*`.
const EBS_SNAPSHOTS: [&str; 6] = [
    "ec2:CreateSnapshot",
    "ec2:CreateTags",
    "ec2:CreateVolume",
    "ec2:DeleteSnapshot",
    "ec2:DescribeSnapshots",
    "ec2:DescribeVolumes",
];

/// A verb's actions on named secrets, and those that AWS allows on `*` only.
type Actions = (Verb, &'static [&'static str], &'static [&'static str]);

/// Reading: what Upbound's guide for shared secrets grants. Listing and writing: what the External Secrets Operator asks for
/// to find by name or tag, and to push ("AWS Secrets Manager", external-secrets documentation).
const SECRETS_MANAGER: &[Actions] = &[
    (
        Verb::Read,
        &[
            "secretsmanager:GetSecretValue",
            "secretsmanager:DescribeSecret",
        ],
        &[],
    ),
    (
        Verb::Write,
        &[
            "secretsmanager:CreateSecret",
            "secretsmanager:PutSecretValue",
            "secretsmanager:TagResource",
        ],
        &[],
    ),
    (
        Verb::List,
        &["secretsmanager:ListSecretVersionIds"],
        &[
            "secretsmanager:ListSecrets",
            "secretsmanager:BatchGetSecretValue",
        ],
    ),
    (Verb::Delete, &["secretsmanager:DeleteSecret"], &[]),
];

/// The same for "AWS Parameter Store".
const PARAMETER_STORE: &[Actions] = &[
    (Verb::Read, &["ssm:GetParameter"], &[]),
    (
        Verb::Write,
        &["ssm:PutParameter", "ssm:AddTagsToResource"],
        &[],
    ),
    (
        Verb::List,
        &["ssm:GetParametersByPath"],
        &["ssm:DescribeParameters"],
    ),
    (Verb::Delete, &["ssm:DeleteParameter"], &[]),
];

fn secret_store(
    what: &str,
    region: &str,
    verbs: &BTreeSet<Verb>,
    resources: Vec<String>,
    table: &[Actions],
) -> Vec<(String, Statement)> {
    let asked = || table.iter().filter(|(verb, ..)| verbs.contains(verb));
    let on_names: BTreeSet<&str> = asked().flat_map(|line| line.1).copied().collect();
    let on_all: BTreeSet<&str> = asked().flat_map(|line| line.2).copied().collect();
    let place = camel(region);
    let mut made = Vec::new();
    if !on_names.is_empty() {
        made.push((
            format!("{what}{place}"),
            Statement::allow(on_names, resources),
        ));
    }
    if !on_all.is_empty() {
        let in_region =
            Statement::allow(on_all, ["*"]).when("StringEquals", "aws:RequestedRegion", [region]);
        made.push((format!("{what}Find{place}"), in_region));
    }
    made
}

/// The ARN of a secret ends in a hyphen and six characters that AWS adds ("Secrets Manager secrets", ARN).
fn secrets(names: &Names) -> impl Iterator<Item = String> {
    let (names, end) = match names {
        Names::Prefixes(prefixes) => (prefixes, "*"),
        Names::Exactly(names) => (names, "-??????"),
    };
    names.iter().map(move |name| format!("secret:{name}{end}"))
}

/// A parameter's ARN has one slash between `parameter` and its name, whether the name begins with one or not.
fn parameters(names: &Names) -> impl Iterator<Item = String> {
    let (names, end) = match names {
        Names::Prefixes(prefixes) => (prefixes, "*"),
        Names::Exactly(names) => (names, ""),
    };
    names
        .iter()
        .map(move |name| format!("parameter/{}{end}", name.trim_start_matches('/')))
}

/// The file's own statement.
fn raw(value: &serde_json::Value) -> Result<Statement, String> {
    let text = serde_json::json!({ "Version": "2012-10-17", "Statement": [value] }).to_string();
    let read =
        Document::parse(&text).map_err(|error| format!("the file's `statement`: {error}"))?;
    let not_understood =
        || format!("the file's `statement` is no IAM statement that wip understands: {value}");
    read.statements
        .into_iter()
        .next()
        .ok_or_else(not_understood)
}

/// Puts the names on; where two statements would share one, both get a hash of what they say behind it.
fn named(made: Vec<(String, Statement)>) -> Vec<Statement> {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in &made {
        *uses.entry(name.clone()).or_default() += 1;
    }
    let name = |(name, statement): (String, Statement)| match uses[&name] {
        1 => statement.with_sid(name),
        _ => {
            let hash = hash(&statement.to_json(), 8);
            statement.with_sid(name + &hash)
        }
    };
    let mut statements: Vec<Statement> = made.into_iter().map(name).collect();
    statements.sort_by(|a, b| a.sid.cmp(&b.sid));
    statements.dedup();
    statements
}
