//! Whether a string means only itself inside a policy.
//!
//! Not here: matching.

/// True when the string means only itself wherever a policy may hold it: no `*`, no `?`, no `${`.
///
/// `*` and `?` are wildcards in actions, resources and `…Like` conditions, `${` begins a policy variable in
/// resources and condition values (IAM User Guide, "IAM JSON policy elements: Resource", "… Variables and tags").
pub fn is_literal(text: &str) -> bool {
    !text.contains(['*', '?']) && !text.contains("${")
}
