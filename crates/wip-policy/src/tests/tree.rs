//! The keyed tree: what is diffed and reviewed.

use crate::{Document, Statement};

const COLLISION: [u32; 2] = [13109, 31225];

fn tree(document: &Document) -> String {
    serde_yaml::to_string(document).unwrap()
}

#[test]
fn a_document_is_a_tree_of_maps_and_sorted_lists() {
    let document = Document::parse(
        r#"{"Version":"2012-10-17","Id":"i","Statement":[
            {"Sid":"Read","Effect":"Allow","Principal":{"Federated":"arn:p"},"Action":["s3:Put","s3:Get"],"Condition":{"StringLike":{"k":["b","a"]}}},
            {"Effect":"Deny","NotPrincipal":"*","NotAction":"a:b","NotResource":"*"},
            {"Sid":"Odd","Effect":"Allow","Future":[2,1]}]}"#,
    )
    .unwrap();
    let expected = r#"version: 2012-10-17
id: i
statements:
  Odd:
    unknown: '{"Effect":"Allow","Future":[2,1],"Sid":"Odd"}'
  Read:
    effect: Allow
    principal:
      Federated:
      - arn:p
    action:
    - s3:Get
    - s3:Put
    condition:
      StringLike:
        k:
        - a
        - b
  ~738ee54e:
    effect: Deny
    notPrincipal: '*'
    notAction:
    - a:b
    notResource:
    - '*'
"#;
    assert_eq!(tree(&document), expected);
    assert_eq!(
        serde_yaml::from_str::<Document>(expected).unwrap(),
        document
    );
}

#[test]
fn keys_are_names_only_where_names_are_good_keys() {
    let keys = |text: &str| -> Vec<String> {
        let document = Document::parse(text).unwrap();
        let tree: serde_json::Value = serde_json::to_value(&document).unwrap();
        assert_eq!(
            serde_json::from_value::<Document>(tree.clone()).unwrap(),
            document
        );
        tree["statements"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let is_derived = |key: &String| key.len() == 9 && key.starts_with('~');
    let twice = keys(
        r#"{"Statement":[{"Sid":"A","Effect":"Allow"},{"Sid":"A","Effect":"Deny"},{"Sid":"B","Effect":"Deny"}]}"#,
    );
    assert_eq!(twice.iter().filter(|key| is_derived(key)).count(), 2);
    assert!(twice.contains(&"B".to_owned()));
    let equal = keys(
        r#"{"Statement":[{"Sid":"A","Effect":"Allow","Action":"x:Y"},{"Sid":"A","Effect":"Allow","Action":"X:y"}]}"#,
    );
    assert_eq!(equal, ["A"]);
    let posing = keys(r#"{"Statement":[{"Sid":"~12345678","Effect":"Allow"}]}"#);
    assert!(posing.iter().all(is_derived) && posing != ["~12345678"]);
    let spelled = |action: &str| {
        keys(&format!(
            r#"{{"Statement":[{{"Effect":"Allow","Action":"{action}"}}]}}"#
        ))
    };
    assert_eq!(spelled("s3:GetObject"), spelled("S3:getobject"));
}

#[test]
fn a_statement_cannot_hide_behind_another_with_the_same_short_hash() {
    // Found by trying: the SHA-256 of the canonical JSON of both begins with the same eight digits.
    let [one, other] = COLLISION.map(|n| Statement::allow([format!("s3:a{n}")], ["*"]));
    let document = Document::new([one, other]);
    let tree: serde_json::Value = serde_json::to_value(&document).unwrap();
    let mut lengths: Vec<usize> = tree["statements"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::len)
        .collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [9, 17]);
    assert_eq!(serde_json::from_value::<Document>(tree).unwrap(), document);
}

#[test]
fn a_tree_that_nothing_writes_is_refused() {
    for bad in [
        r#"{"statements":{"A":{"sid":"B","effect":"Allow"}}}"#,
        r#"{"statements":{"A":{"effect":"Allow","future":1}}}"#,
        r#"{"statements":{"A":{"effect":"Allow","principal":"me"}}}"#,
        r#"{"statements":{"A":{"unknown":"{"}}}"#,
        r#"{"statements":{"A":{"unknown":"{}","effect":"Allow"}}}"#,
        r#"{"version":"2030-01-01"}"#,
        r#"{"more":1}"#,
    ] {
        assert!(serde_json::from_str::<Document>(bad).is_err(), "{bad}");
    }
}
