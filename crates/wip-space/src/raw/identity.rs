//! Identities: which workloads, by which method, and the role.

use super::*;

record! {
    /// An identity: which workloads, and what they may reach.
    #[schemars(extend(
        "if" = {"properties": {"method": {"const": "gkeServiceAccount"}}, "required": ["method"]},
        "then" = {"required": ["serviceAccount"]},
    ))]
    IdentitySpec {
        /// What it is for; implied by the names `backup`, `billing` and `sharedSecrets`.
        [default] "component" component: ComponentName,
        /// How its workloads prove who they are.
        "method" method: MethodName,
        /// Methods that its role still trusts beside its own, while the method changes.
        [default] "alsoTrust" also_trust: Vec<Spanned<MethodName>>,
        /// How `method: podIdentity` keeps its workloads apart.
        [default] "podIdentity" pod_identity: PodIdentitySpec,
        /// How exactly its subjects are named. Default: `exact`.
        [default] "trust" trust: TrustName,
        /// Only on these clusters. Default: all.
        [default] "clusters" clusters: Vec<Spanned<ClusterName>>,
        /// Only for these control planes. Default: all.
        [default] "controlPlanes" control_planes: Selector,
        /// The workloads of an identity without a component.
        [default] "workloads" workloads: Vec<Spanned<WorkloadSpec>>,
        /// What it may reach.
        "access" access: Vec<Spanned<AccessSpec>>,
        /// The account that its role lives in. Default: its clusters' account.
        [default] "account" account: AccountId,
        /// Its role.
        [default] "role" role: RoleSpec,
        /// The managed identity of `method: entraWorkloadIdentity`.
        [default] "identity" identity: ManagedIdentitySpec,
        /// The application of `method: entraWorkloadIdentity`, instead of a managed identity.
        [default] "application" application: ApplicationSpec,
        /// The service account of `method: gkeServiceAccount`.
        [default] "serviceAccount" service_account: ServiceAccountSpec,
    }
}

choice! {
    /// A component of a Space.
    ComponentName {
        /// Backup and restore, service account `mxp-controller`.
        Backup = "backup",
        /// Billing, service account `vector`.
        Billing = "billing",
        /// Shared secrets, service account `external-secrets-controller`.
        SharedSecrets = "sharedSecrets",
    }
}

choice! {
    /// How workloads prove who they are.
    MethodName {
        /// IAM roles for service accounts: a web-identity token of the cluster's issuer.
        Irsa = "irsa",
        /// EKS Pod Identity: an association of each service account of an EKS cluster with the role.
        PodIdentity = "podIdentity",
        /// Microsoft Entra Workload ID: a federated credential of a managed identity or of an application for each service account.
        EntraWorkloadIdentity = "entraWorkloadIdentity",
        /// Workload Identity Federation for GKE: policies name each service account of the clusters.
        GkePrincipal = "gkePrincipal",
        /// Workload Identity Federation for GKE: policies name a service account of IAM, which the workloads act as.
        GkeServiceAccount = "gkeServiceAccount",
    }
}

record! {
    /// How `method: podIdentity` keeps the workloads of one role apart.
    PodIdentitySpec {
        /// Default: `shared`.
        [default] "isolation" isolation: IsolationName,
        /// A role, perhaps of another account, that EKS assumes with the identity's own: its workloads act as this one.
        [default] "targetRoleArn" target_role_arn: RoleArn,
    }
}

choice! {
    /// How the workloads of one role are kept apart.
    IsolationName {
        /// Not at all: each may do what the role may.
        Shared = "shared",
        /// Each association has a session policy, which leaves its control plane its own backups and what it restores from.
        SessionPolicy = "sessionPolicy",
        /// Trust and permissions ask for the namespaces of its workloads in the session's tags.
        SessionTags = "sessionTags",
    }
}

choice! {
    /// How exactly an identity names its subjects.
    TrustName {
        /// Each by its name.
        Exact = "exact",
        /// Every host namespace of the form `mxp-*-system`.
        HostPattern = "hostPattern",
        /// The service account's name in any namespace; a guardrail must allow it.
        AnyNamespace = "anyNamespace",
        /// Every service account of the cluster, with method `gkePrincipal`; a guardrail must allow it.
        Cluster = "cluster",
    }
}

record! {
    /// Which control planes; one must match all that is given.
    #[schemars(extend("minProperties" = 1))]
    Selector {
        /// Of these groups.
        [default] "groups" groups: Vec<Spanned<Namespace>>,
        /// With these names: `NAME` in any group, or `GROUP/NAME`.
        [default] "names" names: Vec<Spanned<ControlPlaneSelect>>,
    }
}

record! {
    /// A workload: a service account in one namespace, or in every host namespace.
    #[schemars(extend("oneOf" = [{"required": ["namespace"]}, {"required": ["hostNamespaces"]}]))]
    WorkloadSpec {
        /// Its namespace.
        [default] "namespace" namespace: Namespace,
        /// Instead of `namespace`: the host namespace of each control plane.
        [default] "hostNamespaces" host_namespaces: bool,
        /// Its service account.
        "serviceAccount" service_account: ServiceAccount,
        /// Only on this cluster. Default: on all clusters of the identity.
        [default] "cluster" cluster: ClusterName,
    }
}

record! {
    /// The IAM role of an identity.
    RoleSpec {
        /// Its name. Default: `<space>-<identity>`, cut to 64 characters with a hash.
        [default] "name" name: RoleName,
        /// Its path, begins and ends with `/`.
        [default] "path" path: RolePath,
        /// A policy's ARN, or the bare name of one in the role's account.
        [default] "permissionsBoundary" permissions_boundary: Boundary,
        /// Seconds, 3600 to 43200. Default: 3600.
        #[schemars(range(min = 3600, max = 43200))]
        [default] "maxSessionDuration" max_session_duration: u32,
        /// For people.
        [default] "description" description: RoleDescription,
        /// ARNs of managed policies to attach.
        [default] "attach" attach: Vec<Spanned<PolicyArn>>,
        /// Where its permissions are written. Default: `inline`.
        [default] "policies" policies: PolicyFormName,
        /// What others put on it, and wip leaves alone.
        [default] "ignore" ignore: IgnoreSpec,
        /// How far wip owns a role that exists. Default: `manage`.
        [default] "existing" existing: ExistingName,
    }
}

choice! {
    /// Where the permissions of a role are written.
    PolicyFormName {
        /// Into one inline policy, at most 10,240 characters.
        Inline = "inline",
        /// Into customer managed policies, at most 6,144 characters each.
        Managed = "managed",
    }
}

record! {
    /// Policies of a role that wip leaves alone.
    #[schemars(extend("minProperties" = 1))]
    IgnoreSpec {
        /// Names of inline policies.
        [default] "policies" policies: Vec<Spanned<PolicyName>>,
        /// ARNs of attached policies.
        [default] "attachments" attachments: Vec<Spanned<PolicyArn>>,
    }
}

choice! {
    /// How far wip owns a role.
    ExistingName {
        /// Whole.
        Manage = "manage",
        /// Its trust only; the role must exist.
        TrustOnly = "trustOnly",
        /// Not at all; the role must exist and is checked.
        Reference = "reference",
    }
}
