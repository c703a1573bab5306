//! What shared secrets has to be able to do with secrets and parameters, and everybody else must not.
//!
//! Sources: "Shared secrets" of Upbound's workload identity guides (eso-config.md), which grants `secretsmanager:GetSecretValue`, `secretsmanager:DescribeSecret` and `ssm:GetParameter` on a prefix; "AWS Secrets Manager" and "AWS Parameter Store" of the External Secrets Operator, whose other permissions are for finding and pushing.

use serde_json::{Value, json};

use super::asking::{Answer, Caller};
use super::report::Expected::{Denied, Works};
use super::report::{Expected, Report};
use super::spaces::Workload;
use super::stage::{OTHER_REGION, OTHERS_PARAMETER, OTHERS_SECRET, like};

const READS: &str = "ESO: reads what a store names";
const OTHERS: &str = "not under the prefix";
const NO_FINDING: &str = "ESO: for dataFrom.find only, which the file does not allow";
const NO_PUSHING: &str = "ESO: for PushSecret only, which the file does not allow";

/// All cases of a session.
pub(crate) fn check(report: &mut Report, who: &str, workload: &Workload, session: &Caller) {
    let mut case = |what: String, expected, source, answer: &Answer| {
        report.case((who, &what), (expected, source), answer);
    };
    let mine = |has: bool| if has { Works } else { Denied };
    let prefix = workload.secrets.unwrap_or("prod/");
    let read: Expected = mine(workload.secrets.is_some());
    let own_key = workload.secrets.is_some() && workload.key.is_some();
    let id = |name: String| json!({ "SecretId": name });
    let own = format!("{prefix}db");
    let mut secret = |operation: &str, name: String, expected, source| {
        let answer = session.secrets(operation, &id(name.clone()));
        case(format!("{operation} {name}"), expected, source, &answer);
    };
    secret("GetSecretValue", own.clone(), read, READS);
    secret("DescribeSecret", own.clone(), read, READS);
    if own_key {
        secret("GetSecretValue", format!("{prefix}own-key"), Works, READS);
    }
    let sealed = "the file names no such key";
    secret(
        "GetSecretValue",
        format!("{prefix}others-key"),
        Denied,
        sealed,
    );
    for name in [like(prefix), OTHERS_SECRET.to_owned()] {
        secret("GetSecretValue", name.clone(), Denied, OTHERS);
        secret("DescribeSecret", name, Denied, OTHERS);
    }
    secret("ListSecretVersionIds", own.clone(), Denied, NO_FINDING);
    let elsewhere = session.in_region(OTHER_REGION);
    let answer = elsewhere.secrets("GetSecretValue", &id(own.clone()));
    let what = format!("GetSecretValue {own} in {OTHER_REGION}");
    case(what, Denied, "another region", &answer);
    let value = json!({ "SecretId": own, "SecretString": "y" });
    let new = json!({ "Name": format!("{prefix}new"), "SecretString": "y" });
    let batch = json!({ "SecretIdList": [own] });
    for (operation, members, source) in [
        ("PutSecretValue", &value, NO_PUSHING),
        ("CreateSecret", &new, NO_PUSHING),
        ("ListSecrets", &json!({}), NO_FINDING),
        ("BatchGetSecretValue", &batch, NO_FINDING),
    ] {
        let answer = session.secrets(operation, members);
        case(operation.to_owned(), Denied, source, &answer);
    }

    let prefix = workload.parameters.unwrap_or("/prod/");
    let own = format!("{prefix}db");
    let read = mine(workload.parameters.is_some());
    let name = |name: &str| json!({ "Name": name, "WithDecryption": true });
    let own_sealed = own_key.then(|| format!("{prefix}own-key"));
    for (name, members, expected, source) in [
        (own.clone(), name(&own), read, READS),
        own_sealed.map_or_else(
            || (own.clone(), json!({ "Name": own }), read, READS),
            |sealed| (sealed.clone(), name(&sealed), Works, READS),
        ),
        sealed_by_others(prefix, sealed),
        (like(prefix), name(&like(prefix)), Denied, OTHERS),
        (
            OTHERS_PARAMETER.to_owned(),
            name(OTHERS_PARAMETER),
            Denied,
            OTHERS,
        ),
    ] {
        let answer = session.ssm("GetParameter", &members);
        case(format!("GetParameter {name}"), expected, source, &answer);
    }
    let put = json!({ "Name": own, "Value": "y", "Type": "String", "Overwrite": true });
    for (operation, members, source) in [
        ("PutParameter", put, NO_PUSHING),
        ("GetParametersByPath", json!({ "Path": prefix }), NO_FINDING),
        ("DescribeParameters", json!({}), NO_FINDING),
    ] {
        let answer = session.ssm(operation, &members);
        case(operation.to_owned(), Denied, source, &answer);
    }
}

fn sealed_by_others(prefix: &str, source: &'static str) -> (String, Value, Expected, &'static str) {
    let name = format!("{prefix}others-key");
    let members = json!({ "Name": name, "WithDecryption": true });
    (name, members, Denied, source)
}
