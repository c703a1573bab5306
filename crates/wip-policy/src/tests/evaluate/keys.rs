//! KMS: identity-based policies count where the key policy passes on to them.

use super::*;

const PAGE: &str = "key-policies, key-policy-default and key-policy-modifying-external-accounts of the KMS developer guide";
const ALLOW: &str = r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:eu-west-1:111122223333:key/k"}"#;
const ALLOW_ALL: &str = r#"{"Effect":"Allow","Action":"kms:*","Resource":"*"}"#;
const ALLOW_S3: &str = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
const DEFAULT: &str = r#"{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}"#;
const FOR_ROLE: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/team/worker"},"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*"}"#;
const FOR_ANNA: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/anna"},"Action":"kms:Decrypt","Resource":"*"}"#;
const VIA_S3: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/team/worker"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}"#;
const BY_CONTEXT: &str = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111122223333"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::b/prod/*"}}}"#;
const DENY: &str = r#"{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}"#;

const KEY: Row = Row {
    page: PAGE,
    who: Who::Worker,
    action: "kms:Decrypt",
    resource: "arn:aws:kms:eu-west-1:111122223333:key/k",
    grant: Grant::Resource,
    ..ROW
};

#[test]
fn the_page_decides() {
    check(&[
        Row {
            name: "the identity alone has no effect",
            identity: &[ALLOW],
            policy: Some(FOR_ANNA),
            verdict: "resource does not allow",
            ..KEY
        },
        Row {
            name: "the default key policy and the identity",
            identity: &[ALLOW],
            policy: Some(DEFAULT),
            verdict: "allowed",
            ..KEY
        },
        Row {
            name: "the default key policy alone",
            policy: Some(DEFAULT),
            verdict: "identity does not allow",
            ..KEY
        },
        Row {
            name: "the key policy names the role",
            policy: Some(FOR_ROLE),
            verdict: "allowed",
            ..KEY
        },
        Row {
            name: "the key policy names the role for other actions",
            action: "kms:PutKeyPolicy",
            policy: Some(FOR_ROLE),
            verdict: "resource does not allow",
            ..KEY
        },
        Row {
            name: "the key policy names the role, the session policy does not allow",
            session: Some(ALLOW_S3),
            policy: Some(FOR_ROLE),
            verdict: "session does not allow",
            ..KEY
        },
        Row {
            name: "the root user where the key policy names others",
            who: Who::Root,
            policy: Some(FOR_ROLE),
            verdict: "resource does not allow",
            ..KEY
        },
        Row {
            name: "the root user and the default key policy",
            who: Who::Root,
            policy: Some(DEFAULT),
            verdict: "allowed",
            ..KEY
        },
        Row {
            name: "an identity can deny without the key policy",
            identity: &[DENY],
            policy: Some(FOR_ROLE),
            verdict: "identity denies",
            ..KEY
        },
        Row {
            name: "through a service",
            context: &[("kms:ViaService", &["s3.eu-west-1.amazonaws.com"])],
            policy: Some(VIA_S3),
            verdict: "allowed",
            ..KEY
        },
        Row {
            name: "through a service, but asked directly",
            policy: Some(VIA_S3),
            verdict: "resource does not allow",
            ..KEY
        },
        Row {
            name: "by encryption context",
            context: &[
                ("kms:CallerAccount", &["111122223333"]),
                (
                    "kms:EncryptionContext:aws:s3:arn",
                    &["arn:aws:s3:::b/prod/x"],
                ),
            ],
            policy: Some(BY_CONTEXT),
            verdict: "allowed",
            ..KEY
        },
        Row {
            name: "by encryption context: another",
            context: &[
                ("kms:CallerAccount", &["111122223333"]),
                (
                    "kms:EncryptionContext:aws:s3:arn",
                    &["arn:aws:s3:::b/test/x"],
                ),
            ],
            policy: Some(BY_CONTEXT),
            verdict: "resource does not allow",
            ..KEY
        },
        Row {
            name: "another account's key, both allow",
            owner: B,
            identity: &[ALLOW_ALL],
            policy: Some(DEFAULT),
            verdict: "allowed",
            ..KEY
        },
        Row {
            name: "another account's key, the key policy alone",
            owner: B,
            policy: Some(FOR_ROLE),
            verdict: "identity does not allow",
            ..KEY
        },
        Row {
            name: "another account's key, the identity alone",
            owner: B,
            identity: &[ALLOW_ALL],
            verdict: "resource does not allow",
            ..KEY
        },
    ]);
}
