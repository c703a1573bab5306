//! A saved plan: refused, or one that can be shown and written again as it was.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use wip_plan::{Plan, render};

fuzz_target!(|bytes: &[u8]| {
    let Ok(plan) = serde_json::from_slice::<Plan>(bytes) else {
        return;
    };
    let kinds = BTreeMap::new();
    let options = render::Options {
        color: false,
        verbose: true,
    };
    let shown = render::text(&plan, "fuzz", &kinds, options);
    // What would act on a terminal is not printed, whoever wrote it into the plan.
    assert!(!shown.contains('\u{1b}'), "an escape sequence is printed");
    render::markdown(&plan, "fuzz", &kinds);
    let written = serde_json::to_vec(&plan).expect("a plan is plain data");
    let again: Plan = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(again, plan);
});
