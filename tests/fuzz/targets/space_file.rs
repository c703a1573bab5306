//! A Space file: valid, or problems that can all be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(problems) = wip_space::parse("space.yaml", bytes) {
        assert!(!problems.is_empty(), "refused without a reason");
        let shown = wip_space::render(&problems, "space.yaml", bytes, false);
        assert!(!shown.is_empty(), "a problem that nobody sees");
    }
});
