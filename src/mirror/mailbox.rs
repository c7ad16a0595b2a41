//! The way to the thread that keeps and mirrors. Whoever hands something in wakes the thread once for many messages, as a
//! wake for each would cost more than what is done with it.

use super::Seen;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Messages that may wait.
const MOST: usize = 16_384;
/// How long the thread lets messages gather.
const GATHER: Duration = Duration::from_millis(100);
/// Longest wait of somebody who wants all that was handed in.
const SETTLE_WITHIN: Duration = Duration::from_millis(500);

/// What waits for the thread.
#[derive(Default)]
pub(super) struct Mailbox {
    state: Mutex<State>,
    come: Condvar,
    done: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Seen>,
    /// Messages handed in, and those that are done with, since the start.
    handed_in: u64,
    done: u64,
    /// Somebody waits: nothing gathers.
    is_urgent: bool,
    is_closed: bool,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands something in. False: there was no room.
    pub(super) fn put(&self, seen: Seen) -> bool {
        let mut state = self.lock();
        if state.waiting.len() >= MOST {
            return false;
        }
        state.waiting.push(seen);
        state.handed_in += 1;
        let is_first = state.waiting.len() == 1;
        drop(state);
        if is_first {
            self.come.notify_one();
        }
        true
    }

    /// Waits for messages; `None`: no more will come.
    pub(super) fn take(&self) -> Option<Vec<Seen>> {
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.is_closed {
            state = self.come.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let begun = Instant::now();
        while !state.is_urgent && !state.is_closed {
            let Some(left) = GATHER.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else { break };
            state = self.come.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.is_urgent = false;
        let taken = std::mem::take(&mut state.waiting);
        (!taken.is_empty()).then_some(taken)
    }

    /// The thread is done with so many.
    pub(super) fn finished(&self, count: usize) {
        self.lock().done += count as u64;
        self.done.notify_all();
    }

    /// Waits until the thread is done with all that was handed in before.
    pub(super) fn settle(&self) {
        let mut state = self.lock();
        let (wanted, begun) = (state.handed_in, Instant::now());
        while state.done < wanted && !state.is_closed {
            let Some(left) = SETTLE_WITHIN.checked_sub(begun.elapsed()) else { return };
            state.is_urgent = true;
            self.come.notify_one();
            state = self.done.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Nothing more will be handed in.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.come.notify_one();
        self.done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sip::api::FlowId;
    use std::sync::Arc;

    #[test]
    fn what_is_handed_in_comes_out_in_order_and_whoever_waits_waits_for_all_of_it() {
        let mailbox = Arc::new(Mailbox::default());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let (inside, list) = (Arc::clone(&mailbox), Arc::clone(&taken));
        let thread = std::thread::spawn(move || {
            while let Some(batch) = inside.take() {
                let count = batch.len();
                let flows = batch.into_iter().map(|seen| match seen {
                    Seen::Gone(flow) => flow.0,
                    _ => u64::MAX,
                });
                list.lock().unwrap().extend(flows);
                inside.finished(count);
            }
        });
        for round in 1..=5 {
            for n in 0..100 {
                assert!(mailbox.put(Seen::Gone(FlowId((round - 1) * 100 + n))));
            }
            mailbox.settle();
            assert!(taken.lock().unwrap().iter().copied().eq(0..round * 100));
        }
        mailbox.put(Seen::Gone(FlowId(500)));
        mailbox.close();
        thread.join().unwrap();
        assert_eq!(taken.lock().unwrap().len(), 501);
    }

    #[test]
    fn what_finds_no_room_is_refused() {
        let mailbox = Mailbox::default();
        let put = (0..MOST as u64 + 3).filter(|n| mailbox.put(Seen::Gone(FlowId(*n)))).count();
        assert_eq!(put, MOST);
        assert_eq!(mailbox.take().map(|batch| batch.len()), Some(MOST));
        assert!(mailbox.put(Seen::Gone(FlowId(0))));
    }
}
