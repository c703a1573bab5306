//! A policy document, as IAM answers it (percent-encoded or not) and as a bucket has it.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use libfuzzer_sys::fuzz_target;
use wip_policy::{
    Context, Document, Grant, Policies, Principal, Request, SharedDocument, evaluate,
};

fuzz_target!(|text: &str| {
    if let Ok(decoded) = wip_policy::decode(text)
        && let Ok(document) = Document::parse(&decoded)
    {
        let again = Document::parse(&document.to_json()).expect("what was written can be read");
        assert_eq!(again, document, "a document that does not read back");
        document.len_without_white_space();
        document.to_pretty_json();
        for statement in &document.statements {
            statement.summary();
        }
        verdicts(&document, &decoded);
    }
    if let Ok(shared) = SharedDocument::parse(text) {
        shared.orphan_principals();
        let foreign = shared.foreign(&BTreeSet::new()).len();
        let with = shared.with(&BTreeMap::new(), &BTreeSet::new());
        if let Some(with) = with {
            let again = SharedDocument::parse(&with).expect("what was written can be read");
            assert_eq!(again.foreign(&BTreeSet::new()).len(), foreign);
        }
    }
});

/// Every place that a policy can stand in, asked with its own text.
fn verdicts(document: &Document, text: &str) {
    let principal = Principal::Session {
        account: "111122223333".to_owned(),
        role: "arn:aws:iam::111122223333:role/r".to_owned(),
        role_id: "AROAR".to_owned(),
        arn: "arn:aws:sts::111122223333:assumed-role/r/s".to_owned(),
    };
    let context = Context::of(&principal).with("aws:PrincipalTag/k", [text]);
    let request = Request {
        action: "s3:GetObject",
        resource: text,
        principal: &principal,
        context: &context,
    };
    let policies = Policies {
        identity: vec![document],
        boundary: Some(document),
        session: Some(vec![document]),
        resource: Some(document),
        owner: "111122223333",
        grant: Grant::Either,
    };
    let with = evaluate(&request, &policies);
    let without = Policies {
        boundary: None,
        session: None,
        ..policies
    };
    assert!(!with.is_allowed() || evaluate(&request, &without).is_allowed());
}
