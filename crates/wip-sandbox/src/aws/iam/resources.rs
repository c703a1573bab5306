//! The form of the resources of an identity policy.
//!
//! Source: "IAM JSON policy elements: Resource" in the IAM user guide; messages as quoted from IAM in public issue threads.

use super::trust::malformed;
use crate::aws::call::Refusal;

const PARTITIONS: &[&str] = &[
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
];

/// What follows the account in the ARN of something in IAM.
const IAM_KINDS: &[&str] = &[
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// Whether IAM's older parser takes the resource.
pub(super) fn passes_legacy(resource: &str) -> bool {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, "", ..] => false,
        ["arn", _, "s3", region, _] => region == "*",
        ["arn", _, "s3"] => false,
        _ => true,
    }
}

/// Refuses a resource that is not at all like an ARN.
pub(super) fn check_form(resource: &str) -> Result<(), Refusal> {
    if resource == "*" || resource.contains(':') {
        return Ok(());
    }
    Err(malformed(format!(
        "Resource {resource} must be in ARN format or \"*\"."
    )))
}

/// Refuses a resource that IAM would refuse in a policy of that partition.
pub(super) fn check(resource: &str, partition: &str) -> Result<(), Refusal> {
    if resource == "*" {
        return Ok(());
    }
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let part = |index: usize| parts.get(index).copied();
    let named = part(1).unwrap_or_default();
    if parts[0] != "arn" || !(named == "*" || PARTITIONS.contains(&named)) {
        let padded: Vec<&str> = (1..6).map(|index| part(index).unwrap_or("*")).collect();
        return Err(malformed(format!(
            "Partition \"{named}\" is not valid for resource \"arn:{}\".",
            padded.join(":")
        )));
    }
    if named != "*" && named != partition {
        return Err(malformed(format!(
            "Partition \"{named}\" is not valid for resource \"{resource}\"."
        )));
    }
    let vendor = part(2)
        .filter(|vendor| !vendor.contains(['*', '?']))
        .ok_or_else(|| {
            malformed("Resource vendor must be fully qualified and cannot contain regexes.")
        })?;
    check_service(resource, vendor, part(3), part(5))
}

/// The rules that only the ARNs of S3 and IAM have.
fn check_service(
    resource: &str,
    vendor: &str,
    region: Option<&str>,
    rest: Option<&str>,
) -> Result<(), Refusal> {
    let regional = region.is_some_and(|region| !region.is_empty() && region != "*");
    match vendor {
        "s3" if regional
            && !rest
                .is_some_and(|rest| rest.starts_with("accesspoint") || rest.starts_with("job")) =>
        {
            Err(malformed(format!(
                "Resource {resource} can not contain region information."
            )))
        }
        "iam" if regional => Err(malformed(format!(
            "IAM resource {resource} cannot contain region information."
        ))),
        "iam" => {
            let rest = rest.unwrap_or_default();
            let fits = rest.starts_with('*')
                || rest == "root"
                || rest.contains("${")
                || IAM_KINDS.iter().any(|kind| rest.starts_with(kind));
            if fits {
                return Ok(());
            }
            Err(malformed(format!(
                "IAM resource path must either be \"*\" or start with {}.",
                IAM_KINDS.join(", ")
            )))
        }
        _ => Ok(()),
    }
}
