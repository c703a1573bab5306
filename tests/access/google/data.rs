//! What a workload may do with objects and secrets: with its own what it is for, and with others' nothing.
//!
//! Sources: "Workload-identity Configuration" (Upbound) for who does what; "IAM roles for Cloud Storage" and "IAM permissions for JSON methods" (the roles,
//! and that to overwrite is to delete); "Access control with IAM" of Secret Manager; "Overview of IAM Conditions" for what is below a prefix.

use serde_json::{Value, json};

use super::super::asking::{Answer, encoded};
use super::super::report::Expected::{self, Says, Works};
use super::super::report::Report;
use super::stage::{PROJECT, Stage};
use super::workloads::Workload;

pub(crate) const NO_OBJECT: Expected = Says(403, "forbidden");
pub(crate) const NO_ROLE: Expected = Says(403, "PERMISSION_DENIED");
const NOBODY: Expected = Says(401, "required");

const OTHERS: &str = "the file names no such thing";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Write,
    Read,
    List,
    /// The bucket itself, as Vector's health check does.
    Look,
    Overwrite,
    Delete,
}

/// In this order there is something to read and to delete.
const ALL: [Does; 6] = [
    Does::Write,
    Does::Read,
    Does::List,
    Does::Look,
    Does::Overwrite,
    Does::Delete,
];

fn object(stage: &Stage, token: &str, bucket: &str, name: &str, does: Does) -> Answer {
    let at = format!("storage/storage/v1/b/{bucket}");
    let name = encoded(name);
    let (what, body) = match does {
        Does::Write | Does::Overwrite => (
            format!("POST storage/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}"),
            json!("x"),
        ),
        Does::Read => (format!("GET {at}/o/{name}?alt=media"), Value::Null),
        Does::List => (format!("GET {at}/o"), Value::Null),
        Does::Look => (format!("GET {at}"), Value::Null),
        Does::Delete => (format!("DELETE {at}/o/{name}"), Value::Null),
    };
    stage.ask(token, &what, &body)
}

fn secret(stage: &Stage, token: &str, name: &str, verb: &str) -> Answer {
    let what = format!("GET secretmanager/v1/projects/{PROJECT}/secrets/{name}{verb}");
    stage.ask(token, &what, &Value::Null)
}

/// One request to what is a workload's.
pub(crate) fn touch(stage: &Stage, token: &str, workload: &Workload) -> Answer {
    match (
        workload.own.or(workload.adds).or(workload.reads),
        workload.secrets,
    ) {
        (_, [first, ..]) => {
            let name = if first.ends_with('-') {
                "apps-db"
            } else {
                first
            };
            secret(stage, token, name, "/versions/latest:access")
        }
        (Some((bucket, _)), []) => object(stage, token, bucket, "", Does::List),
        (None, []) => panic!("nothing is its own: {workload:?}"),
    }
}

/// All cases of a workload.
pub(crate) fn check(report: &mut Report, who: &str, workload: &Workload, stage: &Stage) {
    let token = stage.token(workload);
    objects(report, who, workload, stage, &token);
    secrets(report, who, workload, stage, &token);
}

/// What must come of it, and why.
fn line(workload: &Workload, bucket: &str, name: &str, does: Does) -> (Expected, &'static str) {
    let within = |at: Option<(&str, &str)>| {
        let at = at.filter(|(own, _)| *own == bucket);
        at.map(|(_, prefix)| name.starts_with(prefix))
    };
    let (own, adds, reads) = (
        within(workload.own),
        within(workload.adds),
        within(workload.reads),
    );
    match does {
        Does::List if own.is_some() || reads.is_some() => {
            (Works, "objects are listed of the bucket")
        }
        Does::List | Does::Look if adds.is_some() => {
            (Works, "legacyBucketReader, for the health check")
        }
        Does::Look => (NO_OBJECT, "no role that is given has it"),
        _ if own == Some(true) => (Works, "objectUser"),
        Does::Write if adds == Some(true) => (Works, "objectCreator"),
        Does::Read if reads == Some(true) => (Works, "objectViewer"),
        _ => (NO_OBJECT, OTHERS),
    }
}

fn objects(report: &mut Report, who: &str, workload: &Workload, stage: &Stage, token: &str) {
    let own = workload.own.or(workload.adds);
    let (own, prefix) = own.unwrap_or(("acme-others", ""));
    let near = prefix.trim_end_matches('/');
    for (bucket, name) in [
        (own, format!("{prefix}own")),
        (own, format!("x{prefix}own")),
        (own, format!("{near}2/own")),
        ("acme-others", "theirs".to_owned()),
        ("acme-archive", "kept/theirs".to_owned()),
        ("acme-archive", "theirs".to_owned()),
        ("acme-backups", "theirs".to_owned()),
        ("acme-billing", "theirs".to_owned()),
    ] {
        let what = |how: &str| format!("{bucket}/{name}: {how}");
        // What is tried again was left by those who may not delete.
        let gone = format!("DELETE storage/storage/v1/b/{bucket}/o/{}", encoded(&name));
        let at = format!(
            "POST storage/upload/storage/v1/b/{bucket}/o?uploadType=media&name={}",
            encoded(&name)
        );
        stage.ask_operator(&at, &json!("x"));
        stage.ask_operator(&gone, &Value::Null);
        for does in ALL {
            let answer = object(stage, token, bucket, &name, does);
            report.case(
                (who, &what(&format!("{does:?}"))),
                line(workload, bucket, &name, does),
                &answer,
            );
            let answer = object(stage, "", bucket, &name, does);
            report.case(
                (who, &what(&format!("{does:?} with no token"))),
                (NOBODY, "nobody"),
                &answer,
            );
            if does == Does::Write {
                // So that there is something, whoever may write.
                stage.ask_operator(&at, &json!("x"));
            }
        }
    }
    let answer = object(stage, token, "nothing-there", "x", Does::Read);
    let case = (who, "a bucket that is not there: Read");
    report.case(case, (Says(404, "notFound"), OTHERS), &answer);
}

fn secrets(report: &mut Report, who: &str, workload: &Workload, stage: &Stage, token: &str) {
    for name in ["db", "smtp", "web", "apps-db", "not-apps-db"] {
        let mut own = workload.secrets.iter();
        let is_own = own.any(|own| match own.ends_with('-') {
            true => name.starts_with(own),
            false => name == *own,
        });
        let (expected, source) = match is_own {
            true => (Works, "secretAccessor"),
            false => (NO_ROLE, OTHERS),
        };
        for version in ["latest", "1"] {
            let answer = secret(stage, token, name, &format!("/versions/{version}:access"));
            report.case(
                (who, &format!("{name}: Access {version}")),
                (expected, source),
                &answer,
            );
        }
        let answer = secret(stage, token, name, "");
        let source = "secretAccessor reads what is in it, and nothing about it";
        report.case((who, &format!("{name}: Get")), (NO_ROLE, source), &answer);
    }
}
