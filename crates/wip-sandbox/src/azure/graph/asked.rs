//! Paths of Graph, taken apart: `v1.0/applications/{id}/federatedIdentityCredentials/{id}`, keys in parentheses, and `v1.0/directory/deletedItems/{id}`.
//!
//! Source: "Get application": `/applications/{id}`, `/applications(appId='{appId}')`, `/applications(uniqueName='{uniqueName}')`.

/// The sets that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    Applications,
    ServicePrincipals,
    /// Applications in the bin.
    DeletedItems,
}

/// How one object is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Id(String),
    AppId(String),
    UniqueName(String),
    Name(String),
}

impl Key {
    /// The value.
    pub(super) fn text(&self) -> &str {
        match self {
            Key::Id(text) | Key::AppId(text) | Key::UniqueName(text) | Key::Name(text) => text,
        }
    }
}

/// What a path is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) set: Set,
    /// The object of the set.
    pub(super) key: Option<Key>,
    /// Whether it is about the object's federated credentials.
    pub(super) is_about_credentials: bool,
    /// The credential.
    pub(super) credential: Option<Key>,
}

impl Asked {
    /// Takes a path apart; `None` where nothing is there.
    pub(super) fn read(path: &[String]) -> Option<Self> {
        let [version, rest @ ..] = path else {
            return None;
        };
        if version != "v1.0" {
            return None;
        }
        if let ["directory", "deletedItems", one] =
            rest.iter().map(String::as_str).collect::<Vec<_>>()[..]
        {
            // "List deleted items": the type stands where else an id does.
            let is_id = one != "microsoft.graph.application";
            return Some(Self {
                set: Set::DeletedItems,
                key: is_id.then(|| Key::Id(one.to_owned())),
                is_about_credentials: false,
                credential: None,
            });
        }
        let (set, key, rest) = object(rest)?;
        let set = match set {
            "applications" => Set::Applications,
            "servicePrincipals" => Set::ServicePrincipals,
            _ => return None,
        };
        if rest.is_empty() {
            return Some(Self {
                set,
                key,
                is_about_credentials: false,
                credential: None,
            });
        }
        let (below, credential, rest) = object(rest)?;
        let fits = set == Set::Applications
            && key.is_some()
            && below == "federatedIdentityCredentials"
            && rest.is_empty();
        fits.then_some(Self {
            set,
            key,
            is_about_credentials: true,
            credential,
        })
    }

    /// Whether it is all of a set.
    pub(super) fn is_collection(&self) -> bool {
        if self.is_about_credentials {
            self.credential.is_none()
        } else {
            self.key.is_none()
        }
    }

    /// The name of what it is about.
    pub(super) fn name(&self) -> Option<String> {
        self.credential
            .as_ref()
            .or(self.key.as_ref())
            .map(|key| key.text().to_owned())
    }
}

/// A set with the key of one of its objects, and what follows them.
fn object(path: &[String]) -> Option<(&str, Option<Key>, &[String])> {
    let (first, rest) = path.split_first()?;
    if let Some((set, key)) = first.split_once('(') {
        let (name, value) = key.strip_suffix(')')?.split_once('=')?;
        let value = value
            .strip_prefix('\'')?
            .strip_suffix('\'')?
            .replace("''", "'");
        let key = match name {
            "appId" => Key::AppId(value),
            "uniqueName" => Key::UniqueName(value),
            "name" => Key::Name(value),
            _ => return None,
        };
        return Some((set, Some(key), rest));
    }
    // An object's own sets follow its id.
    match rest {
        [id, rest @ ..] => Some((first, Some(Key::Id(id.clone())), rest)),
        [] => Some((first, None, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::call::segments;

    #[test]
    fn paths_are_taken_apart() {
        let read = |path: &str| Asked::read(&segments(path));
        assert_eq!(read("v1.0/applications").unwrap().key, None);
        let by_name =
            read("v1.0/applications(uniqueName='a%27%27b')/federatedIdentityCredentials").unwrap();
        assert_eq!(by_name.key, Some(Key::UniqueName("a'b".to_owned())));
        assert!(by_name.is_about_credentials && by_name.is_collection());
        let one = read("v1.0/applications/id/federatedIdentityCredentials/fic").unwrap();
        assert_eq!(one.credential, Some(Key::Id("fic".to_owned())));
        let all = read("v1.0/directory/deletedItems/microsoft.graph.application").unwrap();
        assert_eq!((all.set, all.key), (Set::DeletedItems, None));
        for path in [
            "",
            "beta/applications",
            "v1.0/users",
            "v1.0/applications(x='y')",
            "v1.0/servicePrincipals/id/federatedIdentityCredentials",
            "v1.0/applications/id/owners",
            "v1.0/directory/deletedItems",
            "v1.0/directory/deletedItems/id/restore",
        ] {
            assert_eq!(read(path), None, "{path}");
        }
    }
}
