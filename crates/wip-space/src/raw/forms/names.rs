//! Names within the file and in Kubernetes.

use super::too_long;
use crate::Code;
use crate::declare::text;
use crate::form::Fault;
use crate::words::shown;

text! {
    /// The Space's name: a DNS label of at most 40 characters.
    SpaceName {
        code: BadName,
        what: "a name for a Space",
        pattern: r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$",
        help: "use at most 40 lower-case letters, digits and `-`, with a letter or digit at both ends",
        check: leaves_folder,
        examples: ["prod-eu"],
    }
}

/// State lies in a folder of the Space's name.
fn leaves_folder(text: &str) -> Option<Fault> {
    (text.contains(['/', '\\']) || text.starts_with('.')).then(|| Fault {
        code: Code::BadName,
        message: format!(
            "the name `{}` would lead out of the Space's own folder",
            shown(text)
        ),
        label: "a path, not a name",
        help: "use lower-case letters, digits and `-` only".to_owned(),
    })
}

text! {
    /// The name of an identity: letters, digits and `-`, at most 40, begins with a letter.
    IdentityName {
        code: BadName,
        what: "a name for an identity",
        pattern: r"^[A-Za-z]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?$",
        help: "use at most 40 letters, digits and `-`, with a letter first",
        examples: ["backup", "velero"],
    }
}

text! {
    /// The name of a cluster within the Space.
    ClusterName {
        code: BadName,
        what: "a name for a cluster",
        pattern: r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$",
        help: "use letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
        examples: ["prod-eu-1"],
    }
}

text! {
    /// A context of a kubeconfig: any text, as those of EKS are ARNs.
    ContextName {
        code: BadName,
        what: "a name of a context",
        pattern: r"^[^\x00-\x1f\x7f]{1,253}$",
        help: "use a name that `kubectl config get-contexts -o name` shows",
        wildcards: "allowed",
        examples: ["prod-eu-1"],
    }
}

text! {
    /// A Kubernetes namespace: a DNS label.
    Namespace {
        code: BadKubernetesName,
        what: "a namespace",
        pattern: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        help: "use at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends",
        examples: ["default"],
    }
}

text! {
    /// A Kubernetes service account: a DNS subdomain.
    ServiceAccount {
        code: BadKubernetesName,
        what: "a service account",
        pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        help: "use at most 253 lower-case letters, digits, `-` and `.`, with a letter or digit at both ends",
        check: |text| too_long(text, 253, Code::BadKubernetesName),
        examples: ["velero"],
    }
}

text! {
    /// The name of a control plane.
    ControlPlaneName {
        code: BadKubernetesName,
        what: "a name of a control plane",
        pattern: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        help: "use the name that `kubectl get controlplanes.spaces.upbound.io -A` shows",
        examples: ["ctp1"],
    }
}

text! {
    /// A control plane of the Space: `GROUP/NAME`.
    ControlPlaneRef {
        code: BadKubernetesName,
        what: "a control plane, `GROUP/NAME`",
        pattern: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        help: "write the group, a slash and the name: `default/ctp1`",
        examples: ["default/ctp1"],
    }
}

text! {
    /// Control planes of the Space: `NAME` in any group, or `GROUP/NAME`.
    ControlPlaneSelect {
        code: BadKubernetesName,
        what: "a control plane, `NAME` or `GROUP/NAME`",
        pattern: r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        help: "write `ctp1`, or `default/ctp1` for the one of a group",
        examples: ["ctp1", "default/ctp1"],
    }
}

text! {
    /// A control plane's id: `status.controlPlaneID`, a UUID.
    ControlPlaneId {
        code: BadControlPlaneId,
        what: "a control plane's id",
        pattern: r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        help: "copy it from `kubectl get controlplanes.spaces.upbound.io NAME -n GROUP -o jsonpath='{.status.controlPlaneID}'`",
        examples: ["706c49fa-5bb8-4a7e-9f41-2fc38ef4b065"],
    }
}

text! {
    /// A profile of the AWS configuration files.
    ProfileName {
        code: BadName,
        what: "a profile",
        pattern: r"^[!-Z\\^-~]([ -Z\\^-~]*[!-Z\\^-~])?$",
        help: "use the name between the brackets of `[profile NAME]`",
        wildcards: "allowed",
    }
}

text! {
    /// The address of a resource: `KIND:SPACE/NAME`.
    AddressText {
        code: BadAddress,
        what: "an address",
        pattern: r"^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*:[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?/[A-Za-z0-9][A-Za-z0-9._/-]*$",
        help: "it looks like `aws/iam-role:prod-eu/backup`; `wip state list` shows them",
        examples: ["aws/iam-role:prod-eu/backup"],
    }
}

text! {
    /// An action, a pattern of actions, or the name or ARN of a policy or role.
    Forbidden {
        code: BadName,
        what: "an action or a policy",
        pattern: r"^[A-Za-z0-9*?:/._@+=,-]+$",
        help: "write an action (`iam:*`), or a policy's name or ARN",
        wildcards: "allowed",
        examples: ["*", "iam:*"],
    }
}

text! {
    /// The path of a file with a public key, relative to the Space file.
    KeyPath {
        code: BadName,
        what: "a path of a file",
        pattern: r"^[^\x00-\x1f\x7f]+$",
        help: "name a file with one public key as PEM, relative to this file",
        check: |text| too_long(text, 1024, Code::BadName),
        wildcards: "allowed",
        examples: ["sa.pub"],
    }
}
