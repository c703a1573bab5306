//! What can be chosen about a sandbox.

use serde::{Deserialize, Serialize};

/// The choices at the start of a sandbox.
#[derive(Clone, Debug)]
pub struct Options {
    /// The account of callers whose access key id names none.
    pub default_account: String,
    /// Quotas, as long as no seed sets others.
    pub quotas: Quotas,
    /// The most entities in a page of `GetAccountAuthorizationDetails`, which may hold fewer than asked for.
    pub details_page: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            default_account: "000000000000".to_owned(),
            quotas: Quotas::default(),
            details_page: 100,
        }
    }
}

/// The quotas of IAM that AWS raises on request; the same in every account of the sandbox.
///
/// Source of the defaults: "IAM and AWS STS quotas" in the IAM user guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// Roles in an account (L-FE177D64).
    pub roles: u32,
    /// Characters of a trust policy, white space not counted (L-C07B4B0D).
    pub trust_policy_size: u32,
    /// Managed policies attached to a role (L-0DA4ABF3).
    pub attached_policies: u32,
    /// Customer managed policies in an account (L-E95E4862).
    pub policies: u32,
    /// OpenID Connect providers in an account (L-858F3967).
    pub oidc_providers: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            roles: 1000,
            trust_policy_size: 2048,
            attached_policies: 10,
            policies: 1500,
            oidc_providers: 100,
        }
    }
}
