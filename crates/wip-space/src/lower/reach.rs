//! What the lists of access have in common, whatever the cloud.

use std::ops::Range;

use super::place::exactly_one;
use crate::Code;
use crate::problem::Problems;
use crate::raw::{AccessSpec, IdentitySpec};
use crate::read::Spanned;

/// The items of what an identity may reach; that there are none is told, with `example`, unless there may be none.
pub(crate) fn items<'a>(
    spec: &'a IdentitySpec,
    may_be_empty: bool,
    example: &str,
    problems: &mut Problems,
) -> &'a [Spanned<AccessSpec>] {
    let Some(field) = spec.access.as_ref() else {
        return &[];
    };
    if field.value.is_empty() && !may_be_empty && !spec.flawed {
        problems.add(
            Code::EmptyAccess,
            &field.span,
            "the identity may reach nothing",
            "no access",
            format!("add what it may reach: `- {example}`"),
        );
    }
    &field.value
}

/// Whether an item says exactly one of the things of its identity's cloud, and nothing of another one.
pub(crate) fn is_one_of(
    item: &Spanned<AccessSpec>,
    (cloud, is_of_others): (&str, bool),
    given: &[(&str, bool)],
    problems: &mut Problems,
) -> bool {
    if is_of_others {
        of_another_cloud(&item.span, cloud, problems);
        return false;
    }
    match given.iter().filter(|(_, given)| *given).count() {
        1 => true,
        0 if item.value.flawed => false,
        count => {
            let names: Vec<String> = given.iter().map(|(name, _)| format!("`{name}`")).collect();
            exactly_one(&item.span, &names.join(", "), count > 1, problems);
            false
        }
    }
}

/// Reports access to one cloud by an identity of another.
fn of_another_cloud(span: &Range<usize>, cloud: &str, problems: &mut Problems) {
    problems.add(
        Code::WrongMethod,
        span,
        format!("an identity of {cloud} reaches nothing in another cloud"),
        "of another cloud",
        "move it to an identity of a method of that cloud",
    );
}
