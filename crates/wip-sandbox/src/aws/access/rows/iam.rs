//! IAM: rows, resources and condition keys.
//!
//! Source: "Actions, resources, and condition keys for AWS Identity and Access Management" in the service authorization reference.
//! That tags at creation need the action for tagging besides: "Tags for AWS Identity and Access Management resources" in the IAM user guide.

use super::{Kind, Need, On, Row, need as plain, row};
use crate::aws::call::Call;
use crate::aws::iam::permissions;
use crate::aws::query::Params;
use crate::http::Request;

const ROLE: On = On::Named(Kind::Role);
const POLICY: On = On::Named(Kind::Policy);
const PROVIDER: On = On::Named(Kind::Provider);

pub(super) const ROWS: &[Row] = &[
    row("CreateRole", "iam:CreateRole", ROLE),
    row("GetRole", "iam:GetRole", ROLE),
    row("ListRoles", "iam:ListRoles", On::Anything),
    row("UpdateRole", "iam:UpdateRole", ROLE),
    row("UpdateAssumeRolePolicy", "iam:UpdateAssumeRolePolicy", ROLE),
    row("DeleteRole", "iam:DeleteRole", ROLE),
    row("TagRole", "iam:TagRole", ROLE),
    row("UntagRole", "iam:UntagRole", ROLE),
    row("ListRoleTags", "iam:ListRoleTags", ROLE),
    row(
        "PutRolePermissionsBoundary",
        "iam:PutRolePermissionsBoundary",
        ROLE,
    ),
    row(
        "DeleteRolePermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        ROLE,
    ),
    row(
        "ListInstanceProfilesForRole",
        "iam:ListInstanceProfilesForRole",
        ROLE,
    ),
    row("PutRolePolicy", "iam:PutRolePolicy", ROLE),
    row("GetRolePolicy", "iam:GetRolePolicy", ROLE),
    row("DeleteRolePolicy", "iam:DeleteRolePolicy", ROLE),
    row("ListRolePolicies", "iam:ListRolePolicies", ROLE),
    row("AttachRolePolicy", "iam:AttachRolePolicy", ROLE),
    row("DetachRolePolicy", "iam:DetachRolePolicy", ROLE),
    row(
        "ListAttachedRolePolicies",
        "iam:ListAttachedRolePolicies",
        ROLE,
    ),
    row("CreatePolicy", "iam:CreatePolicy", POLICY),
    row("GetPolicy", "iam:GetPolicy", POLICY),
    row("DeletePolicy", "iam:DeletePolicy", POLICY),
    row("ListEntitiesForPolicy", "iam:ListEntitiesForPolicy", POLICY),
    row("TagPolicy", "iam:TagPolicy", POLICY),
    row("UntagPolicy", "iam:UntagPolicy", POLICY),
    row("GetPolicyVersion", "iam:GetPolicyVersion", POLICY),
    row("CreatePolicyVersion", "iam:CreatePolicyVersion", POLICY),
    row("DeletePolicyVersion", "iam:DeletePolicyVersion", POLICY),
    row("ListPolicyVersions", "iam:ListPolicyVersions", POLICY),
    row(
        "CreateOpenIDConnectProvider",
        "iam:CreateOpenIDConnectProvider",
        PROVIDER,
    ),
    row(
        "GetOpenIDConnectProvider",
        "iam:GetOpenIDConnectProvider",
        PROVIDER,
    ),
    row(
        "ListOpenIDConnectProviders",
        "iam:ListOpenIDConnectProviders",
        On::Anything,
    ),
    row(
        "DeleteOpenIDConnectProvider",
        "iam:DeleteOpenIDConnectProvider",
        PROVIDER,
    ),
    row(
        "AddClientIDToOpenIDConnectProvider",
        "iam:AddClientIDToOpenIDConnectProvider",
        PROVIDER,
    ),
    row(
        "RemoveClientIDFromOpenIDConnectProvider",
        "iam:RemoveClientIDFromOpenIDConnectProvider",
        PROVIDER,
    ),
    row(
        "UpdateOpenIDConnectProviderThumbprint",
        "iam:UpdateOpenIDConnectProviderThumbprint",
        PROVIDER,
    ),
    row(
        "TagOpenIDConnectProvider",
        "iam:TagOpenIDConnectProvider",
        PROVIDER,
    ),
    row(
        "UntagOpenIDConnectProvider",
        "iam:UntagOpenIDConnectProvider",
        PROVIDER,
    ),
    row("GetAccountSummary", "iam:GetAccountSummary", On::Anything),
    row(
        "GetAccountAuthorizationDetails",
        "iam:GetAccountAuthorizationDetails",
        On::Anything,
    ),
];

/// The action on what the request names, with the keys that go with it.
pub(super) fn need(call: &Call<'_>, request: &Request, action: &str, kind: Kind) -> Need {
    let params = Params::of(request);
    let text = |name: &str| params.text(name).unwrap_or_default().to_owned();
    let made = |kind: &str, name: String| {
        let path = params.text("Path").unwrap_or("/");
        let (partition, account) = (call.partition, call.account());
        format!("arn:{partition}:iam::{account}:{kind}{path}{name}")
    };
    let mut tags = Vec::new();
    let (resource, called) = match kind {
        Kind::Role => {
            let name = text("RoleName");
            let role = permissions::named(call.db, call.account(), &name);
            let arn = role.map(|(arn, has)| {
                tags = has;
                arn
            });
            let called = format!("role {name}");
            (arn.unwrap_or_else(|| made("role", name)), called)
        }
        Kind::Policy => {
            let arn = match params.text("PolicyArn") {
                Some(arn) => arn.to_owned(),
                None => made("policy", text("PolicyName")),
            };
            (arn.clone(), format!("policy {arn}"))
        }
        _ => {
            let arn = match params.text("OpenIDConnectProviderArn") {
                Some(arn) => arn.to_owned(),
                None => format!(
                    "arn:{}:iam::{}:oidc-provider/{}",
                    call.partition,
                    call.account(),
                    text("Url").trim_start_matches("https://")
                ),
            };
            (arn.clone(), arn)
        }
    };
    let mut keys = tag_keys(&params);
    for (key, value) in tags {
        keys.push((format!("aws:ResourceTag/{key}"), vec![value.clone()]));
        keys.push((format!("iam:ResourceTag/{key}"), vec![value]));
    }
    for (key, parameter) in [
        ("iam:PolicyARN", "PolicyArn"),
        ("iam:PermissionsBoundary", "PermissionsBoundary"),
    ] {
        if let Some(value) = params.text(parameter) {
            keys.push((key.to_owned(), vec![value.to_owned()]));
        }
    }
    Need {
        called,
        keys,
        ..plain(action, &resource)
    }
}

/// The keys that tags of a request give.
fn tag_keys(params: &Params) -> Vec<(String, Vec<String>)> {
    let mut keys = Vec::new();
    let mut names = params.list("TagKeys");
    for tag in params.structures("Tags") {
        if let (Some(key), Some(value)) = (tag.text("Key"), tag.text("Value")) {
            keys.push((format!("aws:RequestTag/{key}"), vec![value.to_owned()]));
            names.push(key.to_owned());
        }
    }
    keys.push(("aws:TagKeys".to_owned(), names));
    keys
}

/// Tagging what is being made.
pub(super) fn more(request: &Request, needs: &mut Vec<Need>, operation: &str) {
    let action = match operation {
        "CreateRole" => "iam:TagRole",
        "CreatePolicy" => "iam:TagPolicy",
        "CreateOpenIDConnectProvider" => "iam:TagOpenIDConnectProvider",
        _ => return,
    };
    if Params::of(request).structures("Tags").is_empty() {
        return;
    }
    if let Some(first) = needs.first() {
        let more = Need {
            called: first.called.clone(),
            keys: first.keys.clone(),
            ..plain(action, &first.resource)
        };
        needs.push(more);
    }
}
