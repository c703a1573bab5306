//! The associations of a cluster, in pages.
//!
//! A listing says of each whose service account it is for and its id, and not its role, tags and policy
//! (`PodIdentityAssociationSummary`, Amazon EKS API reference).

use aws_sdk_eks::types::PodIdentityAssociationSummary;
use wip_provider::CloudError;

use crate::client::{Call, Client};
use crate::page::Pages;

/// One association, as a listing has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    pub(crate) id: String,
    /// The add-on that it belongs to.
    pub(crate) owner: Option<String>,
}

fn listed(summary: PodIdentityAssociationSummary) -> Listed {
    Listed {
        namespace: summary.namespace.unwrap_or_default(),
        service_account: summary.service_account.unwrap_or_default(),
        id: summary.association_id.unwrap_or_default(),
        owner: summary.owner_arn,
    }
}

/// All associations of a cluster; of one service account, where a namespace and a name are given.
pub(crate) async fn list(
    client: &Client,
    cluster: &str,
    of: Option<(&str, &str)>,
) -> Result<Vec<Listed>, CloudError> {
    let mut all = Vec::new();
    let mut pages = Pages::of("eks:ListPodIdentityAssociations");
    loop {
        let ask = || {
            let ask = client.eks().list_pod_identity_associations();
            ask.cluster_name(cluster)
                .set_namespace(of.map(|(namespace, _)| namespace.to_owned()))
                .set_service_account(of.map(|(_, name)| name.to_owned()))
                .max_results(100)
                .set_next_token(pages.marker())
                .send()
        };
        let page = client.call(Call::read(pages.call()), ask).await?;
        all.extend(
            page.associations
                .unwrap_or_default()
                .into_iter()
                .map(listed),
        );
        if !pages.more(page.next_token.is_some(), page.next_token)? {
            return Ok(all);
        }
    }
}
