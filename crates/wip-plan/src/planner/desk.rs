//! All cases of one run, put together from the inputs, each with its decision.
//!
//! Owns which addresses are looked at, and what an adoption leaves out.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::decision::{Case, Decision, STRAY, decide};
use super::existing::{keep, meet, not_the_one, untold};
use super::moved::end_of_chain;
use super::whose::{Us, Whose, whose};
use super::{AdoptWhat, Inputs, Mode, Renamed};
use crate::{Address, Edge, Existing, KindInfo, Note, Owned, Seen, Want};

/// The inputs, by address.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    inputs: &'a Inputs<'a>,
    renamed: &'a Renamed,
    wants: BTreeMap<&'a Address, &'a Want>,
    /// New address → all old ones.
    formerly: BTreeMap<&'a Address, Vec<&'a Address>>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>, renamed: &'a Renamed) -> Self {
        let mut formerly: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
        for old in inputs.moved.keys() {
            if let Some(new) = end_of_chain(old, inputs.moved) {
                formerly.entry(new).or_default().push(old);
            }
        }
        Self {
            inputs,
            renamed,
            wants: inputs
                .wants
                .iter()
                .map(|want| (&want.address, want))
                .collect(),
            formerly,
        }
    }

    /// What is wanted in this mode: nothing, when all is to be destroyed.
    pub(super) fn wants(&self) -> impl Iterator<Item = &'a Want> {
        self.wants.keys().filter_map(|address| self.want(address))
    }

    fn want(&self, address: &Address) -> Option<&'a Want> {
        let wanted = !matches!(self.inputs.mode, Mode::Destroy { .. });
        self.wants.get(address).copied().filter(|_| wanted)
    }

    pub(super) fn info(&self, address: &Address) -> Option<&'a KindInfo> {
        self.inputs.kinds.get(address.kind())
    }

    pub(super) fn owned(&self, address: &Address) -> Option<&'a Owned> {
        self.renamed.resources.get(address)
    }

    /// What that means which something of ours needed and which is still wanted.
    pub(super) fn edges_of_needed(&self, address: &Address) -> Vec<Edge> {
        let needs = self
            .owned(address)
            .into_iter()
            .flat_map(|owned| &owned.needs);
        let wanted = needs.filter_map(|needed| {
            let doc = self.want(needed)?.doc.as_ref().ok()?;
            (self.info(needed)?.edges)(doc).ok()
        });
        wanted.flatten().collect()
    }

    /// What is to be done about each address.
    pub(super) fn decisions(&self) -> BTreeMap<Address, Decision> {
        let known = self
            .wants
            .keys()
            .copied()
            .chain(self.renamed.resources.keys());
        let mut decisions: BTreeMap<Address, Decision> = known
            .map(|address| (address.clone(), self.decision(address)))
            .collect();
        for address in self.wanted_twice() {
            let reason = "is wanted twice, in two ways".to_owned();
            decisions.insert(address.clone(), Decision::Blocked(reason));
        }
        match &self.inputs.mode {
            Mode::Apply | Mode::Destroy { .. } => {
                for stray in &self.inputs.strays {
                    let reason = format!("`{}` {STRAY}", stray.name);
                    decisions.insert(stray.address.clone(), Decision::Blocked(reason));
                }
            }
            Mode::Adopt(AdoptWhat::These(asked)) => {
                for address in asked {
                    decisions
                        .entry(address.clone())
                        .or_insert_with(|| Decision::Blocked("is not in the file".to_owned()));
                }
            }
            Mode::Adopt(AdoptWhat::All) => {}
        }
        self.block_wrong_renames(&mut decisions);
        decisions
    }

    /// A note for each address that was asked to be taken over and is ours already.
    pub(super) fn already_ours(&self) -> Vec<Note> {
        let Mode::Adopt(AdoptWhat::These(asked)) = &self.inputs.mode else {
            return Vec::new();
        };
        asked
            .iter()
            .filter(|address| self.wants.contains_key(address))
            .filter(|address| self.decision(address) == Decision::Nothing)
            .map(|address| Note {
                code: "WIP0302".to_owned(),
                address: Some(address.clone()),
                text: "is ours already".to_owned(),
                of_change: false,
            })
            .collect()
    }

    /// What was remarked on what is live, where something is done about it, or would be.
    pub(super) fn remarks(&self, decisions: &BTreeMap<Address, Decision>) -> Vec<Note> {
        let shown = decisions.iter().filter(|(_, decision)| {
            matches!(decision, Decision::Steps(_)) || decision.is_blocked()
        });
        let remarks = shown.filter_map(|(address, _)| match self.inputs.seen.get(address) {
            Some(Seen::Present(live)) => Some(live.remarks.iter().map(move |text| Note {
                code: "WIP0305".to_owned(),
                address: Some(address.clone()),
                text: text.clone(),
                of_change: false,
            })),
            _ => None,
        });
        remarks.flatten().collect()
    }

    fn wanted_twice(&self) -> impl Iterator<Item = &'a Address> {
        let other = |want: &&Want| self.want(&want.address).is_some_and(|last| last != *want);
        let wants = self.inputs.wants.iter();
        wants.filter(other).map(|want| &want.address)
    }

    /// Blocks what cannot be renamed, and renames away from what the file still wants: each
    /// run would do those again.
    fn block_wrong_renames(&self, decisions: &mut BTreeMap<Address, Decision>) {
        let moved = &self.inputs.moved;
        let still_wanted = moved.keys().filter(|old| self.want(old).is_some());
        let wanted = still_wanted.flat_map(|old| {
            let new = end_of_chain(old, moved).unwrap_or(old);
            let reason = format!(
                "`moved` renames {old} to {new}, but the file still has {old}; take out one of them"
            );
            [(old, reason.clone()), (new, reason)]
        });
        let refused = self.renamed.refused.iter();
        for (address, reason) in wanted.chain(refused.map(|(at, why)| (at, why.clone()))) {
            let untouched = matches!(decisions.get(address), None | Some(Decision::Nothing));
            if !untouched || !matches!(self.inputs.mode, Mode::Adopt(_)) {
                decisions.insert(address.clone(), Decision::Blocked(reason));
            }
        }
    }

    /// Whether what lives at `address` bears our mark, under this or a former address.
    pub(super) fn bears_our_mark(&self, address: &Address) -> bool {
        matches!(
            self.inputs.seen.get(address),
            Some(Seen::Present(live)) if matches!(
                whose(&live.owner, self.us(address)),
                Whose::Ours | Whose::OursRenamed
            )
        )
    }

    fn us<'b>(&'b self, address: &'b Address) -> Us<'b> {
        Us {
            space: self.inputs.space,
            lineage: &self.inputs.state.lineage,
            address,
            formerly: self.formerly.get(address).map_or(&[], Vec::as_slice),
        }
    }

    /// What was seen there.
    pub(super) fn seen(&self, address: &Address) -> Option<&'a Seen> {
        self.inputs.seen.get(address)
    }

    fn decision(&self, address: &Address) -> Decision {
        if self.info(address).is_none() {
            return Decision::Blocked(format!("this wip knows no kind `{}`", address.kind()));
        }
        let Some(case) = self.case(address) else {
            return Decision::Nothing;
        };
        match &self.inputs.mode {
            Mode::Apply | Mode::Destroy { .. } => decide(&case),
            Mode::Adopt(what) => take_over(&case, what),
        }
    }

    /// Everything that is known about `address`; `None` of a kind that is not known, and of what lives nowhere.
    pub(super) fn case<'b>(&'b self, address: &'b Address) -> Option<Case<'b>> {
        static UNASKED: LazyLock<Seen> =
            LazyLock::new(|| Seen::Unreadable("was not observed".to_owned()));
        let info = self.info(address)?;
        let seen = self.seen(address).unwrap_or(&UNASKED);
        let in_file = self.wants.get(address).copied();
        let want = self.want(address);
        let owned = self.owned(address);
        let place = want.map(|want| &want.place);
        let place = place.or(owned.map(|owned| &owned.place));
        let place = place.or(in_file.map(|want| &want.place))?;
        Some(Case {
            us: self.us(address),
            place,
            info,
            want,
            owned,
            seen,
            moved_from: self.renamed.from.get(address),
            guardrails: self.inputs.guardrails,
            adopt: matches!(&self.inputs.mode, Mode::Adopt(what) if what.contains(address)),
            delete_adopted: self.inputs.mode == Mode::Destroy { adopted: true },
        })
    }
}

/// What an adoption does about `case`: take over what is live and not ours, or nothing.
fn take_over(case: &Case<'_>, what: &AdoptWhat) -> Decision {
    if !case.adopt {
        return Decision::Nothing;
    }
    let one_by_one = matches!(what, AdoptWhat::These(_));
    let doc = case.want.map(|want| want.doc.as_ref());
    match (doc, case.owned, case.seen) {
        (None, _, _) if one_by_one => Decision::Blocked("is not in the file".to_owned()),
        (None, _, _) => Decision::Nothing,
        (Some(Err(reason)), owned, _) if one_by_one || owned.is_none() => {
            Decision::Blocked(reason.clone())
        }
        (Some(Ok(_)), owned, Seen::Unreadable(why)) if one_by_one || owned.is_none() => {
            Decision::Blocked(why.clone())
        }
        (Some(Err(_)), _, _) | (Some(Ok(_)), _, Seen::Unreadable(_)) => Decision::Nothing,
        (Some(Ok(_)), _, Seen::Absent) if one_by_one => {
            Decision::Blocked("is not there yet; wip apply makes it".to_owned())
        }
        (Some(Ok(_)), _, Seen::Absent) => Decision::Nothing,
        (Some(Ok(doc)), None, Seen::Present(live)) => meet(case, doc, live),
        (Some(Ok(doc)), Some(owned), Seen::Present(live))
            if case.info.existing == Existing::Part
                && (case.info.beside)(doc, &live.doc) != *doc =>
        {
            keep(case, doc, owned, live)
        }
        (Some(Ok(doc)), Some(owned), Seen::Present(live)) => {
            if case.whose(live) == Whose::Nobody
                && (not_the_one(owned, live) || untold(owned, live))
            {
                meet(case, doc, live)
            } else {
                Decision::Nothing
            }
        }
    }
}
