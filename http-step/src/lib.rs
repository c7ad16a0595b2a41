//! Asks other systems over HTTP what flows want to know.
//!
//! It decides nothing about a call: it sends what it is given, and says what came back or why nothing did. It keeps to
//! the time, the size and the number of tries of each request, and to so many requests at once; it follows no
//! redirection, keeps no cookie, and asks no proxy. Private addresses are asked only where the settings allow it, judged
//! by the address to which the connection goes and not by the name.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use domain::{HttpAnswer, HttpFailure, HttpMethod, HttpOrigin, HttpRequest, Redacted};
//! use http_step::{HttpSteps, Settings};
//! # let roots = rustls::RootCertStore::empty();
//! # let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
//! # let tls = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
//! # let tls = std::sync::Arc::new(tls.with_root_certificates(roots).with_no_client_auth());
//! let steps = HttpSteps::new(Settings::new(tls));
//! let request = HttpRequest {
//!     number: 1,
//!     method: HttpMethod::Get,
//!     origin: HttpOrigin { tls: false, host: "127.0.0.1".to_owned(), port: 80 },
//!     target: Redacted::from("/"),
//!     headers: Vec::new(),
//!     body: None,
//!     timeout: std::time::Duration::from_secs(3),
//!     retries: 0,
//!     max_bytes: 65_536,
//!     take: Vec::new(),
//! };
//! assert_eq!(steps.ask(&request).await, HttpAnswer::Failed(HttpFailure::Forbidden));
//! # });
//! ```

mod complaints;
mod connect;
mod counts;
mod exchange;
mod reach;
mod take;

pub use take::answer_of;

use complaints::Complaints;
use counts::Counts;
use domain::{HttpAnswer, HttpFailure, HttpMethod, HttpPlace, HttpRequest, SecretId};
use rustls::ClientConfig;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The pause before the second try; each further one is twice as long as the one before.
const PAUSE: Duration = Duration::from_millis(100);

/// What may be asked, how much at once, and with which secrets.
pub struct Settings {
    /// Places in private networks that may be asked.
    pub allow_private: Vec<HttpPlace>,
    /// Requests under way at once; more fail.
    pub max_concurrent: usize,
    /// What requests name by an id only.
    pub secrets: BTreeMap<SecretId, SecretString>,
    /// Whose certificates are believed.
    pub tls: Arc<ClientConfig>,
}

impl Settings {
    /// Only the internet may be asked, 64 times at once, and there is no secret.
    #[must_use]
    pub fn new(tls: Arc<ClientConfig>) -> Self {
        Self { allow_private: Vec::new(), max_concurrent: 64, secrets: BTreeMap::new(), tls }
    }
}

/// Whoever asks. Cheap to clone.
#[derive(Clone)]
pub struct HttpSteps(Arc<Asker>);

struct Asker {
    settings: RwLock<Arc<Settings>>,
    /// Requests under way.
    under_way: Arc<AtomicUsize>,
    counts: Counts,
    complaints: Complaints,
}

/// One of the requests that may be under way at once.
pub(crate) struct Slot(Arc<AtomicUsize>);

impl Slot {
    fn take(under_way: &Arc<AtomicUsize>, most: usize) -> Option<Arc<Self>> {
        let more = |n: usize| (n < most).then_some(n + 1);
        under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Arc::new(Self(Arc::clone(under_way))))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl HttpSteps {
    /// Asks by these settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Asker {
            settings: RwLock::new(Arc::new(settings)),
            under_way: Arc::default(),
            counts: Counts::default(),
            complaints: Complaints::default(),
        }))
    }

    /// Takes over other settings. Requests under way keep theirs.
    pub fn replace(&self, settings: Settings) {
        *self.0.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// Asks, and says what came back. It answers in the request's time.
    pub async fn ask(&self, request: &HttpRequest) -> HttpAnswer {
        let settings = Arc::clone(&self.0.settings.read().unwrap_or_else(PoisonError::into_inner));
        let answer = match Slot::take(&self.0.under_way, settings.max_concurrent) {
            None => HttpAnswer::Failed(HttpFailure::Busy),
            Some(slot) => {
                let tries = self.tries(&settings, request, &slot);
                tokio::time::timeout(request.timeout, tries).await.unwrap_or(HttpAnswer::TimedOut)
            }
        };
        self.0.counts.count(&answer);
        self.0.complaints.tell(&request.origin, &answer);
        answer
    }

    async fn tries(&self, settings: &Settings, request: &HttpRequest, slot: &Arc<Slot>) -> HttpAnswer {
        let (mut left, mut pause) = (request.retries, PAUSE);
        loop {
            let tried = match connect::connect(settings, request, slot).await {
                Ok(wire) => exchange::exchange(settings, request, wire).await,
                Err(failure) => Err(failure),
            };
            let failure = match tried {
                Ok(answer) => return answer,
                Err(failure) => failure,
            };
            if left == 0 || !may_repeat(request.method, failure) {
                return HttpAnswer::Failed(failure);
            }
            left -= 1;
            self.0.counts.again();
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// How many requests came to which result, each with the result's name, and how many tries were made again.
    #[must_use]
    pub fn counts(&self) -> (Vec<(&'static str, u64)>, u64) {
        self.0.counts.read()
    }
}

/// True if another try may help and does no harm: nothing was sent, or to send it twice is as well as once.
fn may_repeat(method: HttpMethod, failure: HttpFailure) -> bool {
    match failure {
        HttpFailure::Unknown | HttpFailure::Unreachable => true,
        HttpFailure::Status(500..=599) | HttpFailure::Broken => method == HttpMethod::Get,
        _ => false,
    }
}
