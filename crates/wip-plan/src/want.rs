//! Wants: what the Space file asks for.

use std::collections::BTreeSet;

use crate::{Address, Doc, Place};

/// One resource that the Space wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Want {
    /// Its key.
    pub address: Address,
    /// Where it lives.
    pub place: Place,
    /// Its spec, or why it cannot be wanted yet (a fact that could not be read, a limit that
    /// it would break): then the address is blocked with that reason.
    pub doc: Result<Doc, String>,
    /// What must be there before it.
    pub needs: BTreeSet<Address>,
    /// Of these, the ones whose id it is bound to, which the cloud makes: where one of them is made anew, so is this.
    pub links: BTreeSet<Address>,
}
