//! Who wip is at Google Cloud: application default credentials, or a token that is given.
//!
//! Owns the order: the file of `CLOUDSDK_AUTH_ACCESS_TOKEN_FILE` (the property `auth/access_token_file` of gcloud), then what
//! `google-cloud-auth` finds ("How Application Default Credentials works", Google Cloud docs): `GOOGLE_APPLICATION_CREDENTIALS` with a
//! key, an impersonated account or an external one, what gcloud has written, the metadata server.

use google_cloud_auth::credentials::{self, CacheableResource, Credentials};
use http::header::AUTHORIZATION;
use tokio::sync::OnceCell;
use wip_provider::{Class, CloudError};

/// How long it may take to get a token: where there is no metadata server, nothing answers.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// What tokens are for: the APIs that wip calls have no narrower one in common ("OAuth 2.0 Scopes for Google APIs").
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The longest file with a token, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The header that names the project whose quota is used, as credentials of people ask for it.
const QUOTA_PROJECT: &str = "x-goog-user-project";

/// The credentials of a run.
pub(crate) enum Credential {
    /// A token that is no secret: the sandbox's.
    Fixed(String),
    /// What the environment leads to.
    Found {
        /// Reads a variable of the environment.
        variable: fn(&str) -> Option<String>,
        /// Application default credentials, where they were asked for.
        found: OnceCell<Credentials>,
    },
}

/// What goes into the headers of a request.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) bearer: String,
    /// The project whose quota is used, where the credentials name one.
    pub(crate) quota_project: Option<String>,
}

impl Credential {
    /// What the environment leads to; nothing is read before the first token.
    pub(crate) fn found(variable: fn(&str) -> Option<String>) -> Self {
        Self::Found {
            variable,
            found: OnceCell::new(),
        }
    }

    /// A token.
    pub(crate) async fn token(&self) -> Result<Token, CloudError> {
        let (variable, found) = match self {
            Self::Fixed(token) => {
                return Ok(Token {
                    bearer: token.clone(),
                    quota_project: None,
                });
            }
            Self::Found { variable, found } => (variable, found),
        };
        let file = variable("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE").filter(|text| !text.is_empty());
        if let Some(file) = file {
            return of_file(&file).await;
        }
        let make = async || {
            let found = credentials::Builder::default().with_scopes([SCOPE]).build();
            found.map_err(|error| refused(&words(&error)))
        };
        let credentials = found.get_or_try_init(make).await?;
        let headers = credentials.headers(Default::default());
        match tokio::time::timeout(PATIENCE, headers).await {
            Err(_) => Err(refused(
                "there are no application default credentials, and no metadata server answers",
            )),
            Ok(Err(error)) => Err(refused(&words(&error))),
            Ok(Ok(CacheableResource::NotModified)) => {
                Err(refused("the credentials came without headers"))
            }
            Ok(Ok(CacheableResource::New { data, .. })) => {
                let text = |name: &str| data.get(name).and_then(|value| value.to_str().ok());
                let bearer = text(AUTHORIZATION.as_str());
                let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
                Ok(Token {
                    bearer: bearer
                        .ok_or_else(|| refused("the credentials are no access token"))?
                        .to_owned(),
                    quota_project: text(QUOTA_PROJECT).map(str::to_owned),
                })
            }
        }
    }
}

/// The token of a file, which somebody may renew while wip runs.
async fn of_file(file: &str) -> Result<Token, CloudError> {
    let of = |why: &str| refused(&format!("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE={file}: {why}"));
    let size = tokio::fs::metadata(file).await.map(|it| it.len());
    match size {
        Err(error) => return Err(of(&error.to_string())),
        Ok(size) if size > LONGEST => return Err(of("the file is too large for a token")),
        Ok(_) => {}
    }
    let text = tokio::fs::read_to_string(file).await;
    let text = text.map_err(|error| of(&error.to_string()))?;
    let token = text.trim();
    match token.is_empty() || token.contains(char::is_whitespace) {
        true => Err(of("it holds no access token")),
        false => Ok(Token {
            bearer: token.to_owned(),
            quota_project: None,
        }),
    }
}

/// What went wrong: the innermost cause, because the outer ones say that there is one.
fn words(error: &dyn std::error::Error) -> String {
    let mut innermost = error.to_string();
    let mut is_of_machine = innermost.contains(METADATA);
    let mut cause = error.source();
    while let Some(error) = cause {
        innermost = error.to_string();
        is_of_machine |= innermost.contains(METADATA);
        cause = error.source();
    }
    match is_of_machine {
        true => format!(
            "there are no application default credentials, and this machine has no metadata server ({innermost})"
        ),
        false => innermost,
    }
}

/// The metadata server of a machine of Google's.
const METADATA: &str = "metadata.google.internal";

fn refused(why: &str) -> CloudError {
    CloudError::local(
        Class::Denied,
        "google:Token",
        format!("no access token: {why}"),
    )
}
