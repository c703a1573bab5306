//! Sessions that are issued, and how an answer tells of one.
//!
//! Not here: to whom.

use jiff::Timestamp;

use super::asked::Asked;
use crate::aws::call::{Call, Refusal, base32_id, clock, hex_id};
use crate::aws::iam::roles::Role;
use crate::aws::identity::{Session, session_key};
use crate::aws::query::Xml;

/// A session, and the key that it is known by.
pub(crate) struct Issued {
    pub(crate) key_id: String,
    pub(crate) session: Session,
}

impl Issued {
    pub(crate) fn secret(&self) -> String {
        hex_id(&["secret", &self.key_id], 40)
    }

    pub(crate) fn token(&self) -> String {
        hex_id(&["token", &self.key_id], 64)
    }

    /// `<AssumedRoleUser>` and `<Credentials>`.
    pub(super) fn write(&self, xml: &mut Xml, expiration: &str) {
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", &self.session.user_id);
            xml.text("Arn", &self.session.arn);
        });
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", &self.key_id);
            xml.text("SecretAccessKey", &self.secret());
            xml.text("SessionToken", &self.token());
            xml.text("Expiration", expiration);
        });
    }

    /// When it ends, as STS writes times.
    pub(super) fn expiration(&self) -> Result<String, Refusal> {
        Timestamp::from_second(self.session.expires)
            .map(|time| time.to_string())
            .map_err(|error| Refusal::new(500, "InternalFailure", error.to_string()))
    }
}

/// Keeps a new session of a role, so that its key is known.
pub(super) fn issue(call: &mut Call<'_>, role: &Role, asked: Asked<'_>, rest: Session) -> Issued {
    let session = Session {
        policies: asked.policies,
        ..rest
    };
    keep(call, role, (asked.name, asked.seconds), session)
}

/// As [`issue`], for what is known of the session already.
pub(crate) fn keep(
    call: &mut Call<'_>,
    role: &Role,
    (name, seconds): (&str, u32),
    rest: Session,
) -> Issued {
    let count = call.db.get::<u64>("sandbox/sessions").unwrap_or(0) + 1;
    call.db.put("sandbox/sessions", &count);
    let parts: Vec<&str> = role.arn.splitn(6, ':').collect();
    let (partition, account) = match parts[..] {
        [_, partition, _, _, account, _] => (partition, account),
        _ => (call.partition, ""),
    };
    let id = base32_id(&[account, &role.id, name, &count.to_string()], 16);
    let role_name = role.arn.rsplit('/').next().unwrap_or_default();
    let issued = clock();
    let session = Session {
        account: account.to_owned(),
        arn: format!("arn:{partition}:sts::{account}:assumed-role/{role_name}/{name}"),
        user_id: format!("{}:{name}", role.id),
        role: role.arn.clone(),
        issued,
        expires: issued + i64::from(seconds),
        ..rest
    };
    let key_id = format!("ASIA{id}");
    call.db.put(&session_key(&key_id), &session);
    Issued { key_id, session }
}
