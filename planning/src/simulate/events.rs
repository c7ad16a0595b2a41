//! What is going to happen, the earliest first.

/// Something that happens at a moment, to the one with this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A contact of this type arrives.
    Arrival(u32),
    /// The patience of the contact in this slot is at its end, if that contact still gives up at this moment.
    PatienceEnds(u32),
    /// The agent has talked.
    TalkEnds(u32),
    /// The dialled customer answers, or the agent gives up.
    DialEnds(u32),
    /// After-contact work is done.
    WrapUpEnds(u32),
    /// The agent answers what rings, if it is to be answered at this moment.
    Answer(u32),
    /// The agent declines what rings, if it is to be declined at this moment.
    Decline(u32),
    /// The agent signs in.
    ShiftStarts(u32),
    /// The agent signs out, after the contact in hand.
    ShiftEnds(u32),
    /// The last measured moment of a run with a fixed length.
    Until,
    /// The contact in this slot is offered to be called back, if it is to be at this moment.
    OfferCallback(u32),
    /// It is offered to leave a message, if it is to be at this moment.
    OfferVoicemail(u32),
    /// It stands in line again, if it is to at this moment.
    Again(u32),
    /// The queue has sent it back.
    SentBack(u32),
    /// Its customer rings in, if that is to be at this moment.
    RingsIn(u32),
    /// Its telephone has rung before an agent's did: the customer answers, or does not.
    Dialled(u32),
}

/// Numbers have so many bits.
const NUMBER: u32 = 28;

impl What {
    /// In 32 bits.
    const fn packed(self) -> u32 {
        let (tag, number) = match self {
            Self::Arrival(kind) => (0, kind),
            Self::PatienceEnds(slot) => (1, slot),
            Self::TalkEnds(agent) => (2, agent),
            Self::DialEnds(agent) => (3, agent),
            Self::WrapUpEnds(agent) => (4, agent),
            Self::Answer(agent) => (5, agent),
            Self::Decline(agent) => (6, agent),
            Self::ShiftStarts(agent) => (7, agent),
            Self::ShiftEnds(agent) => (8, agent),
            Self::Until => (9, 0),
            Self::OfferCallback(slot) => (10, slot),
            Self::OfferVoicemail(slot) => (11, slot),
            Self::Again(slot) => (12, slot),
            Self::SentBack(slot) => (13, slot),
            Self::RingsIn(slot) => (14, slot),
            Self::Dialled(slot) => (15, slot),
        };
        tag << NUMBER | number
    }

    const fn unpacked(packed: u32) -> Self {
        let number = packed & ((1 << NUMBER) - 1);
        match packed >> NUMBER {
            0 => Self::Arrival(number),
            1 => Self::PatienceEnds(number),
            2 => Self::TalkEnds(number),
            3 => Self::DialEnds(number),
            4 => Self::WrapUpEnds(number),
            5 => Self::Answer(number),
            6 => Self::Decline(number),
            7 => Self::ShiftStarts(number),
            8 => Self::ShiftEnds(number),
            10 => Self::OfferCallback(number),
            11 => Self::OfferVoicemail(number),
            12 => Self::Again(number),
            13 => Self::SentBack(number),
            14 => Self::RingsIn(number),
            15 => Self::Dialled(number),
            _ => Self::Until,
        }
    }
}

/// An event in one number that orders as events do: its time, then the order in which they were planned, then what it
/// is.
type Planned = u128;

/// Children of a node of the heap: four make it half as deep as two and fill one line of the cache.
const FAN: usize = 4;

/// The events to come. Arrivals, of which each type has one at a time, stand apart: that leaves the deeper heap alone at
/// every other event.
#[derive(Debug, Default)]
pub(super) struct Events {
    arrivals: Heap,
    others: Heap,
    planned: u32,
}

impl Events {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { others: Heap(Vec::with_capacity(capacity)), ..Self::default() }
    }

    /// The time of the earliest, in microseconds.
    #[inline]
    pub(super) fn next_at(&self) -> Option<u64> {
        let first = self.arrivals.first().min(self.others.first());
        (first != NONE).then_some((first >> 64) as u64)
    }

    #[inline]
    pub(super) fn plan(&mut self, at: u64, what: What) {
        let event = u128::from(at) << 64 | u128::from(self.planned) << 32 | u128::from(what.packed());
        self.planned = self.planned.wrapping_add(1);
        let heap = if matches!(what, What::Arrival(_)) { &mut self.arrivals } else { &mut self.others };
        heap.push(event);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<(u64, What)> {
        let arrives = self.arrivals.first() < self.others.first();
        let first = if arrives { self.arrivals.pop() } else { self.others.pop() }?;
        Some(((first >> 64) as u64, What::unpacked(first as u32)))
    }
}

/// Later than every event.
const NONE: Planned = Planned::MAX;

/// The least first.
#[derive(Debug, Default)]
struct Heap(Vec<Planned>);

impl Heap {
    /// The least, or [`NONE`].
    #[inline]
    fn first(&self) -> Planned {
        self.0.first().copied().unwrap_or(NONE)
    }

    fn push(&mut self, event: Planned) {
        let mut hole = self.0.len();
        self.0.push(event);
        while hole > 0 {
            let parent = (hole - 1) / FAN;
            if self.0[parent] <= event {
                break;
            }
            self.0[hole] = self.0[parent];
            hole = parent;
        }
        self.0[hole] = event;
    }

    #[inline]
    fn pop(&mut self) -> Option<Planned> {
        let last = self.0.pop()?;
        let Some(first) = self.0.first().copied() else { return Some(last) };
        self.sink(last);
        Some(first)
    }

    /// Puts an event into the hole at the top.
    fn sink(&mut self, event: Planned) {
        let heap = self.0.as_mut_slice();
        let mut hole = 0;
        loop {
            let children = hole * FAN + 1;
            let (least, at) = match heap.get(children..children + FAN) {
                Some(&[a, b, c, d]) => {
                    let (ab, at_ab) = if b < a { (b, 1) } else { (a, 0) };
                    let (cd, at_cd) = if d < c { (d, 3) } else { (c, 2) };
                    if cd < ab { (cd, children + at_cd) } else { (ab, children + at_ab) }
                }
                _ => match heap.get(children..).unwrap_or_default().iter().copied().zip(children..).min() {
                    Some(least) => least,
                    None => break,
                },
            };
            if event <= least {
                break;
            }
            heap[hole] = least;
            hole = at;
        }
        heap[hole] = event;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_order_of_time_and_of_planning() {
        let mut events = Events::default();
        for n in 0..1_000_u32 {
            events.plan(u64::from(n.wrapping_mul(7_919) % 101), What::TalkEnds(n));
        }
        let mut before = (0, 0);
        for _ in 0..1_000 {
            let Some((at, What::TalkEnds(n))) = events.pop() else { panic!("an event is missing") };
            assert!(at > before.0 || (at == before.0 && n >= before.1));
            before = (at, n);
        }
        assert_eq!(events.pop(), None);
    }

    #[test]
    fn an_event_comes_out_as_it_went_in() {
        let most = (1 << NUMBER) - 1;
        for what in [
            What::Arrival(most),
            What::PatienceEnds(most),
            What::TalkEnds(most),
            What::DialEnds(most),
            What::WrapUpEnds(most),
            What::Answer(most),
            What::Decline(most),
            What::ShiftStarts(most),
            What::ShiftEnds(most),
            What::Until,
            What::OfferCallback(most),
            What::OfferVoicemail(most),
            What::Again(most),
            What::SentBack(most),
            What::RingsIn(most),
            What::Dialled(most),
        ] {
            assert_eq!(What::unpacked(what.packed()), what);
        }
    }
}
