//! Reading the facts: one request per distinct cluster, account, bucket setting and key.
//!
//! Owns the calls, and what an answer that says no is worth.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::types::PublicAccessBlockConfiguration;
use futures_util::future::join_all;
use wip_plan::Place;
use wip_policy::Document;
use wip_provider::{Class, CloudError};
use wip_space::{Bucket, Cluster, ClusterAt, Existing, Identity, Method, Space};

use super::{BucketFacts, Fact, Facts, KeyFacts, TrustQuota, pods, usage};
use crate::accounts::{self, of_arn, place};
use crate::client::{Call, Clients};
use crate::storage;

/// Reads everything that the wants of `space` depend on; whatever cannot be read is a fact as well.
pub(crate) async fn read(clients: &Clients, space: &Space) -> Facts {
    let (issuers, trust_quotas, usage, buckets, keys, pods, roles) = futures_util::join!(
        issuers(clients, space),
        trust_quotas(clients, space),
        usage::read(clients, space),
        buckets(clients, space),
        keys(clients, space),
        pods::read(clients, space),
        roles(clients, space),
    );
    Facts {
        issuers,
        trust_quotas,
        usage,
        buckets,
        keys,
        pods,
        roles,
    }
}

async fn issuers(clients: &Clients, space: &Space) -> BTreeMap<String, Fact<String>> {
    // Pod Identity knows no issuers.
    let used: BTreeSet<&String> = space
        .identities
        .iter()
        .filter(|identity| identity.trusts(Method::Irsa))
        .flat_map(|identity| identity.subjects.keys())
        .collect();
    let read = space
        .clusters
        .iter()
        .filter(|cluster| used.contains(&cluster.name))
        .map(|cluster| async { (cluster.name.clone(), issuer(clients, cluster).await) });
    join_all(read).await.into_iter().collect()
}

/// Who issues the tokens of a cluster; EKS is asked where the file does not say.
pub(crate) async fn issuer(clients: &Clients, cluster: &Cluster) -> Fact<String> {
    let (at, name) = match &cluster.at {
        ClusterAt::Aks { .. } | ClusterAt::Gke { .. } => {
            let why = "roles of AWS trust no cluster of another cloud yet";
            return Fact::Unreadable(why.to_owned());
        }
        ClusterAt::SelfHosted { issuer, .. }
        | ClusterAt::Eks {
            issuer: Some(issuer),
            ..
        } => {
            return Fact::Known(issuer.clone());
        }
        ClusterAt::Eks {
            account,
            region,
            cluster,
            ..
        } => (place(account, region), cluster),
    };
    let answer = async {
        let client = clients.at(&at).await?;
        let call = Call::read("eks:DescribeCluster");
        client
            .call(call, || client.eks().describe_cluster().name(name).send())
            .await
    };
    let described = match answer.await {
        Ok(output) => output.cluster,
        Err(error) if error.class == Class::Missing => {
            return Fact::Unreadable(format!("there is no EKS cluster {name} in {at}"));
        }
        Err(error) => return Fact::refused(&error),
    };
    let issuer = described.and_then(|cluster| cluster.identity?.oidc?.issuer);
    issuer.map_or_else(
        || Fact::Unreadable(format!("EKS names no issuer for the cluster {name}")),
        Fact::Known,
    )
}

async fn trust_quotas(clients: &Clients, space: &Space) -> BTreeMap<String, TrustQuota> {
    let accounts: BTreeSet<&String> = space
        .identities
        .iter()
        .map(|identity| &identity.account)
        .collect();
    let read = accounts.into_iter().map(|account| async {
        let quota = match space.guardrails.trust_policy_quota {
            Some(chars) => TrustQuota {
                chars,
                assumed: None,
            },
            None => trust_quota(clients, account).await,
        };
        (account.clone(), quota)
    });
    join_all(read).await.into_iter().collect()
}

async fn trust_quota(clients: &Clients, account: &str) -> TrustQuota {
    let read = quota(clients, account, wip_policy::TRUST_POLICY_QUOTA_CODE).await;
    let default = wip_policy::TRUST_POLICY_CHARS;
    let (chars, assumed) = match read {
        Ok(chars) => (chars, None),
        Err(why) => (default, Some(why)),
    };
    TrustQuota {
        chars: u32::try_from(chars).unwrap_or(u32::MAX),
        assumed,
    }
}

/// A quota of IAM in one account, or why it could not be read.
pub(super) async fn quota(clients: &Clients, account: &str, code: &str) -> Result<usize, String> {
    let answer = async {
        let client = clients.global(account).await?;
        let call = Call::read("servicequotas:GetServiceQuota");
        let ask = || {
            let ask = client.quotas().get_service_quota().service_code("iam");
            ask.quota_code(code).send()
        };
        client.call(call, ask).await
    };
    let output = answer.await.map_err(|error| {
        let error = CloudError {
            request_id: None,
            ..error
        };
        error.to_string()
    })?;
    let value = output.quota.and_then(|quota| quota.value);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count, which the API writes as a double"
    )]
    let count = value
        .filter(|value| *value >= 1.0)
        .map(|value| value as usize);
    count.ok_or_else(|| "no value".to_owned())
}

async fn buckets(clients: &Clients, space: &Space) -> BTreeMap<String, BucketFacts> {
    let used = storage::buckets(space);
    let read = used.values().map(|bucket| async {
        let listed = storage::listed(space, &bucket.name);
        let set = listed.and_then(Bucket::kms_key).map(str::to_owned);
        (bucket.name.clone(), facts_of(clients, bucket, set).await)
    });
    join_all(read).await.into_iter().collect()
}

/// `set` is the key that the file sets.
async fn facts_of(
    clients: &Clients,
    bucket: &storage::UsedBucket,
    set: Option<String>,
) -> BucketFacts {
    let at = place(&bucket.reader, &bucket.region);
    let (found, default_key, policy, closed) = futures_util::join!(
        region(clients, &at, bucket),
        async {
            match bucket.asks_key {
                true => default_key(clients, &at, bucket).await,
                false => Fact::Known(set),
            }
        },
        async {
            match bucket.wants_owner_side {
                true => Some(policy(clients, &at, bucket).await),
                false => None,
            }
        },
        async {
            match bucket.asks_block {
                true => Some(closed(clients, &at, bucket).await),
                false => None,
            }
        },
    );
    let (region, of_stranger) = found;
    BucketFacts {
        region,
        of_stranger,
        default_key,
        policy,
        closed,
    }
}

/// Where the bucket is, and whether it is another account's than the file says.
async fn region(
    clients: &Clients,
    at: &Place,
    bucket: &storage::UsedBucket,
) -> (Fact<Option<String>>, bool) {
    let first = head(clients, at, bucket, Some(&bucket.account)).await;
    let refused = matches!(&first, Err((error, _)) if error.class == Class::Denied);
    // S3 refuses in the same way whoever may not look, and whoever expects another owner.
    let of_stranger = refused && head(clients, at, bucket, None).await.is_ok();
    let region = match first {
        Ok(region) => Fact::Known(Some(region.unwrap_or_else(|| bucket.region.clone()))),
        Err((_, Some(elsewhere))) if elsewhere != bucket.region => Fact::Known(Some(elsewhere)),
        Err((error, _)) if error.class == Class::Missing => Fact::Known(None),
        Err(_) if of_stranger => Fact::Known(Some(bucket.region.clone())),
        Err((error, _)) => Fact::refused(&error),
    };
    (region, of_stranger)
}

type Head = Result<Option<String>, (CloudError, Option<String>)>;

/// HeadBucket: the region, which S3 names in a header even where it refuses.
async fn head(
    clients: &Clients,
    at: &Place,
    bucket: &storage::UsedBucket,
    owner: Option<&str>,
) -> Head {
    let client = clients.at(at).await.map_err(|error| (error, None))?;
    let named = RefCell::new(None);
    let ask = || {
        let ask = client.s3().head_bucket().bucket(&bucket.name);
        let sent = ask
            .set_expected_bucket_owner(owner.map(str::to_owned))
            .send();
        async {
            let answer = sent.await;
            let header = |error: &aws_sdk_s3::error::SdkError<_>| {
                Some(
                    error
                        .raw_response()?
                        .headers()
                        .get("x-amz-bucket-region")?
                        .to_owned(),
                )
            };
            *named.borrow_mut() = answer.as_ref().err().and_then(header);
            answer
        }
    };
    let answer = client.call(Call::read("s3:HeadBucket"), ask).await;
    match answer {
        Ok(output) => Ok(output.bucket_region),
        Err(error) => Err((error, named.into_inner())),
    }
}

async fn default_key(
    clients: &Clients,
    at: &Place,
    bucket: &storage::UsedBucket,
) -> Fact<Option<String>> {
    let answer = async {
        let client = clients.at(at).await?;
        let call = Call::read("s3:GetBucketEncryption");
        client
            .call(call, || {
                let ask = client.s3().get_bucket_encryption();
                let ask = ask.bucket(&bucket.name);
                ask.expected_bucket_owner(&bucket.account).send()
            })
            .await
    };
    match answer.await {
        Ok(output) => {
            let rules = output
                .server_side_encryption_configuration
                .map(|config| config.rules);
            let defaults = rules.unwrap_or_default().into_iter();
            let mut keys = defaults.filter_map(|rule| {
                rule.apply_server_side_encryption_by_default?
                    .kms_master_key_id
            });
            Fact::Known(keys.next())
        }
        // No such bucket, or nothing set, which means a key of S3 itself.
        Err(error) if error.class == Class::Missing => Fact::Known(None),
        Err(error) => Fact::refused(&error),
    }
}

async fn policy(
    clients: &Clients,
    at: &Place,
    bucket: &storage::UsedBucket,
) -> Fact<Option<Document>> {
    let answer = async {
        let client = clients.at(at).await?;
        let call = Call::read("s3:GetBucketPolicy");
        client
            .call(call, || {
                let ask = client.s3().get_bucket_policy().bucket(&bucket.name);
                ask.expected_bucket_owner(&bucket.account).send()
            })
            .await
    };
    match answer.await {
        Ok(output) => document(output.policy.as_deref()),
        Err(error) if error.class == Class::Missing => Fact::Known(None),
        Err(error) => Fact::refused(&error),
    }
}

/// What of Block Public Access refuses or ignores a policy for everybody ("Blocking public access to your Amazon S3 storage").
async fn closed(clients: &Clients, at: &Place, bucket: &storage::UsedBucket) -> Fact<Vec<String>> {
    let answer = async {
        let client = clients.at(at).await?;
        let call = Call::read("s3:GetPublicAccessBlock");
        client
            .call(call, || {
                let ask = client.s3().get_public_access_block();
                let ask = ask.bucket(&bucket.name);
                ask.expected_bucket_owner(&bucket.account).send()
            })
            .await
    };
    match answer.await {
        Ok(output) => {
            let block = output.public_access_block_configuration;
            let of = |setting: fn(&PublicAccessBlockConfiguration) -> Option<bool>| {
                block.as_ref().and_then(setting) == Some(true)
            };
            let settings = [
                ("BlockPublicPolicy", of(|block| block.block_public_policy)),
                (
                    "RestrictPublicBuckets",
                    of(|block| block.restrict_public_buckets),
                ),
            ];
            let on = settings.into_iter().filter(|(_, is_on)| *is_on);
            Fact::Known(on.map(|(name, _)| name.to_owned()).collect())
        }
        // No such bucket, or nothing set, which means that nothing is blocked.
        Err(error) if error.class == Class::Missing => Fact::Known(Vec::new()),
        Err(error) => Fact::refused(&error),
    }
}

fn document(text: Option<&str>) -> Fact<Option<Document>> {
    match text.map(Document::parse).transpose() {
        Ok(document) => Fact::Known(document),
        Err(error) => Fact::Unreadable(error.to_string()),
    }
}

async fn keys(clients: &Clients, space: &Space) -> BTreeMap<String, KeyFacts> {
    let called = accounts::called(space);
    let used = storage::keys(space);
    let read = used.into_iter().map(|(arn, reader)| {
        let called = &called;
        async move {
            let policy = match of_arn(&arn) {
                None => Fact::Unreadable("not the ARN of a key".to_owned()),
                Some((account, region)) => {
                    let by = if called.contains(account) {
                        account
                    } else {
                        reader.as_str()
                    };
                    key_policy(clients, &place(by, region), &arn).await
                }
            };
            (arn, KeyFacts { policy })
        }
    });
    join_all(read).await.into_iter().collect()
}

async fn key_policy(clients: &Clients, at: &Place, arn: &str) -> Fact<Option<Document>> {
    let answer = async {
        let client = clients.at(at).await?;
        let ask = || {
            client
                .kms()
                .get_key_policy()
                .key_id(arn)
                .policy_name("default")
                .send()
        };
        client.call(Call::read("kms:GetKeyPolicy"), ask).await
    };
    match answer.await {
        Ok(output) => document(output.policy.as_deref()),
        Err(error) if error.class == Class::Missing => Fact::Known(None),
        Err(error) => Fact::refused(&error),
    }
}

/// The roles that the file only refers to.
async fn roles(clients: &Clients, space: &Space) -> BTreeMap<String, Fact<Option<String>>> {
    let referred = |identity: &&Identity| identity.role.existing == Existing::Reference;
    let read = space
        .identities
        .iter()
        .filter(referred)
        .map(|identity| async {
            let answer = async {
                let client = clients.global(&identity.account).await?;
                let ask = || {
                    client
                        .iam()
                        .get_role()
                        .role_name(&identity.role.name)
                        .send()
                };
                client.call(Call::read("iam:GetRole"), ask).await
            };
            let fact = match answer.await {
                Ok(output) => Fact::Known(output.role.map(|role| role.arn)),
                Err(error) if error.class == Class::Missing => Fact::Known(None),
                Err(error) => Fact::refused(&error),
            };
            (identity.name.clone(), fact)
        });
    join_all(read).await.into_iter().collect()
}
