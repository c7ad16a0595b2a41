//! Recordings under way on one worker, and the way to the recorder: a slow one makes gaps, never late audio.

use core::time::Duration;
use domain::{ContactId, Instant, RecordingId};
use media::api::RecorderMessage;
use media::silence::Silence;
use media::tape::{Block, Channel, Said, Tape};
use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, TrySendError};

/// One recording.
struct Recording {
    id: RecordingId,
    tape: Tape,
    /// What is told of when the customer has spoken.
    silence: Option<Silence>,
}

/// All recordings of a worker, in slots that legs know.
pub(crate) struct Tapes {
    slots: Vec<Option<Recording>>,
    recorder: SyncSender<RecorderMessage>,
    /// Openings and closings that did not fit: they are never lost, and no block overtakes them.
    waiting: VecDeque<RecorderMessage>,
    gaps: u64,
}

impl Tapes {
    pub(crate) fn new(recorder: SyncSender<RecorderMessage>) -> Self {
        Self { slots: Vec::new(), recorder, waiting: VecDeque::new(), gaps: 0 }
    }

    /// The slot of a recording.
    pub(crate) fn find(&self, id: RecordingId) -> Option<usize> {
        self.slots.iter().position(|slot| slot.as_ref().is_some_and(|r| r.id == id))
    }

    /// Begin a recording, which listens for silence of this length; answers its slot.
    pub(crate) fn open(
        &mut self,
        now: Instant,
        (id, contact): (RecordingId, ContactId),
        silence: Option<Duration>,
    ) -> usize {
        self.waiting.push_back(RecorderMessage::Open { recording: id, contact, interaction: None });
        self.flush();
        let recording = Some(Recording { id, tape: Tape::new(now), silence: silence.map(Silence::new) });
        match self.slots.iter().position(Option::is_none) {
            Some(slot) => {
                self.slots[slot] = recording;
                slot
            }
            None => {
                self.slots.push(recording);
                self.slots.len() - 1
            }
        }
    }

    /// End the recording in this slot.
    pub(crate) fn close(&mut self, now: Instant, slot: usize) {
        self.pause(now, slot, false);
        let Some(mut recording) = self.slots.get_mut(slot).and_then(Option::take) else { return };
        if let Some(block) = recording.tape.finish(now) {
            if let Some(silence) = &mut recording.silence {
                silence.hear(block.start, &block.customer);
            }
            self.send_block(recording.id, block);
        }
        let worth = recording.silence.and_then(|silence| silence.worth());
        self.waiting.push_back(RecorderMessage::Close { recording: recording.id, worth });
        self.flush();
    }

    /// Lay down what was said.
    pub(crate) fn write(&mut self, now: Instant, (slot, channel): (usize, Channel), said: &Said<'_>) {
        if let Some(Some(recording)) = self.slots.get_mut(slot) {
            recording.tape.write(now, channel, said);
        }
    }

    /// Pause the recording in this slot, or go on with it.
    pub(crate) fn pause(&mut self, now: Instant, slot: usize, paused: bool) {
        let Some(Some(recording)) = self.slots.get_mut(slot) else { return };
        if let Some((start, length)) = recording.tape.pause(now, paused) {
            self.waiting.push_back(RecorderMessage::Paused { recording: recording.id, start, length });
            self.flush();
        }
    }

    /// Hand over all blocks that are complete, and tell whose customer fell silent; answers how many were lost since the
    /// last time.
    pub(crate) fn tick(&mut self, now: Instant, mut on_silent: impl FnMut(RecordingId)) -> u64 {
        self.flush();
        for slot in 0..self.slots.len() {
            let Some(recording) = &mut self.slots[slot] else { continue };
            let id = recording.id;
            if let Some(block) = recording.tape.take(now) {
                if recording.silence.as_mut().is_some_and(|silence| silence.hear(block.start, &block.customer)) {
                    on_silent(id);
                }
                self.send_block(id, block);
            }
        }
        core::mem::take(&mut self.gaps)
    }

    /// End all recordings, at the worker's end.
    pub(crate) fn close_all(&mut self, now: Instant) {
        for slot in 0..self.slots.len() {
            self.close(now, slot);
        }
        for message in self.waiting.drain(..) {
            // The recorder outlives the workers; if it has gone, there is nobody to tell.
            let _ = self.recorder.send(message);
        }
    }

    fn send_block(&mut self, recording: RecordingId, block: Block) {
        let Block { start, customer, agent } = block;
        let message = RecorderMessage::Block { recording, start, customer, agent };
        if !self.waiting.is_empty() || self.recorder.try_send(message).is_err() {
            self.gaps += 1;
        }
    }

    fn flush(&mut self) {
        while let Some(message) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(message)) = self.recorder.try_send(message) {
                self.waiting.push_front(message);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn a_full_recorder_makes_a_counted_gap_and_still_learns_of_the_end() {
        let (sender, receiver) = sync_channel(2);
        let mut tapes = Tapes::new(sender);
        let (id, contact) = (RecordingId::new(1), ContactId::new(2));
        let slot = tapes.open(Instant::ZERO, (id, contact), None);
        for n in 1..=3 {
            tapes.gaps += tapes.tick(Instant::from_millis(500 * n), |_| {});
        }
        tapes.close(Instant::from_millis(2_000), slot);
        assert_eq!(tapes.gaps, 3, "room for the opening and one block");
        assert!(matches!(receiver.recv().unwrap(), RecorderMessage::Open { .. }));
        assert!(matches!(receiver.recv().unwrap(), RecorderMessage::Block { start: 0, .. }));
        tapes.tick(Instant::from_millis(2_020), |_| {});
        assert_eq!(receiver.recv().unwrap(), RecorderMessage::Close { recording: id, worth: None });
    }
}
