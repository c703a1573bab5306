//! Whether the conditions of a statement hold.
//!
//! Sources: "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context keys" in the
//! IAM user guide.
//! Not here: how one value is compared with one (`operator`).

use std::collections::BTreeSet;

use super::Context;
use super::certainty::Match;
use super::operator::{self, Comparison, Operator, Quantity, Wanted};
use super::pattern::Fuel;
use crate::Condition;

/// All operators and keys must hold; an operator that is not known makes it unsure.
pub(super) fn holds(
    condition: &Condition,
    context: &Context,
    variables: Option<&Context>,
    fuel: &Fuel,
) -> Match {
    Match::all(condition.iter().flat_map(|(name, keys)| {
        let operator = Operator::named(name);
        keys.iter().map(move |(key, values)| match operator {
            Some(operator) => one(operator, context.get(key), values, variables, fuel),
            None => Match::Unsure,
        })
    }))
}

fn one(
    operator: Operator,
    is: Option<&[String]>,
    values: &BTreeSet<String>,
    variables: Option<&Context>,
    fuel: &Fuel,
) -> Match {
    // "an empty data set (for example, an empty string)"
    let empty = is.is_none_or(|is| is.iter().all(String::is_empty));
    if operator.comparison == Comparison::Null {
        return Match::any(values.iter().map(|value| match operator::boolean(value) {
            Some(absent) => Match::from(absent == empty),
            None => Match::Unsure,
        }));
    }
    let Some(is) = is else {
        return absent(operator);
    };
    if empty && operator.quantity != Quantity::Plain {
        return (operator.quantity == Quantity::All).into();
    }
    let wanted: Vec<Wanted<'_>> = values
        .iter()
        .map(|value| operator.comparison.wanted(value, variables))
        .collect();
    let fits = |is: &String| {
        let wanted = wanted.iter();
        Match::any(wanted.map(|wanted| operator.comparison.holds(is, wanted, fuel)))
    };
    let holds = |is: &String| {
        if operator.negated {
            !fits(is)
        } else {
            fits(is)
        }
    };
    match operator.quantity {
        Quantity::Any => Match::any(is.iter().map(holds)),
        Quantity::All => Match::all(is.iter().map(holds)),
        // One value that fits is enough, and for a negated operator one that fits is too many.
        Quantity::Plain if operator.negated => Match::all(is.iter().map(holds)),
        Quantity::Plain => Match::any(is.iter().map(holds)),
    }
}

/// What an operator says about a key that is not in the request.
fn absent(operator: Operator) -> Match {
    let holds = match operator.quantity {
        _ if operator.if_exists => true,
        Quantity::All => true,
        Quantity::Any => false,
        Quantity::Plain => operator.negated,
    };
    holds.into()
}
