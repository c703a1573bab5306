//! Access: what an identity may reach.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;

use super::*;
use crate::problem::Problems;
use crate::read::{Read, kind_of, wrong_type};
use crate::tree::{Node, Value};

record! {
    /// Something that an identity may reach: exactly one of these.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    AccessSpec {
        /// Objects in an S3 bucket.
        [default] "s3" s3: S3Access,
        /// Secrets of AWS Secrets Manager.
        [default] "secretsManager" secrets_manager: SecretsManagerAccess,
        /// Parameters of AWS Systems Manager.
        [default] "parameterStore" parameter_store: ParameterStoreAccess,
        /// Snapshots of EBS volumes, as Velero takes them.
        [default] "ebsSnapshots" ebs_snapshots: EbsSnapshots,
        /// Other roles.
        [default] "assumeRole" assume_role: AssumeRoleAccess,
        /// One raw IAM statement.
        [default] "statement" statement: StatementSpec,
        /// Blobs in a container of a storage account of Azure.
        [default] "blobContainer" blob_container: BlobContainerAccess,
        /// Secrets in a key vault of Azure.
        [default] "keyVault" key_vault: KeyVaultAccess,
        /// A role of Azure at a scope.
        [default] "azureRole" azure_role: AzureRoleAccess,
        /// Objects in a bucket of Cloud Storage.
        [default] "gcsBucket" gcs_bucket: GcsAccess,
        /// What is in secrets of Secret Manager of Google Cloud.
        [default] "secretManager" secret_manager: SecretManagerAccess,
        /// A role of Google Cloud on a resource.
        [default] "gcpRole" gcp_role: GcpRoleAccess,
    }
}

impl AccessSpec {
    /// Whether something of it lies in AWS.
    pub(crate) fn is_of_aws(&self) -> bool {
        self.s3.is_some()
            || self.secrets_manager.is_some()
            || self.parameter_store.is_some()
            || self.ebs_snapshots.is_some()
            || self.assume_role.is_some()
            || self.statement.is_some()
    }

    /// Whether something of it lies in Azure.
    pub(crate) fn is_of_azure(&self) -> bool {
        self.blob_container.is_some() || self.key_vault.is_some() || self.azure_role.is_some()
    }

    /// Whether something of it lies in Google Cloud.
    pub(crate) fn is_of_google(&self) -> bool {
        self.gcs_bucket.is_some() || self.secret_manager.is_some() || self.gcp_role.is_some()
    }
}

record! {
    /// Objects in an S3 bucket.
    S3Access {
        /// The bucket's name.
        "bucket" bucket: BucketName,
        /// Its region.
        "region" region: Region,
        /// Its account, where it is not the identity's own.
        [default] "account" account: AccountId,
        /// Ends with `/` and does not begin with it; without one, the whole bucket.
        [default] "prefix" prefix: S3Prefix,
        /// The ARN of the key that it is encrypted with.
        [default] "kmsKey" kms_key: KmsKeyArn,
        /// What may be done. Default: what the component needs; without a component it must be said.
        [default] "allow" allow: Vec<Spanned<VerbName>>,
    }
}

choice! {
    /// What may be done.
    VerbName {
        /// Read.
        Read = "read",
        /// Write.
        Write = "write",
        /// List.
        List = "list",
        /// Delete.
        Delete = "delete",
    }
}

record! {
    /// Secrets of AWS Secrets Manager: exactly one of `prefixes` and `secrets`.
    #[schemars(extend("oneOf" = [{"required": ["prefixes"]}, {"required": ["secrets"]}]))]
    SecretsManagerAccess {
        /// Their region.
        "region" region: Region,
        /// Their account, where it is not the identity's own.
        [default] "account" account: AccountId,
        /// All whose name begins so.
        [default] "prefixes" prefixes: Vec<Spanned<PrefixSpec<SecretPrefix, SecretName>>>,
        /// Exactly these.
        [default] "secrets" secrets: Vec<Spanned<SecretName>>,
        /// ARNs of the keys that they are encrypted with.
        [default] "kmsKeys" kms_keys: Vec<Spanned<KmsKeyArn>>,
        /// What may be done. Default: what the component needs; without a component it must be said.
        [default] "allow" allow: Vec<Spanned<VerbName>>,
    }
}

record! {
    /// Parameters of AWS Systems Manager: exactly one of `prefixes` and `secrets`.
    #[schemars(extend("oneOf" = [{"required": ["prefixes"]}, {"required": ["secrets"]}]))]
    ParameterStoreAccess {
        /// Their region.
        "region" region: Region,
        /// Their account, where it is not the identity's own.
        [default] "account" account: AccountId,
        /// All whose name begins so.
        [default] "prefixes" prefixes: Vec<Spanned<PrefixSpec<ParameterPrefix, ParameterName>>>,
        /// Exactly these.
        [default] "secrets" secrets: Vec<Spanned<ParameterName>>,
        /// ARNs of the keys that they are encrypted with.
        [default] "kmsKeys" kms_keys: Vec<Spanned<KmsKeyArn>>,
        /// What may be done. Default: what the component needs; without a component it must be said.
        [default] "allow" allow: Vec<Spanned<VerbName>>,
    }
}

/// The beginning of names: `prod/`, which ends where a word ends, or `{ startsWith: prod }`,
/// which says that `production` is meant as well.
#[derive(Clone, Debug)]
pub(crate) enum PrefixSpec<P, N> {
    Separated(P),
    StartsWith(N),
}

impl<P: std::ops::Deref<Target = str>, N: std::ops::Deref<Target = str>> PrefixSpec<P, N> {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Separated(prefix) => prefix,
            Self::StartsWith(prefix) => prefix,
        }
    }
}

impl<P: Read, N: Read> Read for PrefixSpec<P, N> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Scalar { .. } => P::read(node, problems).map(Self::Separated),
            Value::Map(_) => {
                let fields = crate::read::Fields::open(node, &["startsWith"], &[], problems)?;
                let prefix = fields.field::<N>("startsWith", false, problems);
                prefix.into_value().map(Self::StartsWith)
            }
            Value::List(_) => {
                wrong_type(node, "a text", problems);
                None
            }
        }
    }
}

impl<P: JsonSchema, N: JsonSchema> JsonSchema for PrefixSpec<P, N> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}OrStart", P::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let prefix = generator.subschema_for::<P>();
        let start = generator.subschema_for::<N>();
        schemars::json_schema!({
            "description": "Ends in one of / - _ . so that it ends where a word does; \
                or { startsWith: TEXT } for any beginning.",
            "oneOf": [prefix, {
                "type": "object",
                "properties": { "startsWith": start },
                "required": ["startsWith"],
                "additionalProperties": false,
            }],
        })
    }
}

record! {
    /// Snapshots of EBS volumes, as Velero takes them: `{}` where no key of your own encrypts the volumes.
    EbsSnapshots {
        /// ARNs of the keys that the volumes are encrypted with.
        [default] "kmsKeys" kms_keys: Vec<Spanned<KmsKeyArn>>,
    }
}

record! {
    /// Other roles that it may assume.
    AssumeRoleAccess {
        /// Their ARNs.
        "roles" roles: Vec<Spanned<RoleArn>>,
    }
}

record! {
    /// One raw IAM statement. `NotAction` and `NotResource` only with `Effect: Deny`.
    StatementSpec {
        /// Its name within the policy.
        [default] "Sid" sid: Sid,
        /// Whether it gives or takes.
        "Effect" effect: Effect,
        /// Which actions.
        [default] "Action" action: OneOrMany<Action>,
        /// All actions but these.
        [default] "NotAction" not_action: OneOrMany<Action>,
        /// On what.
        [default] "Resource" resource: OneOrMany<ResourceText>,
        /// On all but this.
        [default] "NotResource" not_resource: OneOrMany<ResourceText>,
        /// When: operator, key, values.
        [default] "Condition" condition: Json,
        ! "Principal" => BadStatement, "a role's permissions have no principal: remove it; who is meant follows from the identity";
        ! "NotPrincipal" => BadStatement, "a role's permissions have no principal: remove it; who is meant follows from the identity";
    }
}

choice! {
    /// Whether a statement gives or takes.
    Effect {
        /// It gives.
        Allow = "Allow",
        /// It takes.
        Deny = "Deny",
    }
}

/// One text, or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<Spanned<T>>);

impl<T: Read> Read for OneOrMany<T> {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::List(_) => Vec::read(node, problems).map(Self),
            _ => crate::read::spanned(node, problems).map(|one| Self(vec![one])),
        }
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({ "oneOf": [one, { "type": "array", "items": one }] })
    }
}

/// A map of any content, as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Json(pub(crate) serde_json::Value);

impl Read for Json {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        if !matches!(node.value, Value::Map(_)) {
            wrong_type(node, "a map", problems);
            return None;
        }
        Some(Self(json_of(node)))
    }
}

/// A node as JSON; numbers and booleans as the texts that IAM takes in conditions.
fn json_of(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .map(|(key, node)| (key.text.clone(), json_of(node)))
            .collect(),
        Value::List(items) => items.iter().map(json_of).collect(),
        Value::Scalar { .. } if kind_of(node) == "nothing" => serde_json::Value::Null,
        Value::Scalar { text, .. } => json!(text),
    }
}

impl JsonSchema for Json {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Json".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "object" })
    }
}
