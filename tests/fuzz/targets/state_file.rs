//! A state file: refused, or exactly what would be written again.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(state) = wip_state::read_state(text, Path::new("state.yaml")) {
        let again = wip_state::write_state(&state).expect("what was read can be written");
        assert_eq!(again, text, "a state that is not what wip writes was taken");
    }
});
