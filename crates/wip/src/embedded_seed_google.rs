//! What a Space takes for granted at Google Cloud: projects, clusters, buckets, secrets, and service accounts that the file only refers to.

use std::collections::BTreeMap;

use serde_json::Map;
use wip_sandbox::{GcsSeed, GkeSeed, GoogleSeed, ProjectSeed, SecretSeed, ServiceAccountSeed};
use wip_space::{
    ClusterAt, GoogleAccess, GoogleIdentity, GooglePrincipal, GoogleResource, Names, Space,
};

/// Nothing that wip makes is among it.
pub(super) fn google(space: &Space) -> GoogleSeed {
    let mut seed = GoogleSeed::default();
    for (id, number) in wip_gcp::projects(space) {
        seed.projects.push(ProjectSeed {
            number: number.unwrap_or_else(|| number_of(&id)),
            id,
            policy: Map::new(),
        });
    }
    for cluster in &space.clusters {
        if let ClusterAt::Gke {
            project,
            location,
            cluster: name,
            ..
        } = &cluster.at
            && seed.projects.iter().any(|it| it.id == *project)
        {
            seed.clusters.push(GkeSeed {
                project: project.clone(),
                location: location.clone(),
                name: name.clone(),
                workload_identity: true,
                metadata_server: true,
            });
        }
    }
    for identity in &space.google {
        of_identity(&mut seed, space, identity);
    }
    seed
}

fn of_identity(seed: &mut GoogleSeed, space: &Space, identity: &GoogleIdentity) {
    if let GooglePrincipal::ServiceAccount(account) = &identity.principal
        && !account.is_made
    {
        seed.accounts.push(ServiceAccountSeed {
            project: account.project.clone(),
            id: account.id.clone(),
            description: String::new(),
            policy: Map::new(),
        });
    }
    for at in &identity.restore_from {
        bucket(seed, space, &at.bucket, &identity.home);
    }
    for access in &identity.access {
        match access {
            GoogleAccess::Bucket { at, .. } => bucket(seed, space, &at.bucket, &identity.home),
            GoogleAccess::Secrets { project, names } => {
                // One that begins so, where only the beginning is named.
                let names: Vec<String> = match names {
                    Names::Exactly(names) => names.iter().cloned().collect(),
                    Names::Prefixes(prefixes) => {
                        prefixes.iter().map(|it| format!("{it}db")).collect()
                    }
                };
                for name in names {
                    secret(seed, project, &name);
                }
            }
            GoogleAccess::Role { on, .. } => match on {
                GoogleResource::Project(_) => {}
                GoogleResource::Bucket(name) => bucket(seed, space, name, &identity.home),
                GoogleResource::Secret(project, name) => secret(seed, project, name),
            },
        }
    }
}

/// A number that follows from the id, so that runs repeat: of 12 digits, as Google's.
fn number_of(id: &str) -> u64 {
    let digest = id.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    100_000_000_000 + digest % 900_000_000_000
}

fn bucket(seed: &mut GoogleSeed, space: &Space, name: &str, home: &str) {
    let listed = space.gcs_buckets.iter().find(|it| it.bucket == name);
    let is_made = listed.is_some_and(|listed| listed.create);
    if is_made || seed.buckets.iter().any(|it| it.name == name) {
        return;
    }
    let project = listed.map_or(home, |listed| listed.project.as_str());
    seed.buckets.push(GcsSeed {
        project: project.to_owned(),
        name: name.to_owned(),
        location: None,
        uniform: true,
        labels: BTreeMap::new(),
        objects: BTreeMap::new(),
        policy: Map::new(),
    });
}

fn secret(seed: &mut GoogleSeed, project: &str, name: &str) {
    let is_it = |it: &SecretSeed| it.project == project && it.name == name;
    if !seed.secrets.iter().any(is_it) {
        seed.secrets.push(SecretSeed {
            project: project.to_owned(),
            name: name.to_owned(),
            value: "sandbox".to_owned(),
            policy: Map::new(),
        });
    }
}
