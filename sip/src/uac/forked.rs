//! An INVITE that was answered: what it takes to end the forks that answer as well (RFC 3261 §13.2.2.4). The rest of the
//! attempt goes with the answer: so many calls as were answered in the last 64·T1 would keep it else.

use super::Attempt;
use super::outcome::acknowledge;
use crate::dialog::{Dialog, Hop};
use crate::endpoint::Endpoint;
use crate::message::HeaderName;
use crate::transaction::TxId;
use crate::transaction::client::{Outcome, User};
use domain::Cause;

/// What is left of an answered attempt.
pub(crate) struct Forked {
    hop: Hop,
    /// Credentials of the INVITE, which its ACK repeats (§22.1).
    pub(super) authorization: Option<(HeaderName, String)>,
    /// The last CSeq number of forks in which more than the INVITE was sent, by their tags.
    pub(super) numbers: Vec<(String, u32)>,
}

impl Forked {
    /// What is left of this one.
    pub(super) fn of(attempt: Attempt) -> Box<Self> {
        let Attempt { dialog, authorization, numbers, .. } = attempt;
        Box::new(Self { hop: dialog.hop, authorization, numbers })
    }
}

impl Endpoint {
    /// Another fork has answered: it is acknowledged and hung up on.
    pub(super) fn on_forked(&mut self, tx: TxId, forked: Box<Forked>, outcome: &Outcome) {
        if let Outcome::Response(response) = outcome
            && (200..300).contains(&response.code)
            && let Some(mut dialog) = Dialog::of_fork(response, forked.hop.clone())
        {
            acknowledge(&mut self.core, tx, &dialog, dialog.local_seq, forked.authorization.as_ref());
            if let Some((_, number)) = forked.numbers.iter().find(|(tag, _)| *tag == dialog.remote_tag) {
                dialog.local_seq = *number;
            }
            self.hang_up_fork(dialog, Cause::AnsweredElsewhere);
        }
        self.core.give_back(tx, User::Forked(forked));
    }
}
