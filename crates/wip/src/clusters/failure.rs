//! What a cluster's errors mean to who typed the command.

use wip_kube::KubeError;
use wip_provider::Class;

use super::Connected;
use crate::failure::Failure;

/// A context that cannot be used.
pub(super) fn unreachable(error: KubeError, cluster: &str, context: Option<&str>) -> Failure {
    let heading = match context {
        Some(context) => format!("the context {context} cannot be used for the cluster {cluster}"),
        None => format!("the cluster {cluster} is not reached"),
    };
    let known = wip_kube::contexts();
    let hint = match (&error, known.as_slice()) {
        (KubeError::Insecure(_), _) => {
            "tokens go to the cluster with each request: use https".to_owned()
        }
        (KubeError::Config(why), _) if why.contains("auth") || why.contains("plugin") => {
            "log in again: `kubectl get namespaces` with that context says more".to_owned()
        }
        (_, []) => {
            "there is no kubeconfig: set KUBECONFIG, or write one (aws eks update-kubeconfig, az aks get-credentials, gcloud container clusters get-credentials)".to_owned()
        }
        (_, known) => {
            let shown: Vec<&str> = known.iter().take(8).map(String::as_str).collect();
            format!("--context NAME; the kubeconfig has {}", shown.join(", "))
        }
    };
    Failure::new("WIP0280", heading, &hint).because(&error)
}

/// A cluster that refuses, or is not to be relied on.
pub(super) fn of(error: KubeError, connected: &Connected) -> Failure {
    let flag = match &connected.context {
        Some(context) => format!(" --context {context}"),
        None => String::new(),
    };
    let (code, heading, hint) = match &error {
        KubeError::Config(_) | KubeError::Insecure(_) => {
            ("WIP0280", "the cluster is not reached", String::new())
        }
        KubeError::Call(error) => {
            let hint = match error.class {
                Class::Denied => format!(
                    "`kubectl auth whoami{flag}` says who is asking; `kubectl auth can-i --list{flag}` what that one may do"
                ),
                Class::Broken => "is the cluster reached from here (VPN, private endpoint), and is the login still good?".to_owned(),
                _ => String::new(),
            };
            ("WIP0281", "the cluster could not be asked", hint)
        }
        KubeError::OtherCluster { .. } => (
            "WIP0282",
            "this is another cluster than the Space file means; nothing was done",
            "name the right context (spec.discovery.context or --context), or correct the cluster in the Space file".to_owned(),
        ),
        KubeError::NoIssuer(_) => (
            "WIP0283",
            "which cluster this is could not be found out; nothing was done",
            "let whoever runs wip read /.well-known/openid-configuration: bind the ClusterRole system:service-account-issuer-discovery".to_owned(),
        ),
        KubeError::NoSpaces => (
            "WIP0284",
            "there are no Spaces on this cluster; nothing was done",
            format!("is this the cluster of the Space? `kubectl get crd controlplanes.spaces.upbound.io{flag}`"),
        ),
        KubeError::NoGroup(_) => (
            "WIP0285",
            "a group is not there; nothing was done",
            format!("correct spec.discovery.groups: `kubectl get namespaces -l spaces.upbound.io/group{flag}` lists them"),
        ),
        KubeError::Denied(_) => (
            "WIP0286",
            "the control planes may not all be read; nothing was done",
            "let whoever runs wip list controlplanes.spaces.upbound.io and namespaces, in all groups or in those of spec.discovery.groups".to_owned(),
        ),
        KubeError::Contradiction(_) => (
            "WIP0288",
            "the cluster contradicts itself; nothing was done",
            format!("`kubectl get controlplanes.spaces.upbound.io -A{flag}` and `kubectl get namespaces -L internal.spaces.upbound.io/controlplane-name{flag}` show both sides"),
        ),
        KubeError::Stuck { .. } => (
            "WIP0289",
            "a workload did not come up again",
            format!("`kubectl describe pods{flag} -n NAMESPACE` says why; run wip restart again to go on, nothing restarts twice"),
        ),
    };
    let failure = Failure::new(code, heading, &hint);
    match error {
        // The heading says it already.
        KubeError::Call(cause) | KubeError::NoIssuer(cause) | KubeError::Denied(cause) => {
            failure.because(&cause)
        }
        error => failure.because(&error),
    }
}
