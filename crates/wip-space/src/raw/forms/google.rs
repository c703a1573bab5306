//! What Google Cloud takes.

use super::too_long;
use crate::Code;
use crate::declare::text;
use crate::form::Fault;
use crate::words::shown;

text! {
    /// The id of a project (Resource Manager, "Creating and managing projects": 6 to 30).
    ProjectId {
        code: BadGoogleName,
        what: "an id of a project",
        pattern: r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$",
        help: "use 6 to 30 lower-case letters, digits and hyphens, with a letter first: `gcloud projects list` shows it under PROJECT_ID",
        check: number,
        examples: ["acme-prod"],
    }
}

/// A project has a number too, which is not its id.
fn number(text: &str) -> Option<Fault> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Fault {
        code: Code::BadGoogleName,
        message: format!("`{}` is the number of a project, not its id", shown(text)),
        label: "a number",
        help: "write the id here, which `gcloud projects list` shows under PROJECT_ID; the number of a cluster's project goes to `projectNumber`".to_owned(),
    })
}

text! {
    /// A region or a zone.
    GoogleLocation {
        code: BadGoogleName,
        what: "a region or a zone",
        pattern: r"^[a-z]+-[a-z]+[0-9]{1,2}(-[a-z])?$",
        help: "it looks like `europe-north1` or `europe-north1-a`: `gcloud container clusters list` shows it under LOCATION",
        examples: ["europe-north1"],
    }
}

text! {
    /// The name of a GKE cluster (`Cluster.name` of its API: 1 to 40).
    GkeName {
        code: BadGoogleName,
        what: "a name of a GKE cluster",
        pattern: r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$",
        help: "use the name that `gcloud container clusters list` shows",
        examples: ["gke-1"],
    }
}

text! {
    /// The id of a service account (`CreateServiceAccountRequest.accountId`: 6 to 30).
    ServiceAccountId {
        code: BadGoogleName,
        what: "an id of a service account",
        pattern: r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$",
        help: "use 6 to 30 lower-case letters, digits and hyphens, with a letter first",
        check: email,
        examples: ["acme-billing"],
    }
}

/// An e-mail says id and project at once.
fn email(text: &str) -> Option<Fault> {
    let (id, host) = text.split_once('@')?;
    let help = match host.strip_suffix(".iam.gserviceaccount.com") {
        Some(project) => format!("write `project: {project}, id: {id}`"),
        None => "name a service account of a project: those that Google makes itself are of another kind".to_owned(),
    };
    Some(Fault {
        code: Code::BadGoogleName,
        message: format!("`{}` is an e-mail, not an id", shown(text)),
        label: "an e-mail",
        help,
    })
}

text! {
    /// The name of a bucket (Cloud Storage, "Bucket naming").
    GcsName {
        code: BadGoogleName,
        what: "a name of a bucket",
        pattern: r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$",
        help: "use 3 to 63 lower-case letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
        check: bucket,
        examples: ["acme-backups"],
    }
}

/// The rules for bucket names that are more than a set of characters.
fn bucket(text: &str) -> Option<Fault> {
    let fault = |why: &str, help: &str| {
        Some(Fault {
            code: Code::BadGoogleName,
            message: format!("`{}` is not a name of a bucket: {why}", shown(text)),
            label: "not a name of a bucket",
            help: help.to_owned(),
        })
    };
    if text.contains("://") {
        return fault("it is a URL", "write the bare name of the bucket");
    }
    if text.contains('/') {
        return fault("it holds a `/`", "write what follows the `/` into `prefix`");
    }
    if text.starts_with("goog") || text.contains("google") {
        return fault("Google keeps such names for itself", "check the name");
    }
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        return fault("it looks like an IP address", "check the name");
    }
    if text.split('.').any(|part| part.len() > 63) {
        return fault(
            "it is too long",
            "use at most 63 characters, or 63 between two dots",
        );
    }
    None
}

text! {
    /// Where the objects of a bucket lie: a region, a dual-region or a multi-region.
    GcsLocationName {
        code: BadGoogleName,
        what: "a location of a bucket",
        pattern: r"^([A-Za-z]+-[A-Za-z]+[0-9]{1,2}|[A-Za-z]{2,4}[0-9]?)$",
        help: "it looks like `europe-north1`, `EU` or `EUR4` (Cloud Storage, \"Bucket locations\")",
        examples: ["EU", "europe-north1"],
    }
}

text! {
    /// The name of a secret (Secret Manager: at most 255 letters, digits, `-` and `_`).
    GoogleSecretName {
        code: BadGoogleName,
        what: "a name of a secret",
        pattern: r"^[A-Za-z0-9_-]+$",
        help: "use at most 255 letters, digits, `-` and `_`",
        check: |text| too_long(text, 255, Code::BadGoogleName),
        examples: ["db"],
    }
}

text! {
    /// The beginning of secrets' names: ends in `-` or `_`.
    GoogleSecretPrefix {
        code: BadPrefix,
        what: "a prefix of secrets",
        pattern: r"^[A-Za-z0-9_-]*[_-]$",
        help: "end it in `-` or `_`, where a word ends; or say `{ startsWith: TEXT }` for any beginning",
        check: |text| too_long(text, 255, Code::BadPrefix),
        examples: ["prod-"],
    }
}

text! {
    /// A role: of Google, or of a project or an organization.
    GoogleRole {
        code: BadGoogleName,
        what: "a role",
        pattern: r"^(roles/[A-Za-z0-9_.]+|(projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|organizations/[0-9]+)/roles/[A-Za-z0-9_.]+)$",
        help: "it looks like `roles/storage.objectViewer` or `projects/acme-prod/roles/reader`: `gcloud iam roles list` shows them",
        examples: ["roles/storage.objectViewer"],
    }
}

text! {
    /// What a role is given on: a project, a bucket or a secret.
    GoogleResourceName {
        code: BadGoogleName,
        what: "a project, a bucket or a secret",
        pattern: r"^projects/[a-z][a-z0-9-]{4,28}[a-z0-9](/buckets/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]|/secrets/[A-Za-z0-9_-]{1,255})?$",
        help: "write `projects/ID`, `projects/ID/buckets/NAME` or `projects/ID/secrets/NAME`",
        examples: ["projects/acme-prod/buckets/acme-reports"],
    }
}
