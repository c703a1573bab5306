//! Who may assume a role.

use super::*;
use crate::evaluate_all;

const IRSA: &str = "id_roles_create_for-idp_oidc";
const ASSUME: &str = "API_AssumeRole of the STS API reference";
const PODS: &str = "pod-id-role of the EKS user guide";
const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1";
const WEB: &str = r#"{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/1:aud":"sts.amazonaws.com","oidc.eks.eu-west-1.amazonaws.com/id/1:sub":["system:serviceaccount:a:s","system:serviceaccount:b:s"]}}}"#;
const WEB_LIKE: &str = r#"{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"oidc.eks.eu-west-1.amazonaws.com/id/1:sub":"system:serviceaccount:mxp-*-system:s"}}}"#;
const WEB_EQUALS_STAR: &str = r#"{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"oidc.eks.eu-west-1.amazonaws.com/id/1:sub":"system:serviceaccount:mxp-*-system:s"}}}"#;
const WEB_ANYBODY: &str =
    r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRoleWithWebIdentity"}"#;
const ROOT: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}"#;
const ANNA: &str = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/anna"},"Action":"sts:AssumeRole"}"#;
const EXTERNAL: &str = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"abc"}}}"#;
const EC2: &str =
    r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
const POD: &str = r#"{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333","aws:RequestTag/kubernetes-namespace":"a"},"ArnEquals":{"aws:SourceArn":"arn:aws:eks:eu-west-1:111122223333:cluster/c"}}}"#;
const POD_WITHOUT_TAGS: &str = r#"{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
const MAY_ASSUME: &str =
    r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/*"}"#;

const TRUST: Row = Row {
    page: ASSUME,
    action: "sts:AssumeRole",
    resource: "arn:aws:iam::111122223333:role/r",
    grant: Grant::Resource,
    ..ROW
};

const TOKEN: Row = Row {
    page: IRSA,
    who: Who::Federated(PROVIDER),
    action: "sts:AssumeRoleWithWebIdentity",
    context: &[
        (
            "oidc.eks.eu-west-1.amazonaws.com/id/1:aud",
            &["sts.amazonaws.com"],
        ),
        (
            "oidc.eks.eu-west-1.amazonaws.com/id/1:sub",
            &["system:serviceaccount:b:s"],
        ),
    ],
    ..TRUST
};

const CONTROL_PLANE: Row = Row {
    context: &[
        (
            "oidc.eks.eu-west-1.amazonaws.com/id/1:aud",
            &["sts.amazonaws.com"],
        ),
        (
            "oidc.eks.eu-west-1.amazonaws.com/id/1:sub",
            &["system:serviceaccount:mxp-1-system:s"],
        ),
    ],
    ..TOKEN
};

const POD_CALL: Row = Row {
    page: PODS,
    who: Who::Service("pods.eks.amazonaws.com"),
    context: &[
        ("aws:SourceAccount", &["111122223333"]),
        (
            "aws:SourceArn",
            &["arn:aws:eks:eu-west-1:111122223333:cluster/c"],
        ),
        ("aws:RequestTag/kubernetes-namespace", &["a"]),
    ],
    ..TRUST
};

#[test]
fn the_page_decides() {
    check(&[
        Row {
            name: "the account, and nothing of the user",
            policy: Some(ROOT),
            verdict: "identity does not allow",
            ..TRUST
        },
        Row {
            name: "the account, and the user may",
            identity: &[MAY_ASSUME],
            policy: Some(ROOT),
            verdict: "allowed",
            ..TRUST
        },
        Row {
            name: "the user by name",
            policy: Some(ANNA),
            verdict: "allowed",
            ..TRUST
        },
        Row {
            name: "the user may, and the role does not trust",
            identity: &[MAY_ASSUME],
            policy: Some(EC2),
            verdict: "resource does not allow",
            ..TRUST
        },
        Row {
            name: "another account's role, both",
            owner: B,
            resource: "arn:aws:iam::444455556666:role/r",
            identity: &[MAY_ASSUME],
            policy: Some(ROOT),
            verdict: "allowed",
            ..TRUST
        },
        Row {
            name: "another account's role, the user by name alone",
            owner: B,
            resource: "arn:aws:iam::444455556666:role/r",
            policy: Some(ANNA),
            verdict: "identity does not allow",
            ..TRUST
        },
        Row {
            name: "without the external id",
            page: "id_roles_common-scenarios_third-party",
            identity: &[MAY_ASSUME],
            policy: Some(EXTERNAL),
            verdict: "resource does not allow",
            ..TRUST
        },
        Row {
            name: "with the external id",
            page: "id_roles_common-scenarios_third-party",
            context: &[("sts:ExternalId", &["abc"])],
            identity: &[MAY_ASSUME],
            policy: Some(EXTERNAL),
            verdict: "allowed",
            ..TRUST
        },
        Row {
            name: "a token of one of the subjects",
            policy: Some(WEB),
            verdict: "allowed",
            ..TOKEN
        },
        Row {
            name: "a token of another subject",
            policy: Some(WEB),
            verdict: "resource does not allow",
            ..CONTROL_PLANE
        },
        Row {
            name: "a token of another issuer",
            who: Who::Federated(
                "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/2",
            ),
            policy: Some(WEB),
            verdict: "resource does not allow",
            ..TOKEN
        },
        Row {
            name: "a subject with a pattern",
            policy: Some(WEB_LIKE),
            verdict: "allowed",
            ..CONTROL_PLANE
        },
        Row {
            name: "a pattern under StringEquals is none",
            page: OPERATORS,
            policy: Some(WEB_EQUALS_STAR),
            verdict: "resource does not allow",
            ..CONTROL_PLANE
        },
        Row {
            name: "a token is not an AssumeRole",
            action: "sts:AssumeRole",
            policy: Some(WEB),
            verdict: "resource does not allow",
            ..TOKEN
        },
        Row {
            name: "a token and everybody: not said anywhere, so no",
            page: "(caution)",
            policy: Some(WEB_ANYBODY),
            verdict: "resource does not allow",
            ..TOKEN
        },
        Row {
            name: "a pod of the cluster and the namespace",
            policy: Some(POD),
            verdict: "allowed",
            ..POD_CALL
        },
        Row {
            name: "tagging a pod's session",
            action: "sts:TagSession",
            policy: Some(POD),
            verdict: "allowed",
            ..POD_CALL
        },
        Row {
            name: "a pod without tags",
            context: &[
                ("aws:SourceAccount", &["111122223333"]),
                (
                    "aws:SourceArn",
                    &["arn:aws:eks:eu-west-1:111122223333:cluster/c"],
                ),
            ],
            policy: Some(POD),
            verdict: "resource does not allow",
            ..POD_CALL
        },
        Row {
            name: "a pod of another cluster",
            context: &[
                ("aws:SourceAccount", &["111122223333"]),
                (
                    "aws:SourceArn",
                    &["arn:aws:eks:eu-west-1:111122223333:cluster/d"],
                ),
                ("aws:RequestTag/kubernetes-namespace", &["a"]),
            ],
            policy: Some(POD),
            verdict: "resource does not allow",
            ..POD_CALL
        },
        Row {
            name: "a service of another name",
            who: Who::Service("ec2.amazonaws.com"),
            policy: Some(POD),
            verdict: "resource does not allow",
            ..POD_CALL
        },
    ]);
}

/// Passing tags needs `sts:TagSession` besides ("Passing session tags in AWS STS").
#[test]
fn several_actions_are_allowed_if_each_is() {
    let all = |trust: &str| {
        let (who, context) = (principal(POD_CALL.who), Context::new());
        let request = Request {
            action: "",
            resource: POD_CALL.resource,
            principal: &who,
            context: &context,
        };
        let trust = document(trust);
        let policies = Policies {
            resource: Some(&trust),
            owner: A,
            grant: Grant::Resource,
            ..Policies::default()
        };
        words(evaluate_all(
            &["sts:AssumeRole", "sts:TagSession"],
            &request,
            &policies,
        ))
    };
    assert_eq!(all(POD_WITHOUT_TAGS), "resource does not allow");
    assert_eq!(
        all(&POD_WITHOUT_TAGS.replace(r#""sts:AssumeRole""#, r#""sts:*""#)),
        "allowed"
    );
}
