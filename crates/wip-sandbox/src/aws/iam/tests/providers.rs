//! OpenID Connect providers.

use super::{PROVIDER, Params, all, ask, done, fields, refused};
use crate::aws::asking::{Asker, element, world};
use crate::{Options, Quotas, Sandbox};

const URL: &str = "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC";
const ARN: (&str, &str) = ("OpenIDConnectProviderArn", PROVIDER);

#[test]
fn a_provider_is_read_as_it_was_made() {
    let sandbox = world();
    let answer = done(
        &sandbox,
        "CreateOpenIDConnectProvider",
        &[
            ("Url", URL),
            ("ClientIDList.member.1", "sts.amazonaws.com"),
            ("Tags.member.1.Key", "k"),
            ("Tags.member.1.Value", "v"),
        ],
    );
    assert_eq!(element(&answer, "OpenIDConnectProviderArn"), PROVIDER);
    let answer = done(&sandbox, "GetOpenIDConnectProvider", &[ARN]);
    assert_eq!(
        fields(&answer, "GetOpenIDConnectProviderResult"),
        [
            "Url",
            "ClientIDList",
            "ThumbprintList",
            "CreateDate",
            "Tags"
        ]
    );
    assert_eq!(
        element(&answer, "Url"),
        "oidc.eks.eu-west-1.amazonaws.com/id/ABC",
        "without the scheme"
    );
    let members = all(&answer, "member");
    assert_eq!(members[0], "sts.amazonaws.com");
    assert_eq!(members[1].len(), 40, "IAM fills in a thumbprint");
    assert_eq!(
        all(&done(&sandbox, "ListOpenIDConnectProviders", &[]), "Arn"),
        [PROVIDER]
    );
}

#[test]
fn client_ids_are_added_and_removed_one_by_one_and_again() {
    let sandbox = world();
    done(
        &sandbox,
        "CreateOpenIDConnectProvider",
        &[("Url", URL), ("ClientIDList.member.1", "theirs")],
    );
    let ids = || {
        let answer = done(&sandbox, "GetOpenIDConnectProvider", &[ARN]);
        let mut members = all(&answer, "member");
        members.pop();
        members
    };
    for _ in 0..2 {
        done(
            &sandbox,
            "AddClientIDToOpenIDConnectProvider",
            &[ARN, ("ClientID", "sts.amazonaws.com")],
        );
        assert_eq!(ids(), ["theirs", "sts.amazonaws.com"]);
    }
    for _ in 0..2 {
        done(
            &sandbox,
            "RemoveClientIDFromOpenIDConnectProvider",
            &[ARN, ("ClientID", "theirs")],
        );
        assert_eq!(ids(), ["sts.amazonaws.com"]);
    }
    done(
        &sandbox,
        "UpdateOpenIDConnectProviderThumbprint",
        &[ARN, ("ThumbprintList.member.1", &"a".repeat(40))],
    );
    assert_eq!(
        all(
            &done(&sandbox, "GetOpenIDConnectProvider", &[ARN]),
            "member"
        )[1],
        "a".repeat(40)
    );
    done(
        &sandbox,
        "TagOpenIDConnectProvider",
        &[
            ARN,
            ("Tags.member.1.Key", "k"),
            ("Tags.member.1.Value", "v"),
        ],
    );
    done(
        &sandbox,
        "UntagOpenIDConnectProvider",
        &[ARN, ("TagKeys.member.1", "K")],
    );
    assert_eq!(
        all(&done(&sandbox, "GetOpenIDConnectProvider", &[ARN]), "Key").len(),
        0
    );
    for index in 1..100 {
        done(
            &sandbox,
            "AddClientIDToOpenIDConnectProvider",
            &[ARN, ("ClientID", &format!("id{index}"))],
        );
    }
    let (status, code, message) = refused(
        &sandbox,
        "AddClientIDToOpenIDConnectProvider",
        &[ARN, ("ClientID", "one more")],
    );
    assert_eq!((status, code.as_str()), (409, "LimitExceeded"));
    assert_eq!(
        message,
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"
    );
}

#[test]
fn a_provider_is_deleted_twice_but_not_read() {
    let sandbox = world();
    done(&sandbox, "CreateOpenIDConnectProvider", &[("Url", URL)]);
    done(&sandbox, "DeleteOpenIDConnectProvider", &[ARN]);
    done(&sandbox, "DeleteOpenIDConnectProvider", &[ARN]);
    let thumbprint = "a".repeat(40);
    let calls: [(&str, &[(&str, &str)]); 6] = [
        ("GetOpenIDConnectProvider", &[ARN]),
        (
            "AddClientIDToOpenIDConnectProvider",
            &[ARN, ("ClientID", "x")],
        ),
        (
            "RemoveClientIDFromOpenIDConnectProvider",
            &[ARN, ("ClientID", "x")],
        ),
        (
            "UpdateOpenIDConnectProviderThumbprint",
            &[ARN, ("ThumbprintList.member.1", &thumbprint)],
        ),
        (
            "TagOpenIDConnectProvider",
            &[
                ARN,
                ("Tags.member.1.Key", "k"),
                ("Tags.member.1.Value", "v"),
            ],
        ),
        (
            "UntagOpenIDConnectProvider",
            &[ARN, ("TagKeys.member.1", "k")],
        ),
    ];
    for (action, params) in calls {
        let (status, code, message) = refused(&sandbox, action, params);
        assert_eq!((status, code.as_str()), (404, "NoSuchEntity"), "{action}");
        assert_eq!(
            message,
            format!("OpenIDConnect Provider not found for arn {PROVIDER}")
        );
    }
}

#[test]
fn providers_that_iam_refuses_are_refused() {
    let sandbox = world();
    done(&sandbox, "CreateOpenIDConnectProvider", &[("Url", URL)]);
    let long = format!("https://a.example/{}", "x".repeat(238));
    let id = "x".repeat(256);
    let cases: [(Params<'_>, &str, &str); 12] = [
        (
            &[("Url", URL)],
            "EntityAlreadyExists",
            "Provider with url https://oidc.eks.eu-west-1.amazonaws.com/id/ABC already exists.",
        ),
        (
            &[("Url", "http://a.example")],
            "ValidationError",
            "Invalid Open ID Connect Provider URL",
        ),
        (
            &[("Url", "a.example")],
            "ValidationError",
            "Invalid Open ID Connect Provider URL",
        ),
        (
            &[("Url", "https://a.example:8443")],
            "ValidationError",
            "Invalid Open ID Connect Provider URL",
        ),
        (
            &[("Url", "https://a.example?x=1")],
            "ValidationError",
            "Invalid Open ID Connect Provider URL",
        ),
        (
            &[("Url", "https://a.example/#x")],
            "ValidationError",
            "Invalid Open ID Connect Provider URL",
        ),
        (
            &[("Url", "https://user@a.example")],
            "ValidationError",
            "Invalid Open ID Connect Provider URL",
        ),
        (
            &[("Url", "https://")],
            "ValidationError",
            "Invalid Open ID Connect Provider URL",
        ),
        (
            &[("Url", &long)],
            "ValidationError",
            "'url' failed to satisfy constraint: Member must have length less than or equal to 255",
        ),
        (
            &[("Url", "https://a.example"), ("ClientIDList.member.1", &id)],
            "ValidationError",
            "'clientID' failed",
        ),
        (
            &[
                ("Url", "https://a.example"),
                ("ThumbprintList.member.1", "abc"),
            ],
            "ValidationError",
            "'thumbprintList' failed",
        ),
        (
            &[
                ("Url", "https://a.example"),
                ("Tags.member.1.Key", "aws:x"),
                ("Tags.member.1.Value", ""),
            ],
            "InvalidInput",
            "aws:",
        ),
    ];
    for (params, code, fragment) in cases {
        let (_, got, message) = refused(&sandbox, "CreateOpenIDConnectProvider", params);
        assert_eq!(got, code, "{params:?}: {message}");
        assert!(message.contains(fragment), "{params:?}: {message}");
    }
    let thumbprint = "a".repeat(40);
    let names: Vec<String> = (1..7)
        .map(|index| format!("ThumbprintList.member.{index}"))
        .collect();
    let mut params = vec![("Url", "https://a.example")];
    params.extend(
        names
            .iter()
            .map(|name| (name.as_str(), thumbprint.as_str())),
    );
    assert_eq!(
        refused(&sandbox, "CreateOpenIDConnectProvider", &params).1,
        "InvalidInput"
    );
    params.pop();
    done(&sandbox, "CreateOpenIDConnectProvider", &params);
    let (_, code, message) = refused(
        &sandbox,
        "GetOpenIDConnectProvider",
        &[(
            "OpenIDConnectProviderArn",
            "arn:aws:iam::111122223333:role/x",
        )],
    );
    assert_eq!(
        (code.as_str(), message.as_str()),
        (
            "InvalidInput",
            "ARN arn:aws:iam::111122223333:role/x is not valid."
        )
    );
}

#[test]
fn an_account_holds_so_many_providers() {
    let quotas = Quotas {
        oidc_providers: 1,
        ..Quotas::default()
    };
    let sandbox = Sandbox::in_memory(Options {
        quotas,
        ..Options::default()
    });
    done(&sandbox, "CreateOpenIDConnectProvider", &[("Url", URL)]);
    let over = ask(
        &sandbox,
        "CreateOpenIDConnectProvider",
        &[("Url", "https://b.example")],
    );
    assert_eq!(
        element(&over, "Message"),
        "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 1"
    );
}

/// Of an issuer in a bucket of the world it is known whether IAM could read it; of any other, nothing is asked.
#[test]
fn an_issuer_that_nobody_can_read_gets_no_provider() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "eu-west-1");
    let place = "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";
    asker.s3("PUT /acme-oidc", &[], place);
    let url = "https://s3.eu-west-1.amazonaws.com/acme-oidc/edge";
    let asked = [("Url", url)];
    let is_refused = || {
        let answer = ask(&sandbox, "CreateOpenIDConnectProvider", &asked);
        (answer.status, element(&answer, "Code")) == (400, "OpenIdIdpCommunicationError".to_owned())
    };
    assert!(is_refused(), "no document");
    let key = "PUT /acme-oidc/edge/.well-known/openid-configuration";
    let document = r#"{"issuer":"I","jwks_uri":"I/keys.json"}"#;
    assert_eq!(asker.s3(key, &[], document).status, 200);
    assert!(is_refused(), "not everybody reads it");
    asker.s3("DELETE /acme-oidc?publicAccessBlock", &[], "");
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-oidc/edge/*"}}"#;
    assert_eq!(asker.s3("PUT /acme-oidc?policy", &[], policy).status, 204);
    assert_eq!(asker.s3(key, &[], "no JSON").status, 200);
    assert!(is_refused(), "no document but something else");
    assert_eq!(asker.s3(key, &[], document).status, 200);
    assert!(!is_refused(), "a document");
    let elsewhere = "https://s3.eu-west-1.amazonaws.com/another-bucket";
    done(
        &sandbox,
        "CreateOpenIDConnectProvider",
        &[("Url", elsewhere)],
    );
    let print = "0123456789012345678901234567890123456789";
    let known = [
        ("Url", "https://s3.eu-west-1.amazonaws.com/acme-oidc/other"),
        ("ThumbprintList.member.1", print),
    ];
    done(&sandbox, "CreateOpenIDConnectProvider", &known);
}
