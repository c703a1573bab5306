//! Who calls: service, region and caller from the form of the signature (Signature Version 4).
//!
//! The signature itself is not verified; a request without one, or with one of another form, is refused as AWS refuses it.
//! Not here: what a caller may do (`access`).

use super::call::{Caller, Refusal, Service, Who, base32_id, clock, partition_of};
use crate::Options;
use crate::db::Db;
use crate::http::Request;

/// What a signature's credential scope says.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) key_id: String,
    pub(crate) region: String,
    pub(crate) service: Service,
}

/// A session that our STS issued, kept under its access key id.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Session {
    pub(crate) account: String,
    pub(crate) arn: String,
    /// The role's unique id, a colon, and the session's name.
    pub(crate) user_id: String,
    /// ARN of the role.
    pub(crate) role: String,
    /// Session tags, keys and values.
    pub(crate) tags: Vec<(String, String)>,
    /// Keys of the tags that the sessions inherit which this one begets.
    pub(crate) transitive: Vec<String>,
    /// Session policies; `None` where none were passed.
    pub(crate) policies: Option<Vec<String>>,
    /// ARN of the OIDC provider that vouched for whom the session is.
    pub(crate) provider: Option<String>,
    /// Seconds since 1970.
    pub(crate) issued: i64,
    /// Seconds since 1970; zero where a session does not end.
    pub(crate) expires: i64,
}

impl Session {
    /// The unique id of the role.
    pub(crate) fn role_id(&self) -> &str {
        self.user_id.split(':').next().unwrap_or_default()
    }
}

/// Where a session is kept: bookkeeping, since how often somebody asks for one is not part of the world.
pub(crate) fn session_key(key_id: &str) -> String {
    format!("sandbox/session/{key_id}")
}

/// Reads the signature of a request.
///
/// Sources: "Signature Version 4 signing process" and "Common errors" of the IAM, KMS and S3 API references.
pub(crate) fn signed(request: &Request) -> Result<Signed, Refusal> {
    let Some(header) = request.header("authorization") else {
        return by_nobody(request);
    };
    let incomplete = |what: &str| {
        let message = format!(
            "Authorization header requires {what}. Authorization={}",
            redacted(header)
        );
        match guess(request) {
            Service::S3 => Refusal::new(
                400,
                "AuthorizationHeaderMalformed",
                format!(
                    "The authorization header is malformed; the authorization header requires {what}."
                ),
            ),
            Service::Iam | Service::Sts => Refusal::new(400, "IncompleteSignature", message),
            _ => Refusal::new(400, "IncompleteSignatureException", message),
        }
    };
    let Some(rest) = header.strip_prefix("AWS4-HMAC-SHA256 ") else {
        return Err(incomplete("'AWS4-HMAC-SHA256'"));
    };
    let part = |name: &str| {
        rest.split(',')
            .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let Some(credential) = part("Credential") else {
        return Err(incomplete("'Credential' parameter"));
    };
    let signature = part("Signature").unwrap_or_default();
    if signature.len() != 64 || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(incomplete("'Signature' parameter"));
    }
    if part("SignedHeaders").is_none_or(str::is_empty) {
        return Err(incomplete("'SignedHeaders' parameter"));
    }
    if request
        .header("x-amz-date")
        .or(request.header("date"))
        .is_none()
    {
        return Err(incomplete(
            "existence of either a 'X-Amz-Date' or a 'Date' header",
        ));
    }
    let scope: Vec<&str> = credential.split('/').collect();
    let [key_id, date, region, service, "aws4_request"] = scope[..] else {
        return Err(incomplete(
            "a credential scope of the form KEY/DATE/REGION/SERVICE/aws4_request",
        ));
    };
    if date.len() != 8 || !date.bytes().all(|byte| byte.is_ascii_digit()) || key_id.is_empty() {
        return Err(incomplete(
            "a credential scope of the form KEY/DATE/REGION/SERVICE/aws4_request",
        ));
    }
    let Some(service) = Service::named(service) else {
        let message = format!("the sandbox does not serve {service}");
        return Err(Refusal::new(403, "SignatureDoesNotMatch", message));
    };
    Ok(Signed {
        key_id: key_id.to_owned(),
        region: region.to_owned(),
        service,
    })
}

/// The caller behind a signature.
///
/// An access key id of 12 digits is that account, one that our STS issued is its session, any other is the default account.
pub(crate) fn caller(db: &Db, options: &Options, signed: &Signed) -> Result<Caller, Refusal> {
    let key_id = signed.key_id.as_str();
    if key_id.is_empty() {
        return Ok(Caller {
            account: String::new(),
            arn: String::new(),
            user_id: String::new(),
            who: Who::Nobody,
        });
    }
    if let Some(session) = db.get::<Session>(&session_key(key_id)) {
        if session.expires != 0 && session.expires <= clock() {
            return Err(expired(signed.service));
        }
        return Ok(Caller {
            account: session.account.clone(),
            arn: session.arn.clone(),
            user_id: session.user_id.clone(),
            who: Who::Session(Box::new(session)),
        });
    }
    if key_id.starts_with("ASIA") {
        return Err(match signed.service {
            Service::S3 => Refusal::new(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            ),
            Service::Iam | Service::Sts => Refusal::new(
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            ),
            _ => Refusal::new(
                403,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
        });
    }
    let is_account = key_id.len() == 12 && key_id.bytes().all(|byte| byte.is_ascii_digit());
    let account = if is_account {
        key_id
    } else {
        options.default_account.as_str()
    };
    Ok(Caller {
        account: account.to_owned(),
        arn: format!(
            "arn:{}:iam::{account}:user/{USER}",
            partition_of(&signed.region)
        ),
        user_id: format!("AIDA{}", base32_id(&[account, "user", USER], 17)),
        who: Who::User,
    })
}

/// Sources: "Common errors" of the IAM and STS API references; "Error responses" of the S3 API reference.
fn expired(service: Service) -> Refusal {
    match service {
        Service::S3 => Refusal::new(400, "ExpiredToken", "The provided token has expired."),
        Service::Iam | Service::Sts => Refusal::new(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        ),
        _ => Refusal::new(
            400,
            "ExpiredTokenException",
            "The security token included in the request is expired",
        ),
    }
}

/// A request without a signature, where the service takes it from anybody; its key id is empty.
///
/// Sources: "Making requests using unsigned requests" in the S3 user guide; `AssumeRoleWithWebIdentity` in botocore's model of `sts` (`authtype: none`), whose role says where it is.
fn by_nobody(request: &Request) -> Result<Signed, Refusal> {
    let service = guess(request);
    let region = match service {
        Service::S3 => String::new(),
        Service::Sts if super::query::operation(request) == "AssumeRoleWithWebIdentity" => {
            let params = super::query::Params::of(request);
            let partition = params.text("RoleArn").and_then(|arn| arn.split(':').nth(1));
            match partition {
                Some("aws-cn") => "cn-north-1",
                Some("aws-us-gov") => "us-gov-west-1",
                _ => "us-east-1",
            }
            .to_owned()
        }
        _ => return Err(unsigned(service)),
    };
    Ok(Signed {
        key_id: String::new(),
        region,
        service,
    })
}

/// The one user of every account.
pub(crate) const USER: &str = "sandbox";

/// The service that a request without a signature seems to be for.
pub(crate) fn guess(request: &Request) -> Service {
    let scope = request
        .header("authorization")
        .and_then(|header| header.split('/').nth(3));
    if let Some(service) = scope.and_then(Service::named) {
        return service;
    }
    match request.header("x-amz-target") {
        Some(target) if target.starts_with("TrentService.") => return Service::Kms,
        Some(target) if target.starts_with("secretsmanager.") => return Service::SecretsManager,
        Some(target) if target.starts_with("AmazonSSM.") => return Service::ParameterStore,
        Some(_) => return Service::ServiceQuotas,
        None => {}
    }
    let form = request
        .header("content-type")
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    if request.path == "/" && (form || request.query_value("Action").is_some()) {
        let sts = super::query::Params::of(request).text("Version") == Some("2011-06-15");
        return if sts { Service::Sts } else { Service::Iam };
    }
    if request.path.ends_with("/assume-role-for-pod-identity") {
        Service::EksAuth
    } else if request.path.starts_with("/clusters") {
        Service::Eks
    } else {
        Service::S3
    }
}

fn unsigned(service: Service) -> Refusal {
    match service {
        Service::Iam | Service::Sts => Refusal::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
        Service::Eks | Service::EksAuth => Refusal::new(
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        Service::S3
        | Service::Kms
        | Service::ServiceQuotas
        | Service::SecretsManager
        | Service::ParameterStore => Refusal::new(
            400,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
    }
}

/// The header without what it signs with.
fn redacted(header: &str) -> &str {
    header.split("Signature=").next().unwrap_or_default()
}
