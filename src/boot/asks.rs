//! The tasks that carry questions and wishes from one shell to another.

use super::setup::PhoneAccounts;
use crate::clock::wall_now;
use crate::control;
use crate::mirror::Archive;
use config::Config;
use domain::{Answer, ContactId, Explanation, Query, QueryError, WhyStory};
use sip::api::Credentials;
use sip::digest::{Algorithm, ha1};
use std::net::SocketAddr;
use std::time::Duration;
use switchboard::{Input, Switchboard};
use tokio::sync::{mpsc, oneshot};

/// How long a web caller's account lasts.
const WEB_CALL: Duration = Duration::from_secs(30 * 60);
/// Web callers' accounts at once.
const WEB_CALLS_MAX: usize = 500;
/// Path of the SIP WebSocket.
const SIP_PATH: &str = "/sip";

/// Tells the switchboard which contacts are durable: those whose first event is on disk.
pub(super) fn tell_stored(back: mpsc::Sender<Input>) -> impl FnMut(crm::Stored) + Send + 'static {
    move |event| {
        if event.seq == 1 {
            // The loop is gone only when the daemon stops.
            let _ = back.blocking_send(Input::Stored(event.contact));
        }
    }
}

/// Gives the switchboard the visits to queues that ended today, so that the counters survive a restart. What
/// cannot be read is not counted; calls do not wait for it.
pub(super) async fn recall(board: &mut Switchboard, store: &crm::Store) {
    let (from, to) = board.today();
    let mut cursor = None;
    loop {
        match store.answer(Query::Visits { from, to, queue: None, cursor }).await {
            Ok(Answer::Visits(page)) => {
                board.recall(&page.items);
                cursor = page.next;
            }
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "not all of today's contacts can be read; the queues' counters lack them");
                return;
            }
        }
        if cursor.is_none() {
            return;
        }
    }
}

/// The same for the steps of calls back, of today and of those that are not over.
pub(super) async fn recall_callbacks(board: &mut Switchboard, store: &crm::Store) {
    let (from, to) = board.today();
    let mut cursor = None;
    loop {
        match store.answer(Query::Callbacks { from, to, cursor }).await {
            Ok(Answer::Callbacks(page)) => {
                board.recall_callbacks(&page.items);
                cursor = page.next;
            }
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "not all of today's calls back can be read; the queues' counters lack them");
                return;
            }
        }
        if cursor.is_none() {
            return;
        }
    }
}

/// The same for the steps of messages and surveys.
pub(super) async fn recall_asides(board: &mut Switchboard, store: &crm::Store) {
    let (from, to) = board.today();
    let mut cursor = None;
    loop {
        match store.answer(Query::Asides { from, to, cursor }).await {
            Ok(Answer::Asides(page)) => {
                board.recall_asides(&page.items);
                cursor = page.next;
            }
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "not all of today's messages can be read; the queues' counters lack them");
                return;
            }
        }
        if cursor.is_none() {
            return;
        }
    }
}

/// Gives the switchboard the calls back that were still to be made and the messages still to be heard when the engine stopped.
pub(super) async fn recall_open_work(
    board: &mut Switchboard,
    store: &crm::Store,
    now: domain::Instant,
    first: &mut Vec<switchboard::Effect>,
) -> Result<(), crm::StoreError> {
    let open = store.open_work().await?;
    if !open.is_empty() {
        tracing::info!(contacts = open.len(), "calls back and messages of before are taken up again");
    }
    board.restore(now, open, first);
    Ok(())
}

/// Who knows the answers: the store, and for what is so now the control loop.
#[derive(Clone)]
pub(super) struct Knowing {
    pub store: crm::Store,
    pub explains: mpsc::Sender<control::ExplainRequest>,
    /// The messages that are kept.
    pub archive: Archive,
}

impl Knowing {
    async fn answer(&self, query: Query) -> Result<Answer, QueryError> {
        if let Query::Trace(contact) = query {
            return Ok(Answer::Trace(self.archive.of(contact).map(Box::new)));
        }
        let Query::Why(contact) = query else { return self.store.answer(query).await };
        let (now, past) = tokio::join!(self.explain(contact), self.store.answer(query));
        let nothing = || WhyStory { contact, at: wall_now(), waiting: None, decisions: Vec::new() };
        let mut story = match past? {
            Answer::Why(Some(story)) => *story,
            // The contact's first event may not be stored yet.
            _ if now.is_some() => nothing(),
            _ => return Ok(Answer::Why(None)),
        };
        story.waiting = now;
        Ok(Answer::Why(Some(Box::new(story))))
    }

    async fn explain(&self, contact: ContactId) -> Option<Explanation> {
        let (reply, answer) = oneshot::channel();
        self.explains.send(control::ExplainRequest { contact, reply }).await.ok()?;
        answer.await.ok().flatten()
    }
}

/// Answers the bridge's questions.
pub(super) async fn answer_cti(mut asked: mpsc::Receiver<cti_bridge::Ask>, knowing: Knowing) {
    while let Some(ask) = asked.recv().await {
        let knowing = knowing.clone();
        tokio::spawn(async move {
            // The asker may have gone away.
            let _ = ask.reply.send(knowing.answer(ask.query).await);
        });
    }
}

/// Answers the API's questions.
pub(super) async fn answer_http(mut asked: mpsc::Receiver<http_api::Ask>, knowing: Knowing) {
    while let Some(ask) = asked.recv().await {
        let knowing = knowing.clone();
        tokio::spawn(async move {
            // The asker may have gone away.
            let _ = ask.reply.send(knowing.answer(ask.query).await);
        });
    }
}

/// Passes on the bridge's wishes.
pub(super) async fn wish_cti(
    mut wished: mpsc::Receiver<cti_bridge::WishRequest>,
    to: mpsc::Sender<control::WishRequest>,
) {
    while let Some(request) = wished.recv().await {
        tracing::debug!(agent = ?request.agent, by = request.by, "a console wishes");
        let wish = control::WishRequest { agent: request.agent, wish: request.wish, reply: request.reply };
        if to.send(wish).await.is_err() {
            return;
        }
    }
}

/// Passes on the API's wishes.
pub(super) async fn wish_http(
    mut wished: mpsc::Receiver<http_api::WishRequest>,
    to: mpsc::Sender<control::WishRequest>,
) {
    while let Some(request) = wished.recv().await {
        tracing::debug!(agent = ?request.agent, by = request.by, "the API wishes");
        if let domain::Wish::CloseSchedule { schedule, closed, .. } = &request.wish {
            tracing::info!(%schedule, closed, by = request.by, "a schedule is closed at once or let go by its hours");
        }
        let wish = control::WishRequest { agent: request.agent, wish: request.wish, reply: request.reply };
        if to.send(wish).await.is_err() {
            return;
        }
    }
}

/// What web callers' accounts are made of.
pub(super) struct WebCalls {
    realm: String,
    domain: String,
    number: Option<String>,
}

impl WebCalls {
    pub(super) fn new(config: &Config, sip: SocketAddr, number: Option<String>) -> Self {
        Self { realm: config.sip_settings().realm.clone(), domain: sip.ip().to_string(), number }
    }

    fn credentials(&self, user: &str, password: &str) -> Credentials {
        Credentials {
            user: user.to_owned(),
            password: String::new(),
            ha1_md5: ha1(user, &self.realm, password, Algorithm::Md5),
            ha1_sha256: ha1(user, &self.realm, password, Algorithm::Sha256),
        }
    }
}

/// Makes short-lived SIP accounts for web callers.
pub(super) async fn web_calls(
    mut asked: mpsc::Receiver<http_api::WebCallRequest>,
    back: mpsc::Sender<Input>,
    rules: WebCalls,
) {
    let places = std::sync::Arc::new(tokio::sync::Semaphore::new(WEB_CALLS_MAX));
    while let Some(request) = asked.recv().await {
        let (Ok(place), Some(dial)) = (places.clone().try_acquire_owned(), rules.number.clone()) else {
            let _ = request.reply.send(None);
            continue;
        };
        let token = crate::token::fresh();
        let user = format!("web-{}", token.chars().take(16).collect::<String>());
        if back.send(Input::AddSipUser(rules.credentials(&user, &token))).await.is_err() {
            return;
        }
        let expires = domain::WallTime::from_micros(wall_now().as_micros() + WEB_CALL.as_micros() as i64);
        let ticket = http_api::WebCallTicket {
            sip_user: user.clone(),
            sip_password: token,
            sip_domain: rules.domain.clone(),
            ws_path: SIP_PATH.to_owned(),
            dial,
            expires,
        };
        // A caller who went away leaves an account that ends by itself.
        let _ = request.reply.send(Some(ticket));
        let back = back.clone();
        tokio::spawn(async move {
            tokio::time::sleep(WEB_CALL).await;
            // The loop is gone only when the daemon stops.
            let _ = back.send(Input::RemoveSipUser(user)).await;
            drop(place);
        });
    }
}

/// Gives agents their SIP accounts.
pub(super) async fn phones(mut asked: mpsc::Receiver<http_api::PhoneRequest>, accounts: PhoneAccounts) {
    while let Some(request) = asked.recv().await {
        let ticket = accounts.of(request.agent).map(|account| http_api::PhoneTicket {
            sip_user: account.user,
            sip_password: account.password,
            sip_domain: account.domain,
            ws_path: SIP_PATH.to_owned(),
            fixed_uri: account.fixed,
        });
        // The asker may have gone away.
        let _ = request.reply.send(ticket);
    }
}

/// Tells the switchboard which agents have a console. Calls go on without one; a browser phone that is gone
/// unregisters by itself.
pub(super) async fn tell_presence(mut present: mpsc::Receiver<cti_bridge::Presence>, back: mpsc::Sender<Input>) {
    while let Some(cti_bridge::Presence { agent, connected }) = present.recv().await {
        if back.send(Input::Presence { agent, connected }).await.is_err() {
            return;
        }
    }
}
