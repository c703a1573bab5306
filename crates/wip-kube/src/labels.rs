//! The names by which Kubernetes, the webhooks and Spaces know each other.
//!
//! Sources: the Helm reference of Spaces 1.17 and `up support-bundle collect` of Upbound's documentation; the README of aws/amazon-eks-pod-identity-webhook; "Service account labels and annotations" of azure/azure-workload-identity; "About Workload Identity Federation for GKE".

/// The label of a host namespace, with the name of its control plane.
pub(crate) const HOST: &str = "internal.spaces.upbound.io/controlplane-name";
/// The ARN of a role, on a service account.
pub(crate) const ROLE: &str = "eks.amazonaws.com/role-arn";
/// The client id of a managed identity or of an application, on a service account.
pub(crate) const CLIENT: &str = "azure.workload.identity/client-id";
/// `"true"` on a pod that Azure's webhook is to inject into.
pub(crate) const USE: &str = "azure.workload.identity/use";
/// The e-mail of a service account of IAM, on one of Kubernetes.
pub(crate) const EMAIL: &str = "iam.gke.io/gcp-service-account";
/// What a workload may reach as of its last restart; on the template of its pods.
pub(crate) const ACCESS: &str = "wip/access";
/// Which pods the last restart was for; on the template of its pods.
pub(crate) const RESTARTED: &str = "wip/restarted";
/// The service account of shared secrets.
pub(crate) const SECRETS_ACCOUNT: &str = "external-secrets-controller";

/// Keys that guides have in place of the right one, and that nothing reads.
pub(crate) const MISSPELT: [(&str, &str); 4] = [
    ("eks.amazon.aws/role-arn", ROLE),
    ("eks-amazonaws.com/role-arn", ROLE),
    ("eks.amazonaws.com/rolearn", ROLE),
    ("azure.workload.identity/clientid", CLIENT),
];
