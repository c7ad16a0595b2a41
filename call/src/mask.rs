//! Masking: while the caller keys what nobody is to hear or see, the customer's leg is passed on to nobody and no
//! recording has it. The recording goes on in silence on both channels, so that its time stays right.

use crate::api::{Effect, MediaEffect};
use crate::engine::{Call, Tape};
use core::time::Duration;
use domain::{ContactEventKind, Instant};

/// How much longer than the masked entry the masking lasts: the last key may be held.
const TAIL: Duration = Duration::from_secs(2);

/// How far masking is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mask {
    /// Everything is as ever.
    #[default]
    Off,
    /// A masked entry is under way.
    On,
    /// It is over, and masking lasts until then.
    Ending(Instant),
}

impl Mask {
    pub fn deadline(self) -> Option<Instant> {
        match self {
            Self::Ending(at) => Some(at),
            Self::Off | Self::On => None,
        }
    }
}

impl Call {
    /// The flow says that a masked entry begins, or is over.
    pub(crate) fn on_mask(&mut self, now: Instant, masked: bool, effects: &mut Vec<Effect>) {
        match (masked, self.mask) {
            (true, Mask::Off) => {
                self.mask = Mask::On;
                let recording = self.tape_id();
                self.event(now, ContactEventKind::MaskingStarted { recording }, effects);
                effects.push(Effect::Media(self.customer.leg, MediaEffect::Mute(true)));
                self.silence_tape(effects);
            }
            (true, _) => self.mask = Mask::On,
            (false, Mask::On) => self.mask = Mask::Ending(now + TAIL),
            (false, _) => {}
        }
    }

    /// The tail is over.
    pub(crate) fn on_mask_due(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.unmask(now, effects);
        effects.push(Effect::Media(self.customer.leg, MediaEffect::Mute(false)));
        if self.tape == Tape::Running && self.paused_by.is_none() {
            effects.push(Effect::Media(self.customer.leg, MediaEffect::PauseRecording(self.recording, false)));
        }
    }

    /// Masking is over, also because the customer is gone.
    pub(crate) fn unmask(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if core::mem::take(&mut self.mask) != Mask::Off {
            let recording = self.tape_id();
            self.event(now, ContactEventKind::MaskingEnded { recording }, effects);
        }
    }

    /// While the customer is masked, both channels of the recording are silent.
    pub(crate) fn silence_tape(&self, effects: &mut Vec<Effect>) {
        if self.mask != Mask::Off && self.tape == Tape::Running {
            effects.push(Effect::Media(self.customer.leg, MediaEffect::PauseRecording(self.recording, true)));
        }
    }
}
