//! Roles: what each permits, and on what it can be given.
//!
//! Source: "IAM roles and permissions index" and "IAM roles for Cloud Storage", as far as the sandbox plays what they permit.
//! Not here: who has them (`policy.rs`).

/// What a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Project,
    Bucket,
    Secret,
    Account,
}

/// A role.
pub(crate) struct Role {
    pub(crate) name: &'static str,
    /// `*` at the end stands for the rest.
    pub(crate) permissions: &'static [&'static str],
    /// Where it can be given.
    pub(crate) on: &'static [Sort],
}

const ANY: &[Sort] = &[Sort::Project, Sort::Bucket, Sort::Secret, Sort::Account];
const BUCKETS: &[Sort] = &[Sort::Project, Sort::Bucket];
const SECRETS: &[Sort] = &[Sort::Project, Sort::Secret];
const ACCOUNTS: &[Sort] = &[Sort::Project, Sort::Account];

/// The basic roles, which take no conditions on a bucket or a project ("Overview of IAM Conditions").
pub(crate) const BASIC: [&str; 3] = ["roles/owner", "roles/editor", "roles/viewer"];

const ROLES: &[Role] = &[
    Role {
        name: "roles/owner",
        permissions: &["*"],
        on: &[Sort::Project, Sort::Account],
    },
    Role {
        name: "roles/editor",
        permissions: &[
            "container.*",
            "iam.serviceAccounts.create",
            "iam.serviceAccounts.delete",
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.list",
            "iam.serviceAccounts.update",
            "resourcemanager.projects.get",
            "secretmanager.secrets.get",
            "secretmanager.secrets.list",
            "storage.buckets.create",
            "storage.buckets.list",
        ],
        on: &[Sort::Project, Sort::Account],
    },
    Role {
        name: "roles/viewer",
        permissions: &[
            "container.clusters.get",
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.list",
            "resourcemanager.projects.get",
            "secretmanager.secrets.get",
            "secretmanager.secrets.list",
            "storage.buckets.list",
        ],
        on: &[Sort::Project, Sort::Account],
    },
    Role {
        name: "roles/browser",
        permissions: &["resourcemanager.projects.get"],
        on: &[Sort::Project],
    },
    Role {
        name: "roles/logging.logWriter",
        permissions: &["logging.logEntries.create"],
        on: &[Sort::Project],
    },
    Role {
        name: "roles/storage.objectViewer",
        permissions: &["storage.objects.get", "storage.objects.list"],
        on: BUCKETS,
    },
    Role {
        name: "roles/storage.objectCreator",
        permissions: &["storage.objects.create", "storage.multipartUploads.create"],
        on: BUCKETS,
    },
    Role {
        name: "roles/storage.objectUser",
        permissions: &[
            "storage.objects.create",
            "storage.objects.delete",
            "storage.objects.get",
            "storage.objects.list",
            "storage.objects.update",
            "storage.multipartUploads.*",
        ],
        on: BUCKETS,
    },
    Role {
        name: "roles/storage.objectAdmin",
        permissions: &["storage.objects.*", "storage.multipartUploads.*"],
        on: BUCKETS,
    },
    Role {
        name: "roles/storage.admin",
        permissions: &["storage.*"],
        on: BUCKETS,
    },
    Role {
        name: "roles/storage.bucketViewer",
        permissions: &["storage.buckets.get", "storage.buckets.list"],
        on: BUCKETS,
    },
    Role {
        name: "roles/storage.legacyBucketReader",
        permissions: &[
            "storage.buckets.get",
            "storage.objects.list",
            "storage.multipartUploads.list",
        ],
        on: &[Sort::Bucket],
    },
    Role {
        name: "roles/storage.legacyBucketWriter",
        permissions: &[
            "storage.buckets.get",
            "storage.objects.create",
            "storage.objects.delete",
            "storage.objects.list",
            "storage.multipartUploads.*",
        ],
        on: &[Sort::Bucket],
    },
    Role {
        name: "roles/storage.legacyBucketOwner",
        permissions: &[
            "storage.buckets.get",
            "storage.buckets.getIamPolicy",
            "storage.buckets.setIamPolicy",
            "storage.buckets.update",
            "storage.objects.create",
            "storage.objects.delete",
            "storage.objects.list",
            "storage.multipartUploads.*",
        ],
        on: &[Sort::Bucket],
    },
    Role {
        name: "roles/storage.legacyObjectReader",
        permissions: &["storage.objects.get"],
        on: &[Sort::Bucket],
    },
    Role {
        name: "roles/secretmanager.secretAccessor",
        permissions: &[
            "secretmanager.versions.access",
            "resourcemanager.projects.get",
        ],
        on: SECRETS,
    },
    Role {
        name: "roles/secretmanager.viewer",
        permissions: &["secretmanager.secrets.get", "secretmanager.secrets.list"],
        on: SECRETS,
    },
    Role {
        name: "roles/secretmanager.admin",
        permissions: &["secretmanager.*"],
        on: SECRETS,
    },
    Role {
        name: "roles/iam.workloadIdentityUser",
        permissions: &[
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.getAccessToken",
            "iam.serviceAccounts.getOpenIdToken",
            "iam.serviceAccounts.list",
        ],
        on: ACCOUNTS,
    },
    Role {
        name: "roles/iam.serviceAccountTokenCreator",
        permissions: &[
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.getAccessToken",
            "iam.serviceAccounts.getOpenIdToken",
            "iam.serviceAccounts.list",
        ],
        on: ACCOUNTS,
    },
    Role {
        name: "roles/iam.serviceAccountUser",
        permissions: &["iam.serviceAccounts.get", "iam.serviceAccounts.list"],
        on: ACCOUNTS,
    },
    Role {
        name: "roles/iam.serviceAccountAdmin",
        permissions: &["iam.serviceAccounts.*"],
        on: ACCOUNTS,
    },
    Role {
        name: "roles/monitoring.metricWriter",
        permissions: &["monitoring.timeSeries.create"],
        on: &[Sort::Project],
    },
    Role {
        name: "roles/iam.securityReviewer",
        permissions: &["iam.serviceAccounts.list"],
        on: ANY,
    },
];

/// The role of that name.
pub(crate) fn named(name: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.name == name)
}

/// Whether a role permits something.
pub(crate) fn permits(role: &str, permission: &str) -> bool {
    named(role).is_some_and(|role| role.permissions.iter().any(|own| fits(own, permission)))
}

/// Whether a permission is one of those that a pattern means.
pub(crate) fn fits(pattern: &str, permission: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => permission.starts_with(start),
        None => pattern == permission,
    }
}
