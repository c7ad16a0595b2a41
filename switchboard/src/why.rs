//! Why a contact waits, for people. Reading changes nothing.

use crate::Switchboard;
use crate::route;
use domain::{ContactId, Explanation, Instant};

impl Switchboard {
    /// Who would get this contact now, and why not the others; `None`: it is not in line.
    #[must_use]
    pub fn explain(&self, now: Instant, contact: ContactId) -> Option<Explanation> {
        let expected = self.watch.expected(now, contact);
        self.acd.explain(contact).map(|told| route::explanation(now, told, expected))
    }
}
