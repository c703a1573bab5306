//! What AWS's error codes mean: one table from code and message to [`Class`].
//!
//! Owns the turn from an SDK error into a [`CloudError`].
//! Decides nothing about what to do then: `wip_provider::retry` and the kinds do.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use wip_provider::{Class, CloudError};

use aws_sdk_iam::operation::RequestId as _;

/// One line of the table: code, a part of the call's name, a part of the message, the class.
///
/// The first line that fits counts; an empty part fits everything.
type Line = (&'static str, &'static str, &'static str, Class);

/// Codes and what they mean.
///
/// Sources: the `errors` of each operation in the API references of IAM, STS, S3, KMS, EKS and Service Quotas, "Common
/// errors" of each, and the list of throttling codes in "Retry behavior" of the AWS SDKs and Tools reference guide.
const TABLE: &[Line] = &[
    // A principal that was made a moment ago is refused as one that does not exist (PutKeyPolicy API reference).
    (
        "MalformedPolicyDocument",
        "",
        "nvalid principal",
        Class::NotYet,
    ),
    (
        "MalformedPolicyDocumentException",
        "",
        "nvalid principal",
        Class::NotYet,
    ),
    ("MalformedPolicy", "", "nvalid principal", Class::NotYet),
    // IAM: "Wait a few minutes and submit your request again".
    ("ConcurrentModification", "", "", Class::NotYet),
    ("ConcurrentModificationException", "", "", Class::NotYet),
    // S3: "A conflicting conditional operation is currently in progress against this resource. Try again."
    ("OperationAborted", "", "", Class::NotYet),
    // S3, PutObject: "On a 409 failure you should retry the upload."
    ("ConditionalRequestConflict", "", "", Class::NotYet),
    ("PreconditionFailed", "", "", Class::Conflict),
    // IAM reads the documents of an issuer that were published a moment ago (CreateOpenIDConnectProvider).
    ("OpenIdIdpCommunicationError", "", "", Class::NotYet),
    (
        "OpenIdIdpCommunicationErrorException",
        "",
        "",
        Class::NotYet,
    ),
    // EKS: a role that was made a moment ago (hashicorp/terraform-provider-aws#34717).
    (
        "InvalidParameterException",
        "PodIdentityAssociation",
        "Role provided in the request does not exist",
        Class::NotYet,
    ),
    (
        "ResourceInUseException",
        "PodIdentityAssociation",
        "",
        Class::Conflict,
    ),
    // Everything that hangs on the role was taken off before the call, so this is only not visible yet.
    ("DeleteConflict", "iam:DeleteRole", "", Class::NotYet),
    ("DeleteConflict", "", "", Class::Conflict),
    ("NoSuchEntity", "", "", Class::Missing),
    ("NoSuchEntityException", "", "", Class::Missing),
    ("NoSuchBucket", "", "", Class::Missing),
    ("NoSuchBucketPolicy", "", "", Class::Missing),
    ("NoSuchKey", "", "", Class::Missing),
    (
        "NoSuchPublicAccessBlockConfiguration",
        "",
        "",
        Class::Missing,
    ),
    (
        "NoSuchPublicAccessBlockConfiguration",
        "",
        "",
        Class::Missing,
    ),
    ("NoSuchTagSet", "", "", Class::Missing),
    (
        "ServerSideEncryptionConfigurationNotFoundError",
        "",
        "",
        Class::Missing,
    ),
    ("NoSuchResourceException", "", "", Class::Missing),
    ("ResourceNotFoundException", "", "", Class::Missing),
    ("NotFoundException", "", "", Class::Missing),
    ("NotFound", "", "", Class::Missing),
    ("BucketAlreadyOwnedByYou", "", "", Class::Conflict),
    // Another account's, for good.
    ("BucketAlreadyExists", "", "", Class::Final),
    // What is in it is nobody's to delete here.
    ("BucketNotEmpty", "", "", Class::Final),
    ("EntityAlreadyExists", "", "", Class::Conflict),
    ("EntityAlreadyExistsException", "", "", Class::Conflict),
    ("AccessDenied", "", "", Class::Denied),
    ("AccessDeniedException", "", "", Class::Denied),
    ("AllAccessDisabled", "", "", Class::Denied),
    ("AuthFailure", "", "", Class::Denied),
    ("ExpiredToken", "", "", Class::Denied),
    ("ExpiredTokenException", "", "", Class::Denied),
    ("Forbidden", "", "", Class::Denied),
    ("InvalidAccessKeyId", "", "", Class::Denied),
    ("InvalidClientTokenId", "", "", Class::Denied),
    ("MissingAuthenticationToken", "", "", Class::Denied),
    ("MissingAuthenticationTokenException", "", "", Class::Denied),
    ("OptInRequired", "", "", Class::Denied),
    ("SignatureDoesNotMatch", "", "", Class::Denied),
    ("UnauthorizedOperation", "", "", Class::Denied),
    ("UnrecognizedClientException", "", "", Class::Denied),
    ("BandwidthLimitExceeded", "", "", Class::Throttled),
    ("PriorRequestNotComplete", "", "", Class::Throttled),
    ("RequestLimitExceeded", "", "", Class::Throttled),
    ("RequestThrottled", "", "", Class::Throttled),
    ("RequestThrottledException", "", "", Class::Throttled),
    ("SlowDown", "", "", Class::Throttled),
    ("ThrottledException", "", "", Class::Throttled),
    ("Throttling", "", "", Class::Throttled),
    ("ThrottlingException", "", "", Class::Throttled),
    ("TooManyRequestsException", "", "", Class::Throttled),
    // S3: the connection was idle for too long while the request was being sent.
    ("RequestTimeout", "", "", Class::Broken),
    ("RequestTimeoutException", "", "", Class::Broken),
    ("DependencyTimeoutException", "", "", Class::Unavailable),
    ("InternalError", "", "", Class::Unavailable),
    ("InternalFailure", "", "", Class::Unavailable),
    ("InternalServiceError", "", "", Class::Unavailable),
    ("KMSInternalException", "", "", Class::Unavailable),
    ("ServerException", "", "", Class::Unavailable),
    ("ServiceException", "", "", Class::Unavailable),
    ("ServiceFailure", "", "", Class::Unavailable),
    ("ServiceFailureException", "", "", Class::Unavailable),
    ("ServiceUnavailable", "", "", Class::Unavailable),
    ("ServiceUnavailableException", "", "", Class::Unavailable),
];

/// The class of an answer: by its code, and by its HTTP status where the table does not know the code.
///
/// S3 answers HeadBucket without a body, so without a code ("HeadBucket", Amazon S3 API reference).
fn class(call: &str, code: &str, message: &str, status: u16) -> Class {
    let fits = |line: &&Line| line.0 == code && call.contains(line.1) && message.contains(line.2);
    if let Some(line) = TABLE.iter().find(fits) {
        return line.3;
    }
    match status {
        401 | 403 => Class::Denied,
        404 => Class::Missing,
        429 => Class::Throttled,
        // Done, perhaps, and said in a way that nobody understands: as good as an answer that was lost.
        status if is_success(status) => Class::Broken,
        500.. => Class::Unavailable,
        _ => Class::Final,
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// The error of one attempt of `call`.
pub(crate) fn cloud_error<E>(call: &str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let request_id = error.request_id().map(str::to_owned);
    let (class, code, message) = match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or_default();
            let message = answer.err().message().unwrap_or_default();
            let status = answer.raw().status().as_u16();
            let words = match (message, code) {
                ("", "") if is_success(status) => "an answer that cannot be read".to_owned(),
                ("", "") => format!("HTTP {status}"),
                ("", _) => format!("HTTP {status} without a message"),
                (message, _) => message.to_owned(),
            };
            (class(call, code, message, status), code, words)
        }
        SdkError::TimeoutError(_) => (Class::Broken, "", "no answer in time".to_owned()),
        SdkError::ResponseError(answer) => match answer.raw().status().as_u16() {
            429 => (Class::Throttled, "", "HTTP 429".to_owned()),
            status @ 500.. => (Class::Unavailable, "", format!("HTTP {status}")),
            _ => (
                Class::Broken,
                "",
                format!("an answer that cannot be read: {}", chain(error)),
            ),
        },
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => {
            (Class::Broken, "", chain(error))
        }
        // No credentials found, a profile that does not exist, a role that may not be assumed.
        SdkError::DispatchFailure(_) if is_about_credentials(error) => {
            (Class::Denied, "", chain(error))
        }
        // A connection that closed in the middle counts as `other`.
        SdkError::DispatchFailure(failure) if failure.is_other() => {
            (Class::Broken, "", chain(error))
        }
        _ => (Class::Final, "", chain(error)),
    };
    CloudError {
        class,
        call: call.to_owned(),
        code: Some(code.to_owned()).filter(|code| !code.is_empty()),
        message: without_request(message),
        request_id,
        retry_after: None,
    }
}

/// A message without what AWS repeats in it of a request whose signature it refuses: the headers, so the session token too.
///
/// Source: "Troubleshoot Signature Version 4 signing for AWS API requests" (IAM User Guide).
fn without_request(mut message: String) -> String {
    let lower = message.to_ascii_lowercase();
    let repeats = [
        "the canonical string",
        "authorization header: ",
        "authorization=",
    ];
    if let Some(start) = repeats.iter().filter_map(|words| lower.find(words)).min() {
        message.truncate(message[..start].trim_end().len());
        message.push_str(" …");
    }
    message
}

/// Whether the request never left because there were no credentials to sign it with.
fn is_about_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<CredentialsError>() {
            return true;
        }
        next = cause.source();
    }
    false
}

/// The innermost causes, in words: the outer ones only say "dispatch failure".
fn chain(error: &dyn Error) -> String {
    let mut words = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        words.push(cause.to_string());
        next = cause.source();
    }
    words.dedup();
    match words.is_empty() {
        true => error.to_string(),
        false => words.join(": "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_and_the_call_count_where_the_code_is_not_enough() {
        let malformed = |message| class("iam:CreateRole", "MalformedPolicyDocument", message, 400);
        let fresh = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/a\"";
        assert_eq!(malformed(fresh), Class::NotYet);
        assert_eq!(malformed("Syntax errors in policy."), Class::Final);
        let of_key = |message| {
            let code = "MalformedPolicyDocumentException";
            class("kms:PutKeyPolicy", code, message, 400)
        };
        let fresh = "Policy contains a statement with one or more invalid principals.";
        assert_eq!(of_key(fresh), Class::NotYet);
        assert_eq!(of_key(crate::statements::LOCKED_OUT), Class::Final);
        assert_eq!(
            class("iam:DeleteRole", "DeleteConflict", "", 409),
            Class::NotYet
        );
        assert_eq!(
            class("iam:DeletePolicy", "DeleteConflict", "", 409),
            Class::Conflict
        );
    }

    #[test]
    fn the_status_counts_where_there_is_no_code() {
        let head = |status| class("s3:HeadBucket", "", "", status);
        assert_eq!(head(403), Class::Denied);
        assert_eq!(head(404), Class::Missing);
        assert_eq!(head(503), Class::Unavailable);
        assert_eq!(head(400), Class::Final);
        assert_eq!(head(200), Class::Broken);
    }

    #[test]
    fn what_aws_repeats_of_a_request_is_cut_off() {
        let cut = |message: &str| without_request(message.to_owned());
        let signature = "The request signature we calculated does not match. The Canonical String for this request should have been\n'x-amz-security-token:abc'";
        assert_eq!(
            cut(signature),
            "The request signature we calculated does not match. …"
        );
        let expired = "Signature expired: 20250101T000000Z is now earlier than 20250101T001000Z";
        assert_eq!(cut(expired), expired);
    }

    #[test]
    fn missing_credentials_are_final_and_a_closed_connection_is_not() {
        use aws_sdk_iam::operation::get_role::GetRoleError;
        use aws_smithy_runtime_api::client::result::ConnectorError;

        let failed = |cause: ConnectorError| {
            let error = SdkError::<GetRoleError, HttpResponse>::dispatch_failure(cause);
            cloud_error("iam:GetRole", &error).class
        };
        let none = CredentialsError::not_loaded("no credentials found in chain");
        assert_eq!(
            failed(ConnectorError::other(none.into(), None)),
            Class::Denied
        );
        let closed = "connection closed before message completed";
        assert_eq!(
            failed(ConnectorError::other(closed.into(), None)),
            Class::Broken
        );
        assert_eq!(failed(ConnectorError::user("http".into())), Class::Final);
    }
}
