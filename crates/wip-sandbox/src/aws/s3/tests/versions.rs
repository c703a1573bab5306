//! Old versions, delete markers, tags from the start, and what keeps a bucket from being deleted.

use super::*;
use crate::Sandbox;

const ON: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const OFF: &str = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

/// Each version and marker of a listing, as `key id latest`, with the ids shortened to their first sight.
fn listed(asker: &Asker<'_>, query: &str) -> Vec<String> {
    let answer = asker.s3(&format!("GET /abc?versions{query}"), &[], "");
    assert_eq!(answer.status, 200, "{}", text(&answer));
    let body = text(&answer);
    let part = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("<{name}>")).unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    let lines = body
        .split("<Version>")
        .flat_map(|part| part.split("<DeleteMarker>"));
    let lines = lines.skip(1).map(|line| {
        let what = match line.contains("<ETag>") {
            true => "version",
            false => "marker",
        };
        let id = match part(line, "VersionId").as_str() {
            "null" => " null",
            _ => "",
        };
        let latest = match part(line, "IsLatest").as_str() {
            "true" => " latest",
            _ => "",
        };
        format!("{what} {}{id}{latest}", part(line, "Key"))
    });
    lines.collect()
}

fn id_of(answer: &Answer) -> String {
    answer.header("x-amz-version-id").unwrap().to_owned()
}

fn set<'a>(asker: &'a Asker<'a>) -> impl Fn(&str) + 'a {
    |to| assert_eq!(asker.s3("PUT /abc?versioning", &[], to).status, 200)
}

#[test]
fn a_bucket_with_versions_keeps_what_is_overwritten_and_deleted() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    create(&asker, "abc");
    let put = |body: &str| asker.s3("PUT /abc/k", &[], body);
    assert!(put("0").header("x-amz-version-id").is_none());
    assert_eq!(listed(&asker, ""), ["version k null latest"]);
    set(&asker)(ON);
    let (one, two) = (id_of(&put("1")), id_of(&put("2")));
    assert_ne!(one, two);
    let gone = asker.s3("DELETE /abc/k", &[], "");
    assert_eq!(gone.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(asker.s3("GET /abc/k", &[], "").status, 404);
    assert_eq!(
        listed(&asker, ""),
        [
            "marker k latest",
            "version k",
            "version k",
            "version k null"
        ]
    );
    assert_eq!(listed(&asker, "&max-keys=1"), ["marker k latest"]);
    let after = format!("&key-marker=k&version-id-marker={two}");
    assert_eq!(listed(&asker, &after), ["version k", "version k null"]);
    let delete = |id: &str| {
        asker
            .s3(&format!("DELETE /abc/k?versionId={id}"), &[], "")
            .status
    };
    assert_eq!(delete(&id_of(&gone)), 204);
    assert_eq!(
        text(&asker.s3("GET /abc/k", &[], "")),
        "2",
        "the newest that is left"
    );
    assert_eq!((delete(&two), delete(&one)), (204, 204));
    assert_eq!(text(&asker.s3("GET /abc/k", &[], "")), "0");

    set(&asker)(OFF);
    put("3");
    assert_eq!(
        listed(&asker, ""),
        ["version k null latest"],
        "null is overwritten"
    );
    asker.s3("DELETE /abc/k", &[], "");
    assert_eq!(listed(&asker, ""), ["marker k null latest"]);
    let full = asker.s3("DELETE /abc", &[], "");
    let words = "The bucket you tried to delete is not empty";
    refused(&full, 409, "BucketNotEmpty", words, "a marker is left");
    assert_eq!(delete("null"), 204);
    assert_eq!(asker.s3("DELETE /abc", &[], "").status, 204);
}

#[test]
fn a_bucket_is_made_with_tags() {
    let sandbox = world();
    let asker = Asker::new(&sandbox, "us-east-1");
    let body = |key: &str| {
        format!(
            "<CreateBucketConfiguration><Tags><Tag><Key>{key}</Key><Value>v</Value></Tag></Tags></CreateBucketConfiguration>"
        )
    };
    let wrong = asker.s3("PUT /abc", &[], &body("a*"));
    let words = "The TagKey you have provided is invalid";
    refused(&wrong, 400, "InvalidTag", words, "a character");
    assert_eq!(asker.s3("PUT /abc", &[], &body("a")).status, 200);
    assert_eq!(element(&asker.s3("GET /abc?tagging", &[], ""), "Key"), "a");
    // The legacy answer of us-east-1 to who has it already changes nothing.
    assert_eq!(asker.s3("PUT /abc", &[], &body("b")).status, 200);
    assert_eq!(element(&asker.s3("GET /abc?tagging", &[], ""), "Key"), "a");
}

#[test]
fn tags_of_aws_itself_stay() {
    let sandbox = Sandbox::in_memory(crate::Options::default());
    let seed = json!({ "buckets": [{
        "account": ACCOUNT, "region": "us-east-1", "name": "abc",
        "tags": { "aws:cloudformation:stack-name": "s", "team": "a" },
    }] });
    sandbox
        .seed(&serde_json::from_value(seed).unwrap())
        .unwrap();
    let asker = Asker::new(&sandbox, "us-east-1");
    let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    let put = |tags: &str| {
        asker.s3(
            "PUT /abc?tagging",
            &[],
            &format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"),
        )
    };
    let words = "System Tags cannot be removed by requester";
    refused(
        &put(&tag("team", "b")),
        400,
        "InvalidTag",
        words,
        "left out",
    );
    refused(
        &asker.s3("DELETE /abc?tagging", &[], ""),
        400,
        "InvalidTag",
        words,
        "all",
    );
    let system = "aws:cloudformation:stack-name";
    let words = "The TagKey you have provided is invalid";
    refused(&put(&tag(system, "t")), 400, "InvalidTag", words, "changed");
    assert_eq!(put(&(tag(system, "s") + &tag("team", "b"))).status, 204);
}
