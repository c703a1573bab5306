//! What people give as arguments and variables: addresses and limits.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wip_plan::Address;
use wip_provider::Limits;

fuzz_target!(|text: &str| {
    if let Ok(address) = text.parse::<Address>() {
        assert_eq!(address.to_string(), text, "an address is its text");
    }
    if let Ok(limits) = text.parse::<Limits>() {
        let again: Limits = limits.to_string().parse().expect("what was written reads");
        assert_eq!(again, limits);
    }
});
