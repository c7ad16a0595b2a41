//! How a leg sounded.

use crate::AgentId;

/// Who is on a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LegRole {
    /// The customer.
    Customer,
    /// An agent who serves the customer, or is asked for help.
    Agent,
    /// A number that the call was given to, or that an agent asked for help.
    Number,
    /// A supervisor on the line.
    Supervisor,
}

impl LegRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Customer, Self::Agent, Self::Number, Self::Supervisor];

    /// The role's word in tables and APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Agent => "agent",
            Self::Number => "number",
            Self::Supervisor => "supervisor",
        }
    }
}

/// What was measured of the audio that came on a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegQuality {
    /// Who was on it.
    pub role: LegRole,
    /// The agent or supervisor.
    pub agent: Option<AgentId>,
    /// The codec's name in SDP; empty: none was agreed.
    pub codec: String,
    /// Packets received.
    pub received: u64,
    /// Packets lost on the way to us (RFC 3550 §6.4.1, never below 0).
    pub lost: u64,
    /// Our packets that the peer says it misses (RTCP).
    pub peer_lost: u32,
    /// Mean interarrival jitter in microseconds.
    pub jitter_mean_us: u32,
    /// Greatest interarrival jitter in microseconds.
    pub jitter_max_us: u32,
    /// Time to the peer and back in microseconds (RTCP); `None`: the peer never told.
    pub round_trip_us: Option<u32>,
    /// Mean opinion score in hundredths, 100 to 450 (ITU-T G.107 Annex B); `None`: nothing was heard.
    pub mos_hundredths: Option<u16>,
}

impl LegQuality {
    /// Packets that the peer sent, as far as we know.
    #[must_use]
    pub const fn expected(&self) -> u64 {
        self.received.saturating_add(self.lost)
    }

    /// Share of the packets that never came, in thousandths.
    #[must_use]
    pub fn lost_permille(&self) -> u16 {
        let share = (u128::from(self.lost) * 1_000).checked_div(u128::from(self.expected())).unwrap_or(0);
        u16::try_from(share).unwrap_or(1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_lost_is_of_what_was_sent() {
        let of = |received, lost| LegQuality {
            role: LegRole::Customer,
            agent: None,
            codec: "PCMU".to_owned(),
            received,
            lost,
            peer_lost: 0,
            jitter_mean_us: 0,
            jitter_max_us: 0,
            round_trip_us: None,
            mos_hundredths: None,
        };
        assert_eq!((of(998, 2).expected(), of(998, 2).lost_permille()), (1_000, 2));
        assert_eq!((of(0, 0).lost_permille(), of(0, 9).lost_permille()), (0, 1_000));
        assert_eq!(of(u64::MAX, u64::MAX).lost_permille(), 1_000);
    }
}
