//! The data of storage accounts: who may what, by which role where.

use serde_json::json;

use super::*;

const CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const READER: &str = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

fn account() -> String {
    in_group("Microsoft.Storage/storageAccounts/acmebackups")
}

fn container(name: &str) -> String {
    format!("{}/blobServices/default/containers/{name}", account())
}

fn blob(stage: &Stage, token: &str, what: &str, more: &[(&str, &str)]) -> Said {
    let (method, rest) = what.split_once(' ').unwrap();
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("x-ms-version", "2023-11-03"),
    ];
    headers.extend(more);
    stage.ask(
        &format!("{method} /_azure/blob/acmebackups/{rest}"),
        &headers,
        b"content",
    )
}

fn error(said: &Said) -> (u16, &str) {
    (
        said.status,
        said.answer.header("x-ms-error-code").unwrap_or_default(),
    )
}

/// A request, its headers, and the status and code that it gets.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, &'a str);

const BLOCK: (&str, &str) = ("x-ms-blob-type", "BlockBlob");

#[test]
fn roles_decide_by_action_and_scope() {
    let stage = Stage::new();
    let (made, token) = stage.workload("backup", "https://storage.azure.com");
    let try_all = |container: &str| -> Vec<u16> {
        let calls = [
            ("PUT", "/a/b"),
            ("GET", "/a/b"),
            ("GET", "?restype=container&comp=list"),
            ("GET", "?restype=container"),
            ("DELETE", "/a/b"),
        ];
        calls
            .iter()
            .map(|(method, rest)| {
                blob(
                    &stage,
                    &token,
                    &format!("{method} {container}{rest}"),
                    &[BLOCK],
                )
                .status
            })
            .collect()
    };
    assert_eq!(try_all("backups"), [403; 5], "no role");
    stage.assign(1, &container("billing"), READER, &made["principalId"]);
    assert_eq!(try_all("backups"), [403; 5], "another container's role");
    assert_eq!(try_all("billing"), [403, 404, 200, 200, 403], "reads only");
    stage.assign(2, &container("backups"), OWNER, &made["principalId"]);
    assert_eq!(
        try_all("backups"),
        [403, 403, 403, 200, 403],
        "an owner has no data actions"
    );
    stage.assign(3, &container("backups"), CONTRIBUTOR, &made["principalId"]);
    assert_eq!(try_all("backups"), [201, 200, 200, 200, 202]);
    stage.delete(&format!(
        "{}/providers/Microsoft.Authorization/roleAssignments/dddddddd-0000-4000-8000-000000000003",
        container("backups")
    ));
    assert_eq!(
        try_all("backups"),
        [403, 403, 403, 200, 403],
        "the role was taken away"
    );
    stage.assign(
        4,
        &format!("/subscriptions/{SUB}"),
        CONTRIBUTOR,
        &made["principalId"],
    );
    assert_eq!(try_all("backups"), [201, 200, 200, 200, 202], "from above");
    let said = blob(&stage, &token, "GET none/a", &[]);
    assert_eq!(error(&said), (404, "ContainerNotFound"));
}

#[test]
fn another_identity_has_nothing_of_it() {
    let stage = Stage::new();
    let (made, token) = stage.workload("backup", "https://storage.azure.com");
    let (_, other) = stage.workload("billing", "https://storage.azure.com");
    stage.assign(1, &account(), CONTRIBUTOR, &made["principalId"]);
    assert_eq!(blob(&stage, &token, "PUT backups/a", &[BLOCK]).status, 201);
    assert_eq!(
        error(&blob(&stage, &other, "GET backups/a", &[])),
        (403, "AuthorizationPermissionMismatch")
    );
    assert_eq!(
        error(&blob(&stage, &operator(TENANT), "GET backups/a", &[])),
        (403, "AuthorizationPermissionMismatch")
    );
}

#[test]
fn requests_are_checked() {
    let stage = Stage::new();
    let (made, token) = stage.workload("backup", "https://storage.azure.com");
    let (_, for_vaults) = stage.workload("backup", "https://vault.azure.net");
    stage.assign(1, &account(), CONTRIBUTOR, &made["principalId"]);
    let get = "GET /_azure/blob/acmebackups/backups/a";
    let nobody = stage.ask(get, &[("x-ms-version", "2023-11-03")], b"");
    assert_eq!(error(&nobody), (401, "NoAuthenticationInformation"));
    assert!(
        nobody
            .answer
            .header("www-authenticate")
            .unwrap()
            .contains(TENANT)
    );
    let old = stage.ask(get, &[("authorization", &format!("Bearer {token}"))], b"");
    assert_eq!(error(&old), (403, "AuthenticationFailed"));
    assert_eq!(
        error(&blob(&stage, &for_vaults, "GET backups/a", &[])),
        (401, "InvalidAuthenticationInfo")
    );
    assert_eq!(
        error(&blob(&stage, &operator(OTHER_TENANT), "GET backups/a", &[])),
        (401, "InvalidAuthenticationInfo")
    );
    let table: [Case<'_>; 7] = [
        ("GET backups/a", &[], 404, "BlobNotFound"),
        ("DELETE backups/a", &[], 404, "BlobNotFound"),
        ("PUT backups/a", &[], 400, "MissingRequiredHeader"),
        (
            "PUT backups/a",
            &[("x-ms-blob-type", "Blob")],
            400,
            "InvalidHeaderValue",
        ),
        (
            "PUT backups/a",
            &[BLOCK, ("if-match", "\"x\"")],
            412,
            "ConditionNotMet",
        ),
        (
            "PUT backups/a?comp=page",
            &[BLOCK],
            400,
            "InvalidQueryParameterValue",
        ),
        ("POST backups/a", &[], 400, "InvalidQueryParameterValue"),
    ];
    for (what, headers, status, code) in table {
        assert_eq!(
            error(&blob(&stage, &token, what, headers)),
            (status, code),
            "{what}"
        );
    }
    let put = || {
        blob(
            &stage,
            &token,
            "PUT backups/a",
            &[BLOCK, ("if-none-match", "*")],
        )
    };
    assert_eq!(put().status, 201);
    assert_eq!(error(&put()), (409, "BlobAlreadyExists"));
}

#[test]
fn listings_have_prefixes() {
    let stage = Stage::new();
    let (made, token) = stage.workload("backup", "https://storage.azure.com");
    stage.assign(1, &account(), CONTRIBUTOR, &made["principalId"]);
    for name in ["prod/a/1", "prod/a/2", "prod/b", "test/c"] {
        assert_eq!(
            blob(&stage, &token, &format!("PUT backups/{name}"), &[BLOCK]).status,
            201
        );
    }
    let list = |query: &str| -> Vec<String> {
        let said = blob(
            &stage,
            &token,
            &format!("GET backups?restype=container&comp=list{query}"),
            &[],
        );
        let body = String::from_utf8(said.answer.body).unwrap();
        let names = body.split("<Name>").skip(1);
        names
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(list("&prefix=prod/"), ["prod/a/1", "prod/a/2", "prod/b"]);
    assert_eq!(list("&prefix=prod/&delimiter=/"), ["prod/a/", "prod/b"]);
    let said = blob(
        &stage,
        &token,
        "GET backups?restype=container&comp=list",
        &[],
    );
    let body = String::from_utf8(said.answer.body).unwrap();
    assert_eq!(
        body.matches("<Content-Length>7</Content-Length>").count(),
        4
    );
    let deleted = stage.arm(&format!("DELETE {}", container("backups")), &json!(null));
    assert_eq!(deleted.status, 200);
    stage.put(&container("backups"), &json!({}));
    assert!(list("").is_empty(), "blobs go with their container");
}

#[test]
fn listings_have_pages() {
    let stage = Stage::new();
    let (made, token) = stage.workload("backup", "https://storage.azure.com");
    stage.assign(1, &account(), CONTRIBUTOR, &made["principalId"]);
    for name in ["a", "b", "c"] {
        let what = format!("PUT backups/{name}");
        assert_eq!(blob(&stage, &token, &what, &[BLOCK]).status, 201);
    }
    let list = |query: &str| {
        let what = format!("GET backups?restype=container&comp=list{query}");
        blob(&stage, &token, &what, &[])
    };
    let mut marker = String::new();
    let mut sizes = Vec::new();
    loop {
        let said = list(&format!(
            "&maxresults=2&include=snapshots,versions,deleted,uncommittedblobs{marker}"
        ));
        let body = String::from_utf8(said.answer.body).unwrap();
        sizes.push(body.matches("<Blob>").count());
        let Some((_, next)) = body.split_once("<NextMarker>") else {
            break;
        };
        marker = format!("&marker={}", next.split('<').next().unwrap());
    }
    assert_eq!(sizes, [2, 1]);
    for (query, code) in [
        ("&maxresults=0", "OutOfRangeQueryParameterValue"),
        ("&maxresults=x", "InvalidQueryParameterValue"),
        ("&include=everything", "InvalidQueryParameterValue"),
    ] {
        assert_eq!(error(&list(query)), (400, code), "{query}");
    }
}
