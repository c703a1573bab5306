//! Objects that are encrypted with keys of KMS, and uploads in parts.

use super::*;

#[test]
fn sealed_objects_need_the_key() {
    let stage = Stage::new();
    stage.allow("worker", &json!([allow(&json!("s3:*"), &json!("*"))]));
    let key = stage.session(&[]);
    let session = stage.account().of(&key);
    let put = || said(&session.s3("PUT /sealed/a", &[], "x"));
    let get = || said(&session.s3("GET /sealed/a", &[], ""));
    assert_eq!(
        put(),
        (
            403,
            "AccessDenied".to_owned(),
            format!(
                "User: {SESSION} is not authorized to perform: kms:GenerateDataKey on resource: {KEY} because no identity-based policy allows the kms:GenerateDataKey action"
            ),
        )
    );
    assert_eq!(session.s3("POST /sealed/a?uploads", &[], "").status, 403);
    let with_key = |action: &str| {
        json!([
            allow(&json!("s3:*"), &json!("*")),
            {
                "Effect": "Allow", "Action": action, "Resource": KEY,
                "Condition": {
                    "StringEquals": { "kms:ViaService": "s3.eu-west-1.amazonaws.com" },
                    "StringLike": { "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::sealed*" },
                },
            },
        ])
    };
    stage.allow("worker", &with_key("kms:GenerateDataKey"));
    let answer = session.s3("PUT /sealed/a", &[], "x");
    assert_eq!(answer.status, 200, "{}", text(&answer));
    assert_eq!(
        answer.header("x-amz-server-side-encryption"),
        Some("aws:kms")
    );
    assert_eq!(
        answer.header("x-amz-server-side-encryption-aws-kms-key-id"),
        Some(KEY)
    );
    assert_eq!(get().0, 403);
    assert_eq!(status(&session.s3("HEAD /sealed/a", &[], "")), 200);
    assert_eq!(
        status(&session.s3("HEAD /sealed/a", &[("x-amz-checksum-mode", "ENABLED")], "")),
        403
    );
    stage.allow("worker", &with_key("kms:Decrypt"));
    assert_eq!(get().0, 200);
    assert_eq!(put().0, 403);
    // Not directly, only through S3.
    let direct = session.json("kms", "TrentService.DescribeKey", &json!({ "KeyId": KEY }));
    assert_eq!(direct.status, 400);
    // The key policy decides whether the role's policies count at all.
    key_policy(
        &stage,
        &json!([{
            "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:user/sandbox") }, "Action": "kms:*", "Resource": "*",
        }]),
    );
    assert!(
        get()
            .2
            .ends_with("because no resource-based policy allows the kms:Decrypt action"),
        "{:?}",
        get()
    );
    key_policy(
        &stage,
        &json!([{
            "Effect": "Allow", "Principal": { "AWS": [ROLE, format!("arn:aws:iam::{ACCOUNT}:user/sandbox")] }, "Action": "kms:*", "Resource": "*",
        }]),
    );
    assert_eq!((get().0, put().0), (200, 200));
    // An object that asks for it needs the key, too, and one that asks for another encryption does not.
    key_policy(
        &stage,
        &json!([{
            "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:user/sandbox") }, "Action": "kms:*", "Resource": "*",
        }]),
    );
    let kms = [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
    ];
    assert_eq!(status(&session.s3("PUT /own/a", &kms, "x")), 403);
    assert_eq!(
        status(&session.s3("PUT /own/a", &kms[..1], "x")),
        200,
        "the account's key for S3"
    );
    assert_eq!(
        outcome(&session.s3("PUT /own/a", &kms[1..], "x")),
        refused(400, "InvalidArgument")
    );
    assert_eq!(
        status(&session.s3(
            "PUT /sealed/b",
            &[("x-amz-server-side-encryption", "AES256")],
            "x"
        )),
        200
    );
    let gone = [
        kms[0],
        (
            "x-amz-server-side-encryption-aws-kms-key-id",
            "99999999-2222-3333-4444-555555555555",
        ),
    ];
    assert_eq!(
        outcome(&session.s3("PUT /own/a", &gone, "x")),
        refused(400, "KMS.NotFoundException")
    );
}

#[test]
fn uploads_in_parts_need_what_objects_need() {
    let stage = Stage::new();
    stage.allow("worker", &backup("own"));
    let key = stage.session(&[]);
    let session = stage.account().of(&key);
    let begun = session.s3(
        "POST /own/prod/big?uploads",
        &[("content-type", "text/plain")],
        "",
    );
    assert_eq!(begun.status, 200, "{}", text(&begun));
    let id = element(&begun, "UploadId");
    let part = |number: usize, body: &str| {
        let answer = session.s3(
            &format!("PUT /own/prod/big?uploadId={id}&partNumber={number}"),
            &[],
            body,
        );
        assert_eq!(answer.status, 200, "{}", text(&answer));
        answer.header("etag").unwrap().to_owned()
    };
    let five = "x".repeat(5 * 1024 * 1024);
    let etags = [part(1, &five), part(2, "end")];
    let list = |parts: &[(usize, &str)]| {
        let parts: String = parts
            .iter()
            .map(|(number, etag)| {
                format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
            })
            .collect();
        format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
    };
    let complete = |parts: &[(usize, &str)]| {
        session.s3(
            &format!("POST /own/prod/big?uploadId={id}"),
            &[],
            &list(parts),
        )
    };
    let both = [(1, etags[0].as_str()), (2, etags[1].as_str())];
    for (parts, code) in [
        (
            &[(2, etags[1].as_str()), (1, etags[0].as_str())][..],
            "InvalidPartOrder",
        ),
        (&[(1, etags[1].as_str())], "InvalidPart"),
        (&[(3, etags[1].as_str())], "InvalidPart"),
        (&[], "MalformedXML"),
    ] {
        assert_eq!(outcome(&complete(parts)), refused(400, code));
    }
    part(3, "late");
    let etag = part(4, "last");
    let small = [both[0], both[1], (4, etag.as_str())];
    assert_eq!(outcome(&complete(&small)), refused(400, "EntityTooSmall"));
    let account = stage.account();
    let listed = account.s3("GET /own?uploads&prefix=prod/", &[], "");
    assert!(
        text(&listed).contains(&format!("<UploadId>{id}</UploadId>")),
        "{}",
        text(&listed)
    );
    let parts = account.s3(&format!("GET /own/prod/big?uploadId={id}"), &[], "");
    assert_eq!(text(&parts).matches("<Part>").count(), 4);
    assert_eq!(status(&session.s3("GET /own?uploads", &[], "")), 403);
    let ended = complete(&both);
    assert_eq!(ended.status, 200, "{}", text(&ended));
    let read = session.s3("GET /own/prod/big", &[], "");
    assert_eq!(
        (read.body.len(), read.header("content-type")),
        (five.len() + 3, Some("text/plain"))
    );
    assert!(read.header("etag").unwrap().ends_with("-2\""));
    assert_eq!(outcome(&complete(&both)), refused(404, "NoSuchUpload"));
    // Aborting is an action of its own.
    let begun = session.s3("POST /own/prod/big?uploads", &[], "");
    let id = element(&begun, "UploadId");
    let abort = format!("DELETE /own/prod/big?uploadId={id}");
    assert_eq!(status(&session.s3(&abort, &[], "")), 403);
    assert_eq!(status(&account.s3(&abort, &[], "")), 204);
    assert_eq!(
        outcome(&account.s3(&abort, &[], "")),
        refused(404, "NoSuchUpload")
    );
}
