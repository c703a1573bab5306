//! Buckets of Cloud Storage that `buckets` lists.

use std::collections::BTreeSet;
use std::ops::Range;

use super::place::duplicate;
use crate::model::GcsBucket;
use crate::problem::Problems;
use crate::raw::{GcsBucketSpec, OnDestroyWord, Spec};
use crate::read::Spanned;
use crate::{Code, OnDestroy};

/// The buckets that the file lists, each once.
pub(crate) fn buckets(spec: &Spec, problems: &mut Problems) -> Vec<Spanned<GcsBucket>> {
    let own = project_of_clusters(spec);
    let mut all: Vec<Spanned<GcsBucket>> = Vec::new();
    for item in spec.buckets.get().into_iter().flatten() {
        let Some(field) = item.value.gcs_bucket.as_ref() else {
            continue;
        };
        ends(&field.value, problems);
        let Some(listed) = one(&field.value, own.as_deref(), &field.span, problems) else {
            continue;
        };
        if let Some(first) = all.iter().find(|known| known.value.bucket == listed.bucket) {
            let what = format!("the bucket `{}`", listed.bucket);
            duplicate(&field.span, Some(&first.span), &what, problems);
            continue;
        }
        all.push(Spanned {
            value: listed,
            span: field.span.clone(),
        });
    }
    all
}

/// The one project that all GKE clusters of the file are in.
fn project_of_clusters(spec: &Spec) -> Option<String> {
    let clusters = spec.clusters.get().into_iter().flatten();
    let all = clusters.filter_map(|item| item.value.gke.get()?.project.get());
    let all: BTreeSet<String> = all.map(|project| project.to_string()).collect();
    all.first().filter(|_| all.len() == 1).cloned()
}

fn ends(given: &GcsBucketSpec, problems: &mut Problems) {
    let end = given.on_destroy.as_ref();
    if let Some(end) = end.filter(|end| end.value == OnDestroyWord::Delete)
        && !given.create.or(false)
        && !given.flawed
    {
        problems.add(
            Code::Contradiction,
            &end.span,
            "wip deletes no bucket that it does not make",
            "needs `create: true`",
            "add `create: true`, or remove the line: a bucket that was there before stays",
        );
    }
}

fn one(
    given: &GcsBucketSpec,
    own: Option<&str>,
    span: &Range<usize>,
    problems: &mut Problems,
) -> Option<GcsBucket> {
    let create = given.create.or(false);
    let project = match (given.project.get(), own) {
        (Some(project), _) => Some(project.to_string()),
        (None, Some(own)) => Some(own.to_owned()),
        (None, None) => {
            if !given.flawed {
                problems.add(
                    Code::WhichAccount,
                    span,
                    "which project is the bucket in?",
                    "no project",
                    "add `project: ID`: the file's GKE clusters do not lead to exactly one",
                );
            }
            None
        }
    };
    let location = given.location.get().map(|it| it.to_uppercase());
    if create && location.is_none() && !given.flawed {
        problems.add(
            Code::MissingField,
            span,
            "a bucket that wip makes needs a location, which never changes",
            "needs `location`",
            "add `location: EU`, or a region like `europe-north1`",
        );
        return None;
    }
    Some(GcsBucket {
        bucket: given.bucket.get()?.to_string(),
        project: project?,
        location: location.unwrap_or_default(),
        create,
        on_destroy: match given.on_destroy.or(OnDestroyWord::Keep) {
            OnDestroyWord::Keep => OnDestroy::Keep,
            OnDestroyWord::Delete => OnDestroy::Delete,
        },
    })
}
