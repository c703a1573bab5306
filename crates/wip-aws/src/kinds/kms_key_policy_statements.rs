//! `aws/kms-key-policy-statements`: our statements in the policy of one key.
//!
//! Only of keys that the file lists with `policy: true`, and only where a role's own policy is not enough: another account's
//! key, or one whose policy leaves nothing to IAM.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wip_plan::{Edge, Existing, Field, Place};
use wip_provider::{CloudError, Created, Kind, Observed, Question, Scope, Spotted, Target, Wanted};
use wip_space::{Identity, KmsKey, Space};

use super::s3_bucket_policy_statements::roles;
use crate::accounts::{of_arn, place};
use crate::facts::Fact;
use crate::rights::Right;
use crate::statements::{self, Before, Holder, Ours, Statements};
use crate::{Aws, Facts, owners, permissions};

/// The kind.
pub(crate) struct KmsKeyPolicyStatements;

/// Our statements in one key's policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeyStatements {
    key_arn: String,
    /// By key: `backup-s3`.
    statements: Statements,
}

impl Kind for KmsKeyPolicyStatements {
    const NAME: &'static str = "aws/kms-key-policy-statements";
    const SUMMARY: &'static str = "Statements in the policy of a KMS key that let our roles use it; everybody else's stay as they are.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[Field {
        path: "keyArn",
        replaces: true,
        sensitive: false,
    }];
    type Spec = KeyStatements;
    type Cloud = Aws;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<KeyStatements>> {
        let listed = scope.space.kms_keys.iter().filter(|key| key.policy);
        listed
            .filter_map(|key| wanted(scope.space, facts, key))
            .collect()
    }

    /// None: what the roles may do stands in their own policies, and would count twice.
    fn edges(_spec: &KeyStatements) -> Vec<Edge> {
        Vec::new()
    }

    /// The key's policy, which KMS takes and gives only whole.
    fn serial(_place: &Place, spec: &KeyStatements) -> Option<String> {
        Some(spec.key_arn.clone())
    }

    async fn observe(cloud: &Aws, question: Question<'_, KeyStatements>) -> Observed {
        let looks = question.asks.iter().map(|ask| async {
            let look = async {
                let client = cloud.clients.at(question.place).await?;
                let (wanted, owned) = (ask.wanted()?, ask.owned()?);
                let known = owned.as_ref().or(wanted.as_ref());
                let key_arn = known.map_or("", |spec| spec.key_arn.as_str());
                let ours = Ours {
                    space: question.space,
                    lineage: question.lineage,
                    address: ask.address,
                    wanted: wanted.as_ref().map(|spec| &spec.statements),
                    owned: owned.as_ref().map(|spec| &spec.statements),
                };
                let found = statements::look(Holder::Key(&client, key_arn), ours).await?;
                Ok(found.map(|found| Spotted {
                    id: found.id,
                    given: found.given,
                    spec: KeyStatements {
                        key_arn: key_arn.to_owned(),
                        statements: found.spec,
                    },
                    owner: found.owner,
                    objections: found.objections,
                    remarks: found.remarks,
                }))
            };
            ask.answer(look.await)
        });
        let seen = join_all(looks).await;
        Observed {
            seen,
            strays: Vec::new(),
            remarks: Vec::new(),
            unread: 0,
            notes: Vec::new(),
        }
    }

    async fn create(
        cloud: &Aws,
        at: &Target<'_>,
        spec: &KeyStatements,
    ) -> Result<Created, CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let holder = Holder::Key(&client, &spec.key_arn);
        let none = Statements::new();
        statements::write(holder, at, Before::None, &none, &spec.statements)
            .await
            .map(|()| Created::default())
    }

    async fn update(
        cloud: &Aws,
        at: &Target<'_>,
        from: &KeyStatements,
        to: &KeyStatements,
    ) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let holder = Holder::Key(&client, &to.key_arn);
        statements::write(holder, at, Before::Any, &from.statements, &to.statements).await
    }

    /// The `Sid`s are the mark.
    async fn mark(_: &Aws, _: &Target<'_>, _: &KeyStatements) -> Result<(), CloudError> {
        Ok(())
    }

    async fn unmark(_: &Aws, _: &Target<'_>, _: &KeyStatements) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cloud: &Aws, at: &Target<'_>, from: &KeyStatements) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let holder = Holder::Key(&client, &from.key_arn);
        let none = Statements::new();
        statements::write(holder, at, Before::Some, &from.statements, &none).await
    }
}

/// The rights for the key policies that a Space writes.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let written = space.kms_keys.iter().filter(|key| key.policy);
    let rights = written.filter_map(|key| {
        let (account, _) = of_arn(&key.arn)?;
        let arns = [key.arn.clone()];
        let read = ["kms:GetKeyPolicy"];
        let mut rights = Right::look(account, "ReadKeyPolicies", &read, &arns);
        let writes = ["kms:PutKeyPolicy"];
        rights.extend(Right::change(account, "WriteKeyPolicies", &writes, &arns));
        Some(rights)
    });
    rights.flatten().collect()
}

fn wanted(space: &Space, facts: &Facts, key: &KmsKey) -> Option<Wanted<KeyStatements>> {
    let (account, region) = of_arn(&key.arn)?;
    let mut statements = BTreeMap::new();
    let mut users: Vec<&Identity> = Vec::new();
    for identity in &space.identities {
        if !owners::needs_key_policy(identity, facts, &key.arn) {
            continue;
        }
        let uses = permissions::key_uses(space, identity).into_iter();
        for use_ in uses.filter(|use_| use_.key == key.arn) {
            let name = match use_.region == region {
                true => format!("{}-{}", identity.name, use_.name()),
                false => format!("{}-{} {}", identity.name, use_.name(), use_.region),
            };
            statements.insert(name, owners::key_statement(identity, &use_));
            users.push(identity);
        }
    }
    if statements.is_empty() {
        return None;
    }
    let is_missing =
        matches!(facts.keys.get(&key.arn), Some(found) if found.policy == Fact::Known(None));
    let principals = users.iter().map(|user| owners::role_is_there(user, facts));
    let spec = match is_missing {
        true => Err(format!("there is no key {}", key.arn)),
        false => principals.collect::<Result<(), String>>(),
    };
    let spec = spec.map(|()| KeyStatements {
        key_arn: key.arn.clone(),
        statements,
    });
    Some(Wanted {
        name: key.arn.rsplit('/').next().unwrap_or_default().to_owned(),
        place: place(account, region),
        spec,
        needs: roles(space, users),
        links: BTreeSet::new(),
    })
}
