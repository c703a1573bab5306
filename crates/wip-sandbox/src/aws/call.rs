//! One call to AWS: who asks, where, for what; and the refusal that may come of it.
//!
//! Not here: how a call is recognized (`identity.rs`) and how a refusal is written down (each protocol's module).

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, ToSpan};
use sha2::{Digest, Sha256};

use super::identity::Session;
use crate::db::Db;
use crate::{Options, Quotas};

/// The services of AWS that the sandbox speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::enum_variant_names,
    reason = "the service's name is Service Quotas"
)]
pub(crate) enum Service {
    Iam,
    Sts,
    S3,
    Kms,
    Eks,
    EksAuth,
    ServiceQuotas,
    SecretsManager,
    ParameterStore,
}

impl Service {
    /// The name in a credential scope.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Iam => "iam",
            Service::Sts => "sts",
            Service::S3 => "s3",
            Service::Kms => "kms",
            Service::Eks => "eks",
            Service::EksAuth => "eks-auth",
            Service::ServiceQuotas => "servicequotas",
            Service::SecretsManager => "secretsmanager",
            Service::ParameterStore => "ssm",
        }
    }

    /// The service of that name in a credential scope.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [
            Service::Iam,
            Service::Sts,
            Service::S3,
            Service::Kms,
            Service::Eks,
            Service::EksAuth,
            Service::ServiceQuotas,
            Service::SecretsManager,
            Service::ParameterStore,
        ]
        .into_iter()
        .find(|service| service.name() == name)
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The account, 12 digits.
    pub(crate) account: String,
    /// The ARN as `GetCallerIdentity` names it.
    pub(crate) arn: String,
    /// The unique id as `GetCallerIdentity` names it.
    pub(crate) user_id: String,
    /// What kind of caller it is.
    pub(crate) who: Who,
}

/// Kinds of callers.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// Nobody in particular: the request is not signed. Account, ARN and id are empty.
    Nobody,
    /// The one user of the account.
    User,
    /// A session of a role.
    Session(Box<Session>),
}

/// One call, while it is being answered.
pub(crate) struct Call<'a> {
    /// The world. A refused call changes nothing, whatever it wrote before the refusal.
    pub(crate) db: &'a mut Db,
    pub(crate) options: &'a Options,
    pub(crate) service: Service,
    /// The operation's name as in the service's model, as `CreateRole`.
    pub(crate) operation: String,
    pub(crate) caller: Caller,
    /// The region of the credential scope.
    pub(crate) region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub(crate) partition: &'static str,
    pub(crate) request_id: String,
    /// The name of what the call is about, for the log; a handler sets it as soon as it knows it.
    pub(crate) resource: Option<String>,
}

impl Call<'_> {
    /// The account of the caller.
    pub(crate) fn account(&self) -> &str {
        &self.caller.account
    }

    /// A key of this service in the caller's account: `aws/ACCOUNT/SERVICE/rest`.
    pub(crate) fn key(&self, rest: &str) -> String {
        format!("aws/{}/{}/{rest}", self.caller.account, self.service.name())
    }

    /// The time of a change: a counter from a fixed day on, so that runs repeat. Put it only into members named `…_at`.
    pub(crate) fn now(&mut self) -> Timestamp {
        now(self.db)
    }

    /// The quotas in force.
    pub(crate) fn quotas(&self) -> Quotas {
        self.db
            .get(QUOTAS_KEY)
            .unwrap_or_else(|| self.options.quotas.clone())
    }

    /// The DNS suffix of the partition.
    pub(crate) fn dns_suffix(&self) -> &'static str {
        dns_suffix_of(self.partition)
    }
}

/// The DNS suffix of a partition.
pub(crate) fn dns_suffix_of(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    }
}

/// Where quotas that a seed set are kept.
pub(crate) const QUOTAS_KEY: &str = "sandbox/quotas";

/// The next moment of the counter clock.
pub(crate) fn now(db: &mut Db) -> Timestamp {
    let ticks = db.get::<i64>("sandbox/clock").unwrap_or(0) + 1;
    db.put("sandbox/clock", &ticks);
    let epoch = Timestamp::constant(1_735_689_600, 0); // 2025-01-01T00:00:00Z
    epoch.checked_add(ticks.seconds()).unwrap_or(epoch)
}

/// Seconds since 1970 by the clock on the wall, for what a client compares with its own: tokens and sessions.
pub(crate) fn clock() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|past| i64::try_from(past.as_secs()).ok())
        .unwrap_or(0)
}

/// The partition of a region.
pub(crate) fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// `length` characters of `A-Z2-7` that follow from the parts.
pub(crate) fn base32_id(parts: &[&str], length: usize) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    digest(parts)
        .iter()
        .take(length)
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect()
}

/// `length` lower-case hex digits (at most 64) that follow from the parts.
pub(crate) fn hex_id(parts: &[&str], length: usize) -> String {
    let mut text: String = digest(parts)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    text.truncate(length);
    text
}

fn digest(parts: &[&str]) -> [u8; 32] {
    Sha256::digest(parts.join("/").as_bytes()).into()
}

/// Why AWS does not do what was asked, as a value; each protocol writes it in its own form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// AWS's error code, as `NoSuchEntity`.
    pub(crate) code: String,
    /// The message for people.
    pub(crate) message: String,
    /// Further members of the error, as the model of the service names them.
    pub(crate) fields: Vec<(String, String)>,
}

impl Refusal {
    /// A refusal of that status, code and message.
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            fields: Vec::new(),
        }
    }

    /// The refusal with one more member.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }
}
