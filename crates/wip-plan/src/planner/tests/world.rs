//! A small world to plan in, and to pretend to apply in.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::apply;
use crate::testing::{address, json, kinds, place};
use crate::{
    Action, Address, Cloud, Doc, Guardrails, Inputs, KindInfo, Mark, Mode, Owned, Owner, Plan,
    Relation, Room, Seen, Sighting, State, Stray, Want, plan,
};

/// Everything that a plan is computed from, easy to change.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) wants: Vec<Want>,
    pub(super) state: State,
    pub(super) live: BTreeMap<Address, Seen>,
    pub(super) strays: Vec<Stray>,
    pub(super) rooms: Vec<Room>,
    pub(super) moved: BTreeMap<Address, Address>,
    pub(super) guardrails: Guardrails,
    pub(super) mode: Mode,
    pub(super) target: BTreeSet<Address>,
    pub(super) kinds: BTreeMap<&'static str, KindInfo>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            wants: Vec::new(),
            state: State {
                space: "s".to_owned(),
                cloud: Cloud::Real,
                lineage: "us".to_owned(),
                serial: 4,
                resources: BTreeMap::new(),
            },
            live: BTreeMap::new(),
            strays: Vec::new(),
            rooms: Vec::new(),
            moved: BTreeMap::new(),
            guardrails: Guardrails::default(),
            mode: Mode::Apply,
            target: BTreeSet::new(),
            kinds: kinds(),
        }
    }

    pub(super) fn want(mut self, name: &str, doc: &str) -> Self {
        self.wants.push(Want {
            address: at(name),
            place: place(),
            doc: Ok(json(doc)),
            needs: BTreeSet::new(),
            links: BTreeSet::new(),
        });
        self
    }

    /// The last want needs these.
    pub(super) fn needing(mut self, names: &[&str]) -> Self {
        let last = self.wants.last_mut().expect("a want");
        last.needs = names.iter().map(|name| at(name)).collect();
        self
    }

    /// The last want is bound to these, and needs them.
    pub(super) fn bound_to(self, names: &[&str]) -> Self {
        let mut world = self.needing(names);
        let last = world.wants.last_mut().expect("a want");
        last.links = last.needs.clone();
        world
    }

    pub(super) fn unable(mut self, name: &str, reason: &str) -> Self {
        self = self.want(name, "{}");
        self.wants.last_mut().expect("a want").doc = Err(reason.to_owned());
        self
    }

    pub(super) fn own(mut self, name: &str, relation: Relation, doc: &str) -> Self {
        self.state
            .resources
            .insert(at(name), owned(relation, json(doc)));
        self
    }

    pub(super) fn owned(&mut self, name: &str) -> &mut Owned {
        self.state.resources.get_mut(&at(name)).expect("owned")
    }

    pub(super) fn live(mut self, name: &str, owner: Owner, doc: &str) -> Self {
        let sighting = sighting(owner, json(doc));
        self.live.insert(at(name), Seen::Present(sighting));
        self
    }

    pub(super) fn sighting(&mut self, name: &str) -> &mut Sighting {
        match self.live.get_mut(&at(name)) {
            Some(Seen::Present(sighting)) => sighting,
            other => panic!("{name} is {other:?}"),
        }
    }

    /// Made by us, live, and as it was applied.
    pub(super) fn made(self, name: &str, doc: &str) -> Self {
        let mark = ours(name);
        self.own(name, Relation::Made, doc).live(name, mark, doc)
    }

    pub(super) fn plan(&self) -> Plan {
        let known = self.wants.iter().map(|want| &want.address);
        let mut seen: BTreeMap<Address, Seen> = known
            .chain(crate::rename(&self.state, &self.moved).resources.keys())
            .map(|address| (address.clone(), Seen::Absent))
            .collect();
        seen.extend(self.live.clone());
        plan(Inputs {
            space: "s",
            cloud: Cloud::Real,
            state: &self.state,
            wants: self.wants.clone(),
            seen,
            strays: self.strays.clone(),
            notes: Vec::new(),
            rooms: self.rooms.clone(),
            kinds: &self.kinds,
            moved: &self.moved,
            guardrails: self.guardrails,
            mode: self.mode.clone(),
            target: self.target.clone(),
        })
    }

    /// What an apply of `plan` would leave, if every call succeeded.
    pub(super) fn apply(&mut self, plan: &Plan) {
        for step in &plan.steps {
            if let Some(old) = &step.moved_from {
                self.state.resources.remove(old);
            }
            match step.action {
                Action::Forget => {
                    self.state.resources.remove(&step.address);
                    if let (true, Some(Seen::Present(live))) =
                        (step.mark, self.live.get_mut(&step.address))
                    {
                        live.owner = Owner::Unmarked;
                    }
                    continue;
                }
                Action::Delete => {
                    self.state.resources.remove(&step.address);
                    match (step.relation, self.live.get_mut(&step.address)) {
                        (Relation::Shared, Some(Seen::Present(live))) => {
                            live.owner = Owner::Unmarked;
                        }
                        _ => drop(self.live.remove(&step.address)),
                    }
                    continue;
                }
                Action::Create => {
                    let doc = step.after.clone().expect("what is made");
                    let mark = mark_of("us", &step.address.to_string());
                    let sighting = sighting(mark, doc);
                    self.live
                        .insert(step.address.clone(), Seen::Present(sighting));
                }
                Action::Update | Action::Adopt => {
                    let Some(Seen::Present(live)) = self.live.get_mut(&step.address) else {
                        panic!("{} is not there", step.address);
                    };
                    live.doc = apply(&live.doc, &step.edits);
                    if step.mark {
                        live.owner = mark_of("us", &step.address.to_string());
                    }
                }
            }
            let Some(Seen::Present(live)) = self.live.get(&step.address) else {
                panic!("{} is not there", step.address);
            };
            self.state.resources.insert(
                step.address.clone(),
                Owned {
                    id: live.id.clone(),
                    given: live.given.clone(),
                    needs: step.depends_on.clone(),
                    ..owned(step.relation, step.after.clone().expect("a document"))
                },
            );
        }
    }
}

/// `role a` or `provider p`.
pub(super) fn at(name: &str) -> Address {
    let (kind, name) = name.split_once(' ').expect("kind and name");
    address(&format!("t/{kind}"), name)
}

pub(super) fn owned(relation: Relation, doc: Doc) -> Owned {
    Owned {
        place: place(),
        relation,
        id: Some("id1".to_owned()),
        given: BTreeMap::new(),
        needs: BTreeSet::new(),
        doc,
        doubtful: false,
        begun: BTreeSet::new(),
    }
}

pub(super) fn sighting(owner: Owner, doc: Doc) -> Sighting {
    Sighting {
        id: Some("id1".to_owned()),
        given: BTreeMap::new(),
        doc,
        owner,
        objections: Vec::new(),
        remarks: Vec::new(),
    }
}

pub(super) fn ours(name: &str) -> Owner {
    mark_of("us", &at(name).to_string())
}

pub(super) fn mark_of(lineage: &str, address: &str) -> Owner {
    Owner::Marked(Mark {
        space: "s".to_owned(),
        lineage: lineage.to_owned(),
        address: address.to_owned(),
        adopted: false,
    })
}

pub(super) fn another_space(name: &str) -> Owner {
    Owner::Marked(Mark {
        space: "other".to_owned(),
        lineage: "theirs".to_owned(),
        address: format!("t/role:other/{name}"),
        adopted: false,
    })
}

/// The plan in short: one line per step, then what is unchanged, then what is blocked.
pub(super) fn brief(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for (i, step) in plan.steps.iter().enumerate() {
        let mut line = format!(
            "{i} {:?} {} {:?}",
            step.action,
            step.address.local_name(),
            step.relation
        );
        if step.replace {
            line += " replace";
        }
        if step.mark {
            line += " mark";
        }
        for edit in &step.edits {
            line += &format!(" {}:{:?}", edit.path.join("."), edit.why);
        }
        if !step.needs.is_empty() {
            line += &format!(" needs {:?}", step.needs);
        }
        if let Some(old) = &step.moved_from {
            line += &format!(" from {}", old.local_name());
        }
        if let Some(reason) = &step.reason {
            line += &format!(" ({reason})");
        }
        lines.push(line);
    }
    let unchanged = plan
        .unchanged
        .iter()
        .map(|a| format!("= {}", a.local_name()));
    lines.extend(unchanged);
    let blocked = plan.blocked.iter();
    lines.extend(blocked.map(|b| format!("! {}: {}", b.address.local_name(), b.reason)));
    let notes = plan.notes.iter();
    lines.extend(notes.map(|note| format!("{} {}", note.code, note.text)));
    lines.join("\n")
}
