//! How good a call sounds: the E-model of ITU-T G.107 with the equipment figures of G.113 Appendix I.

use crate::codec::Codec;

/// R without any impairment but the standard ones: G.107's default of all its parameters.
const UNIMPAIRED: f64 = 93.2;

/// What a leg's audio has suffered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impairments {
    /// The codec.
    pub codec: Codec,
    /// Share of the packets lost, 0 to 1.
    pub loss: f64,
    /// How much longer bursts of loss are than chance would make them; 1 for chance (G.107 §7.2, BurstR).
    pub burst: f64,
    /// One-way delay from mouth to ear in milliseconds.
    pub delay_ms: f64,
}

/// Equipment impairment and robustness against loss (G.113 App. I) of G.711 with concealment of lost frames. On the
/// narrow-band scale G.722 and Opus have no figures there; they are taken to be no worse.
const fn equipment(codec: Codec) -> (f64, f64) {
    match codec {
        Codec::Pcmu | Codec::Pcma | Codec::G722 | Codec::Opus => (0.0, 25.1),
    }
}

/// Impairment by delay (G.107 §7.3, Idd); none up to 100 ms.
fn delay_impairment(delay_ms: f64) -> f64 {
    if delay_ms <= 100.0 {
        return 0.0;
    }
    let x = (delay_ms / 100.0).log2();
    let part = |x: f64| (1.0 + x.powi(6)).powf(1.0 / 6.0);
    25.0 * (part(x) - 3.0 * part(x / 3.0) + 2.0)
}

/// The transmission rating factor R, 0 to 93.2.
#[must_use]
pub fn rating(of: &Impairments) -> f64 {
    let (ie, bpl) = equipment(of.codec);
    let loss = of.loss.clamp(0.0, 1.0) * 100.0;
    let by_equipment = ie + (95.0 - ie) * loss / (loss / of.burst.max(1.0) + bpl);
    (UNIMPAIRED - delay_impairment(of.delay_ms.clamp(0.0, 10_000.0)) - by_equipment).clamp(0.0, UNIMPAIRED)
}

/// The estimated mean opinion score of a rating (G.107 Annex B) in thousandths: 1000 to 4500.
#[must_use]
pub fn mos_permille(rating: f64) -> u16 {
    let r = rating.clamp(0.0, 100.0);
    let mos = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
    (mos.clamp(1.0, 4.5) * 1_000.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(loss: f64, burst: f64, delay_ms: f64) -> Impairments {
        Impairments { codec: Codec::Pcmu, loss, burst, delay_ms }
    }

    #[test]
    fn a_perfect_call_has_the_best_score_of_the_model() {
        assert_eq!(mos_permille(rating(&of(0.0, 1.0, 0.0))), 4_409);
    }

    #[test]
    fn the_delay_curve_is_the_recommendations() {
        // G.107 Table B.1 and the curve of G.114: R at 150, 250 and 400 ms of delay alone (without echo).
        for (delay_ms, impairment) in [(100.0, 0.0), (150.0, 0.16), (200.0, 3.04), (300.0, 14.9), (400.0, 24.1)] {
            let r = rating(&of(0.0, 1.0, delay_ms));
            assert!((UNIMPAIRED - r - impairment).abs() < 0.6, "{delay_ms} ms: {}", UNIMPAIRED - r);
        }
    }

    #[test]
    fn loss_costs_what_the_formula_says_and_bursts_cost_more() {
        // 2 % at Bpl 25.1: 95 · 2 / (2 + 25.1).
        assert!((UNIMPAIRED - rating(&of(0.02, 1.0, 0.0)) - 7.011).abs() < 0.01);
        assert!(rating(&of(0.02, 4.0, 0.0)) < rating(&of(0.02, 1.0, 0.0)));
        assert_eq!(mos_permille(0.0), 1_000);
        assert_eq!(mos_permille(100.0), 4_500);
    }

    proptest! {
        #[test]
        fn worse_is_never_better(loss in 0.0f64..1.0, more in 0.0f64..0.5, burst in 1.0f64..8.0, delay in 0.0f64..2_000.0) {
            let now = rating(&of(loss, burst, delay));
            prop_assert!(rating(&of(loss + more, burst, delay)) <= now);
            prop_assert!(rating(&of(loss, burst + more, delay)) <= now);
            prop_assert!(rating(&of(loss, burst, delay + more * 1_000.0)) <= now + 1e-9);
            prop_assert!((1_000..=4_500).contains(&mos_permille(now)));
        }

        #[test]
        fn strange_numbers_have_a_score(loss in any::<f64>(), burst in any::<f64>(), delay in any::<f64>()) {
            let score = mos_permille(rating(&of(loss, burst, delay)));
            prop_assert!(score <= 4_500);
        }
    }
}
