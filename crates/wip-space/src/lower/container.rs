//! Containers that `buckets` lists: where each lies, and whether the file says so once.

use std::ops::Range;

use super::place::{duplicate, subscription_of_clusters};
use crate::model::{BlobContainer, Container};
use crate::problem::Problems;
use crate::raw::{BlobContainerSpec, OnDestroyWord, Spec};
use crate::read::Spanned;
use crate::{Code, OnDestroy};

/// The containers that the file lists, each once.
pub(crate) fn containers(spec: &Spec, problems: &mut Problems) -> Vec<Spanned<BlobContainer>> {
    let own = subscription_of_clusters(spec);
    let mut all: Vec<Spanned<BlobContainer>> = Vec::new();
    for item in spec.buckets.get().into_iter().flatten() {
        let Some(field) = item.value.blob_container.as_ref() else {
            continue;
        };
        ends(&field.value, problems);
        let Some(listed) = one(&field.value, own.as_deref(), &field.span, problems) else {
            continue;
        };
        if let Some(first) = all.iter().find(|known| known.value.at.is(&listed.at)) {
            let what = format!("the container `{}`", listed.at.container);
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

fn ends(given: &BlobContainerSpec, problems: &mut Problems) {
    let end = given.on_destroy.as_ref();
    if let Some(end) = end.filter(|end| end.value == OnDestroyWord::Delete)
        && !given.create.or(false)
        && !given.flawed
    {
        problems.add(
            Code::Contradiction,
            &end.span,
            "wip deletes no container that it does not make",
            "needs `create: true`",
            "add `create: true`, or remove the line: a container that was there before stays",
        );
    }
}

fn one(
    given: &BlobContainerSpec,
    own: Option<&str>,
    span: &Range<usize>,
    problems: &mut Problems,
) -> Option<BlobContainer> {
    let subscription = match (given.subscription.get(), own) {
        (Some(subscription), _) => subscription.to_string(),
        (None, Some(own)) => own.to_owned(),
        (None, None) => {
            if !given.flawed {
                problems.add(
                    Code::WhichAccount,
                    span,
                    "which subscription is the container in?",
                    "no subscription",
                    "add `subscription: GUID`: the file's AKS clusters do not lead to exactly one",
                );
            }
            return None;
        }
    };
    Some(BlobContainer {
        at: Container {
            subscription,
            resource_group: given.resource_group.get()?.to_string(),
            storage_account: given.storage_account.get()?.to_string(),
            container: given.container.get()?.to_string(),
        },
        create: given.create.or(false),
        on_destroy: match given.on_destroy.or(OnDestroyWord::Keep) {
            OnDestroyWord::Keep => OnDestroy::Keep,
            OnDestroyWord::Delete => OnDestroy::Delete,
        },
    })
}

/// Checks where access to a container says that it is against what `buckets` says.
pub(crate) fn agree(
    listed: &[Spanned<BlobContainer>],
    at: &Container,
    span: &Range<usize>,
    problems: &mut Problems,
) {
    let Some(known) = listed.iter().find(|known| known.value.at.is(at)) else {
        return;
    };
    let is = &known.value.at;
    let what = if is.subscription != at.subscription {
        format!(
            "subscription `{}` here and `{}`",
            at.subscription, is.subscription
        )
    } else if is.resource_group.eq_ignore_ascii_case(&at.resource_group) {
        return;
    } else {
        format!(
            "resource group `{}` here and `{}`",
            at.resource_group, is.resource_group
        )
    };
    problems.add_pair(
        Code::Contradiction,
        span,
        format!(
            "the container `{}` is in {what} under `spec.buckets`",
            at.container
        ),
        "in two places",
        "a storage account is in one resource group of one subscription: correct the wrong one",
        &known.span,
        "listed here",
    );
}
