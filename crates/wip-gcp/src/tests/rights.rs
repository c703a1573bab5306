//! What wip asks for, for itself.

use std::collections::BTreeMap;

use serde_json::Value;
use wip_provider::RoleDefinition;

use super::stage::{BACKUP, BILLING, SECRETS, parse, text};
use crate::rights::{all, rights};

fn permissions(role: &RoleDefinition) -> Vec<String> {
    let document: Value = serde_json::from_str(&role.json).expect("JSON");
    serde_json::from_value(document["includedPermissions"].clone()).expect("permissions")
}

#[test]
fn looking_reads_and_changing_writes() {
    let space = parse(&text(0..1, &[BACKUP, BILLING, SECRETS]));
    let needed = rights(&space);
    assert_eq!(needed.len(), 1);
    let own = &needed["acme-prod"];
    assert_eq!(
        permissions(&own.plan[0]),
        [
            "container.clusters.get",
            "iam.serviceAccounts.get",
            "iam.serviceAccounts.getIamPolicy",
            "resourcemanager.projects.get",
            "secretmanager.secrets.getIamPolicy",
            "storage.buckets.get",
            "storage.buckets.getIamPolicy",
        ]
    );
    assert_eq!(own.plan[0].condition, None);
    assert_eq!(
        permissions(&own.apply[0]),
        [
            "iam.serviceAccounts.create",
            "iam.serviceAccounts.delete",
            "iam.serviceAccounts.enable",
            "iam.serviceAccounts.setIamPolicy",
            "iam.serviceAccounts.undelete",
            "iam.serviceAccounts.update",
            "secretmanager.secrets.setIamPolicy",
            "storage.buckets.setIamPolicy",
        ]
    );
    let optional: Vec<&str> = own.apply[0].optional.keys().map(String::as_str).collect();
    assert_eq!(
        optional,
        [
            "iam.serviceAccounts.enable",
            "iam.serviceAccounts.undelete",
            "iam.serviceAccounts.update"
        ]
    );
    assert_eq!(
        own.apply[0].condition.as_deref(),
        Some(
            "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/iam.workloadIdentityUser', \
             'roles/secretmanager.secretAccessor', 'roles/storage.legacyBucketReader', 'roles/storage.objectCreator', \
             'roles/storage.objectUser'])"
        )
    );
}

#[test]
fn every_call_has_its_permission_and_each_project_its_own() {
    let elsewhere = SECRETS.replace(
        "project: acme-prod, secrets",
        "project: acme-secrets, secrets",
    );
    let space = parse(&text(0..1, &[BACKUP, BILLING, &elsewhere]));
    for right in all(&space) {
        assert_ne!(right.permission(), "", "{}", right.call);
    }
    let needed: BTreeMap<String, _> = rights(&space);
    let own = &needed["acme-secrets"];
    assert_eq!(
        permissions(&own.plan[0]),
        [
            "resourcemanager.projects.get",
            "secretmanager.secrets.getIamPolicy"
        ]
    );
    assert_eq!(
        permissions(&own.apply[0]),
        ["secretmanager.secrets.setIamPolicy"]
    );
    let condition = own.apply[0].condition.as_deref().expect("a condition");
    assert!(
        condition.ends_with("hasOnly(['roles/secretmanager.secretAccessor'])"),
        "{condition}"
    );
    assert_eq!(own.apply[0].scope, "projects/acme-secrets");
}
