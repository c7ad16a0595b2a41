//! How much of each channel an agent takes, and what may be taken beside what.

use crate::agent::Hand;
use crate::api::Interrupt;
use domain::Channel;

/// A telephone contact needs an agent with nothing in hand, and leaves no room for anything else.
const fn is_call(channel: Channel) -> bool {
    matches!(channel, Channel::Voice | Channel::Callback)
}

/// The bit of a channel in sets of channels.
#[inline]
pub(crate) const fn bit(channel: Channel) -> u8 {
    1 << channel as u8
}

/// For each channel, the channels over which its contacts may be offered.
pub(crate) fn interrupt_table(rules: &[Interrupt]) -> [u8; 7] {
    let mut over = [0; 7];
    for rule in rules {
        over[rule.by as usize] |= bit(rule.over);
    }
    over
}

/// Units of each channel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capacity {
    units: [u8; 7],
    /// Channels with a unit at all.
    pub(crate) channels: u8,
}

impl Capacity {
    /// An empty list means one voice contact; callbacks are calls, and messages come by telephone: both use voice's figure
    /// where they have none.
    pub(crate) fn new(list: &[(Channel, u8)]) -> Self {
        let mut units = [0; 7];
        for (channel, count) in list {
            units[*channel as usize] = *count;
        }
        if list.is_empty() {
            units[Channel::Voice as usize] = 1;
        }
        for like_voice in [Channel::Callback, Channel::Voicemail] {
            if !list.iter().any(|(channel, _)| *channel == like_voice) {
                units[like_voice as usize] = units[Channel::Voice as usize];
            }
        }
        let with_units = Channel::ALL.into_iter().filter(|channel| units[*channel as usize] > 0);
        let channels = with_units.fold(0, |set, channel| set | bit(channel));
        Self { units, channels }
    }

    /// Channels with room beside this work. An agent with only work in wrap-up takes nothing.
    #[inline]
    pub(crate) fn room(&self, hands: &[Hand], interrupts: &[u8; 7]) -> u8 {
        if hands.is_empty() {
            return self.channels;
        }
        let stops_all =
            |hand: &Hand| is_call(hand.channel) && interrupts.iter().all(|over| over & bit(hand.channel) == 0);
        if hands.iter().all(|hand| hand.wrap_up.is_some()) || hands.iter().any(stops_all) {
            return 0;
        }
        let has_room = |channel: &Channel| self.has_room(*channel, hands, interrupts);
        Channel::ALL.into_iter().filter(has_room).fold(0, |set, channel| set | bit(channel))
    }

    /// Whether a contact of this channel finds a free unit, and everything in hand may be interrupted by it.
    pub(crate) fn has_room(&self, channel: Channel, hands: &[Hand], interrupts: &[u8; 7]) -> bool {
        let used = hands.iter().filter(|hand| hand.channel == channel).count();
        used < usize::from(self.units[channel as usize]) && hands.iter().all(|hand| beside(channel, hand, interrupts))
    }
}

/// Whether a contact of this channel may be offered beside this work.
fn beside(channel: Channel, hand: &Hand, interrupts: &[u8; 7]) -> bool {
    match (is_call(channel), is_call(hand.channel)) {
        (false, false) => true,
        (true, true) => false,
        _ => hand.wrap_up.is_none() && interrupts[channel as usize] & bit(hand.channel) != 0,
    }
}
