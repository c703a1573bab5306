//! `AssumeRoleWithWebIdentity`: whoever brings a token of an issuer that the account knows becomes a session of a role that trusts it.
//!
//! Sources: `AssumeRoleWithWebIdentity` in botocore's model of `sts`; "OIDC federation" in the IAM user guide (five minutes of patience with clocks); "Available keys for AWS OIDC federation" in the same guide; messages as STS is quoted with in public issue threads.
//! Not here: `azp`, tags in tokens, issuers that cannot be reached (`IDPCommunicationError`: set a fault).

use wip_policy::Principal;

use super::asked::{Asked, check_length, null};
use super::sessions::issue;
use crate::aws::access;
use crate::aws::call::{Call, Refusal, clock};
use crate::aws::iam::permissions;
use crate::aws::identity::Session;
use crate::aws::query::{self, Params};
use crate::aws::tokens::{self, Jwt};
use crate::http::Answer;

/// How much longer than it says a token is taken.
const PATIENCE: i64 = 300;
const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

pub(super) fn assume(call: &mut Call<'_>, params: &Params) -> Result<Answer, Refusal> {
    let asked = Asked::read(call, params)?;
    let token = params
        .text("WebIdentityToken")
        .ok_or_else(|| null("webIdentityToken"))?;
    check_length("webIdentityToken", token, 4, 20_000)?;
    let (account, role) = asked.role(call)?;
    let jwt = Jwt::read(token).ok_or_else(not_a_token)?;
    let vouched = verified(call, account, &jwt)?;
    // Also where there is no such role.
    let denied = || {
        Refusal::new(
            403,
            "AccessDenied",
            format!("Not authorized to perform {ACTION}"),
        )
    };
    let role = role.ok_or_else(denied)?;
    let trust = permissions::trust(call, &role);
    let context = access::request_keys(call, account)
        .with(&format!("{}:aud", vouched.url), [vouched.audience.as_str()])
        .with(&format!("{}:sub", vouched.url), [vouched.subject.as_str()])
        .with("sts:RoleSessionName", [asked.name])
        .with("sts:DurationSeconds", [asked.seconds.to_string()]);
    let provider = Principal::Federated {
        provider: vouched.provider.clone(),
    };
    let verdict = access::trusts(&trust, &provider, &context, (&[ACTION], asked.role));
    if !verdict.is_allowed() {
        return Err(denied());
    }
    asked.check_time(&role)?;
    let session = Session {
        provider: Some(vouched.provider.clone()),
        ..Session::default()
    };
    let issued = issue(call, &role, asked, session);
    let expiration = issued.expiration()?;
    Ok(query::result(call, |xml| {
        issued.write(xml, &expiration);
        xml.text("SubjectFromWebIdentityToken", &vouched.subject);
        xml.text("Provider", &vouched.provider);
        xml.text("Audience", &vouched.audience);
    }))
}

/// What a token says that is believed.
struct Vouched {
    /// ARN of the provider.
    provider: String,
    /// URL of the issuer without `https://`.
    url: String,
    audience: String,
    subject: String,
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "InvalidIdentityToken", message)
}

/// Words: 99designs/aws-vault and others, quoted from STS.
fn not_a_token() -> Refusal {
    invalid(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    )
}

/// Words: the documentation of `InvalidIdentityTokenException` in botocore's model of `sts`.
fn not_validated() -> Refusal {
    invalid(
        "The web identity token that was passed could not be validated by Amazon Web Services. Get a new identity token from the identity provider and then retry the request.",
    )
}

fn verified(call: &mut Call<'_>, account: &str, jwt: &Jwt) -> Result<Vouched, Refusal> {
    let issuer = jwt.text("iss").ok_or_else(not_a_token)?;
    let url = issuer.strip_prefix("https://").unwrap_or(issuer);
    let known = permissions::provider(call.db, account, url);
    let Some((provider, client_ids)) = known else {
        return Err(invalid(format!(
            "No OpenIDConnect provider found in your account for {issuer}"
        )));
    };
    let audience = jwt
        .audiences()
        .into_iter()
        .find(|audience| client_ids.iter().any(|id| id == audience))
        .ok_or_else(|| invalid("Incorrect token audience"))?
        .to_owned();
    let subject = jwt.text("sub").ok_or_else(not_a_token)?.to_owned();
    let keys = tokens::keys_of(call.db, issuer)
        .filter(|keys| jwt.names_one_of(keys))
        .ok_or_else(|| {
            // Words: aws/aws-cli#7194, with both spaces.
            invalid("Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
        })?;
    if !jwt.is_signed_by(&keys) {
        return Err(not_validated());
    }
    check_times(jwt)?;
    Ok(Vouched {
        provider,
        url: url.to_owned(),
        audience,
        subject,
    })
}

fn check_times(jwt: &Jwt) -> Result<(), Refusal> {
    let now = clock();
    let seconds = |claim: &str| jwt.seconds(claim).map_err(|()| not_validated());
    let expires = seconds("exp")?.ok_or_else(not_validated)?;
    if now >= expires.saturating_add(PATIENCE) {
        // Words: aws/aws-sdk-java-v2#5709.
        return Err(Refusal::new(
            400,
            "ExpiredTokenException",
            format!(
                "Token expired: current date/time {now} must be before the expiration date/time {expires}"
            ),
        ));
    }
    let begins = seconds("nbf")?.max(seconds("iat")?);
    if begins.is_some_and(|begins| begins.saturating_sub(PATIENCE) > now) {
        return Err(not_validated());
    }
    Ok(())
}
