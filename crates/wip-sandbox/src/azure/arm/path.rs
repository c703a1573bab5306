//! Resource ids, taken apart: a scope, then a provider with types and names in turn.
//!
//! Source: "Azure Resource Manager resource providers and types" and "Extension resources": `/subscriptions/{id}/resourceGroups/{group}/providers/{namespace}/{type}/{name}/…`, and `{scope}/providers/{namespace}/{type}/{name}`.
//! Not here: whether anything is there.

/// What a path is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The segments of the scope, as they were asked for.
    scope: Vec<String>,
    /// The provider's namespace; empty for subscriptions and resource groups.
    namespace: String,
    /// Types, from the outermost.
    types: Vec<String>,
    /// Names of each type; one less where a collection is meant.
    pub(crate) names: Vec<String>,
}

impl Target {
    /// Takes a path apart; `None` where it is no resource id.
    pub(crate) fn read(segments: &[String]) -> Option<Self> {
        let provider = segments
            .iter()
            .rposition(|segment| segment.eq_ignore_ascii_case("providers"));
        let (scope, namespace, rest) = match provider {
            Some(at) => {
                let (namespace, rest) = segments[at + 1..].split_first()?;
                (&segments[..at], namespace.as_str(), rest)
            }
            None => {
                let inner = if segments.len() > 2 { 2 } else { 0 };
                (&segments[..inner], "", &segments[inner..])
            }
        };
        if rest.is_empty() {
            return None;
        }
        Some(Self {
            scope: scope.to_vec(),
            namespace: namespace.to_owned(),
            types: rest.iter().step_by(2).cloned().collect(),
            names: rest.iter().skip(1).step_by(2).cloned().collect(),
        })
    }

    /// The type in lower case, as `microsoft.keyvault/vaults`.
    pub(super) fn kind(&self) -> String {
        self.kind_as_asked().to_lowercase()
    }

    /// The type as it was asked for.
    pub(super) fn kind_as_asked(&self) -> String {
        let types = self.types.join("/");
        if self.namespace.is_empty() {
            types
        } else {
            format!("{}/{types}", self.namespace)
        }
    }

    /// Namespace, and types without it.
    pub(super) fn parts(&self) -> (&str, String) {
        (&self.namespace, self.types.join("/"))
    }

    /// Whether it is all of a type, not one.
    pub(super) fn is_collection(&self) -> bool {
        self.names.len() < self.types.len()
    }

    /// The scope, as `/subscriptions/…`.
    pub(super) fn scope(&self) -> String {
        format!("/{}", self.scope.join("/"))
    }

    /// The id as it was asked for.
    pub(super) fn id(&self) -> String {
        let mut id = String::new();
        for segment in &self.scope {
            id += &format!("/{segment}");
        }
        if !self.namespace.is_empty() {
            id += &format!("/providers/{}", self.namespace);
        }
        for (at, kind) in self.types.iter().enumerate() {
            id += &format!("/{kind}");
            if let Some(name) = self.names.get(at) {
                id += &format!("/{name}");
            }
        }
        id
    }

    /// The id of the subscription.
    pub(super) fn subscription(&self) -> Option<&str> {
        self.named("subscriptions", 0)
    }

    /// The name of the resource group.
    pub(super) fn group(&self) -> Option<&str> {
        self.named("resourcegroups", 2)
    }

    fn named(&self, kind: &str, at: usize) -> Option<&str> {
        let all: Vec<&String> = self.scope.iter().chain(self.flat()).collect();
        let is_it = all.get(at)?.eq_ignore_ascii_case(kind);
        is_it.then(|| all.get(at + 1).map(|name| name.as_str()))?
    }

    /// Types and names in turn, where they stand for themselves.
    fn flat(&self) -> Vec<&String> {
        if !self.namespace.is_empty() {
            return Vec::new();
        }
        let mut names = self.names.iter();
        let mut all = Vec::new();
        for kind in &self.types {
            all.push(kind);
            all.extend(names.next());
        }
        all
    }

    /// The outermost resource that this one is part of.
    pub(super) fn outermost(&self) -> Self {
        let mut outer = self.clone();
        outer.types.truncate(1);
        outer.names.truncate(1);
        outer
    }

    /// A name, from the outermost.
    pub(super) fn name(&self, at: usize) -> &str {
        self.names.get(at).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::call::segments;

    fn read(path: &str) -> Target {
        Target::read(&segments(path)).unwrap()
    }

    #[test]
    fn ids_are_taken_apart() {
        let one = "/subscriptions/s/resourceGroups/G/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i/federatedIdentityCredentials/f";
        let target = read(one);
        assert_eq!(target.id(), one);
        assert_eq!(
            (target.subscription(), target.group()),
            (Some("s"), Some("G"))
        );
        assert_eq!(
            target.kind(),
            "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials"
        );
        assert!(!target.is_collection());
        assert_eq!((target.name(0), target.name(1)), ("i", "f"));
        let all =
            read("/subscriptions/s/providers/Microsoft.ManagedIdentity/userAssignedIdentities");
        assert!(all.is_collection());
        assert_eq!((all.subscription(), all.group()), (Some("s"), None));
    }

    #[test]
    fn extensions_stand_at_the_end_of_their_scope() {
        let target = read(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v/providers/Microsoft.Authorization/roleAssignments/a",
        );
        assert_eq!(
            target.scope(),
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
        );
        assert_eq!(target.kind(), "microsoft.authorization/roleassignments");
        assert_eq!(target.group(), Some("g"));
    }

    #[test]
    fn subscriptions_and_groups_have_no_provider() {
        let group = read("/subscriptions/s/resourceGroups/g");
        assert_eq!(group.kind(), "resourcegroups");
        assert_eq!(
            (group.subscription(), group.group()),
            (Some("s"), Some("g"))
        );
        let subscription = read("/subscriptions/s");
        assert_eq!(subscription.kind(), "subscriptions");
        assert_eq!(subscription.subscription(), Some("s"));
        assert!(read("/subscriptions").is_collection());
        assert!(read("/subscriptions/s/resourcegroups").is_collection());
        assert_eq!(Target::read(&[]), None);
        assert_eq!(Target::read(&segments("/a/providers/b")), None);
    }
}
