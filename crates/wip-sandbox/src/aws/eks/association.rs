//! One pod identity association: what is kept of it, what EKS takes, and how it shows it.
//!
//! Sources: `PodIdentityAssociation` and `CreatePodIdentityAssociation` in botocore's model of `eks`; the words of refusals as quoted in public issue threads, where the comment says so.
//! Not here: the operations (`associations.rs`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::asked::invalid;
use crate::aws::call::{Call, Refusal};
use crate::aws::iam;

/// The longest session policy.
///
/// Source: "IAM and AWS STS quotas" in the IAM user guide, role session policies.
const POLICY_CHARS: usize = 2_048;

/// An association as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Association {
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    pub(crate) role_arn: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target_role_arn: Option<String>,
    #[serde(default)]
    pub(crate) disable_session_tags: bool,
    /// A session policy, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<String>,
    /// What EKS names itself with to the target role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    /// The add-on that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) owner_arn: Option<String>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created_at: Timestamp,
    pub(super) modified_at: Timestamp,
}

/// The members of a request that say how an association is to be; absent ones stay as they are.
pub(super) struct Given<'a>(pub(super) &'a Map<String, Value>);

impl Given<'_> {
    /// A text member; an error where it is something else.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(format!("{name} must be a string"))),
        }
    }

    /// A text member that must be there.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| invalid(format!("{name} is required")))
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(invalid(format!("{name} must be a boolean"))),
        }
    }

    /// Puts what is given into `to`. An empty target role or policy takes it off.
    ///
    /// Source of the empty target role: aws-controllers-k8s/eks-controller#164. That the policy behaves the same is inferred.
    pub(super) fn put(&self, to: &mut Association) -> Result<(), Refusal> {
        let or_none = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        if let Some(arn) = self.text("roleArn")? {
            arn.clone_into(&mut to.role_arn);
        }
        if let Some(arn) = self.text("targetRoleArn")? {
            to.target_role_arn = or_none(arn);
        }
        if let Some(policy) = self.text("policy")? {
            to.policy = or_none(policy);
        }
        if let Some(flag) = self.flag("disableSessionTags")? {
            to.disable_session_tags = flag;
        }
        Ok(())
    }
}

impl Association {
    /// Refuses what EKS would refuse of it.
    pub(super) fn check(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.check_role(call)?;
        if let Some(arn) = &self.target_role_arn
            && role_account(arn, call.partition).is_none()
        {
            return Err(invalid("Target role ARN is invalid"));
        }
        let Some(policy) = &self.policy else {
            return Ok(());
        };
        if !self.disable_session_tags {
            // Words quoted in a public rule about this field.
            return Err(invalid(
                "When policy is specified, disableSessionTags must be set to true",
            ));
        }
        let chars = policy.chars().count();
        if chars > POLICY_CHARS {
            return Err(invalid(format!(
                "The policy has {chars} characters, and at most {POLICY_CHARS} are allowed"
            )));
        }
        iam::permissions::check_for_session(policy, call.partition)
            .map_err(|refusal| invalid(format!("The policy is invalid: {}", refusal.message)))
    }

    /// The role must be there, in the cluster's account, and trust EKS Pod Identity.
    fn check_role(&self, call: &Call<'_>) -> Result<(), Refusal> {
        let account = role_account(&self.role_arn, call.partition);
        if account != Some(call.account()) {
            // Words: eksctl-io/eksctl#8718, for a role that is not in the account.
            return Err(Refusal::new(
                403,
                "AccessDeniedException",
                "Cross-account pass role is not allowed.",
            ));
        }
        // Words: hashicorp/terraform-provider-aws#34711.
        let trust = iam::trust_of(call, &self.role_arn)
            .ok_or_else(|| invalid("Role provided in the request does not exist"))?;
        match iam::pods_may_assume(&trust) {
            true => Ok(()),
            // Words: hashicorp/terraform-provider-aws#41483.
            false => Err(invalid("Trust policy of the role provided is invalid")),
        }
    }

    /// The external id that goes with the target role, as long as there is one.
    ///
    /// Source of its form: "Access AWS Resources using EKS Pod Identity Target IAM Roles" in the EKS user guide.
    pub(super) fn name_for_target(&mut self, call: &Call<'_>, cluster: &str) {
        let parts = [
            call.region.as_str(),
            call.account(),
            cluster,
            self.namespace.as_str(),
            self.service_account.as_str(),
        ];
        self.external_id = self.target_role_arn.as_ref().map(|_| parts.join("/"));
    }

    /// As the model's shape `PodIdentityAssociation`.
    pub(super) fn shown(&self, call: &Call<'_>, cluster: &str, id: &str) -> Value {
        let mut shown = self.summary(call, cluster, id);
        let more = json!({
            "roleArn": self.role_arn,
            "tags": self.tags,
            "createdAt": self.created_at.as_second(),
            "modifiedAt": self.modified_at.as_second(),
            "disableSessionTags": self.disable_session_tags,
        });
        let optional = [
            ("targetRoleArn", &self.target_role_arn),
            ("externalId", &self.external_id),
            ("policy", &self.policy),
        ];
        let members = more.as_object().into_iter().flatten();
        for (name, value) in members {
            shown[name] = value.clone();
        }
        for (name, value) in optional {
            if let Some(value) = value {
                shown[name] = value.as_str().into();
            }
        }
        shown
    }

    /// As the model's shape `PodIdentityAssociationSummary`: without role, tags and times.
    pub(super) fn summary(&self, call: &Call<'_>, cluster: &str, id: &str) -> Value {
        let mut shown = json!({
            "clusterName": cluster,
            "namespace": self.namespace,
            "serviceAccount": self.service_account,
            "associationArn": format!(
                "arn:{}:eks:{}:{}:podidentityassociation/{cluster}/{id}",
                call.partition, call.region, call.account()
            ),
            "associationId": id,
        });
        if let Some(owner) = &self.owner_arn {
            shown["ownerArn"] = owner.as_str().into();
        }
        shown
    }
}

/// The account of a role's ARN of this partition.
fn role_account<'a>(arn: &'a str, partition: &str) -> Option<&'a str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts[..] {
        ["arn", at, "iam", "", account, role]
            if at == partition && role.len() > "role/".len() && role.starts_with("role/") =>
        {
            Some(account)
        }
        _ => None,
    }
}
