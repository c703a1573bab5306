//! Clusters: where each is, and who issues its tokens.

use crate::SigningKey;

/// A cluster whose service accounts get access.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Its name within the Space.
    pub name: String,
    /// What it is.
    pub at: ClusterAt,
}

impl Cluster {
    /// The key of its issuer that is published without an id as well, for tokens that name none.
    pub fn legacy_key(&self) -> Option<&SigningKey> {
        match &self.at {
            ClusterAt::SelfHosted {
                signing_keys,
                legacy_empty_kid: true,
                ..
            } => signing_keys.first(),
            _ => None,
        }
    }
}

/// What a cluster is.
#[derive(Clone, Debug, PartialEq)]
pub enum ClusterAt {
    /// An EKS cluster.
    Eks {
        /// Account id.
        account: String,
        /// Region.
        region: String,
        /// Its name in EKS.
        cluster: String,
        /// Its issuer, `https://…`; read from EKS when not given.
        issuer: Option<String>,
        /// `aws`, `aws-cn` or `aws-us-gov`; follows from the region when not given.
        partition: String,
    },
    /// An AKS cluster.
    Aks {
        /// The tenant of its subscription.
        tenant: String,
        /// Its subscription.
        subscription: String,
        /// Its resource group.
        resource_group: String,
        /// Its name in AKS.
        cluster: String,
        /// Its issuer, as its tokens have it, with the `/` at its end; read from AKS when not given.
        issuer: Option<String>,
    },
    /// A GKE cluster.
    Gke {
        /// The id of its project.
        project: String,
        /// The number of its project; asked of Google when not given.
        number: Option<u64>,
        /// Its region or zone.
        location: String,
        /// Its name in GKE.
        cluster: String,
    },
    /// Any other cluster whose issuer the clouds can reach.
    SelfHosted {
        /// Its issuer, `https://…`.
        issuer: String,
        /// The account that its roles live in.
        account: String,
        /// A region of the partition that its roles live in.
        region: Option<String>,
        /// The partition of that region; `aws` without one.
        partition: String,
        /// The keys that sign its tokens, in the order of the file.
        signing_keys: Vec<SigningKey>,
        /// Whether the first key is published without an id as well.
        legacy_empty_kid: bool,
        /// Where wip publishes its documents, if it does.
        publish: Option<Publish>,
    },
}

/// Where the documents of an issuer are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// The bucket's name.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// The account that owns it.
    pub account: String,
    /// What the keys of the objects begin with: the path of the issuer's URL, `""` or with `/` at its end.
    pub prefix: String,
    /// Whether the issuer's URL is the bucket's own, so that everybody must be able to read the documents there.
    pub direct: bool,
}
