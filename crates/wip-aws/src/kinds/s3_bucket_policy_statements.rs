//! `aws/s3-bucket-policy-statements`: our statements in the policy of one bucket.
//!
//! Letting roles in, keeping out who comes without TLS, and letting everybody read the documents of issuers (`for_issuers`).
//! Only of buckets that the file lists with `policy: true` or `denyInsecureTransport: true`; what to do about others is said where they are in the way.

pub(crate) mod for_issuers;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use wip_plan::{Address, Edge, Existing, Field, Place};
use wip_provider::{CloudError, Created, Kind, Observed, Question, Scope, Spotted, Target, Wanted};
use wip_space::{Bucket, Identity, Space};

use super::iam_role::IamRole;
use super::s3_bucket;
use crate::accounts::{partition_of_region, place};
use crate::rights::Right;
use crate::statements::{self, Before, Holder, Ours, Statements};
use crate::{Aws, Facts, owners, permissions, storage};

/// The kind.
pub(crate) struct S3BucketPolicyStatements;

/// Our statements in one bucket's policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BucketStatements {
    bucket: String,
    /// By key: `backup-objects`; with the prefix where an identity has several in the bucket.
    statements: Statements,
}

impl Kind for S3BucketPolicyStatements {
    const NAME: &'static str = "aws/s3-bucket-policy-statements";
    const SUMMARY: &'static str = "Statements in the policy of a bucket that let our roles in, keep out who comes without TLS, or let everybody read the documents of an issuer; everybody else's stay as they are.";
    const EXISTING: Existing = Existing::Ask;
    const FIELDS: &'static [Field] = &[Field {
        path: "bucket",
        replaces: true,
        sensitive: false,
    }];
    type Spec = BucketStatements;
    type Cloud = Aws;

    fn desire(scope: &Scope<'_>, facts: &Facts) -> Vec<Wanted<BucketStatements>> {
        let listed = scope
            .space
            .buckets
            .iter()
            .filter(|bucket| bucket.has_statements());
        listed
            .filter_map(|bucket| wanted(scope.space, facts, bucket))
            .chain(for_issuers::wanted(scope.space, facts))
            .collect()
    }

    /// None: what the roles may do stands in their own policies, and would count twice.
    fn edges(_spec: &BucketStatements) -> Vec<Edge> {
        Vec::new()
    }

    /// The bucket's policy, which S3 takes and gives only whole.
    fn serial(_place: &Place, spec: &BucketStatements) -> Option<String> {
        Some(format!("s3:{}", spec.bucket))
    }

    async fn observe(cloud: &Aws, question: Question<'_, BucketStatements>) -> Observed {
        let looks = question.asks.iter().map(|ask| async {
            let look = async {
                let client = cloud.clients.at(question.place).await?;
                let (wanted, owned) = (ask.wanted()?, ask.owned()?);
                let known = owned.as_ref().or(wanted.as_ref());
                let bucket = known.map_or("", |spec| spec.bucket.as_str());
                let ours = Ours {
                    space: question.space,
                    lineage: question.lineage,
                    address: ask.address,
                    wanted: wanted.as_ref().map(|spec| &spec.statements),
                    owned: owned.as_ref().map(|spec| &spec.statements),
                };
                let found = statements::look(Holder::Bucket(&client, bucket), ours).await?;
                Ok(found.map(|found| Spotted {
                    id: found.id,
                    given: found.given,
                    spec: BucketStatements {
                        bucket: bucket.to_owned(),
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
        spec: &BucketStatements,
    ) -> Result<Created, CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let holder = Holder::Bucket(&client, &spec.bucket);
        let none = Statements::new();
        statements::write(holder, at, Before::None, &none, &spec.statements)
            .await
            .map(|()| Created::default())
    }

    async fn update(
        cloud: &Aws,
        at: &Target<'_>,
        from: &BucketStatements,
        to: &BucketStatements,
    ) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let holder = Holder::Bucket(&client, &to.bucket);
        statements::write(holder, at, Before::Any, &from.statements, &to.statements).await
    }

    /// The `Sid`s are the mark.
    async fn mark(_: &Aws, _: &Target<'_>, _: &BucketStatements) -> Result<(), CloudError> {
        Ok(())
    }

    async fn unmark(_: &Aws, _: &Target<'_>, _: &BucketStatements) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(
        cloud: &Aws,
        at: &Target<'_>,
        from: &BucketStatements,
    ) -> Result<(), CloudError> {
        let client = cloud.clients.at(at.place).await?;
        let holder = Holder::Bucket(&client, &from.bucket);
        let none = Statements::new();
        statements::write(holder, at, Before::Some, &from.statements, &none).await
    }
}

/// The rights for the bucket policies that a Space writes.
pub(crate) fn rights(space: &Space) -> Vec<Right> {
    let written = space
        .buckets
        .iter()
        .filter(|bucket| bucket.has_statements());
    let rights = written.filter_map(|bucket| {
        let account = storage::owner(space, bucket)?;
        let partition = partition_of_region(&bucket.region);
        let arns = [format!("arn:{partition}:s3:::{}", bucket.bucket)];
        let read = ["s3:GetBucketPolicy"];
        let writes = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];
        let mut rights = Right::look(&account, "ReadBucketPolicies", &read, &arns);
        let writes = Right::change(&account, "WriteBucketPolicies", &writes, &arns);
        rights.extend(writes);
        Some(rights)
    });
    rights.flatten().collect()
}

fn wanted(space: &Space, facts: &Facts, bucket: &Bucket) -> Option<Wanted<BucketStatements>> {
    let mut statements = BTreeMap::new();
    let mut users: Vec<&Identity> = Vec::new();
    let identities = space.identities.iter().filter(|_| bucket.policy);
    for identity in identities {
        let mut grants = storage::s3_grants(space, identity);
        grants.retain(|grant| grant.bucket == bucket.bucket);
        let alone = grants.len() == 1;
        for grant in grants {
            let partition = &identity.partition;
            let made = [
                (
                    "objects",
                    permissions::objects(partition, identity.component, &grant),
                ),
                (
                    "list",
                    permissions::list(partition, identity.component, &grant),
                ),
            ];
            for (what, statement) in made {
                // A prefix that changes is a change of its statements, not others in their place.
                let key = match alone {
                    true => format!("{}-{what}", identity.name),
                    false => format!("{}-{what} {}", identity.name, grant.prefix),
                };
                let admitted =
                    statement.map(|statement| statement.with_principal(owners::role(identity)));
                statements.extend(admitted.map(|statement| (key.trim_end().to_owned(), statement)));
            }
            users.push(identity);
        }
    }
    if bucket.own.deny_insecure_transport {
        let partition = partition_of_region(&bucket.region);
        let denied = permissions::deny_insecure_transport(partition, &bucket.bucket);
        statements.insert("deny-insecure-transport".to_owned(), denied);
    }
    let account = storage::owner(space, bucket).filter(|_| !statements.is_empty())?;
    let there = owners::there(space, facts, &bucket.bucket, &bucket.region, &account);
    let principals = users.iter().map(|user| owners::role_is_there(user, facts));
    let there = there.and(principals.collect());
    Some(Wanted {
        name: bucket.bucket.clone(),
        place: place(&account, &bucket.region),
        spec: there.map(|()| BucketStatements {
            bucket: bucket.bucket.clone(),
            statements,
        }),
        needs: roles(space, users)
            .into_iter()
            .chain(s3_bucket::address(space, bucket))
            .collect(),
        links: BTreeSet::new(),
    })
}

/// The addresses of the roles that statements name; AWS takes no principal that is not there.
pub(crate) fn roles<'a>(
    space: &Space,
    users: impl IntoIterator<Item = &'a Identity>,
) -> BTreeSet<Address> {
    let managed = users
        .into_iter()
        .filter(|user| user.role.existing != wip_space::Existing::Reference);
    managed
        .map(|user| Address::new(IamRole::NAME, &space.name, &user.name))
        .collect()
}
