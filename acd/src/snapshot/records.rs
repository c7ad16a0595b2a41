//! The words of the engine as bytes, each record field by field.

use super::{Reader, SnapshotError, Stored, Writer};
use crate::agent::{Hand, Presence, Tally, Told};
use crate::api::{AgentRule, AgentSetup, ContactRule, CoolDowns, Limits, Membership, Overflow, QueueSetup};
use crate::clock::Clock;
use crate::contact::Ask;
use core::time::Duration;
use domain::{
    AgentId, AgentState, Channel, ContactId, Counts, Instant, NextState, OfferId, Priority, Proficiency, QueueId,
    ReasonCode, Requirement, Ring, ServiceLevelGoal, SkillId,
};

/// Counters and sums beyond this are no counters: they leave room to go on counting.
const COUNT_MAX: u64 = 1 << 60;

macro_rules! record {
    ($($name:ty { $($field:ident),* $(,)? })*) => {$(
        impl Stored for $name {
            fn write(&self, out: &mut Writer) {
                $(self.$field.write(out);)*
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
                Ok(Self { $($field: Stored::read(from)?),* })
            }
        }
    )*};
}

record! {
    ServiceLevelGoal { share_percent, within_ms, short_abandon_ms }
    CoolDowns { declined, busy, unreachable, no_answer, no_answer_limit }
    Overflow { to, after }
    Limits { most_waiting, longest_wait, most_in_service, needs_agents, overflow }
    QueueSetup {
        id, name, goal, base_priority, age_per_s, agent_rule, offer_timeout, wrap_up, wrap_up_extension, cool_downs,
        requirement, limits,
    }
    Membership { queue, delay, preference, order, weight }
    AgentSetup { id, name, skills, queues, capacity }
    Ring { after, need }
    Ask { channel, priority, age_per_s, requirement, sticky, since }
    Presence { signed_in, away, next, routable, cooling, unanswered }
    Hand { contact, queue, brought, channel, begun, wrap_up }
    Told { state, since, next, wrap_up }
}

macro_rules! counters {
    ($($name:ty { $($field:ident),* } and { $($other:ident),* })*) => {$(
        impl Stored for $name {
            fn write(&self, out: &mut Writer) {
                $(self.$field.write(out);)*
                $(self.$other.write(out);)*
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
                Ok(Self { $($field: count(from)?,)* $($other: Stored::read(from)?),* })
            }
        }
    )*};
}

counters! {
    Counts { offered, answered, answered_within, abandoned, short_abandons, flowed_out, wait_answered_ms } and {}
    Tally { answered, handled, handle_us } and {}
    Clock { busy_us, on_us } and { mark, busy, on, idle, idle_since, assigned }
}

fn count(from: &mut Reader<'_>) -> Result<u64, SnapshotError> {
    let count = u64::read(from)?;
    if count <= COUNT_MAX { Ok(count) } else { Err(SnapshotError::Damaged) }
}

macro_rules! slugs {
    ($($name:ty),*) => {$(
        impl Stored for $name {
            fn write(&self, out: &mut Writer) {
                out.bytes(self.as_str().as_bytes());
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
                let text = core::str::from_utf8(from.bytes()?).map_err(|_| SnapshotError::Damaged)?;
                text.parse().map_err(|_| SnapshotError::Damaged)
            }
        }
    )*};
}

slugs!(AgentId, QueueId, SkillId, ReasonCode);

macro_rules! numbers {
    ($($name:ty: $write:expr, $read:expr;)*) => {$(
        impl Stored for $name {
            fn write(&self, out: &mut Writer) {
                $write(self).write(out);
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
                $read(Stored::read(from)?)
            }
        }
    )*};
}

numbers! {
    ContactId: |id: &Self| id.number(), |number: u128| Ok(Self::new(number));
    OfferId: |id: &Self| id.number(), |number: u64| Ok(Self::new(number));
    Instant: |at: &Self| at.as_micros(), |micros: u64| Ok(Self::from_micros(micros));
    // The sign goes into the lowest bit.
    Priority: |points: &Self| (points.0 << 1 ^ points.0 >> 31).cast_unsigned(),
        |bits: u32| Ok(Self((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()));
    Proficiency: |level: &Self| level.level(), |level: u8| Self::new(level).ok_or(SnapshotError::Damaged);
    Channel: |channel: &Self| *channel as u8,
        |number: u8| Self::ALL.get(usize::from(number)).copied().ok_or(SnapshotError::Damaged);
}

impl Stored for Duration {
    fn write(&self, out: &mut Writer) {
        self.as_secs().write(out);
        self.subsec_nanos().write(out);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        let (secs, nanos) = <(u64, u32)>::read(from)?;
        if nanos < 1_000_000_000 { Ok(Self::new(secs, nanos)) } else { Err(SnapshotError::Damaged) }
    }
}

impl Stored for Requirement {
    fn write(&self, out: &mut Writer) {
        (self.rings().len() as u64).write(out);
        self.rings().iter().for_each(|ring| ring.write(out));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(Self::new(Stored::read(from)?))
    }
}

impl Stored for AgentRule {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::LongestIdle => out.byte(0),
            Self::LeastOccupied => out.byte(1),
            Self::BestLevel => out.byte(2),
            Self::FewestContacts => out.byte(3),
            Self::RingOrder => out.byte(4),
            Self::WeightedRandom => out.byte(5),
            Self::RingAll(most) => {
                out.byte(6);
                most.write(out);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(match from.byte()? {
            0 => Self::LongestIdle,
            1 => Self::LeastOccupied,
            2 => Self::BestLevel,
            3 => Self::FewestContacts,
            4 => Self::RingOrder,
            5 => Self::WeightedRandom,
            6 => Self::RingAll(Stored::read(from)?),
            _ => return Err(SnapshotError::Damaged),
        })
    }
}

impl Stored for ContactRule {
    fn write(&self, out: &mut Writer) {
        out.byte(match self {
            Self::Score => 0,
            Self::LongestQueueFirst => 1,
            Self::AgentLevelFirst => 2,
        });
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(match from.byte()? {
            0 => Self::Score,
            1 => Self::LongestQueueFirst,
            2 => Self::AgentLevelFirst,
            _ => return Err(SnapshotError::Damaged),
        })
    }
}

impl Stored for NextState {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::Ready => out.byte(0),
            Self::NotReady(reason) => {
                out.byte(1);
                reason.write(out);
            }
            Self::LoggedOut => out.byte(2),
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(match from.byte()? {
            0 => Self::Ready,
            1 => Self::NotReady(Stored::read(from)?),
            2 => Self::LoggedOut,
            _ => return Err(SnapshotError::Damaged),
        })
    }
}

impl Stored for AgentState {
    fn write(&self, out: &mut Writer) {
        match self {
            Self::LoggedOut => out.byte(0),
            Self::NotReady(reason) => {
                out.byte(1);
                reason.write(out);
            }
            Self::Ready => out.byte(2),
            Self::Reserved(offer) => {
                out.byte(3);
                offer.write(out);
            }
            Self::Busy => out.byte(4),
            Self::AfterContactWork => out.byte(5),
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, SnapshotError> {
        Ok(match from.byte()? {
            0 => Self::LoggedOut,
            1 => Self::NotReady(Stored::read(from)?),
            2 => Self::Ready,
            3 => Self::Reserved(Stored::read(from)?),
            4 => Self::Busy,
            5 => Self::AfterContactWork,
            _ => return Err(SnapshotError::Damaged),
        })
    }
}
