//! The refusals of S3, one by one, and what it says when it does not refuse.

use serde_json::{Value, json};

use crate::aws::asking::{ACCOUNT, Asker, element, text, world};
use crate::http::Answer;
use crate::{BucketSeed, Sandbox, Seed};

const OTHER: &str = "444455556666";

fn create(asker: &Asker<'_>, name: &str) {
    let answer = asker.s3(&format!("PUT /{name}"), &[], "");
    assert_eq!(answer.status, 200, "{}", text(&answer));
}

fn configuration(constraint: &str) -> String {
    format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{constraint}</LocationConstraint></CreateBucketConfiguration>"
    )
}

fn statement() -> Value {
    json!({
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::999988887777:role/backup" },
        "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::abc",
    })
}

fn policy(statement: &Value) -> String {
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

/// The statement with members set, or taken out where the value is null.
fn with(changes: &Value) -> Value {
    let mut statement = statement();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(name);
        } else {
            statement[name] = value.clone();
        }
    }
    statement
}

fn put_policy(asker: &Asker<'_>, policy: &str) -> Answer {
    asker.s3("PUT /abc?policy", &[], policy)
}

fn refused(answer: &Answer, status: u16, code: &str, message: &str, what: &str) {
    let said = (
        answer.status,
        element(answer, "Code"),
        element(answer, "Message"),
    );
    assert_eq!(
        said,
        (status, code.to_owned(), message.to_owned()),
        "{what}"
    );
}

#[test]
fn policies_that_are_refused() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    asker.make_role("there");
    let documents = [
        (
            "",
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        (
            " {}",
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        (
            "[]",
            "Policies must be valid JSON and the first byte must be '{'",
        ),
        ("{", "This policy contains invalid Json"),
        (
            r#"{"Statement":[],"Statement":[]}"#,
            "This policy contains invalid Json",
        ),
        ("{}", "Missing required field Statement"),
        (
            r#"{"Statement":[]}"#,
            "Could not parse the policy: Statement is empty!",
        ),
        (r#"{"Statement":["x"]}"#, "Invalid policy syntax."),
        (r#"{"Statements":[]}"#, "Unknown field Statements"),
        (
            r#"{"Version":"2012-10-18","Statement":[]}"#,
            "The policy must contain a valid version string",
        ),
        (r#"{"Id":1,"Statement":[]}"#, "Invalid policy syntax."),
    ];
    for (document, message) in documents {
        refused(
            &put_policy(&asker, document),
            400,
            "MalformedPolicy",
            message,
            document,
        );
    }
    let statements = [
        (json!({ "Effect": null }), "Missing required field Effect"),
        (json!({ "Effect": "allow" }), "Invalid effect: allow"),
        (
            json!({ "Principal": null }),
            "Missing required field Principal",
        ),
        (json!({ "Action": null }), "Missing required field Action"),
        (
            json!({ "Resource": null }),
            "Missing required field Resource",
        ),
        (json!({ "Resources": [] }), "Unknown field Resources"),
        (json!({ "Sid": 1 }), "Invalid policy syntax."),
        (json!({ "NotPrincipal": "*" }), "Invalid policy syntax."),
        (json!({ "Action": 1 }), "Invalid policy syntax."),
        (
            json!({ "Action": "ListBucket" }),
            "Policy has invalid action",
        ),
        (json!({ "Action": [] }), "Policy has invalid action"),
        (
            json!({ "Action": "s3:ListBuckets" }),
            "Policy has invalid action",
        ),
        (
            json!({ "Action": "s3:CreateBucket" }),
            "Policy has invalid action",
        ),
        (
            json!({ "Action": ["s3:ListBucket", "kms:Decrypt"] }),
            "Policy has invalid action",
        ),
        (json!({ "Resource": "*" }), "Policy has invalid resource"),
        (json!({ "Resource": [] }), "Policy has invalid resource"),
        (
            json!({ "Resource": "arn:aws:s3:::other" }),
            "Policy has invalid resource",
        ),
        (
            json!({ "Resource": "arn:aws:s3:::abcd/*" }),
            "Policy has invalid resource",
        ),
        (
            json!({ "Resource": "arn:aws-cn:s3:::abc" }),
            "Policy has invalid resource",
        ),
        (
            json!({ "Resource": "arn:aws:s3:us-east-1::abc" }),
            "Policy has invalid resource",
        ),
        (
            json!({ "Resource": "arn:aws:s3:::abc/*" }),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            json!({ "Action": "s3:GetObject" }),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            json!({ "Action": ["s3:PutObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::abc/*" }),
            "Action does not apply to any resource(s) in statement",
        ),
        (
            json!({ "Principal": "arn:aws:iam::999988887777:root" }),
            "Invalid principal in policy",
        ),
        (json!({ "Principal": {} }), "Invalid principal in policy"),
        (
            json!({ "Principal": { "AWS": [] } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "backup" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "99998888777" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/gone" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/path/there" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::111122223333:role/*" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::999988887777:group/g" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws-cn:iam::999988887777:root" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:sts::111122223333:assumed-role/gone/s" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "AWS": "AROAAAAAAAAAAAAAAAAAA" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "Service": "backup" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "Federated": "accounts.example.com" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "CanonicalUser": "abc" } }),
            "Invalid principal in policy",
        ),
        (
            json!({ "Principal": { "Robot": "abc" } }),
            "Invalid principal in policy",
        ),
        (json!({ "Condition": [] }), "Invalid policy syntax."),
        (
            json!({ "Condition": { "Like": { "s3:prefix": "a" } } }),
            "Invalid Condition type : Like",
        ),
        (
            json!({ "Condition": { "StringLike": { "s3:prefixes": "a" } } }),
            "Policy has an invalid condition key",
        ),
        (
            json!({ "Condition": { "StringLike": { "oidc.example.com:sub": "a" } } }),
            "Policy has an invalid condition key",
        ),
        (
            json!({ "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/33" } } }),
            "Invalid IP address in Conditions",
        ),
        (
            json!({
                "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                "Condition": { "StringLike": { "s3:prefix": "a" } },
            }),
            "Conditions do not apply to combination of actions and resources in statement",
        ),
    ];
    for (changes, message) in statements {
        let answer = put_policy(&asker, &policy(&with(&changes)));
        refused(
            &answer,
            400,
            "MalformedPolicy",
            message,
            &changes.to_string(),
        );
    }
    let large = policy(&with(&json!({ "Sid": "x".repeat(20 * 1024) })));
    let message = "Policy exceeds the maximum allowed document size.";
    refused(
        &put_policy(&asker, &large),
        400,
        "PolicyTooLarge",
        message,
        "large",
    );
    let left = asker.s3("GET /abc?policy", &[], "");
    refused(
        &left,
        404,
        "NoSuchBucketPolicy",
        "The bucket policy does not exist",
        "nothing was stored",
    );
}

#[test]
fn policies_that_are_taken() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    asker.make_role("there");
    for changes in [
        json!({}),
        json!({ "Sid": "any text" }),
        json!({ "Action": "s3:*", "Resource": ["arn:aws:s3:::abc", "arn:aws:s3:::abc/*"] }),
        json!({ "Action": "S3:list*" }),
        json!({ "Action": "*", "Resource": "arn:aws:s3:::abc*" }),
        json!({ "Principal": { "AWS": ["arn:aws:iam::111122223333:role/there", "999988887777"] } }),
        json!({ "Principal": { "AWS": "arn:aws:iam::999988887777:user/alice" } }),
        json!({ "Principal": { "Service": "logging.s3.amazonaws.com" } }),
        json!({ "Effect": "Deny", "Principal": "*", "Condition": { "Bool": { "aws:SecureTransport": false } } }),
        json!({ "Condition": { "StringLikeIfExists": { "s3:prefix": ["a", "b/*"] } } }),
        json!({ "Condition": { "StringEquals": { "s3:ResourceAccount": "111122223333" } } }),
    ] {
        let policy = policy(&with(&changes));
        let answer = put_policy(&asker, &policy);
        assert_eq!(answer.status, 204, "{changes}: {}", text(&answer));
        assert_eq!(text(&asker.s3("GET /abc?policy", &[], "")), policy);
    }
    let odd = "{ \"Statement\" : {\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:role\\/there\"},\n \"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":\"arn:aws:s3:::abc\"} }\n";
    assert_eq!(put_policy(&asker, odd).status, 204);
    let answer = asker.s3("GET /abc?policy", &[], "");
    assert_eq!(text(&answer), odd, "byte for byte");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(asker.s3("DELETE /abc?policy", &[], "").status, 204);
    assert_eq!(asker.s3("DELETE /abc?policy", &[], "").status, 204);
}

#[test]
fn a_deleted_role_is_shown_by_its_id() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    asker.make_role("there");
    let arn = "arn:aws:iam::111122223333:role/there";
    let before = policy(&with(
        &json!({ "Principal": { "AWS": ["999988887777", arn] }, "Sid": arn }),
    ));
    assert_eq!(put_policy(&asker, &before).status, 204);
    let shown = || text(&asker.s3("GET /abc?policy", &[], ""));
    assert_eq!(shown(), before);
    asker.iam("Action=DeleteRole&RoleName=there");
    let orphan = shown();
    let id: Value = serde_json::from_str(&orphan).unwrap();
    let id = id["Statement"][0]["Principal"]["AWS"][1]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(id.starts_with("AROA") && id.len() == 21, "{id}");
    let place = format!("\"999988887777\",\"{arn}\"");
    assert_eq!(
        orphan,
        before.replace(&place, &format!("\"999988887777\",\"{id}\"")),
        "nothing else changed"
    );
    asker.make_role("there");
    assert_eq!(shown(), orphan, "a new role of that name is another role");
    let message = "Invalid principal in policy";
    refused(
        &put_policy(&asker, &orphan),
        400,
        "MalformedPolicy",
        message,
        "an orphan is not taken back",
    );
    assert_eq!(put_policy(&asker, &before).status, 204);
    assert_eq!(shown(), before);
}

#[test]
fn public_policies_are_blocked() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let public = policy(&with(&json!({ "Principal": "*" })));
    let message = "User: arn:aws:iam::111122223333:user/sandbox is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::abc\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.";
    refused(
        &put_policy(&asker, &public),
        403,
        "AccessDenied",
        message,
        "blocked",
    );
    assert_eq!(
        asker.s3("DELETE /abc?publicAccessBlock", &[], "").status,
        204
    );
    let gone = asker.s3("GET /abc?publicAccessBlock", &[], "");
    let message = "The public access block configuration was not found";
    refused(
        &gone,
        404,
        "NoSuchPublicAccessBlockConfiguration",
        message,
        "deleted",
    );
    assert_eq!(put_policy(&asker, &public).status, 204);
    assert_eq!(
        element(&asker.s3("GET /abc?policyStatus", &[], ""), "IsPublic"),
        "true"
    );
    assert_eq!(put_policy(&asker, &policy(&statement())).status, 204);
    assert_eq!(
        element(&asker.s3("GET /abc?policyStatus", &[], ""), "IsPublic"),
        "false"
    );
}

#[test]
fn buckets_that_are_not_made() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let west = asker.from("us-west-2");
    let unspecified = "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.";
    let incompatible = "The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to.";
    let invalid = "The specified location-constraint is not valid";
    let schema =
        "The XML you provided was not well-formed or did not validate against our published schema";
    for (asker, name, body, status, code, message) in [
        (
            asker,
            "Abc",
            String::new(),
            400,
            "InvalidBucketName",
            "The specified bucket is not valid.",
        ),
        (
            west,
            "new",
            String::new(),
            400,
            "IllegalLocationConstraintException",
            unspecified,
        ),
        (
            west,
            "new",
            configuration("eu-west-1"),
            400,
            "IllegalLocationConstraintException",
            incompatible,
        ),
        (
            west,
            "new",
            configuration("mars-1"),
            400,
            "InvalidLocationConstraint",
            invalid,
        ),
        (
            asker,
            "new",
            configuration("us-east-1"),
            400,
            "InvalidLocationConstraint",
            invalid,
        ),
        (
            asker,
            "new",
            configuration("cn-north-1"),
            400,
            "InvalidLocationConstraint",
            invalid,
        ),
        (asker, "new", "{}".to_owned(), 400, "MalformedXML", schema),
        (
            asker,
            "new",
            "<CreateBucket/>".to_owned(),
            400,
            "MalformedXML",
            schema,
        ),
        (
            west,
            "abc",
            configuration("us-west-2"),
            409,
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
        ),
        (
            asker.of(OTHER),
            "abc",
            String::new(),
            409,
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
        ),
    ] {
        let answer = asker.s3(&format!("PUT /{name}"), &[], &body);
        refused(&answer, status, code, message, &body);
    }
    let acl = asker.s3("PUT /new", &[("x-amz-acl", "public-read")], "");
    let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
    refused(
        &acl,
        400,
        "InvalidBucketAclWithObjectOwnership",
        message,
        "acl",
    );
    create(&asker, "abc");
    assert_eq!(asker.s3("PUT /far", &[], &configuration("EU")).status, 200);
    let far = asker.s3("HEAD /far", &[], "");
    assert_eq!(
        (far.status, far.header("x-amz-bucket-region")),
        (301, Some("eu-west-1"))
    );
}

#[test]
fn wrong_places_and_owners() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-west-2");
    assert_eq!(
        asker
            .s3("PUT /abc", &[], &configuration("us-west-2"))
            .status,
        200
    );
    let missing = asker.s3("GET /nope?policy", &[], "");
    refused(
        &missing,
        404,
        "NoSuchBucket",
        "The specified bucket does not exist",
        "missing",
    );
    assert_eq!(element(&missing, "BucketName"), "nope");

    let east = asker.from("us-east-1");
    let redirect = east.s3("GET /abc?encryption", &[], "");
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
    refused(
        &redirect,
        301,
        "PermanentRedirect",
        message,
        "another region",
    );
    assert_eq!(
        element(&redirect, "Endpoint"),
        "abc.s3.us-west-2.amazonaws.com"
    );
    assert_eq!(redirect.header("x-amz-bucket-region"), Some("us-west-2"));
    let global = east.s3("GET /?encryption", &[("host", "abc.s3.amazonaws.com")], "");
    let message = "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'us-west-2'";
    refused(
        &global,
        400,
        "AuthorizationHeaderMalformed",
        message,
        "the global name",
    );
    assert_eq!(element(&global, "Region"), "us-west-2");
    assert!(
        text(&east.s3("GET /abc?location", &[], "")).ends_with(">us-west-2</LocationConstraint>")
    );

    for (owner, status, code) in [
        (ACCOUNT, 200, ""),
        (OTHER, 403, "AccessDenied"),
        ("me", 400, "InvalidBucketOwnerAWSAccountID"),
    ] {
        let answer = asker.s3(
            "GET /abc?encryption",
            &[("x-amz-expected-bucket-owner", owner)],
            "",
        );
        assert_eq!(
            (answer.status, element(&answer, "Code").as_str()),
            (status, code),
            "{owner}"
        );
    }
    let unknown = asker.s3("GET /abc?acl", &[], "");
    let message = "A header you provided implies functionality that is not implemented.";
    refused(&unknown, 501, "NotImplemented", message, "not served");
}

#[test]
fn callers_of_another_account() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-west-2");
    let stranger = asker.of(OTHER);
    assert_eq!(
        asker
            .s3("PUT /abc", &[], &configuration("us-west-2"))
            .status,
        200
    );
    let head = || stranger.s3("HEAD /abc", &[], "");
    assert_eq!((head().status, head().body.len()), (403, 0));
    assert_eq!(head().header("x-amz-bucket-region"), Some("us-west-2"));
    assert_eq!(stranger.s3("HEAD /nope", &[], "").status, 404);
    refused(
        &stranger.s3("GET /abc?policy", &[], ""),
        403,
        "AccessDenied",
        "Access Denied",
        "policy",
    );
    for (changes, status) in [
        (json!({ "Principal": { "AWS": OTHER } }), 200),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::444455556666:root" } }),
            200,
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::444455556666:user/sandbox" } }),
            200,
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::444455556666:user/alice" } }),
            403,
        ),
        (
            json!({ "Principal": { "AWS": OTHER }, "Action": "s3:GetBucketLocation" }),
            403,
        ),
        (
            json!({ "Principal": { "AWS": OTHER }, "Effect": "Deny" }),
            403,
        ),
        (
            json!({ "Principal": { "AWS": OTHER }, "Condition": { "StringEquals": { "s3:prefix": "a" } } }),
            403,
        ),
    ] {
        assert_eq!(put_policy(&asker, &policy(&with(&changes))).status, 204);
        assert_eq!(head().status, status, "{changes}");
    }
    let all = with(&json!({
        "Principal": { "AWS": OTHER },
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::abc", "arn:aws:s3:::abc/*"],
    }));
    assert_eq!(put_policy(&asker, &policy(&all)).status, 204);
    for method in ["GET", "PUT", "DELETE"] {
        let answer = stranger.s3(&format!("{method} /abc?policy"), &[], &policy(&all));
        let message = "The specified method is not allowed against this resource.";
        refused(&answer, 405, "MethodNotAllowed", message, method);
    }
    assert_eq!(stranger.s3("PUT /abc/k", &[], "x").status, 200);
}

#[test]
fn settings() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let head = asker.s3("HEAD /abc", &[], "");
    assert_eq!(
        (head.status, head.header("x-amz-bucket-region")),
        (200, Some("us-east-1"))
    );
    assert!(text(&asker.s3("GET /abc?location", &[], "")).ends_with("\"></LocationConstraint>"));
    let encryption = || asker.s3("GET /abc?encryption", &[], "");
    assert_eq!(element(&encryption(), "SSEAlgorithm"), "AES256");
    let kms = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";
    assert_eq!(asker.s3("PUT /abc?encryption", &[], kms).status, 200);
    assert_eq!(element(&encryption(), "KMSMasterKeyID"), "arn:k");
    assert_eq!(element(&encryption(), "BucketKeyEnabled"), "true");
    let wrong = asker.s3(
        "PUT /abc?encryption",
        &[],
        &kms.replace("aws:kms", "AES256"),
    );
    assert_eq!(
        (wrong.status, element(&wrong, "Code").as_str()),
        (400, "InvalidArgument")
    );
    assert_eq!(asker.s3("DELETE /abc?encryption", &[], "").status, 204);
    assert_eq!(element(&encryption(), "SSEAlgorithm"), "AES256");

    assert!(!text(&asker.s3("GET /abc?versioning", &[], "")).contains("Status"));
    let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(asker.s3("PUT /abc?versioning", &[], on).status, 200);
    assert_eq!(
        element(&asker.s3("GET /abc?versioning", &[], ""), "Status"),
        "Enabled"
    );
    let nothing = asker.s3("PUT /abc?versioning", &[], "<VersioningConfiguration/>");
    assert_eq!(
        element(&nothing, "Code"),
        "IllegalVersioningConfigurationException"
    );

    let block = || asker.s3("GET /abc?publicAccessBlock", &[], "");
    assert_eq!(text(&block()).matches(">true<").count(), 4);
    let off = "<PublicAccessBlockConfiguration><BlockPublicPolicy>TRUE</BlockPublicPolicy></PublicAccessBlockConfiguration>";
    assert_eq!(asker.s3("PUT /abc?publicAccessBlock", &[], off).status, 200);
    assert_eq!(text(&block()).matches(">true<").count(), 1);

    let tags = || asker.s3("GET /abc?tagging", &[], "");
    refused(
        &tags(),
        404,
        "NoSuchTagSet",
        "The TagSet does not exist",
        "no tags",
    );
    let tag = |key: &str| format!("<Tag><Key>{key}</Key><Value>v &amp; w</Value></Tag>");
    let set = |tags: &str| format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
    assert_eq!(
        asker.s3("PUT /abc?tagging", &[], &set(&tag("a"))).status,
        204
    );
    assert_eq!(element(&tags(), "Value"), "v &amp; w");
    let many: String = (0..51).map(|n| tag(&n.to_string())).collect();
    for (tags, code) in [
        (tag("aws:a"), "InvalidTag"),
        (tag(""), "InvalidTag"),
        (tag("a") + &tag("a"), "InvalidTag"),
        (many, "BadRequest"),
        ("<Label/>".to_owned(), "MalformedXML"),
    ] {
        let answer = asker.s3("PUT /abc?tagging", &[], &set(&tags));
        assert_eq!(
            (answer.status, element(&answer, "Code").as_str()),
            (400, code),
            "{tags}"
        );
    }
    assert_eq!(asker.s3("DELETE /abc?tagging", &[], "").status, 204);
    assert_eq!(tags().status, 404);
}

#[test]
fn objects() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let put = asker.s3(
        "PUT /abc/a/x%20%25",
        &[("if-none-match", "*")],
        "h\u{e9}llo\n%",
    );
    assert_eq!(put.status, 200);
    let etag = put.header("etag").unwrap().to_owned();
    let again = asker.s3("PUT /abc/a/x%20%25", &[("if-none-match", "*")], "x");
    assert_eq!(
        (again.status, element(&again, "Code").as_str()),
        (412, "PreconditionFailed")
    );
    let stale = asker.s3("PUT /abc/a/x%20%25", &[("if-match", "\"0\"")], "x");
    assert_eq!(
        (stale.status, element(&stale, "Condition").as_str()),
        (412, "If-Match")
    );
    let got = asker.s3("GET /abc/a/x%20%25", &[], "");
    assert_eq!((got.status, text(&got).as_str()), (200, "h\u{e9}llo\n%"));
    let head = asker.s3("HEAD /abc/a/x%20%25", &[], "");
    assert_eq!(
        (head.header("content-length"), head.header("etag")),
        (Some("8"), Some(etag.as_str()))
    );
    assert_eq!(
        asker
            .s3("GET /abc/a/x%20%25", &[("if-none-match", &etag)], "")
            .status,
        304
    );
    assert_eq!(
        asker
            .s3("PUT /abc/a/x%20%25", &[("if-match", &etag)], "y")
            .status,
        200
    );
    let missing = asker.s3("GET /abc/nope", &[], "");
    refused(
        &missing,
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        "missing",
    );
    assert_eq!(
        asker
            .s3("PUT /abc/nope", &[("if-match", "\"0\"")], "x")
            .status,
        404
    );
    let full = asker.s3("DELETE /abc", &[], "");
    refused(
        &full,
        409,
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty",
        "full",
    );
    assert_eq!(asker.s3("DELETE /abc/a/x%20%25", &[], "").status, 204);
    assert_eq!(asker.s3("DELETE /abc/a/x%20%25", &[], "").status, 204);
    assert_eq!(asker.s3("DELETE /abc", &[], "").status, 204);
    assert_eq!(asker.s3("HEAD /abc", &[], "").status, 404);
}

#[test]
fn listings_come_in_pages() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    for key in ["a/1", "a/2", "b", "c/1", "d"] {
        assert_eq!(asker.s3(&format!("PUT /abc/{key}"), &[], "x").status, 200);
    }
    let all = text(&asker.s3("GET /abc?list-type=2&prefix=a/", &[], ""));
    assert_eq!(all.matches("<Contents>").count(), 2);
    let mut token = String::new();
    let mut found = Vec::new();
    for _ in 0..3 {
        let page = asker.s3(
            &format!("GET /abc?list-type=2&delimiter=/&max-keys=2{token}"),
            &[],
            "",
        );
        let body = text(&page);
        found.push((
            body.matches("<Contents>").count(),
            body.matches("<CommonPrefixes>").count(),
        ));
        if element(&page, "IsTruncated") == "false" {
            break;
        }
        token = format!(
            "&continuation-token={}",
            element(&page, "NextContinuationToken")
        );
    }
    assert_eq!(found, [(1, 1), (1, 1)], "a/ b, then c/ d");
    create(&asker, "abd");
    let page = asker.s3("GET /?max-buckets=1", &[], "");
    assert_eq!(element(&page, "Name"), "abc");
    let token = element(&page, "ContinuationToken");
    let page = asker.s3(
        &format!("GET /?max-buckets=1&continuation-token={token}"),
        &[],
        "",
    );
    assert_eq!(
        (
            element(&page, "Name").as_str(),
            element(&page, "ContinuationToken").as_str()
        ),
        ("abd", "")
    );
    assert!(!text(&asker.of(OTHER).s3("GET /", &[], "")).contains("<Bucket>"));
    assert_eq!(asker.s3("GET /?max-buckets=0", &[], "").status, 400);
}

#[test]
fn seeds_overwrite_nothing() {
    let sandbox = Sandbox::in_memory(crate::Options::default());
    let seed = Seed {
        buckets: vec![BucketSeed {
            account: ACCOUNT.to_owned(),
            region: "eu-west-1".to_owned(),
            name: "abc".to_owned(),
            kms_key: Some("arn:k".to_owned()),
            policy: Some(json!({ "Statement": [statement()] })),
        }],
        ..Seed::default()
    };
    sandbox.seed(&seed).unwrap();
    let asker = Asker::new(&sandbox, "eu-west-1");
    assert_eq!(
        element(&asker.s3("GET /abc?encryption", &[], ""), "KMSMasterKeyID"),
        "arn:k"
    );
    assert!(text(&asker.s3("GET /abc?policy", &[], "")).contains("999988887777"));
    assert_eq!(asker.s3("DELETE /abc?policy", &[], "").status, 204);
    sandbox.seed(&seed).unwrap();
    assert_eq!(asker.s3("GET /abc?policy", &[], "").status, 404);
}
