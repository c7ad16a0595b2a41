//! Who hears whom: a table of gains between the legs of one conference, and the sums that it stands for. Hold, consult,
//! conference, listening in, whispering and barging in are tables, and nothing else.

use crate::FRAME;
use domain::LegId;

/// The gain that changes nothing, in thousandths.
pub const UNITY: u16 = 1_000;

/// The greatest gain, in thousandths: 12 dB.
pub const GAIN_MAX: u16 = 4_000;

/// Most legs of one conference; the sums stay far from the limits of their type.
pub const LEGS_MAX: usize = 32;

/// One conference's table. A leg never hears itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    legs: Vec<LegId>,
    /// Row by row: who speaks; column by column: who hears it.
    gains: Vec<u16>,
}

impl Table {
    /// All of these legs hear each other as they are. Repeated ones count once, and there are at most [`LEGS_MAX`].
    #[must_use]
    pub fn new(legs: &[LegId]) -> Self {
        let mut known: Vec<LegId> = Vec::with_capacity(legs.len());
        for leg in legs {
            if !known.contains(leg) && known.len() < LEGS_MAX {
                known.push(*leg);
            }
        }
        let count = known.len();
        let gains = (0..count * count).map(|cell| if cell / count == cell % count { 0 } else { UNITY }).collect();
        Self { legs: known, gains }
    }

    /// The legs, in the order of frames that [`Table::heard_by`] takes.
    #[must_use]
    pub fn legs(&self) -> &[LegId] {
        &self.legs
    }

    fn place(&self, leg: LegId) -> Option<usize> {
        self.legs.iter().position(|known| *known == leg)
    }

    fn cell(&self, from: LegId, to: LegId) -> Option<usize> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        (from != to).then_some(from * self.legs.len() + to)
    }

    /// How loud one leg hears another, in thousandths; 0 for legs that are not here.
    #[must_use]
    pub fn gain(&self, from: LegId, to: LegId) -> u16 {
        self.cell(from, to).and_then(|cell| self.gains.get(cell).copied()).unwrap_or(0)
    }

    /// Let one leg hear another so loud, at most [`GAIN_MAX`]. Legs that are not here are ignored.
    pub fn set(&mut self, from: LegId, to: LegId, permille: u16) {
        if let Some(cell) = self.cell(from, to)
            && let Some(gain) = self.gains.get_mut(cell)
        {
            *gain = permille.min(GAIN_MAX);
        }
    }

    /// Take a leg out; the others hear each other as before.
    pub fn remove(&mut self, leg: LegId) {
        let Some(place) = self.place(leg) else { return };
        let count = self.legs.len();
        let mut cell = 0;
        self.gains.retain(|_| {
            let (row, column) = (cell / count, cell % count);
            cell += 1;
            row != place && column != place
        });
        self.legs.remove(place);
    }

    /// The two legs of a conference in which nothing is to be mixed: two that hear each other as they are.
    #[must_use]
    pub fn plain_pair(&self) -> Option<(LegId, LegId)> {
        let [a, b] = *self.legs.as_slice() else { return None };
        (self.gain(a, b) == UNITY && self.gain(b, a) == UNITY).then_some((a, b))
    }

    /// What a leg hears: the sum of the others' frames, which stand in the order of [`Table::legs`]. False if the table
    /// lets it hear nobody.
    pub fn heard_by(&self, to: LegId, frames: &[[i16; FRAME]], out: &mut [i16; FRAME]) -> bool {
        self.sum(frames, out, |from| self.gain(from, to))
    }

    /// The right channel of a recording of this customer: the agent, and everybody else whom the table lets the customer
    /// hear. False if there is nobody.
    pub fn agents_side(
        &self,
        customer: LegId,
        agent: Option<LegId>,
        frames: &[[i16; FRAME]],
        out: &mut [i16; FRAME],
    ) -> bool {
        self.sum(frames, out, |from| if Some(from) == agent { UNITY } else { self.gain(from, customer) })
    }

    fn sum(&self, frames: &[[i16; FRAME]], out: &mut [i16; FRAME], gain: impl Fn(LegId) -> u16) -> bool {
        let mut sums = [0_i32; FRAME];
        let mut is_any = false;
        for (leg, frame) in self.legs.iter().zip(frames) {
            let gain = i32::from(gain(*leg));
            if gain == 0 {
                continue;
            }
            is_any = true;
            for (sum, sample) in sums.iter_mut().zip(frame) {
                *sum += i32::from(*sample) * gain / i32::from(UNITY);
            }
        }
        for (sample, sum) in out.iter_mut().zip(sums) {
            *sample = sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        }
        is_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CUSTOMER: LegId = LegId::new(1);
    const AGENT: LegId = LegId::new(2);
    const SUPERVISOR: LegId = LegId::new(3);
    const FRAMES: [[i16; FRAME]; 3] = [[1; FRAME], [20; FRAME], [300; FRAME]];

    fn heard(table: &Table) -> [i16; 3] {
        [CUSTOMER, AGENT, SUPERVISOR].map(|leg| {
            let mut out = [0; FRAME];
            table.heard_by(leg, &FRAMES, &mut out);
            out[80]
        })
    }

    fn right(table: &Table) -> i16 {
        let mut out = [0; FRAME];
        table.agents_side(CUSTOMER, Some(AGENT), &FRAMES, &mut out);
        out[80]
    }

    #[test]
    fn listening_whispering_and_barging_in_are_tables() {
        let mut table = Table::new(&[CUSTOMER, AGENT, SUPERVISOR]);
        assert_eq!((heard(&table), right(&table)), ([320, 301, 21], 320), "barge: all hear all");
        table.set(SUPERVISOR, CUSTOMER, 0);
        assert_eq!((heard(&table), right(&table)), ([20, 301, 21], 20), "whisper: the agent alone");
        table.set(SUPERVISOR, AGENT, 0);
        assert_eq!((heard(&table), right(&table)), ([20, 1, 21], 20), "listen: nobody");
        table.set(AGENT, CUSTOMER, 500);
        assert_eq!((heard(&table)[0], right(&table)), (10, 20), "the recording has the agent as said");
        table.remove(AGENT);
        assert_eq!(table.legs(), [CUSTOMER, SUPERVISOR]);
        assert_eq!((table.gain(CUSTOMER, SUPERVISOR), table.gain(SUPERVISOR, CUSTOMER)), (UNITY, 0));
    }

    #[test]
    fn only_two_who_hear_each_other_as_they_are_need_no_mixing() {
        let mut table = Table::new(&[CUSTOMER, AGENT, CUSTOMER]);
        assert_eq!(table.plain_pair(), Some((CUSTOMER, AGENT)));
        table.set(CUSTOMER, AGENT, 999);
        assert_eq!(table.plain_pair(), None);
        assert_eq!(Table::new(&[CUSTOMER, AGENT, SUPERVISOR]).plain_pair(), None);
        assert_eq!(Table::new(&[CUSTOMER]).plain_pair(), None);
    }

    proptest! {
        #[test]
        fn nobody_hears_himself_and_sums_never_wrap(
            count in 1u64..40,
            cells in proptest::collection::vec((0u64..45, 0u64..45, any::<u16>()), 0..60),
            removed in proptest::collection::vec(0u64..45, 0..10),
            loud in any::<i16>(),
        ) {
            let legs: Vec<LegId> = (0..count).map(LegId::new).collect();
            let mut table = Table::new(&legs);
            for (from, to, gain) in cells {
                table.set(LegId::new(from), LegId::new(to), gain);
            }
            for leg in removed {
                table.remove(LegId::new(leg));
            }
            let frames = vec![[loud; FRAME]; table.legs().len()];
            for leg in table.legs() {
                prop_assert_eq!(table.gain(*leg, *leg), 0);
                let expected: i64 = table.legs().iter().map(|from| i64::from(loud) * i64::from(table.gain(*from, *leg)) / 1_000).sum();
                let mut out = [0; FRAME];
                table.heard_by(*leg, &frames, &mut out);
                prop_assert_eq!(i64::from(out[0]), expected.clamp(i64::from(i16::MIN), i64::from(i16::MAX)));
            }
        }
    }
}
