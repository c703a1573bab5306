//! A small Space for each cloud, which holds each of its kinds, and their stories.

mod aws;
mod azure;
mod gcp;

use crate::story::Story;

/// The story of the small Space at AWS.
pub fn aws() -> Story {
    aws::story()
}

/// The story of the small Space at Azure.
pub fn azure() -> Story {
    azure::story()
}

/// The story of the small Space at Google Cloud.
pub fn google() -> Story {
    gcp::story()
}

/// The stories of all small Spaces.
pub fn all() -> [Story; 3] {
    [aws(), azure(), google()]
}

/// A Space file with all these changes; each must be about something in it.
fn changed(space: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(space.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    })
}
