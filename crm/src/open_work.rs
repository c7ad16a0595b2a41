//! Calls back that are still to be made, and messages that are still to be heard, when the engine starts.

use crate::codec;
use crate::db::vals;
use crate::{Store, StoreError};
use domain::{ContactEventKind, ContactId, WallTime};

/// A contact and its events in order: number, time and kind.
pub type PastEvents = (ContactId, Vec<(u32, WallTime, ContactEventKind)>);

/// Contacts that a crash left open, but for calls back and messages that are still to be dealt with.
pub(crate) const CUT_OFF: &str = "SELECT id FROM contacts WHERE closed IS NULL \
     AND NOT (channel IN ('callback', 'voicemail') AND ended IS NULL) ORDER BY started, id";

const STILL_TO_CALL: &str = "SELECT e.contact, e.seq, e.at, e.kind, e.fields FROM contacts c \
     JOIN contact_events e ON e.contact = c.id \
     WHERE c.closed IS NULL AND c.channel IN ('callback', 'voicemail') AND c.ended IS NULL ORDER BY c.started, c.id, e.seq";

impl Store {
    /// The calls back that are still to be made and the messages still to be heard. Events that this version cannot read are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_work(&self) -> Result<Vec<PastEvents>, StoreError> {
        let rows = self.db.fetch(STILL_TO_CALL, vals![]).await?;
        let mut open: Vec<PastEvents> = Vec::new();
        for row in &rows {
            let contact: ContactId = row.id(0)?;
            let seq = u32::try_from(row.int(1)?).unwrap_or(u32::MAX);
            let Ok(kind) = codec::decode(&row.text(3)?, &row.text(4)?) else { continue };
            let event = (seq, row.time(2)?, kind);
            match open.last_mut().filter(|(last, _)| *last == contact) {
                Some((_, events)) => events.push(event),
                None => open.push((contact, vec![event])),
            }
        }
        Ok(open)
    }
}
