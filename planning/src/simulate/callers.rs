//! Everything that is drawn for the callers of a run before it is known what becomes of them, so that the same day can be
//! played elsewhere.

use super::centre::Centre;
use super::contacts::Contact;
use super::events::What;
use super::replication::Replication;

/// A caller of a run. Times are microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The place of the type in the scenario.
    pub kind: usize,
    /// When it calls.
    pub at_us: u64,
    /// How long it waits before it gives up; `None`: for ever.
    pub patience_us: Option<u64>,
    /// How long the talk lasts, by group; 0 where the group does not serve the type.
    pub service_us: Vec<u64>,
    /// After-contact work; `None`: the type has none.
    pub wrap_up_us: Option<u64>,
    /// Takes the call back that is offered.
    pub accepts: bool,
    /// Leaves the message that is offered.
    pub leaves: bool,
    /// How long an agent would have its message in hand; 0 where the type takes none.
    pub message_us: u64,
    /// Whether each try to call back is answered.
    pub tries: Vec<bool>,
    /// After how long it rings in by itself instead of being called back, and gives up that time.
    pub rings_in: Option<(u64, Option<u64>)>,
}

/// The callers of a run in order of arrival.
#[must_use]
pub fn callers(centre: &Centre, replication: u32) -> Vec<Caller> {
    let mut run = Replication::new(centre, replication);
    let mut callers = Vec::new();
    while let Some((at, what)) = run.events.pop() {
        if let What::Arrival(kind) = what {
            run.now = at;
            callers.extend(run.draw_arrival(kind as u16).map(|contact| caller(centre, &contact)));
        }
    }
    callers
}

fn caller(centre: &Centre, contact: &Contact) -> Caller {
    let kind = &centre.kinds[usize::from(contact.kind)];
    let logged = contact.logged.map(|at| kind.logged(at, contact.service));
    let drawn = |group: usize| kind.service[group].map_or(0, |sampler| sampler.at(contact.service));
    let service = |group| logged.map_or_else(|| drawn(group), |(service, _)| service);
    let wrap_up = |sampler: super::distribution::Sampler| {
        logged.map_or_else(|| sampler.at(contact.wrap_up), |(_, wrap_up)| wrap_up)
    };
    Caller {
        kind: contact.kind.into(),
        at_us: contact.entered,
        patience_us: (contact.gives_up < u64::MAX).then(|| contact.gives_up - contact.entered),
        service_us: (0..kind.service.len()).map(service).collect(),
        wrap_up_us: kind.wrap_up.map(wrap_up),
        accepts: contact.apart.accepts,
        leaves: contact.apart.leaves,
        message_us: kind.mailbox.map_or(0, |mailbox| mailbox.handle.at(contact.service)),
        tries: kind.back.as_ref().map(|back| contact.apart.tries_of(back)).unwrap_or_default(),
        rings_in: kind.back.as_ref().and_then(|back| {
            let after = contact.apart.rings_in_after(back)?;
            Some((after, kind.patience.map(|sampler| sampler.at(contact.apart.second_patience()))))
        }),
    }
}
