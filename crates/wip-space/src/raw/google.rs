//! Google Cloud: clusters, service accounts, and what they may reach.

use super::*;

record! {
    /// A GKE cluster.
    GkeSpec {
        /// The id of its project.
        "project" project: ProjectId,
        /// The number of its project; asked of Google when not given.
        [default] "projectNumber" project_number: u64,
        /// Its region or zone.
        "location" location: GoogleLocation,
        /// Its name in GKE.
        "cluster" cluster: GkeName,
    }
}

record! {
    /// The service account of `method: gkeServiceAccount`.
    ServiceAccountSpec {
        /// The project that it is in.
        "project" project: ProjectId,
        /// Its id: what stands before the `@`.
        "id" id: ServiceAccountId,
        /// How far wip owns one that exists. Default: `manage`.
        [default] "existing" existing: ManagedExistingName,
    }
}

record! {
    /// Objects in a bucket of Cloud Storage.
    GcsAccess {
        /// The bucket.
        "bucket" bucket: GcsName,
        /// Ends with `/` and does not begin with it; without one, the whole bucket.
        [default] "prefix" prefix: S3Prefix,
        /// What may be done. Default: what the component needs; without a component it must be said.
        [default] "allow" allow: Vec<Spanned<VerbName>>,
    }
}

record! {
    /// What is in secrets of Secret Manager: exactly one of `prefixes` and `secrets`.
    #[schemars(extend("oneOf" = [{"required": ["prefixes"]}, {"required": ["secrets"]}]))]
    SecretManagerAccess {
        /// Their project.
        "project" project: ProjectId,
        /// All whose name begins so: a role on the whole project, with a condition.
        [default] "prefixes" prefixes: Vec<Spanned<PrefixSpec<GoogleSecretPrefix, GoogleSecretName>>>,
        /// Exactly these.
        [default] "secrets" secrets: Vec<Spanned<GoogleSecretName>>,
    }
}

record! {
    /// A role of Google Cloud on a resource.
    GcpRoleAccess {
        /// The role: `roles/…`, or one of a project or an organization.
        "role" role: GoogleRole,
        /// On what: `projects/ID`, `projects/ID/buckets/NAME` or `projects/ID/secrets/NAME`.
        "resource" resource: GoogleResourceName,
    }
}

record! {
    /// A bucket of Cloud Storage that wip may make. What wip makes is never public, and its access is uniform.
    #[schemars(extend(
        "if" = {"properties": {"create": {"const": true}}, "required": ["create"]},
        "then" = {"required": ["location"]},
    ))]
    GcsBucketSpec {
        /// Its name.
        "bucket" bucket: GcsName,
        /// The project that it is made in. Default: that of the GKE clusters.
        [default] "project" project: ProjectId,
        /// Where its objects lie: a region, or `EU`, `US`, `ASIA`; needed where wip makes it.
        [default] "location" location: GcsLocationName,
        /// Whether wip makes the bucket where there is none. Default: false.
        [default] "create" create: bool,
        /// What becomes of a bucket that wip made, once nothing wants it any more. Default: `keep`.
        [default] "onDestroy" on_destroy: OnDestroyWord,
    }
}
