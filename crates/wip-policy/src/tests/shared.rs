//! Our statements inside a document of others.

use std::collections::{BTreeMap, BTreeSet};

use crate::{OrphanPrincipal, SharedDocument, Statement};

const POLICY: &str = r#"{
  "Id": "team policy", "Version" : "2008-10-17",
  "Statement": [
    { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b"] },
    {"Sid":"WipOne","Effect":"Allow","Action":["s3:GetObject"],"Resource":"arn:aws:s3:::b/*"},
    { "Future": 1, "Sid": "Other" },{"Sid":"Other","Effect":"Allow"},
    { "Sid": "WipTwo", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*" }
  ],
  "Extra": [1, 2]
}
"#;

fn read(action: &str) -> Statement {
    Statement::allow([action], ["arn:aws:s3:::b/*"])
}

fn set(statements: &[(&str, &str)]) -> BTreeMap<String, Statement> {
    statements
        .iter()
        .map(|(sid, action)| ((*sid).to_owned(), read(action)))
        .collect()
}

fn sids(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_document_is_looked_at() {
    let shared = SharedDocument::parse(POLICY).unwrap();
    assert_eq!(shared.sids(), ["WipOne", "Other", "Other", "WipTwo"]);
    assert_eq!(
        shared.statement("WipTwo"),
        Some(read("s3:PutObject").with_sid("WipTwo"))
    );
    assert_eq!(shared.statement("Wip"), None);
    assert_eq!(shared.statement("Other"), None);
    assert_eq!(
        shared.foreign(&sids(&["WipOne", "WipTwo"])),
        [
            r#"{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b"] }"#,
            r#"{ "Future": 1, "Sid": "Other" }"#,
            r#"{"Sid":"Other","Effect":"Allow"}"#,
        ]
    );
}

#[test]
fn what_is_there_already_keeps_every_byte() {
    let shared = SharedDocument::parse(POLICY).unwrap();
    let same = set(&[("WipOne", "S3:getobject"), ("WipTwo", "s3:PutObject")]);
    assert_eq!(
        shared.with(&same, &sids(&["Absent"])).as_deref(),
        Some(POLICY)
    );
    assert_eq!(
        shared.with(&BTreeMap::new(), &BTreeSet::new()).as_deref(),
        Some(POLICY)
    );
}

#[test]
fn ours_are_replaced_removed_and_appended_in_place() {
    let shared = SharedDocument::parse(POLICY).unwrap();
    let new = shared
        .with(
            &set(&[("WipOne", "s3:ListBucket"), ("WipNew", "s3:GetObject")]),
            &sids(&["WipTwo", "WipOne"]),
        )
        .unwrap();
    assert_eq!(
        new,
        r#"{
  "Id": "team policy", "Version" : "2008-10-17",
  "Statement": [
    { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b"] },
    {"Sid":"WipOne","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b/*"},
    { "Future": 1, "Sid": "Other" },{"Sid":"Other","Effect":"Allow"},
    {"Sid":"WipNew","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}
  ],
  "Extra": [1, 2]
}
"#
    );
}

#[test]
fn our_name_twice_becomes_one() {
    let text = r#"{"Statement":[{"Sid":"Wip","Effect":"Allow","Action":"*"},{"Sid":"X"},{"Sid":"Wip","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#;
    let shared = SharedDocument::parse(text).unwrap();
    assert_eq!(shared.statement("Wip"), None);
    assert_eq!(
        shared
            .with(&set(&[("Wip", "s3:GetObject")]), &BTreeSet::new())
            .unwrap(),
        r#"{"Statement":[{"Sid":"Wip","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},{"Sid":"X"}]}"#
    );
    assert_eq!(
        shared.with(&BTreeMap::new(), &sids(&["Wip"])).unwrap(),
        r#"{"Statement":[{"Sid":"X"}]}"#
    );
}

#[test]
fn a_single_statement_stays_an_object_while_it_is_single() {
    let text = r#"{ "Statement" : { "Sid": "Theirs" } , "Version":"2012-10-17"}"#;
    let shared = SharedDocument::parse(text).unwrap();
    assert_eq!(
        shared.with(&BTreeMap::new(), &BTreeSet::new()).as_deref(),
        Some(text)
    );
    assert_eq!(
        shared
            .with(&set(&[("Wip", "s3:GetObject")]), &BTreeSet::new())
            .unwrap(),
        r#"{ "Statement" : [{ "Sid": "Theirs" },{"Sid":"Wip","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}] , "Version":"2012-10-17"}"#
    );
    assert_eq!(
        shared
            .with(&set(&[("Theirs", "s3:GetObject")]), &BTreeSet::new())
            .unwrap(),
        r#"{ "Statement" : {"Sid":"Theirs","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"} , "Version":"2012-10-17"}"#
    );
    assert_eq!(shared.with(&BTreeMap::new(), &sids(&["Theirs"])), None);
}

#[test]
fn no_statement_left_means_no_policy() {
    let empty = SharedDocument::empty();
    assert_eq!(empty.with(&BTreeMap::new(), &BTreeSet::new()), None);
    let first = empty
        .with(&set(&[("Wip", "s3:GetObject")]), &BTreeSet::new())
        .unwrap();
    assert_eq!(
        first,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"Wip","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#
    );
    assert_eq!(
        SharedDocument::parse(empty.text())
            .unwrap()
            .with(&set(&[("Wip", "s3:GetObject")]), &BTreeSet::new()),
        Some(first.clone())
    );
    assert_eq!(
        SharedDocument::parse(&first)
            .unwrap()
            .with(&BTreeMap::new(), &sids(&["Wip"])),
        None
    );
}

#[test]
fn a_statement_without_a_name_is_nobodys_to_remove() {
    let text = r#"{"Statement":[{"Effect":"Allow"},{"Sid":"","Effect":"Deny"}]}"#;
    let shared = SharedDocument::parse(text).unwrap();
    assert_eq!(
        shared.with(&BTreeMap::new(), &sids(&[""])).as_deref(),
        Some(text)
    );
}

#[test]
fn deleted_principals_are_named() {
    let text = r#"{"Statement":[
        {"Sid":"A","Principal":{"AWS":["AROAEXAMPLEID1234567","arn:aws:iam::111122223333:root","AIDAEXAMPLEID1234567"]}},
        {"NotPrincipal":{"AWS":"AIDAEXAMPLEID7654321"},"Future":1},
        {"Sid":"B","Principal":{"AWS":["111122223333","AROAlowercase1234567","AROASHORT"],"Service":"s3.amazonaws.com"}},
        {"Sid":"C","Principal":"*","Condition":{"StringLike":{"aws:userId":"AROAEXAMPLEID1234567"}}}]}"#;
    let orphan = |position, sid: Option<&str>, principal: &str| OrphanPrincipal {
        position,
        sid: sid.map(str::to_owned),
        principal: principal.to_owned(),
    };
    assert_eq!(
        SharedDocument::parse(text).unwrap().orphan_principals(),
        [
            orphan(0, Some("A"), "AIDAEXAMPLEID1234567"),
            orphan(0, Some("A"), "AROAEXAMPLEID1234567"),
            orphan(1, None, "AIDAEXAMPLEID7654321"),
        ]
    );
}
