//! The Space files of `examples/`, and changes to them.
//!
//! Owns that a change really changes something: an example that was written anew fails here.

use crate::tree::file;

/// A Space file, as it stands in `examples/NAME`.
pub(crate) fn example(name: &str) -> Space {
    Space(file(&format!("examples/{name}/space.yaml")).text.clone())
}

/// The files with keys that an example names, and one for when its cluster signs with another: name and PEM.
pub(crate) fn keys() -> [(&'static str, &'static str); 2] {
    [
        ("sa.pub", &file("examples/eks-anywhere/sa.pub").text),
        ("next.pub", include_str!("access/keys/next.pub")),
    ]
}

/// The text of a Space file.
#[derive(Clone)]
pub(crate) struct Space(pub(crate) String);

impl Space {
    /// With `new` wherever `old` is.
    pub(crate) fn with(self, old: &str, new: &str) -> Self {
        assert!(self.0.contains(old), "`{old}` is not in\n{}", self.0);
        Self(self.0.replace(old, new))
    }

    /// With one control plane more.
    pub(crate) fn with_control_plane(self, name: &str) -> Self {
        let head = "  controlPlanes:\n";
        let line =
            format!("    - {{ group: team-b, name: {name}, hostNamespace: team-b-{name} }}\n");
        self.with(head, &format!("{head}{line}"))
    }

    /// With the last identity replaced by one of another name and kind.
    pub(crate) fn with_other_last_identity(mut self, last: &str, other: &str) -> Self {
        let start = self.0.find(&format!("    {last}:\n")).expect("an identity");
        let end = self.0[start..]
            .find("\n\n")
            .map_or(self.0.len(), |end| start + end + 1);
        self.0.replace_range(start..end, other);
        self
    }

    /// That may be destroyed unasked.
    pub(crate) fn destroyable(self) -> Self {
        self.with(
            "\nspec:\n",
            "\nspec:\n  guardrails: { allowDestroy: true }\n",
        )
    }
}
