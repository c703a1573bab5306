//! The one way to AWS: an SDK client per place and service, and one function that every call goes through.
//!
//! Owns credentials, regions, endpoints and time-outs, and which lane of a place a call takes.
//! Knows no kind, and what errors mean only through `errors`.

mod http;
mod rates;
mod wire;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::error::Error;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_iam::config::{Credentials, SharedHttpClient};
use aws_sdk_iam::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tracing::Instrument as _;
use wip_plan::Place;
use wip_provider::{Class, CloudError, Direction, Limiter, Limits, Patience, Wire, retry};
use wip_space::{AccountAccess, Space};

use crate::kinds::pod_identity_association::Listed;
use crate::{accounts, errors};

/// The APIs that wip calls, as limits name them.
pub const APIS: &[&str] = &["eks", "iam", "kms", "s3", "servicequotas", "sts"];

/// How to reach AWS, besides what the Space says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// One URL in place of every endpoint of AWS: the sandbox. Each account is then reached with its own id as
    /// access key id, and nothing of the environment or of the AWS configuration files is read.
    pub endpoint: Option<String>,
    /// What answers requests in the place of the network.
    pub wire: Option<Arc<dyn Wire>>,
    /// How long to try.
    pub patience: Patience,
    /// How much to ask of each API of a place.
    pub limits: Limits,
}

/// All clients of a run.
pub(crate) struct Clients {
    settings: Settings,
    access: BTreeMap<String, AccountAccess>,
    partitions: BTreeMap<String, String>,
    http: SharedHttpClient,
    accounts: RefCell<BTreeMap<String, Rc<tokio::sync::OnceCell<SdkConfig>>>>,
    places: RefCell<BTreeMap<Place, Rc<Client>>>,
    /// Associations of clusters, as the facts have just listed them.
    listings: RefCell<BTreeMap<(Place, String), Vec<Listed>>>,
    /// How many roles each account has, as the facts have just counted them.
    roles: RefCell<BTreeMap<String, usize>>,
}

impl Clients {
    /// Keeps the associations of a cluster for the look that follows the facts, so that they are listed once.
    pub(crate) fn keep_listing(&self, at: &Place, cluster: &str, listing: Vec<Listed>) {
        let key = (at.clone(), cluster.to_owned());
        self.listings.borrow_mut().insert(key, listing);
    }

    /// What was kept of a cluster, which is old after this one look, and after any change.
    pub(crate) fn take_listing(&self, at: &Place, cluster: &str) -> Option<Vec<Listed>> {
        let key = (at.clone(), cluster.to_owned());
        self.listings.borrow_mut().remove(&key)
    }

    /// Keeps how many roles an account has for the look that follows the facts, so that they are counted once.
    pub(crate) fn keep_roles(&self, account: &str, roles: usize) {
        self.roles.borrow_mut().insert(account.to_owned(), roles);
    }

    /// How many roles an account was just said to have, which is old after this one look.
    pub(crate) fn take_roles(&self, account: &str) -> Option<usize> {
        self.roles.borrow_mut().remove(account)
    }

    pub(crate) fn new(settings: Settings, space: &Space) -> Self {
        Self {
            http: match &settings.wire {
                Some(wire) => wire::client(Arc::clone(wire)),
                None => http::client(settings.endpoint.is_some()),
            },
            settings,
            access: space.aws.accounts.clone(),
            partitions: accounts::partitions(space),
            accounts: RefCell::default(),
            places: RefCell::default(),
            listings: RefCell::default(),
            roles: RefCell::default(),
        }
    }

    /// The client of `place`; an empty region is that of the account's global services.
    pub(crate) async fn at(&self, place: &Place) -> Result<Rc<Client>, CloudError> {
        if let Some(client) = self.places.borrow().get(place) {
            return Ok(Rc::clone(client));
        }
        let partition = self.partition(&place.account);
        let region = match place.region.as_str() {
            "" => accounts::home_region(partition).to_owned(),
            region => region.to_owned(),
        };
        let config = self.account(&place.account).await?;
        let sdk = config.into_builder().region(Region::new(region)).build();
        let client = Client {
            account: place.account.clone(),
            partition: partition.to_owned(),
            path_style: self.settings.endpoint.is_some() || http::s3_is_overridden(&sdk),
            sdk,
            patience: self.settings.patience,
            limiter: Limiter::new(self.settings.limits.clone(), rates::published),
            iam: OnceCell::new(),
            sts: OnceCell::new(),
            s3: OnceCell::new(),
            s3_of_everybody: OnceCell::new(),
            kms: OnceCell::new(),
            eks: OnceCell::new(),
            quotas: OnceCell::new(),
        };
        let mut places = self.places.borrow_mut();
        Ok(Rc::clone(
            places
                .entry(place.clone())
                .or_insert_with(|| Rc::new(client)),
        ))
    }

    /// The client of the global services of `account`.
    pub(crate) async fn global(&self, account: &str) -> Result<Rc<Client>, CloudError> {
        self.at(&accounts::place(account, "")).await
    }

    /// The partition of `account`: `aws`, `aws-cn`, `aws-us-gov`; of one that only the state names, that of the file's.
    pub(crate) fn partition(&self, account: &str) -> &str {
        let known = self.partitions.get(account);
        known
            .or_else(|| self.partitions.values().next())
            .map_or("aws", String::as_str)
    }

    async fn account(&self, account: &str) -> Result<SdkConfig, CloudError> {
        let cell = Rc::clone(
            self.accounts
                .borrow_mut()
                .entry(account.to_owned())
                .or_default(),
        );
        let config = cell.get_or_init(|| self.load(account)).await;
        if let Some(url) = config.endpoint_url()
            && let Err(why) = http::allowed(url)
        {
            return Err(CloudError::local(Class::Final, "aws", why));
        }
        Ok(config.clone())
    }

    async fn load(&self, account: &str) -> SdkConfig {
        let home = Region::new(accounts::home_region(self.partition(account)));
        if let Some(endpoint) = &self.settings.endpoint {
            let credentials = Credentials::new(account, "sandbox", None, None, "sandbox");
            return SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(self.http.clone())
                .retry_config(RetryConfig::disabled())
                .timeout_config(self.time_outs())
                .credentials_provider(aws_sdk_iam::config::SharedCredentialsProvider::new(
                    credentials,
                ))
                .endpoint_url(endpoint)
                .region(home)
                .build();
        }
        let loader = || self.loader(home.clone());
        match self.access.get(account).unwrap_or(&AccountAccess::Ambient) {
            AccountAccess::Ambient => loader().load().await,
            AccountAccess::Profile(profile) => loader().profile_name(profile).load().await,
            AccountAccess::AssumeRole {
                role_arn,
                external_id,
            } => {
                let ambient = loader().load().await;
                let mut role = AssumeRoleProvider::builder(role_arn)
                    .configure(&ambient)
                    .session_name("wip");
                if let Some(id) = external_id {
                    role = role.external_id(id);
                }
                loader()
                    .credentials_provider(role.build().await)
                    .load()
                    .await
            }
        }
    }

    fn loader(&self, home: Region) -> ConfigLoader {
        aws_config::defaults(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(self.time_outs())
            .region(home)
    }

    fn time_outs(&self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(self.settings.patience.attempt)
            .build()
    }
}

/// The services of one place.
pub(crate) struct Client {
    pub(crate) account: String,
    pub(crate) partition: String,
    sdk: SdkConfig,
    path_style: bool,
    patience: Patience,
    limiter: Limiter,
    iam: OnceCell<aws_sdk_iam::Client>,
    sts: OnceCell<aws_sdk_sts::Client>,
    s3: OnceCell<aws_sdk_s3::Client>,
    s3_of_everybody: OnceCell<aws_sdk_s3::Client>,
    kms: OnceCell<aws_sdk_kms::Client>,
    eks: OnceCell<aws_sdk_eks::Client>,
    quotas: OnceCell<aws_sdk_servicequotas::Client>,
}

/// One call, as logs and errors name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    name: &'static str,
    direction: Direction,
    fresh: bool,
}

impl Call {
    /// A call that changes nothing: `iam:GetRole`.
    pub(crate) fn read(name: &'static str) -> Self {
        Self {
            name,
            direction: Direction::Read,
            fresh: false,
        }
    }

    /// A call that changes something: `iam:CreateRole`.
    pub(crate) fn write(name: &'static str) -> Self {
        Self {
            name,
            direction: Direction::Write,
            fresh: false,
        }
    }

    /// The same call about something that was made a moment ago: `Missing` means `NotYet`.
    pub(crate) fn of_fresh(self, fresh: bool) -> Self {
        Self { fresh, ..self }
    }
}

impl Client {
    pub(crate) fn iam(&self) -> &aws_sdk_iam::Client {
        self.iam.get_or_init(|| aws_sdk_iam::Client::new(&self.sdk))
    }

    pub(crate) fn sts(&self) -> &aws_sdk_sts::Client {
        self.sts.get_or_init(|| aws_sdk_sts::Client::new(&self.sdk))
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let config =
                aws_sdk_s3::config::Builder::from(&self.sdk).force_path_style(self.path_style);
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    /// S3 as everybody asks it: without credentials.
    pub(crate) fn s3_of_everybody(&self) -> &aws_sdk_s3::Client {
        self.s3_of_everybody.get_or_init(|| {
            let mut sdk = self.sdk.clone().into_builder();
            sdk.set_credentials_provider(None);
            let config = aws_sdk_s3::config::Builder::from(&sdk.build())
                .force_path_style(self.path_style)
                .allow_no_auth();
            aws_sdk_s3::Client::from_conf(config.build())
        })
    }

    pub(crate) fn kms(&self) -> &aws_sdk_kms::Client {
        self.kms.get_or_init(|| aws_sdk_kms::Client::new(&self.sdk))
    }

    pub(crate) fn eks(&self) -> &aws_sdk_eks::Client {
        self.eks.get_or_init(|| aws_sdk_eks::Client::new(&self.sdk))
    }

    pub(crate) fn quotas(&self) -> &aws_sdk_servicequotas::Client {
        self.quotas
            .get_or_init(|| aws_sdk_servicequotas::Client::new(&self.sdk))
    }

    /// Makes a call, again and again where its errors say that this helps.
    pub(crate) async fn call<O, E, F>(
        &self,
        call: Call,
        send: impl FnMut() -> F,
    ) -> Result<O, CloudError>
    where
        O: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        self.call_judged(call, send, |answer| answer).await
    }

    /// Makes a call like [`Self::call`], where `judge` says what each answer is worth: `NotYet` of one that is behind.
    pub(crate) async fn call_judged<O, E, F, T>(
        &self,
        call: Call,
        mut send: impl FnMut() -> F,
        judge: impl Fn(Result<O, CloudError>) -> Result<T, CloudError>,
    ) -> Result<T, CloudError>
    where
        O: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let lane = self.limiter.lane(call.name, call.direction);
        retry(call.name, &self.patience, &lane, || {
            let span = tracing::info_span!(
                "call",
                call = call.name,
                account = self.account,
                request_id = tracing::field::Empty,
            );
            let sent = send();
            let judge = &judge;
            async move {
                let answer = sent.await;
                let request_id = match &answer {
                    Ok(output) => output.request_id(),
                    Err(error) => error.request_id(),
                };
                if let Some(id) = request_id {
                    tracing::Span::current().record("request_id", id);
                }
                judge(answer.map_err(|error| {
                    let mut error = errors::cloud_error(call.name, &error);
                    if call.fresh && error.class == Class::Missing {
                        error.class = Class::NotYet;
                    }
                    tracing::debug!(code = error.code, class = ?error.class, "failed");
                    error
                }))
            }
            .instrument(span)
        })
        .await
    }
}
