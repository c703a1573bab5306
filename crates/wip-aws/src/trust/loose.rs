//! Statements that ask a token for less than wip does: for no audience, for no subject, or for neither.
//!
//! Guides that are followed by hand show them: `sub` in the place of `aud` ("Backup & Restore using IRSA", Rafay; "IAM for Pods
//! configuration", EKS Anywhere; `howtos/billing.md`, Upbound), and `aud` alone before the trust is edited.
//! Owns what they admit, in words; to the rest of the crate they are statements of another form.

use wip_policy::Statement;

use super::{Trust, issuer_of, tokens};

/// Whom a statement admits, one line for each subject; `None` where it asks for both, or is of yet another form.
///
/// A token whose audience the provider does not list is refused before any trust is looked at ("AssumeRoleWithWebIdentity",
/// AWS STS API reference: `InvalidIdentityToken`).
pub(crate) fn admits(statement: &Statement) -> Option<Vec<String>> {
    let (provider, admitted) = tokens(statement)?;
    let issuer = issuer_of(&provider)?;
    // Under `StringEquals` a wildcard is a plain character, and no service account has it in its name.
    if !admitted
        .subjects
        .iter()
        .all(|claim| wip_policy::is_literal(claim))
    {
        return None;
    }
    let audiences = Vec::from_iter(admitted.audiences.iter().map(String::as_str)).join(" or ");
    let subjects = Vec::from_iter(admitted.subjects.union(&admitted.patterns));
    match (audiences.as_str(), subjects.as_slice()) {
        ("", []) => Some(vec![format!(
            "every service account of {issuer}, for whatever audience its provider lists"
        )]),
        (audiences, []) => Some(vec![format!(
            "every service account of {issuer} whose token is for {audiences}"
        )]),
        ("", subjects) => {
            let any = |subject: &&String| {
                format!(
                    "any token of {issuer} of {subject}, for whatever audience its provider lists"
                )
            };
            Some(subjects.iter().map(any).collect())
        }
        _ => None,
    }
}

impl Trust {
    /// A remark for each that is admitted although it asks for less than wip would.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let others = self.other.iter().flat_map(|other| &other.statements);
        others
            .filter_map(admits)
            .flatten()
            .map(|who| format!("as it is, its trust admits {who}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wip_policy::Document;

    const ISSUER: &str = "oidc.eks.us-west-2.amazonaws.com/id/A";

    fn said(condition: &str) -> String {
        let statement = format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"}},
            "Action":"sts:AssumeRoleWithWebIdentity"{}}}}}"#,
            condition.replace("ISSUER", ISSUER)
        );
        Trust::read(Document::parse(&statement).expect(&statement))
            .remarks()
            .join("\n")
    }

    #[test]
    fn each_form_of_the_guides_is_said() {
        let sub = r#","Condition":{"StringEquals":{"ISSUER:sub":["system:serviceaccount:a:s","system:serviceaccount:b:s"]}}"#;
        insta::assert_snapshot!(said(sub), @"
            as it is, its trust admits any token of oidc.eks.us-west-2.amazonaws.com/id/A of system:serviceaccount:a:s, for whatever audience its provider lists
            as it is, its trust admits any token of oidc.eks.us-west-2.amazonaws.com/id/A of system:serviceaccount:b:s, for whatever audience its provider lists
            ");
        let pattern = r#","Condition":{"StringLike":{"ISSUER:sub":"system:serviceaccount:mxp-*-system:vector"}}"#;
        insta::assert_snapshot!(said(pattern), @"as it is, its trust admits any token of oidc.eks.us-west-2.amazonaws.com/id/A of system:serviceaccount:mxp-*-system:vector, for whatever audience its provider lists");
        let aud = r#","Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com"}}"#;
        insta::assert_snapshot!(said(aud), @"as it is, its trust admits every service account of oidc.eks.us-west-2.amazonaws.com/id/A whose token is for sts.amazonaws.com");
        insta::assert_snapshot!(said(""), @"as it is, its trust admits every service account of oidc.eks.us-west-2.amazonaws.com/id/A, for whatever audience its provider lists");
    }

    #[test]
    fn what_asks_for_both_or_for_more_is_not_loose() {
        for condition in [
            r#","Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","ISSUER:sub":"system:serviceaccount:a:s"}}"#,
            // Admits nobody.
            r#","Condition":{"StringEquals":{"ISSUER:sub":"system:serviceaccount:*:s"}}"#,
            r#","Condition":{"StringEquals":{"ISSUER:sub":[]}}"#,
            r#","Condition":{"StringEquals":{"ISSUER:aud":"sts.amazonaws.com","aws:SourceIp":"1"}}"#,
            r#","Condition":{"StringEquals":{"other:sub":"system:serviceaccount:a:s"}}"#,
        ] {
            assert_eq!(said(condition), "", "{condition}");
        }
    }
}
