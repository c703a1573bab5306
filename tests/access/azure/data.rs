//! What a workload may do with blobs and secrets: with its own what it is for, and with others' nothing.
//!
//! Sources: "Workload-identity Configuration" (Upbound), which gives backup and billing Storage Blob Data Contributor, and shared
//! secrets the reading of a vault; "Azure built-in roles" and "Authorize access to blobs using Microsoft Entra ID" for what a
//! role opens; "Status and error codes" of the storage services and "Azure Key Vault REST API error codes" for the refusals.

use serde_json::{Value, json};

use super::super::asking::Answer;
use super::super::report::Expected::{self, Says, Works};
use super::super::report::Report;
use super::stage::{STORAGE, Stage, VAULT, operator};
use super::workloads::{At, Workload};

const NO_ROLE: Expected = Says(403, "AuthorizationPermissionMismatch");
const BY_ROLES: Expected = Says(403, "ForbiddenByRbac");
const BY_POLICIES: Expected = Says(403, "ForbiddenByPolicy");
const WRONG_TOKEN: Expected = Says(401, "InvalidAuthenticationInfo");

const OWN: &str = "the component's role (Upbound's guide)";
const READS: &str = "the file lets it read and list";
const OTHERS: &str = "the file names no such thing";

/// What is asked of a container or a vault.
#[derive(Clone, Copy, Debug)]
enum Does {
    Write,
    Read,
    List,
    Delete,
}

/// What is asked of a vault.
#[derive(Clone, Copy, Debug)]
enum Asks {
    Get,
    List,
    Set,
}

/// In this order there is something to read and to delete.
const ALL: [Does; 4] = [Does::Write, Does::Read, Does::List, Does::Delete];

fn blob(stage: &Stage, token: &str, (account, container): At, does: Does, name: &str) -> Answer {
    let at = format!("/_azure/blob/{account}/{container}");
    let one = format!("{at}/{name}");
    let (what, body) = match does {
        Does::Write => (format!("PUT {one}"), json!("x")),
        Does::Read => (format!("GET {one}"), Value::Null),
        Does::List => (format!("GET {at}?restype=container&comp=list"), Value::Null),
        Does::Delete => (format!("DELETE {one}"), Value::Null),
    };
    let headers = [
        ("x-ms-version", "2023-11-03"),
        ("x-ms-blob-type", "BlockBlob"),
    ];
    stage.ask(token, &what, &headers, &body)
}

fn secret(stage: &Stage, token: &str, vault: &str, asks: Asks) -> Answer {
    let at = format!("/_azure/vault/{vault}/secrets");
    let version = "?api-version=7.4";
    let (what, body) = match asks {
        Asks::Get => (format!("GET {at}/db{version}"), Value::Null),
        Asks::List => (format!("GET {at}{version}"), Value::Null),
        Asks::Set => (format!("PUT {at}/db{version}"), json!({ "value": "x" })),
    };
    stage.ask(token, &what, &[], &body)
}

/// All cases of a workload.
pub(crate) fn check(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let (storage, vaults) = (stage.token(workload, STORAGE), stage.token(workload, VAULT));
    blobs(report, who, workload, stage, (&storage, &vaults));
    secrets(report, who, workload, stage, (&storage, &vaults));
}

fn blobs(
    report: &mut Report,
    who: &str,
    workload: &Workload,
    stage: &Stage,
    (token, of_vaults): (&str, &str),
) {
    let mut case = |(account, container): At, what: &str, expected, source, answer: &Answer| {
        let what = format!("{account}/{container}: {what}");
        report.case((who, &what), (expected, source), answer);
    };
    let containers = [
        ("acmebackups", "backups"),
        ("acmebackups", "others"),
        ("acmebackups", "archive"),
        ("acmebilling", "usage"),
        ("acmeothers", "backups"),
    ];
    for at in containers {
        // The administrator proves that the thing is there, and leaves a blob to read.
        for does in [Does::Write, Does::Read, Does::List] {
            let done = blob(stage, &operator(), at, does, "theirs");
            assert!(done.worked(), "{at:?} {does:?}: {done:?}");
        }
        let is_own = workload.own == Some(at);
        let is_read = workload.reads == Some(at);
        let line = |does: Does| match does {
            _ if is_own => (Works, OWN),
            Does::Read | Does::List if is_read => (Works, READS),
            _ => (NO_ROLE, OTHERS),
        };
        // What one may not write is none of one's own to read.
        let name = if is_own { "own" } else { "theirs" };
        for does in ALL {
            let (expected, source) = line(does);
            let answer = blob(stage, token, at, does, name);
            case(at, &format!("{does:?}"), expected, source, &answer);
        }
        for does in ALL {
            let answer = blob(stage, of_vaults, at, does, "theirs");
            let what = format!("{does:?} with a token for vaults");
            case(at, &what, WRONG_TOKEN, "another audience", &answer);
            let answer = blob(stage, "", at, does, "theirs");
            let nobody = Says(401, "NoAuthenticationInformation");
            case(
                at,
                &format!("{does:?} with none"),
                nobody,
                "nobody",
                &answer,
            );
        }
        if is_own {
            let answer = blob(stage, token, at, Does::Read, "own");
            let gone = Says(404, "BlobNotFound");
            case(at, "Read what it deleted", gone, OWN, &answer);
        }
    }
    for at in [("acmebackups", "none"), ("acmeothers", "none")] {
        for does in ALL {
            let answer = blob(stage, token, at, does, "theirs");
            case(at, &format!("{does:?}"), NO_ROLE, OTHERS, &answer);
        }
    }
}

fn secrets(
    report: &mut Report,
    who: &str,
    workload: &Workload,
    stage: &Stage,
    (of_storage, token): (&str, &str),
) {
    let mut case = |vault: &str, what: &str, expected, source, answer: &Answer| {
        report.case(
            (who, &format!("{vault}: {what}")),
            (expected, source),
            answer,
        );
    };
    let refusal = |is_by_roles| if is_by_roles { BY_ROLES } else { BY_POLICIES };
    for (vault, is_by_roles) in [
        ("acme-kv", stage.by_roles),
        ("others-kv", true),
        ("policies-kv", false),
    ] {
        let refused = refusal(is_by_roles);
        let is_own = workload.vault == Some(vault);
        let reads = if is_own { Works } else { refused };
        for (asks, expected, source) in [
            (Asks::Get, reads, "External Secrets Operator reads"),
            (Asks::List, reads, "and finds (dataFrom.find)"),
            (
                Asks::Set,
                refused,
                "PushSecret is nothing that the file allows",
            ),
        ] {
            let answer = secret(stage, token, vault, asks);
            case(vault, &format!("{asks:?}"), expected, source, &answer);
            let answer = secret(stage, of_storage, vault, asks);
            let what = format!("{asks:?} with a token for storage");
            case(
                vault,
                &what,
                Says(401, "Unauthorized"),
                "another audience",
                &answer,
            );
        }
    }
    // The administrator proves that the door is one.
    for asks in [Asks::Get, Asks::List, Asks::Set] {
        let done = secret(stage, &operator(), "others-kv", asks);
        assert!(done.worked(), "{asks:?}: {done:?}");
    }
}
