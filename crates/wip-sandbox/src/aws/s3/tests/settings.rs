//! The settings of a bucket.

use super::*;

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
    assert_eq!(element(&encryption(), "EncryptionType"), "SSE-C");
    let kms = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";
    assert_eq!(asker.s3("PUT /abc?encryption", &[], kms).status, 200);
    assert_eq!(element(&encryption(), "KMSMasterKeyID"), "arn:k");
    assert_eq!(element(&encryption(), "BucketKeyEnabled"), "true");
    let blocked = |kind: &str| {
        let types = format!(
            "<BlockedEncryptionTypes><EncryptionType>{kind}</EncryptionType></BlockedEncryptionTypes></Rule>"
        );
        asker
            .s3("PUT /abc?encryption", &[], &kms.replace("</Rule>", &types))
            .status
    };
    assert_eq!((blocked("NONE"), blocked("all")), (200, 400));
    assert_eq!(element(&encryption(), "EncryptionType"), "NONE");
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
    let tag = |key: &str| format!("<Tag><Key>{key}</Key><Value>v &#43; w</Value></Tag>");
    let set = |tags: &str| format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
    assert_eq!(
        asker.s3("PUT /abc?tagging", &[], &set(&tag("a"))).status,
        204
    );
    assert_eq!(element(&tags(), "Value"), "v + w");
    let many: String = (0..51).map(|n| tag(&n.to_string())).collect();
    for (tags, code) in [
        (tag("aws:a"), "InvalidTag"),
        (tag(""), "InvalidTag"),
        (tag("a") + &tag("a"), "InvalidTag"),
        (tag("a").replace("v ", "v &amp; "), "InvalidTag"),
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
