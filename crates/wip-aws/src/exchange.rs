//! A token of a service account, tried with STS as the pods of an identity do.

use wip_provider::{CloudError, Trial};
use wip_space::{Method, Space};

use crate::client::{Call, Clients};
use crate::kinds::iam_role::role_arn;

/// The shortest session that STS gives, in seconds (AssumeRoleWithWebIdentity: `DurationSeconds`).
const SHORTEST: i32 = 900;

/// Who the bearer of the token is; `None` where the identity comes by no token of its cluster's issuer. What STS gives is thrown
/// away.
pub(crate) async fn exchange(
    clients: &Clients,
    space: &Space,
    trial: Trial<'_>,
) -> Option<Result<String, CloudError>> {
    let mut identities = space.identities.iter();
    let identity = identities.find(|it| it.name == trial.identity && it.trusts(Method::Irsa))?;
    let tried = async {
        let client = clients.global(&identity.account).await?;
        let call = Call::read("sts:AssumeRoleWithWebIdentity");
        let arn = role_arn(identity);
        let given = client
            .call(call, || {
                let ask = client.sts().assume_role_with_web_identity();
                let ask = ask.role_arn(&arn).role_session_name("wip-verify");
                ask.web_identity_token(trial.token)
                    .duration_seconds(SHORTEST)
                    .send()
            })
            .await?;
        let who = given.assumed_role_user.map(|user| user.arn);
        Ok(who.unwrap_or(arn))
    };
    Some(tried.await)
}
