//! Access: what each identity may reach, and whether it lies where it is said to lie.

use std::collections::BTreeSet;
use std::ops::Range;

use super::identity::{Home, Scope};
use super::place::{arn, exactly_one, partition_of};
use super::reach::{is_one_of, items};
use super::{forbid, storage};
use crate::Code;
use crate::model::{Access, Component, Identity, Names, S3Location, Verb};
use crate::problem::Problems;
use crate::raw::{
    AccessSpec, AccountId, EbsSnapshots, IdentitySpec, KmsKeyArn, PrefixSpec, Region, S3Access,
    VerbName,
};
use crate::read::{Field, Spanned};

/// The S3 places of an identity.
pub(crate) fn places(identity: &Identity) -> Vec<S3Location> {
    let places = identity.access.iter().filter_map(|access| match access {
        Access::S3 { at, .. } => Some(at.clone()),
        _ => None,
    });
    places.collect()
}

pub(crate) fn access(
    spec: &IdentitySpec,
    component: Component,
    home: Option<&Home>,
    scope: &Scope<'_>,
    problems: &mut Problems,
) -> Vec<Access> {
    let attaches = spec.role.get().is_some_and(|role| role.attach.is_some());
    let items = items(spec, attaches, "s3: { bucket: …, region: … }", problems);
    let context = Context {
        component,
        home,
        scope,
    };
    items
        .iter()
        .filter_map(|item| context.one(item, problems))
        .collect()
}

struct Context<'a> {
    component: Component,
    home: Option<&'a Home>,
    scope: &'a Scope<'a>,
}

impl Context<'_> {
    fn one(&self, item: &Spanned<AccessSpec>, problems: &mut Problems) -> Option<Access> {
        let spec = &item.value;
        let given = [
            ("s3", spec.s3.is_some()),
            ("secretsManager", spec.secrets_manager.is_some()),
            ("parameterStore", spec.parameter_store.is_some()),
            ("ebsSnapshots", spec.ebs_snapshots.is_some()),
            ("assumeRole", spec.assume_role.is_some()),
            ("statement", spec.statement.is_some()),
        ];
        if !is_one_of(
            item,
            (
                "AWS",
                (spec.is_of_azure() || spec.is_of_google()) && !spec.is_of_aws(),
            ),
            &given,
            problems,
        ) {
            return None;
        }
        if let Some(s3) = spec.s3.as_ref() {
            return self.s3(s3, problems);
        }
        if let Some(field) = spec.secrets_manager.as_ref() {
            let given = &field.value;
            let names = names(
                &field.span,
                &given.prefixes,
                &given.secrets,
                given.flawed,
                problems,
            );
            let shared = self.secrets(
                &field.span,
                given.flawed,
                &given.region,
                &given.account,
                &given.kms_keys,
                &given.allow,
                problems,
            )?;
            let (region, account, kms_keys, allow) = shared;
            return Some(Access::SecretsManager {
                region,
                account,
                names: names?,
                kms_keys,
                allow,
            });
        }
        if let Some(field) = spec.parameter_store.as_ref() {
            let given = &field.value;
            let names = names(
                &field.span,
                &given.prefixes,
                &given.secrets,
                given.flawed,
                problems,
            );
            let shared = self.secrets(
                &field.span,
                given.flawed,
                &given.region,
                &given.account,
                &given.kms_keys,
                &given.allow,
                problems,
            )?;
            let (region, account, kms_keys, allow) = shared;
            return Some(Access::ParameterStore {
                region,
                account,
                names: names?,
                kms_keys,
                allow,
            });
        }
        if let Some(field) = spec.assume_role.as_ref() {
            return self.assume_role(field.value.roles.as_ref()?, problems);
        }
        if let Some(statement) = spec.statement.as_ref() {
            return forbid::statement(statement, self.scope.guardrails, problems)
                .map(Access::Statement);
        }
        self.ebs_snapshots(&spec.ebs_snapshots.as_ref()?.value, problems)
    }

    /// A snapshot lies in the region of its volume, and what it is encrypted with there as well; so a key says where.
    fn ebs_snapshots(&self, given: &EbsSnapshots, problems: &mut Problems) -> Option<Access> {
        let home = self.home?;
        let mut kms_keys = BTreeSet::new();
        for key in given.kms_keys.get().into_iter().flatten() {
            self.key(key, arn(&key.value).region, &home.account, problems);
            kms_keys.insert(key.value.to_string());
        }
        Some(Access::EbsSnapshots { kms_keys })
    }

    fn s3(&self, field: &Spanned<S3Access>, problems: &mut Problems) -> Option<Access> {
        let given = &field.value;
        let allow = self.allow(&field.span, &given.allow, given.flawed, problems);
        self.region(&given.region, problems);
        let at = storage::access_location(given)?;
        let home = self.home?;
        let at = self.scope.storage.with_account(&at, &home.account);
        if let Some(bucket) = given.bucket.as_ref() {
            self.scope
                .storage
                .agree(&at, &home.account, &bucket.span, problems);
        }
        if let Some(key) = given.kms_key.as_ref() {
            let account = at.account.as_deref().unwrap_or(&home.account);
            self.key(key, &at.region, account, problems);
        }
        Some(Access::S3 { at, allow })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the fields that secrets and parameters share"
    )]
    #[expect(clippy::type_complexity, reason = "the same fields, read")]
    fn secrets(
        &self,
        span: &Range<usize>,
        flawed: bool,
        region: &Field<Region>,
        account: &Field<AccountId>,
        kms_keys: &Field<Vec<Spanned<KmsKeyArn>>>,
        allow: &Field<Vec<Spanned<VerbName>>>,
        problems: &mut Problems,
    ) -> Option<(
        String,
        Option<String>,
        BTreeSet<String>,
        Option<BTreeSet<Verb>>,
    )> {
        let allow = self.allow(span, allow, flawed, problems);
        self.region(region, problems);
        let region = region.get()?.to_string();
        let home = self.home?;
        let account = account.get().map(|account| account.to_string());
        let mut keys = BTreeSet::new();
        for key in kms_keys.get().into_iter().flatten() {
            self.key(
                key,
                &region,
                account.as_deref().unwrap_or(&home.account),
                problems,
            );
            keys.insert(key.value.to_string());
        }
        Some((region, account, keys, allow))
    }

    /// What may be done: custom identities must say it.
    fn allow(
        &self,
        span: &Range<usize>,
        allow: &Field<Vec<Spanned<VerbName>>>,
        flawed: bool,
        problems: &mut Problems,
    ) -> Option<BTreeSet<Verb>> {
        let help = "add `allow: [read, write, list, delete]`, less what is not needed";
        match allow.as_ref() {
            None if self.component == Component::Custom && !flawed => {
                let message = "an identity without a component must say what it may do";
                problems.add(Code::SayAllow, span, message, "needs `allow`", help);
                None
            }
            Some(field) if field.value.is_empty() && !flawed => {
                problems.add(
                    Code::EmptyList,
                    &field.span,
                    "`allow` is empty",
                    "allows nothing",
                    help,
                );
                None
            }
            _ => allow
                .get()
                .map(|verbs| verbs.iter().map(|verb| verb_of(verb.value)).collect()),
        }
    }

    /// A region must be in the partition of the identity.
    fn region(&self, region: &Field<Region>, problems: &mut Problems) {
        let (Some(region), Some(home)) = (region.as_ref(), self.home) else {
            return;
        };
        let partition = partition_of(&region.value);
        if partition != home.partition {
            problems.add(
                Code::WrongPlace,
                &region.span,
                format!(
                    "region {} is in partition {partition}, and the identity's clusters are in {}",
                    &*region.value, home.partition
                ),
                format!("in {partition}"),
                "a role reaches nothing in another partition",
            );
        }
    }

    /// A key must lie where what it encrypts lies.
    fn key(&self, key: &Spanned<KmsKeyArn>, region: &str, account: &str, problems: &mut Problems) {
        let Some(home) = self.home else { return };
        let parts = arn(&key.value);
        let (what, is, must) = if parts.partition != home.partition {
            ("partition", parts.partition, home.partition.as_str())
        } else if parts.region != region {
            ("region", parts.region, region)
        } else if parts.account != account
            && parts.account != home.account
            && !self.scope.storage.has_key(&key.value)
        {
            ("account", parts.account, account)
        } else {
            return;
        };
        let help = if what == "account" {
            "check the ARN; a key that really is in a third account must stand under `spec.kmsKeys`"
        } else {
            "a key encrypts only what is in its own region: take that region's key"
        };
        problems.add(
            Code::WrongPlace,
            &key.span,
            format!("the key is in {what} {is}, and what it encrypts is in {must}"),
            format!("in {is}"),
            help,
        );
    }

    fn assume_role(
        &self,
        roles: &Spanned<Vec<Spanned<crate::raw::RoleArn>>>,
        problems: &mut Problems,
    ) -> Option<Access> {
        if roles.value.is_empty() {
            let help = "name at least one, or remove the access";
            problems.add(
                Code::EmptyList,
                &roles.span,
                "`roles` is empty",
                "no role",
                help,
            );
        }
        let home = self.home?;
        for role in &roles.value {
            check_partition(&role.value, &role.span, &home.partition, problems);
        }
        Some(Access::AssumeRole {
            roles: roles
                .value
                .iter()
                .map(|role| role.value.to_string())
                .collect(),
        })
    }
}

/// An ARN must be in the identity's partition.
pub(crate) fn check_partition(
    text: &str,
    span: &Range<usize>,
    partition: &str,
    problems: &mut Problems,
) {
    let is = arn(text).partition;
    if is != partition {
        problems.add(
            Code::WrongPlace,
            span,
            format!("the ARN is of partition {is}, and the identity's clusters are in {partition}"),
            format!("in {is}"),
            format!("an ARN here begins with `arn:{partition}:`"),
        );
    }
}

fn verb_of(verb: VerbName) -> Verb {
    match verb {
        VerbName::Read => Verb::Read,
        VerbName::Write => Verb::Write,
        VerbName::List => Verb::List,
        VerbName::Delete => Verb::Delete,
    }
}

/// Which secrets or parameters: exactly one of prefixes and names, and not none.
pub(crate) fn names<P, N>(
    span: &Range<usize>,
    prefixes: &Field<Vec<Spanned<PrefixSpec<P, N>>>>,
    secrets: &Field<Vec<Spanned<N>>>,
    flawed: bool,
    problems: &mut Problems,
) -> Option<Names>
where
    P: std::ops::Deref<Target = str>,
    N: std::ops::Deref<Target = str>,
{
    let (empty, at) = match (prefixes.as_ref(), secrets.as_ref()) {
        (Some(prefixes), None) => (prefixes.value.is_empty(), &prefixes.span),
        (None, Some(secrets)) => (secrets.value.is_empty(), &secrets.span),
        (None, None) if flawed => return None,
        (both, _) => {
            exactly_one(span, "`prefixes` and `secrets`", both.is_some(), problems);
            return None;
        }
    };
    if empty && !flawed {
        let help = "name at least one";
        problems.add(
            Code::EmptyList,
            at,
            "the list is empty",
            "nothing is meant",
            help,
        );
    }
    let prefixes = prefixes.get().map(|prefixes| {
        Names::Prefixes(
            prefixes
                .iter()
                .map(|prefix| prefix.value.text().to_owned())
                .collect(),
        )
    });
    let exactly = || {
        let names = secrets.get()?.iter().map(|name| name.value.to_string());
        Some(Names::Exactly(names.collect()))
    };
    prefixes.or_else(exactly)
}
