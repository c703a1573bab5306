//! Where things are: accounts, clusters, control planes, buckets and keys.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::*;
use crate::problem::Problems;
use crate::read::{Read, wrong_type};
use crate::tree::{Node, Value};

record! {
    /// How to reach AWS, and defaults for its roles.
    AwsSpec {
        /// How to reach each account, by its id; one without an entry is reached with the
        /// ambient credentials.
        [default] "accounts" accounts: Entries<AccountId, AccountSpec>,
        /// Defaults for all roles.
        [default] "role" role: RoleDefaults,
    }
}

record! {
    /// How to reach one account: exactly one of these.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    AccountSpec {
        /// A profile of the AWS configuration files.
        [default] "profile" profile: ProfileName,
        /// A role to assume, from the ambient credentials.
        [default] "assumeRole" assume_role: AssumeSpec,
    }
}

record! {
    /// A role to assume.
    AssumeSpec {
        /// Its ARN, in that account.
        "roleArn" role_arn: RoleArn,
        /// What the role's trust asks for.
        [default] "externalId" external_id: ExternalId,
    }
}

record! {
    /// Defaults for all roles.
    RoleDefaults {
        /// The path, begins and ends with `/`. Default: `/`.
        [default] "path" path: RolePath,
        /// A policy's ARN, or the bare name of one in the role's account.
        [default] "permissionsBoundary" permissions_boundary: Boundary,
        /// Seconds, 3600 to 43200. Default: 3600.
        #[schemars(range(min = 3600, max = 43200))]
        [default] "maxSessionDuration" max_session_duration: u32,
    }
}

record! {
    /// A cluster: its name, and exactly one of `eks`, `aks`, `gke` and `selfHosted`.
    #[schemars(extend("oneOf" = [{"required": ["eks"]}, {"required": ["aks"]}, {"required": ["gke"]}, {"required": ["selfHosted"]}]))]
    ClusterSpec {
        /// Its name within the Space.
        "name" name: ClusterName,
        /// An EKS cluster.
        [default] "eks" eks: EksSpec,
        /// An AKS cluster.
        [default] "aks" aks: AksSpec,
        /// A GKE cluster.
        [default] "gke" gke: GkeSpec,
        /// Any other cluster whose issuer the clouds can reach.
        [default] "selfHosted" self_hosted: SelfHostedSpec,
    }
}

record! {
    /// An EKS cluster.
    EksSpec {
        /// The account that it is in.
        "account" account: AccountId,
        /// Its region.
        "region" region: Region,
        /// Its name in EKS.
        "cluster" cluster: EksName,
        /// Its OIDC issuer; read from EKS when not given.
        [default] "issuer" issuer: Issuer,
        /// Its partition; follows from the region when not given.
        [default] "partition" partition: Partition,
    }
}

choice! {
    /// A partition of AWS.
    Partition {
        /// The commercial regions.
        Aws = "aws",
        /// China.
        AwsCn = "aws-cn",
        /// GovCloud.
        AwsUsGov = "aws-us-gov",
    }
}

impl Partition {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }
}

record! {
    /// A cluster that is not a cloud's, with an issuer that AWS can reach.
    SelfHostedSpec {
        /// Its OIDC issuer.
        "issuer" issuer: Issuer,
        /// The account that its roles live in; the only one of the file when not given.
        [default] "account" account: AccountId,
        /// A region of the partition that its roles live in.
        [default] "region" region: Region,
        /// Files with the public keys that sign its tokens: PEM, relative to this file, at most 10.
        [default] "signingKeys" signing_keys: Vec<Spanned<KeyPath>>,
        /// Where wip publishes the issuer's documents; by hand when not given.
        [default] "publish" publish: PublishSpec,
        /// Publish the first key a second time with an empty id, for tokens of Kubernetes before
        /// 1.16, which name no key. Default: false.
        [default] "legacyEmptyKid" legacy_empty_kid: bool,
    }
}

record! {
    /// Where the documents of an issuer are published.
    PublishSpec {
        /// Into an S3 bucket that is there.
        "s3" s3: PublishS3,
        ! "blobContainer" => NotSupportedYet, "only `s3` for now";
        ! "gcsBucket" => NotSupportedYet, "only `s3` for now";
    }
}

record! {
    /// An S3 bucket for the documents of an issuer, which lie below the path of its URL.
    PublishS3 {
        /// The bucket's name.
        "bucket" bucket: BucketName,
        /// Its region.
        "region" region: Region,
        /// Its account, where it is not the cluster's own.
        [default] "account" account: AccountId,
    }
}

record! {
    /// A control plane: exactly one of `id` and `hostNamespace` says where its components run.
    #[schemars(extend("oneOf" = [{"required": ["id"]}, {"required": ["hostNamespace"]}]))]
    ControlPlaneSpec {
        /// Its group: the namespace of its ControlPlane object.
        "group" group: Namespace,
        /// Its name.
        "name" name: ControlPlaneName,
        /// `status.controlPlaneID`; its host namespace is then `mxp-<id>-system`.
        [default] "id" id: ControlPlaneId,
        /// `spec.hostNamespace.name`, as of Spaces 1.17.
        [default] "hostNamespace" host_namespace: Namespace,
        /// The cluster that it runs on; needed where there are several.
        [default] "cluster" cluster: ClusterName,
        /// What it restores from, read and list only: `GROUP/NAME` of a control plane of this
        /// Space, or a place in a bucket.
        [default] "restoreFrom" restore_from: Vec<Spanned<RestoreSpec>>,
    }
}

record! {
    /// Where control planes are read from.
    DiscoverySpec {
        /// A context of the kubeconfig; the current one, or the cluster that wip runs in, when absent.
        [default] "context" context: ContextName,
        /// The cluster that the context leads to; needed where there are several.
        [default] "cluster" cluster: ClusterName,
        /// Only these groups; all of the cluster when absent.
        [default] "groups" groups: Vec<Spanned<Namespace>>,
    }
}

/// What a control plane restores from.
#[derive(Clone, Debug)]
pub(crate) enum RestoreSpec {
    ControlPlane(ControlPlaneRef),
    S3(Box<RestorePlace>),
}

record! {
    /// A place in storage to restore from.
    RestorePlace {
        /// A place in an S3 bucket.
        "s3" s3: S3Place,
    }
}

record! {
    /// A place in an S3 bucket.
    S3Place {
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
    }
}

impl Read for RestoreSpec {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        match &node.value {
            Value::Scalar { .. } => ControlPlaneRef::read(node, problems).map(Self::ControlPlane),
            Value::Map(_) => RestorePlace::read(node, problems).map(|at| Self::S3(Box::new(at))),
            Value::List(_) => {
                wrong_type(node, "`GROUP/NAME` or `{ s3: … }`", problems);
                None
            }
        }
    }
}

impl JsonSchema for RestoreSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RestoreSpec".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let name = generator.subschema_for::<ControlPlaneRef>();
        let place = generator.subschema_for::<RestorePlace>();
        schemars::json_schema!({
            "description": "`GROUP/NAME` of a control plane of this Space, or a place in storage.",
            "oneOf": [name, place],
        })
    }
}

record! {
    /// A bucket or a container: exactly one of `s3`, `blobContainer` and `gcsBucket`.
    BucketSpec {
        /// An S3 bucket.
        [default] "s3" s3: S3BucketSpec,
        /// A container of a storage account on Azure.
        [default] "blobContainer" blob_container: BlobContainerSpec,
        /// A bucket of Cloud Storage.
        [default] "gcsBucket" gcs_bucket: GcsBucketSpec,
    }
}

record! {
    /// An S3 bucket of which wip owns settings and statements.
    S3BucketSpec {
        /// Its name.
        "bucket" bucket: BucketName,
        /// Its region.
        "region" region: Region,
        /// Its account, where it is not the identity's own.
        [default] "account" account: AccountId,
        /// Whether wip writes its statements into the bucket's policy. Default: false.
        [default] "policy" policy: bool,
        /// Whether wip makes the bucket where there is none. Default: false.
        [default] "create" create: bool,
        /// Whether old versions of objects are kept; where it is not said, it is not wip's.
        [default] "versioning" versioning: bool,
        /// What encrypts objects that come without a wish of their own; where it is not said, it is not wip's.
        [default] "encryption" encryption: EncryptionSpec,
        /// What of Block Public Access is on; where it is not said, it is not wip's.
        [default] "blockPublicAccess" block_public_access: BlockPublicAccessWord,
        /// Whether wip writes into the bucket's policy that nobody comes without TLS. Default: false.
        [default] "denyInsecureTransport" deny_insecure_transport: bool,
        /// What becomes of a bucket that wip made, once nothing wants it any more. Default: `keep`.
        [default] "onDestroy" on_destroy: OnDestroyWord,
    }
}

record! {
    /// A KMS key of which wip owns statements.
    KmsKeySpec {
        /// Its ARN.
        "arn" arn: KmsKeyArn,
        /// Whether wip writes its statements into the key's policy. Default: false.
        [default] "policy" policy: bool,
    }
}
