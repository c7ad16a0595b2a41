//! Legs: the INVITE usages by their ids and by their dialogs.

use crate::dialog::Dialog;
use crate::session::Session;
use crate::uac::Calling;
use crate::uas::Ringing;
use domain::{LegId, TrunkId};
use std::collections::{BTreeMap, HashMap};

/// An INVITE usage in one of its three ages.
pub(crate) enum Leg {
    /// An incoming INVITE without a final response.
    Ringing(Box<Ringing>),
    /// An outgoing INVITE without an answer.
    Calling(Box<Calling>),
    /// Answered; also while its BYE is under way.
    Up(Box<Session>),
}

impl Leg {
    /// Call-ID and our tag of its dialogs, those that may come among them.
    fn dialogs(&self) -> Vec<(String, String)> {
        let dialog = match self {
            Self::Ringing(ringing) => &ringing.session.dialog,
            Self::Up(session) => &session.dialog,
            Self::Calling(calling) => return calling.dialogs().to_vec(),
        };
        vec![(dialog.call_id.clone(), dialog.local_tag.clone())]
    }

    /// The Call-ID of its first dialog.
    fn call_id(&self) -> Option<String> {
        self.dialogs().into_iter().next().map(|(call_id, _)| call_id)
    }

    /// The trunk that carries it.
    fn trunk(&self) -> Option<TrunkId> {
        match self {
            Self::Ringing(ringing) => ringing.session.trunk,
            Self::Up(session) => session.trunk,
            Self::Calling(calling) => calling.trunk(),
        }
    }
}

/// All legs.
#[derive(Default)]
pub(crate) struct Legs {
    by_id: HashMap<LegId, Leg>,
    by_dialog: HashMap<(String, String), LegId>,
    trunks: HashMap<LegId, TrunkId>,
    /// How many legs each trunk carries.
    on_trunks: BTreeMap<TrunkId, u32>,
}

impl Legs {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Adds a leg or replaces it by its next age.
    pub(crate) fn insert(&mut self, id: LegId, leg: Leg) {
        for dialog in leg.dialogs() {
            self.by_dialog.insert(dialog, id);
        }
        match leg.trunk() {
            Some(trunk) => self.set_trunk(id, trunk),
            None => self.leave_trunk(id),
        }
        self.by_id.insert(id, leg);
    }

    /// The leg is carried by this trunk from now on.
    pub(crate) fn set_trunk(&mut self, id: LegId, trunk: TrunkId) {
        self.leave_trunk(id);
        self.trunks.insert(id, trunk);
        let count = self.on_trunks.entry(trunk).or_default();
        *count = count.saturating_add(1);
    }

    fn leave_trunk(&mut self, id: LegId) {
        if let Some(trunk) = self.trunks.remove(&id)
            && let Some(count) = self.on_trunks.get_mut(&trunk)
        {
            *count = count.saturating_sub(1);
        }
    }

    /// How many legs this trunk carries.
    pub(crate) fn on_trunk(&self, id: TrunkId) -> u32 {
        self.on_trunks.get(&id).copied().unwrap_or(0)
    }

    /// Takes a leg out.
    pub(crate) fn remove(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.by_id.remove(&id)?;
        for dialog in leg.dialogs() {
            self.by_dialog.remove(&dialog);
        }
        self.leave_trunk(id);
        Some(leg)
    }

    /// The leg.
    pub(crate) fn leg_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.by_id.get_mut(&id)
    }

    /// The dialog of the leg, if it was answered.
    pub(crate) fn dialog(&self, id: LegId) -> Option<&Dialog> {
        if let Some(Leg::Up(session)) = self.by_id.get(&id) { Some(&session.dialog) } else { None }
    }

    /// The leg, if it is ringing here.
    pub(crate) fn ringing_mut(&mut self, id: LegId) -> Option<&mut Ringing> {
        if let Some(Leg::Ringing(ringing)) = self.by_id.get_mut(&id) { Some(ringing) } else { None }
    }

    /// The leg, if it is being called.
    pub(crate) fn calling_mut(&mut self, id: LegId) -> Option<&mut Calling> {
        if let Some(Leg::Calling(calling)) = self.by_id.get_mut(&id) { Some(calling) } else { None }
    }

    /// The leg, if it was answered.
    pub(crate) fn session_mut(&mut self, id: LegId) -> Option<&mut Session> {
        if let Some(Leg::Up(session)) = self.by_id.get_mut(&id) { Some(session) } else { None }
    }

    /// The Call-ID of a leg.
    pub(crate) fn call_id(&self, id: LegId) -> Option<String> {
        self.by_id.get(&id)?.call_id()
    }

    /// True if there is such a leg.
    pub(crate) fn has(&self, id: LegId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// The leg with this dialog.
    pub(crate) fn find(&self, call_id: &str, local_tag: &str) -> Option<LegId> {
        self.by_dialog.get(&(call_id.to_owned(), local_tag.to_owned())).copied()
    }
}
