//! Our statements in a policy that others write too: of a bucket, or of a key.
//!
//! Owns the read-modify-write: everybody else's statements keep their bytes and their order. Neither S3 nor KMS has an etag
//! for policies, so what was written is read again, and written again where somebody else's write lost it; a read that
//! shows what was there before is behind, and is repeated.
//!
//! Ours are known by their `Sid`, which is computed from lineage, address and key, never by how it begins.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::operation::get_key_policy::GetKeyPolicyOutput;
use aws_sdk_s3::operation::get_bucket_policy::GetBucketPolicyOutput;
use wip_plan::{Address, Mark, Owner};
use wip_policy::{Effect, KEY_POLICY_BYTES, S3_BUCKET_POLICY_BYTES, SharedDocument, Statement};
use wip_provider::{Class, CloudError, Spotted, Target};

use crate::client::{Call, Client};
use crate::names;
use crate::sizes::thousands;

/// Statements by the key that wip knows them under: `backup-objects`.
pub(crate) type Statements = BTreeMap<String, Statement>;

/// What KMS says of a policy under which the caller could not write the next one (`PutKeyPolicy`, AWS KMS API reference).
pub(crate) const LOCKED_OUT: &str =
    "The new key policy will not allow you to update the key policy in the future.";

/// How often a write is repeated that somebody else's write undid.
const WRITES: usize = 4;

/// What holds the policy.
#[derive(Clone, Copy)]
pub(crate) enum Holder<'a> {
    /// A bucket, by name.
    Bucket(&'a Client, &'a str),
    /// A key, by ARN.
    Key(&'a Client, &'a str),
}

impl Holder<'_> {
    fn put_call(self) -> &'static str {
        match self {
            Self::Bucket(..) => "s3:PutBucketPolicy",
            Self::Key(..) => "kms:PutKeyPolicy",
        }
    }

    fn limit(self) -> usize {
        match self {
            Self::Bucket(..) => S3_BUCKET_POLICY_BYTES,
            Self::Key(..) => KEY_POLICY_BYTES,
        }
    }

    fn words(self) -> String {
        match self {
            Self::Bucket(_, name) => format!("the policy of the bucket {name}"),
            Self::Key(_, arn) => format!("the policy of the key {arn}"),
        }
    }

    fn error(self, class: Class, what: &str) -> CloudError {
        CloudError::local(class, self.put_call(), format!("{} {what}", self.words()))
    }

    /// A refused write, with what to do about it.
    ///
    /// S3 refuses a policy for everybody, and the settings of account and organization are in no answer about the bucket
    /// ("Troubleshoot access denied (403 Forbidden) errors in Amazon S3"). KMS takes no policy under which the caller could not
    /// write the next one; that the check can be turned off is none of wip's business: a key that nobody can administer is
    /// lost ("Key policies in AWS KMS", AWS KMS developer guide).
    fn explained(self, error: CloudError) -> CloudError {
        let said = &error.message;
        let message = match self {
            Self::Bucket(_, name)
                if error.class == Class::Denied && said.contains("Block Public Access") =>
            {
                format!(
                    "{said}; Block Public Access of the bucket {name}, of its account or of its organization has \
                     BlockPublicPolicy on, so no policy may let everybody in; turn that off for this bucket, or put CloudFront \
                     in front of it and make its address the issuer"
                )
            }
            Self::Key(..) if said.contains(LOCKED_OUT) => format!(
                "{said} {}: one of its statements, without a condition, must allow whoever runs wip kms:PutKeyPolicy; \
                 it was so before wip came, so correct that statement first",
                self.words(),
            ),
            _ => return error,
        };
        CloudError { message, ..error }
    }

    /// Reads the policy; `outdated` is what it was before our write, which is waited away, and so is a bucket that must be
    /// there by now and is not visible yet.
    async fn read(self, outdated: Option<&str>, fresh: bool) -> Result<SharedDocument, CloudError> {
        match self {
            Self::Bucket(client, name) => {
                let ask = || {
                    let ask = client.s3().get_bucket_policy().bucket(name);
                    ask.expected_bucket_owner(&client.account).send()
                };
                let call = Call::read("s3:GetBucketPolicy").of_fresh(fresh);
                let judge = |answer: Result<GetBucketPolicyOutput, CloudError>| match answer {
                    Ok(output) => self.current(output.policy.as_deref(), outdated),
                    Err(error) if error.code.as_deref() == Some("NoSuchBucketPolicy") => {
                        self.current(None, outdated)
                    }
                    Err(error) => Err(error),
                };
                client.call_judged(call, ask, judge).await
            }
            Self::Key(client, arn) => {
                let ask = || {
                    client
                        .kms()
                        .get_key_policy()
                        .key_id(arn)
                        .policy_name("default")
                        .send()
                };
                let judge = |answer: Result<GetKeyPolicyOutput, CloudError>| {
                    self.current(answer?.policy.as_deref(), outdated)
                };
                client
                    .call_judged(Call::read("kms:GetKeyPolicy"), ask, judge)
                    .await
            }
        }
    }

    fn current(
        self,
        text: Option<&str>,
        outdated: Option<&str>,
    ) -> Result<SharedDocument, CloudError> {
        judged(text, outdated).map_err(|(class, what)| self.error(class, &what))
    }

    /// Writes a policy, or takes it away where nothing is left of it.
    async fn write(self, text: Option<String>, fresh: bool) -> Result<(), CloudError> {
        match (self, text) {
            (Self::Bucket(client, name), Some(text)) => {
                let ask = || {
                    let ask = client.s3().put_bucket_policy().bucket(name).policy(&text);
                    ask.expected_bucket_owner(&client.account).send()
                };
                let call = Call::write("s3:PutBucketPolicy").of_fresh(fresh);
                let written = client.call(call, ask).await;
                written.map(drop).map_err(|error| self.explained(error))
            }
            (Self::Bucket(client, name), None) => {
                let ask = || {
                    let ask = client.s3().delete_bucket_policy().bucket(name);
                    ask.expected_bucket_owner(&client.account).send()
                };
                client
                    .call(Call::write("s3:DeleteBucketPolicy"), ask)
                    .await
                    .map(drop)
            }
            (Self::Key(client, arn), Some(text)) => {
                let ask = || {
                    let ask = client.kms().put_key_policy().key_id(arn);
                    ask.policy_name("default").policy(&text).send()
                };
                let written = client.call(Call::write("kms:PutKeyPolicy"), ask).await;
                written.map(drop).map_err(|error| self.explained(error))
            }
            // KMS takes no key policy without a statement, and a key without one could not be administered.
            (Self::Key(..), None) => Err(self.error(
                Class::Final,
                "holds nothing but our statements; add the owner's first",
            )),
        }
    }
}

/// The policy that a read shows, after a write of ours where `outdated` says what was there before.
///
/// Errors: `Broken` where it is no policy, `NotYet` where it is still the one before: a read may be behind, and to write again would undo what somebody wrote since.
fn judged(text: Option<&str>, outdated: Option<&str>) -> Result<SharedDocument, (Class, String)> {
    let document = match text {
        None => SharedDocument::empty(),
        Some(text) => SharedDocument::parse(text)
            // S3 answers with the policy itself: what is none may be an answer that came to harm.
            .map_err(|error| (Class::Broken, format!("cannot be read: {error}")))?,
    };
    if outdated == Some(document.text()) {
        let what = "still shows what it was before our write";
        return Err((Class::NotYet, what.to_owned()));
    }
    Ok(document)
}

/// The names of our statements, by key.
struct Sids<'a> {
    lineage: &'a str,
    address: &'a Address,
}

impl Sids<'_> {
    fn of(&self, key: &str) -> String {
        names::sid(self.lineage, self.address, key)
    }

    fn all<'k>(&self, keys: impl IntoIterator<Item = &'k String>) -> BTreeSet<String> {
        keys.into_iter().map(|key| self.of(key)).collect()
    }

    fn named(&self, statements: &Statements) -> BTreeMap<String, Statement> {
        statements
            .iter()
            .map(|(key, statement)| (self.of(key), statement.clone()))
            .collect()
    }
}

/// What is asked about our statements in one policy.
pub(crate) struct Ours<'a> {
    pub(crate) space: &'a str,
    pub(crate) lineage: &'a str,
    pub(crate) address: &'a Address,
    pub(crate) wanted: Option<&'a Statements>,
    pub(crate) owned: Option<&'a Statements>,
}

/// Our statements that are there; `None` where there is none.
///
/// Errors: the policy has to be written and cannot be, because of what others have in it or of its size.
pub(crate) async fn look(
    holder: Holder<'_>,
    ours: Ours<'_>,
) -> Result<Option<Spotted<Statements>>, CloudError> {
    let sids = Sids {
        lineage: ours.lineage,
        address: ours.address,
    };
    let document = match holder.read(None, false).await {
        // Where there is no bucket there is no statement; what is wanted in one that is missing is said elsewhere.
        Err(error) if error.code.as_deref() == Some("NoSuchBucket") => return Ok(None),
        found => found?,
    };
    let both = || [ours.wanted, ours.owned].into_iter().flatten();
    let keys: BTreeSet<&String> = both().flat_map(BTreeMap::keys).collect();
    let found: Statements = keys
        .iter()
        .filter_map(|key| {
            let alike: Vec<&Statement> = both().filter_map(|known| known.get(*key)).collect();
            Some(((*key).clone(), live(&document, &sids.of(key), &alike)?))
        })
        .collect();
    let nothing = Statements::new();
    let wanted = ours.wanted.unwrap_or(&nothing);
    if found != *wanted {
        let to_go = keys
            .iter()
            .copied()
            .filter(|key| !wanted.contains_key(*key));
        check_writable(holder, &document, &sids.all(keys.iter().copied()))?;
        check_size(
            holder,
            document
                .with(&sids.named(wanted), &sids.all(to_go))
                .as_deref(),
        )?;
    }
    let owner = Owner::Marked(Mark {
        space: ours.space.to_owned(),
        lineage: ours.lineage.to_owned(),
        address: ours.address.to_string(),
        adopted: false,
    });
    Ok((!found.is_empty()).then(|| Spotted {
        id: None,
        given: BTreeMap::new(),
        spec: found,
        owner,
        objections: Vec::new(),
        remarks: Vec::new(),
    }))
}

/// Our statement of this name, in the spelling of one that means the same.
fn live(document: &SharedDocument, sid: &str, alike: &[&Statement]) -> Option<Statement> {
    if !document.sids().contains(&sid) {
        return None;
    }
    let Some(found) = document.statement(sid) else {
        // There twice, or of a form that is no statement of ours: shown as something that is not wanted.
        return Some(Statement::new(Effect::Deny).with_sid("NotAsWipWroteIt"));
    };
    let found = Statement { sid: None, ..found };
    Some(
        alike
            .iter()
            .find(|known| ***known == found)
            .map_or(found.clone(), |known| (*known).clone()),
    )
}

/// AWS takes no policy with a principal that was deleted, whoever's statement it stands in.
fn check_writable(
    holder: Holder<'_>,
    document: &SharedDocument,
    ours: &BTreeSet<String>,
) -> Result<(), CloudError> {
    let orphans = document.orphan_principals().into_iter();
    let mut foreign =
        orphans.filter(|orphan| orphan.sid.as_ref().is_none_or(|sid| !ours.contains(sid)));
    match foreign.next() {
        None => Ok(()),
        Some(orphan) => {
            let which = match &orphan.sid {
                Some(sid) => format!("its statement {sid}"),
                None => format!("its statement number {}", orphan.position + 1),
            };
            let what = format!(
                "cannot be written: {which} names a principal that was deleted ({}), and AWS takes that no more; \
                 correct or remove that statement first",
                orphan.principal
            );
            Err(holder.error(Class::Final, &what))
        }
    }
}

fn check_size(holder: Holder<'_>, text: Option<&str>) -> Result<(), CloudError> {
    let bytes = text.map_or(0, str::len);
    if bytes <= holder.limit() {
        return Ok(());
    }
    let (needed, limit) = (thousands(bytes), thousands(holder.limit()));
    let what = format!("would take {needed} bytes with our statements, and {limit} fit");
    Err(holder.error(Class::Final, &what))
}

/// What has to be there already before the first write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    /// None of our statements.
    None,
    /// Some of them.
    Some,
    /// Whatever.
    Any,
}

/// Puts `set` in and takes the statements of `from` out that it lacks.
///
/// Errors: `Conflict` where something is there that must not be, `Missing` the other way round.
pub(crate) async fn write(
    holder: Holder<'_>,
    at: &Target<'_>,
    before: Before,
    from: &Statements,
    set: &Statements,
) -> Result<(), CloudError> {
    let sids = Sids {
        lineage: &at.mark.lineage,
        address: at.address,
    };
    let named = sids.named(set);
    let remove = sids.all(from.keys().filter(|key| !set.contains_key(*key)));
    let ours = sids.all(from.keys().chain(set.keys()));
    // The same plan may have made the bucket a moment ago.
    let fresh = before == Before::None;
    let mut outdated: Option<String> = None;
    for attempt in 0..=WRITES {
        let document = holder.read(outdated.as_deref(), fresh).await?;
        let is_there = document.sids().into_iter().any(|sid| ours.contains(sid));
        match (attempt, before) {
            (0, Before::None) if is_there => {
                return Err(holder.error(Class::Conflict, "has statements of ours already"));
            }
            (0, Before::Some) if !is_there => {
                return Err(holder.error(Class::Missing, "has no statement of ours"));
            }
            _ => {}
        }
        let text = document.with(&named, &remove);
        let is_done = match &text {
            Some(text) => text == document.text(),
            None => !is_there,
        };
        if is_done {
            return Ok(());
        }
        if attempt == WRITES {
            break;
        }
        check_writable(holder, &document, &ours)?;
        check_size(holder, text.as_deref())?;
        holder.write(text, fresh).await?;
        outdated = Some(document.text().to_owned());
    }
    Err(holder.error(Class::Conflict, "is written by somebody else all the time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_is_behind_our_write_is_waited_for() {
        let policy = |sid: &str| {
            format!(
                r#"{{"Statement":[{{"Sid":"{sid}","Effect":"Deny","Action":"*","Resource":"*"}}]}}"#
            )
        };
        let class = |text: Option<&str>, outdated: Option<&str>| {
            judged(text, outdated).err().map(|(class, _)| class)
        };
        let (old, third) = (policy("Old"), policy("Third"));
        assert_eq!(class(Some(&old), None), None, "before our write");
        assert_eq!(class(Some(&old), Some(&old)), Some(Class::NotYet));
        assert_eq!(class(Some(&third), Some(&old)), None, "somebody's write");
        let none = SharedDocument::empty();
        assert_eq!(class(None, Some(none.text())), Some(Class::NotYet));
        assert_eq!(class(None, Some(&old)), None, "taken away");
        assert_eq!(class(Some("{"), None), Some(Class::Broken));
    }
}
