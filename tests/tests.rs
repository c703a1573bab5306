//! TBD
#[test] fn tbd(){}
