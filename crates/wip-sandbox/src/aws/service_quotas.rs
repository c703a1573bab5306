//! Service Quotas: the quotas of IAM that AWS raises on request.
//!
//! IAM is a global service: its quotas are in `us-east-1` (`cn-north-1`, `us-gov-west-1`) only; at other endpoints the service is not known.
//! Sources: Service Quotas API Reference; IAM User Guide, "IAM and AWS STS quotas"; Service Quotas User Guide, "Requesting a quota increase" (global quotas).
//! Not here: enforcing them, which IAM does from the same values.

use serde_json::{Map, Value, json};

use super::call::{Call, Refusal};
use super::json::{members, result};
use crate::Quotas;
use crate::http::{Answer, Request};

/// A quota: code, name, and its value among the quotas in force.
struct Quota {
    code: &'static str,
    name: &'static str,
    value: fn(&Quotas) -> u32,
}

const IAM: [Quota; 5] = [
    Quota {
        code: "L-0DA4ABF3",
        name: "Managed policies per role",
        value: |quotas| quotas.attached_policies,
    },
    Quota {
        code: "L-858F3967",
        name: "OpenId connect providers per account",
        value: |quotas| quotas.oidc_providers,
    },
    Quota {
        code: "L-C07B4B0D",
        name: "Role trust policy length",
        value: |quotas| quotas.trust_policy_size,
    },
    Quota {
        code: "L-E95E4862",
        name: "Customer managed policies per account",
        value: |quotas| quotas.policies,
    },
    Quota {
        code: "L-FE177D64",
        name: "Roles per account",
        value: |quotas| quotas.roles,
    },
];

/// Answers a call.
pub(crate) fn handle(call: &mut Call<'_>, request: &Request) -> Result<Answer, Refusal> {
    let members = members(request)?;
    match call.operation.as_str() {
        "GetServiceQuota" => get(call, &members, &call.quotas()),
        "GetAWSDefaultServiceQuota" => get(call, &members, &Quotas::default()),
        "ListServiceQuotas" => list(call, &members),
        _ => Err(Refusal::new(400, "UnknownOperationException", "")),
    }
}

/// A required text, as `ServiceCode`.
fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
        let member = name[..1].to_lowercase() + &name[1..];
        Refusal::new(
            400,
            "ValidationException",
            format!("1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"),
        )
    })
}

/// Source: Service Quotas API Reference, "GetServiceQuota" (`NoSuchResourceException`).
fn no_such(what: &str) -> Refusal {
    Refusal::new(
        400,
        "NoSuchResourceException",
        format!("The request failed because the specified {what} does not exist."),
    )
}

fn known_service(call: &Call<'_>, service: &str) -> Result<(), Refusal> {
    let home = match call.partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    };
    if service == "iam" && call.region == home {
        Ok(())
    } else {
        Err(no_such("service"))
    }
}

/// A quota as the model's shape `ServiceQuota`.
fn shown(call: &Call<'_>, quota: &Quota, quotas: &Quotas) -> Value {
    json!({
        "ServiceCode": "iam",
        "ServiceName": "AWS Identity and Access Management (IAM)",
        "QuotaArn": format!("arn:{}:servicequotas::{}:iam/{}", call.partition, call.account(), quota.code),
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": f64::from((quota.value)(quotas)),
        "Unit": "None",
        "Adjustable": true,
        "GlobalQuota": true,
        "QuotaAppliedAtLevel": "ACCOUNT",
    })
}

fn get(call: &Call<'_>, members: &Map<String, Value>, quotas: &Quotas) -> Result<Answer, Refusal> {
    let (service, code) = (text(members, "ServiceCode")?, text(members, "QuotaCode")?);
    known_service(call, service)?;
    let quota = IAM
        .iter()
        .find(|quota| quota.code == code)
        .ok_or_else(|| no_such("quota"))?;
    Ok(result(
        call,
        &json!({ "Quota": shown(call, quota, quotas) }),
    ))
}

fn list(call: &Call<'_>, members: &Map<String, Value>) -> Result<Answer, Refusal> {
    known_service(call, text(members, "ServiceCode")?)?;
    let limit = match members.get("MaxResults") {
        None => 100,
        Some(value) => value
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| (1..=100).contains(n))
            .ok_or_else(|| {
                Refusal::new(
                    400,
                    "IllegalArgumentException",
                    "MaxResults must be between 1 and 100",
                )
            })?,
    };
    let start = match members.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => {
            1 + IAM
                .iter()
                .position(|quota| quota.code.replace('-', "/") == token)
                .ok_or_else(|| {
                    Refusal::new(400, "InvalidPaginationTokenException", "Invalid NextToken")
                })?
        }
    };
    let only = members.get("QuotaCode").and_then(Value::as_str);
    let quotas = call.quotas();
    let mut left = IAM[start..]
        .iter()
        .filter(|quota| only.is_none_or(|code| quota.code == code))
        .peekable();
    let page: Vec<&Quota> = left.by_ref().take(limit).collect();
    let shown: Vec<Value> = page
        .iter()
        .map(|quota| shown(call, quota, &quotas))
        .collect();
    let mut body = json!({ "Quotas": shown });
    // A token has no hyphen: botocore's model of `service-quotas`, shape `NextToken`.
    if let (Some(_), Some(last)) = (left.peek(), page.last()) {
        body["NextToken"] = last.code.replace('-', "/").into();
    }
    Ok(result(call, &body))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::aws::asking::{Asker, Said, world};
    use crate::{Quotas, Seed};

    fn ask(asker: &Asker<'_>, operation: &str, members: &Value) -> Said {
        asker.json(
            "servicequotas",
            &format!("ServiceQuotasV20190624.{operation}"),
            members,
        )
    }

    fn trust() -> Value {
        json!({ "ServiceCode": "iam", "QuotaCode": "L-C07B4B0D" })
    }

    #[test]
    fn values_are_those_in_force() {
        let sandbox = world();
        let asker = Asker::new(&sandbox, "us-east-1");
        let value =
            |operation: &str| ask(&asker, operation, &trust()).body["Quota"]["Value"].clone();
        assert_eq!(value("GetServiceQuota"), 2048.0);
        let quotas = Quotas {
            trust_policy_size: 4096,
            ..Quotas::default()
        };
        sandbox
            .seed(&Seed {
                quotas: Some(quotas),
                ..Seed::default()
            })
            .unwrap();
        assert_eq!(value("GetServiceQuota"), 4096.0);
        assert_eq!(value("GetAWSDefaultServiceQuota"), 2048.0);
        let all = ask(
            &asker,
            "ListServiceQuotas",
            &json!({ "ServiceCode": "iam" }),
        )
        .body;
        assert_eq!(all["Quotas"].as_array().unwrap().len(), 5);
        assert_eq!(all.get("NextToken"), None);
        let mut codes = Vec::new();
        let mut members = json!({ "ServiceCode": "iam", "MaxResults": 2 });
        loop {
            let page = ask(&asker, "ListServiceQuotas", &members).body;
            codes.extend(
                page["Quotas"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|quota| quota["QuotaCode"].clone()),
            );
            match page.get("NextToken") {
                Some(token) => members["NextToken"] = token.clone(),
                None => break,
            }
        }
        let listed: Vec<Value> = all["Quotas"]
            .as_array()
            .unwrap()
            .iter()
            .map(|quota| quota["QuotaCode"].clone())
            .collect();
        assert_eq!(codes, listed);
    }

    #[test]
    fn refusals() {
        let sandbox = world();
        let asker = Asker::new(&sandbox, "us-east-1");
        let service = "The request failed because the specified service does not exist.";
        let quota = "The request failed because the specified quota does not exist.";
        for (asker, members, code, message) in [
            (
                asker.from("eu-west-1"),
                trust(),
                "NoSuchResourceException",
                service,
            ),
            (
                asker,
                json!({ "ServiceCode": "IAM", "QuotaCode": "L-C07B4B0D" }),
                "NoSuchResourceException",
                service,
            ),
            (
                asker,
                json!({ "ServiceCode": "iam", "QuotaCode": "L-00000000" }),
                "NoSuchResourceException",
                quota,
            ),
        ] {
            for operation in ["GetServiceQuota", "GetAWSDefaultServiceQuota"] {
                let said = ask(&asker, operation, &members);
                assert_eq!(
                    (said.status, said.code.as_str(), said.message()),
                    (400, code, message),
                    "{members}"
                );
            }
        }
        assert_eq!(
            ask(&asker, "GetServiceQuota", &json!({})).code,
            "ValidationException"
        );
        let many = json!({ "ServiceCode": "iam", "MaxResults": 101 });
        assert_eq!(
            ask(&asker, "ListServiceQuotas", &many).code,
            "IllegalArgumentException"
        );
        let token = json!({ "ServiceCode": "iam", "NextToken": "x" });
        assert_eq!(
            ask(&asker, "ListServiceQuotas", &token).code,
            "InvalidPaginationTokenException"
        );
        assert_eq!(
            ask(&asker, "RequestServiceQuotaIncrease", &json!({})).code,
            "UnknownOperationException"
        );
    }
}
