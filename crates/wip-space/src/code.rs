//! The codes of problems: stable names that people look up.
//!
//! Owns which codes there are, and what `wip explain CODE` and the docs say of each.

/// Declares the codes and their table in one place.
macro_rules! codes {
    ($( $variant:ident = $code:literal, $title:literal, $explanation:literal, $example:literal; )*) => {
        /// A kind of problem in a Space file; its code is stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $( #[doc = concat!($code, ": ", $title, ".")] $variant, )*
        }

        impl Code {
            /// The code: `WIP0110`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $code, )*
                }
            }
        }

        /// Every code of this crate, in order: `WIP0100` to `WIP0199`.
        pub const CODES: &[CodeInfo] = &[
            $( CodeInfo {
                code: Code::$variant,
                title: $title,
                explanation: $explanation,
                example: $example,
            } ),*
        ];
    };
}

/// What there is to say of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// Why it is wrong.
    pub explanation: &'static str,
    /// A fix, as YAML or as a sentence.
    pub example: &'static str,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

codes! {
    TooLarge = "WIP0100", "The file is too large",
        "A Space file of a thousand control planes is below 200 KB. What is larger than 1 MiB is not one, and is not read.",
        "Check which file was given; split what is really that large into several Spaces.";
    NotUtf8 = "WIP0101", "The file is not UTF-8",
        "Space files are UTF-8 text. Windows editors sometimes save as UTF-16 or in a code page.",
        "Save the file as UTF-8.";
    Syntax = "WIP0102", "The file is not YAML",
        "The file cannot be read as YAML 1.2. Indentation is made of spaces; a tab is refused.",
        "Check indentation, quotes and brackets on the line shown and on the one before.";
    EmptyFile = "WIP0103", "The file is empty",
        "There is nothing in the file but, perhaps, comments.",
        "Start from one of the examples.";
    SeveralDocuments = "WIP0104", "The file holds several documents",
        "One file describes one Space. A second document after `---` would be a second Space.",
        "Move what follows `---` to a file of its own.";
    TooDeep = "WIP0105", "Maps and lists nest too deeply",
        "Nothing in a Space file nests deeper than 32 levels; deeper files are refused before they cost memory.",
        "Look for brackets that are not closed.";
    TooManyAliases = "WIP0106", "Aliases stand for too much",
        "Aliases (`*name`) repeat what an anchor (`&name`) holds. Together they may stand for 10,000 values.",
        "Write the values out, or anchor less.";
    DuplicateKey = "WIP0107", "A key is given twice",
        "YAML leaves open which of two equal keys wins, so neither does.",
        "Keep one of the two.";
    NotPlainYaml = "WIP0108", "YAML that is not read",
        "Tags (`!…`), and maps or lists as keys, have no meaning in a Space file.",
        "Remove the tag; quote a value that begins with `!`, `{` or `[`.";
    UnknownField = "WIP0110", "Unknown field",
        "The field is not one of those that are taken here. It may be misspelt, or belong to another level.",
        "`metdata:` → `metadata:`";
    WrongType = "WIP0111", "Wrong type",
        "The field takes another type: a text, a number, true or false, a list, a map. Texts of digits need quotes.",
        "`account: 111122223333` → `account: \"111122223333\"`";
    MissingField = "WIP0112", "A field is missing",
        "The map needs the field, and there is no default that would be safe to take.",
        "`- s3: { bucket: acme-backups }` → `- s3: { bucket: acme-backups, region: eu-west-1 }`";
    UnknownValue = "WIP0113", "Unknown value",
        "The field takes one of a few words.",
        "`trust: strict` → `trust: exact`";
    ExactlyOne = "WIP0114", "Exactly one is needed",
        "Of several fields exactly one must be given; here there is none, or more than one.",
        "A cluster is `eks`, `aks`, `gke` or `selfHosted`; a control plane has `id` or `hostNamespace`.";
    NotSupportedYet = "WIP0115", "Not supported yet",
        "The contract of the Space file has this, and this version of wip does not do it yet. It is refused rather than ignored.",
        "Use what the help of the problem names, or wait for a later version.";
    OutOfRange = "WIP0116", "A number is out of range",
        "The number is below or above what is taken.",
        "`maxSessionDuration: 60` → `maxSessionDuration: 3600`";
    EmptyList = "WIP0117", "An empty list",
        "A list that says which things are meant cannot be empty: it would mean nothing at all.",
        "Name at least one, or remove the field.";
    BadAccount = "WIP0120", "Not an account id",
        "An AWS account id is a text of 12 digits. Without quotes YAML reads a number, and leading zeros are lost.",
        "`account: \"111122223333\"`";
    BadRegion = "WIP0121", "Not a region",
        "A region looks like `eu-west-1`. Its first part decides the partition: `cn-` is `aws-cn`, `us-gov-` is `aws-us-gov`, all else `aws`.",
        "`region: eu-west-1a` → `region: eu-west-1`";
    BadBucket = "WIP0122", "Not a bucket name",
        "S3 takes 3 to 63 lower-case letters, digits, dots and hyphens, and reserves some beginnings and ends.",
        "`bucket: s3://acme/prod` → `bucket: acme`, `prefix: prod/`";
    BadArn = "WIP0123", "Not an ARN of that kind",
        "The ARN is misspelt, or names another kind of thing.",
        "`arn:aws:kms:eu-west-1:111122223333:key/0f9d2c1e-6c2b-4a59-8a7e-3b1f5d7c9e10`";
    WrongPlace = "WIP0124", "An ARN or a region of another place",
        "What stands together must lie together: a key is in its bucket's region, a role in its account, and nothing reaches from one partition into another.",
        "Take the ARN of the right region, account and partition.";
    BadKubernetesName = "WIP0125", "Not a name that Kubernetes takes",
        "Namespaces are DNS labels of at most 63 characters, service accounts DNS subdomains of at most 253.",
        "`namespace: Team_A` → `namespace: team-a`";
    Wildcard = "WIP0126", "A wildcard or a variable in a name",
        "`*`, `?` and `${` mean something in IAM policies. In a name they would silently admit or give more than was meant.",
        "Write the name out; for host namespaces there is `trust: hostPattern`.";
    BadPrefix = "WIP0127", "A prefix that matches other things too",
        "A prefix of object keys ends with `/` and does not begin with it; a prefix of secrets or parameters ends in one of `/ - _ .`, or says `startsWith`. `prod` alone also matches `production`.",
        "`prefix: prod` → `prefix: prod/`; `prefixes: [{ startsWith: prod }]`";
    BadName = "WIP0128", "Not a name",
        "The name holds characters that are not taken, or is too long.",
        "`name: Prod EU` → `name: prod-eu`";
    BadLabel = "WIP0129", "Not a tag",
        "Labels become tags. At most 40; keys up to 128 characters, values up to 256, of letters, digits, spaces and `_ . : / = + - @`; `aws:` and `wip-` are reserved, and keys differ by more than case.",
        "`labels: { team: platform }`";
    BadIssuer = "WIP0130", "Not an issuer",
        "The issuer is the URL that the cluster writes into its tokens: https, without port, query and final slash.",
        "`issuer: https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E`";
    BadControlPlaneId = "WIP0131", "Not a control plane's id",
        "The id is the UUID in `status.controlPlaneID`, without `mxp-` and `-system`.",
        "`id: 706c49fa-5bb8-4a7e-9f41-2fc38ef4b065`";
    BadIamName = "WIP0132", "Not what IAM takes",
        "Names, paths, descriptions and external ids have character sets and lengths of their own.",
        "`path: workloads` → `path: /workloads/`";
    BadAddress = "WIP0133", "Not an address",
        "An address is KIND:SPACE/NAME. A move stays within one kind and ends in this Space.",
        "`{ from: aws/iam-role:prod-eu/backups, to: aws/iam-role:prod-eu/backup }`";
    BadSecretName = "WIP0134", "Not a name of a secret or parameter",
        "Secrets Manager and Parameter Store take letters, digits and some punctuation; parameters with a `/` begin with `/`.",
        "`secrets: [prod/db]`, `secrets: [/prod/db]`";
    NoKeyFile = "WIP0135", "A file with a signing key cannot be read",
        "The paths under `signingKeys` are relative to the Space file. Each is an ordinary file of at most 16 KiB.",
        "`signingKeys: [sa.pub]`, with `sa.pub` beside the Space file";
    BadKey = "WIP0136", "Not a public key for RS256",
        "A signing key is the public half of an RSA key of at least 2048 bits, as one PEM block `PUBLIC KEY`: what EKS Anywhere keeps in the secret `CLUSTER-sa` under `tls.crt`, and what `kube-apiserver` takes as `--service-account-key-file`. Nothing of a private key that is given by mistake is shown.",
        "`openssl pkey -in sa.key -pubout -out sa.pub`";
    UnknownCluster = "WIP0140", "Unknown cluster",
        "No cluster of that name is listed under `spec.clusters`.",
        "Name one of the clusters of the file.";
    UnknownControlPlane = "WIP0141", "Unknown control plane",
        "No control plane of that group and name is listed under `spec.controlPlanes`.",
        "Name one of the control planes of the file: `GROUP/NAME`.";
    Duplicate = "WIP0142", "Given twice",
        "Two clusters, control planes, host namespaces, buckets, keys, moves or list entries are the same.",
        "Keep one of the two.";
    WhichCluster = "WIP0143", "Which cluster?",
        "Where a Space has several clusters, each control plane must say on which one it runs.",
        "`cluster: prod-eu-1`";
    WhichAccount = "WIP0144", "Which account?",
        "A role lives in one account, and so does a bucket. Where nothing in the file leads to exactly one, the file must say.",
        "`account: \"111122223333\"`";
    Contradiction = "WIP0145", "Two places contradict each other",
        "The same bucket stands in two places with different regions or accounts, is to be deleted and not to be made, or is another than the one in the URL of the issuer whose documents go to it.",
        "Correct the one that is wrong.";
    SameSubject = "WIP0150", "Two identities admit one service account",
        "A pod has one service account, and that one has one role. Which of two it would get is open.",
        "Narrow one of them by `clusters` or `controlPlanes`.";
    SameRole = "WIP0151", "Two identities make one role name",
        "Names of roles are unique in an account, whatever their case and path.",
        "Give one of them `role: { name: … }`.";
    SameAnnotation = "WIP0152", "Two annotations for one component",
        "The role's ARN stands in an annotation, and the chart has one value per component for all control planes of a cluster. Two IRSA identities of one component cannot both be written there.",
        "Keep one identity for the component, or narrow them to different clusters.";
    PatternMisses = "WIP0153", "A pattern that misses or catches too much",
        "`mxp-*-system` matches every host namespace of that form on the cluster and no other: not one with a name of its own, and no selection of control planes.",
        "`trust: exact`";
    AnyNamespace = "WIP0154", "Any namespace is not allowed",
        "`anyNamespace` admits a service account of that name in every namespace, so that whoever may create one has the access. A guardrail keeps that shut.",
        "`trust: hostPattern`, or `guardrails: { allowAnyNamespace: true }`";
    WhoseIdentity = "WIP0155", "Whom does the identity admit?",
        "An identity is for a component, or names its workloads: one of the two.",
        "`component: backup`, or `workloads: [{ namespace: velero, serviceAccount: velero }]`";
    EmptyAccess = "WIP0156", "An identity without access",
        "An identity that may reach nothing is of no use, and likely a slip.",
        "`access: [{ s3: { bucket: acme-backups, region: eu-west-1 } }]`";
    SayAllow = "WIP0157", "What may a custom identity do?",
        "Components have the smallest permissions that make them work. A custom identity must say what it needs.",
        "`allow: [read, list]`";
    ForbiddenAccess = "WIP0158", "Forbidden by a guardrail",
        "`guardrails.forbid` lists what no identity may have. `*` there means the action `*`; every other entry forbids each action that it could match. `AdministratorAccess` counts as `*`, `IAMFullAccess` as `iam:*`.",
        "Name the actions that are needed: `Action: [\"s3:GetObject\"]`";
    BadStatement = "WIP0159", "Not a statement",
        "A raw statement has `Effect`, `Action` and `Resource`, perhaps `Sid` and `Condition`, and no principal. `NotAction` and `NotResource` only take away (`Effect: Deny`).",
        "`statement: { Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::acme/*\" }`";
    WrongMethod = "WIP0160", "A method that does not fit",
        "EKS Pod Identity is about named service accounts of EKS clusters, and a role in the clusters' own account. A session policy is written for backups; session tags are known to no other method.",
        "`method: irsa`, or `clusters: [NAME]` to narrow the identity to EKS clusters of one account";
    BadGuid = "WIP0170", "Not a GUID",
        "Tenants and subscriptions of Azure are GUIDs, which wip takes in lower case.",
        "`subscription: 6f1c9c1e-3b0a-4c7e-9a61-2d5f0b7c8e11`";
    BadAzureName = "WIP0171", "Not a name that Azure takes",
        "Each kind of resource has characters and lengths of its own: a storage account has 3 to 24 lower-case letters and digits, a vault 3 to 24 letters, digits and hyphens, a managed identity 3 to 128 characters.",
        "`storageAccount: acme-backups` → `storageAccount: acmebackups`";
    BadGoogleName = "WIP0180", "Not a name that Google Cloud takes",
        "Each kind of resource has characters and lengths of its own: a project has an id of 6 to 30 characters, which is not its number; a service account an id of 6 to 30, which is not its e-mail; a bucket a name of 3 to 63; a secret one of letters, digits, `-` and `_`.",
        "`project: \"731209007075\"` → `project: acme-prod`";
}
