//! The condition keys that every request has.
//!
//! Source: "AWS global condition context keys" in the IAM user guide.
//! Not here: keys of one service.

use jiff::Timestamp;
use wip_policy::Context;

use super::principal;
use crate::aws::call::{Caller, Who, clock};

/// The keys of a request; `tags` are those of the principal, the later before the earlier of the same key.
///
/// The socket is on loopback, in the place of one with TLS, so `aws:SecureTransport` is true: policies that ask for it are tested with the rest.
pub(super) fn of(caller: &Caller, region: &str, owner: &str, tags: &[(String, String)]) -> Context {
    let mut context = Context::of(&principal(caller));
    let now = clock();
    let mut set = |key: &str, value: &str| context.set(key, [value]);
    set("aws:SecureTransport", "true");
    set("aws:SourceIp", "127.0.0.1");
    set("aws:PrincipalIsAWSService", "false");
    set("aws:ViaAWSService", "false");
    set("aws:EpochTime", &now.to_string());
    set("aws:CurrentTime", &moment(now));
    if !region.is_empty() {
        set("aws:RequestedRegion", region);
    }
    if !owner.is_empty() {
        set("aws:ResourceAccount", owner);
    }
    for (key, value) in tags {
        set(&format!("aws:PrincipalTag/{key}"), value);
    }
    if let Who::Session(session) = &caller.who {
        set("aws:TokenIssueTime", &moment(session.issued));
        set("aws:MultiFactorAuthPresent", "false");
        if let Some(provider) = &session.provider {
            set("aws:FederatedProvider", provider);
        }
    }
    context
}

fn moment(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .map(|time| time.to_string())
        .unwrap_or_default()
}
