//! Lengths of time, and how they are drawn: by inversion, so that one number of a stream makes one length.

/// How lengths of time are spread, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Exponential with this mean.
    Exp(f64),
    /// Always this.
    Det(f64),
    /// Lognormal with this mean and coefficient of variation (standard deviation / mean).
    Lognormal {
        /// The mean.
        mean: f64,
        /// The coefficient of variation.
        cv: f64,
    },
}

impl Distribution {
    /// The mean in seconds.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        match self {
            Self::Exp(mean) | Self::Det(mean) | Self::Lognormal { mean, .. } => *mean,
        }
    }

    /// Whether its figures are numbers that make sense: positive, finite, at most 10⁷ seconds.
    pub(super) fn is_usable(&self) -> bool {
        let fits = |value: f64| value.is_finite() && (0.0..=1e7).contains(&value);
        match *self {
            Self::Exp(mean) => fits(mean) && mean > 0.0,
            Self::Det(value) => fits(value),
            Self::Lognormal { mean, cv } => fits(mean) && mean > 0.0 && (0.0..=100.0).contains(&cv),
        }
    }
}

/// A distribution made ready for drawing.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sampler {
    Exp { mean_us: f64 },
    Det { us: u64 },
    Lognormal { location: f64, scale: f64 },
}

impl From<Distribution> for Sampler {
    fn from(distribution: Distribution) -> Self {
        match distribution {
            Distribution::Exp(mean) => Self::Exp { mean_us: mean * 1e6 },
            Distribution::Det(value) => Self::Det { us: micros(value) },
            Distribution::Lognormal { mean, cv } => {
                let variance = libm::log1p(cv * cv);
                Self::Lognormal { location: libm::log(mean * 1e6) - variance / 2.0, scale: variance.sqrt() }
            }
        }
    }
}

impl Sampler {
    /// The length in microseconds at a number between 0 and 1, both excluded.
    pub(super) fn at(&self, uniform: f64) -> u64 {
        match *self {
            Self::Exp { mean_us } => (-mean_us * libm::log(uniform)) as u64,
            Self::Det { us } => us,
            Self::Lognormal { location, scale } => libm::exp(location + scale * normal_quantile(uniform)) as u64,
        }
    }
}

/// Seconds in whole microseconds; what is too large becomes the largest, what is no number 0.
pub(super) fn micros(seconds: f64) -> u64 {
    (seconds * 1e6).round() as u64
}

/// The point below which a standard normal variate lies with this probability (Wichura 1988, algorithm AS 241,
/// PPND16: relative error about 10⁻¹⁶).
fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(r, &CENTRE);
    }
    let r = (-libm::log(if q < 0.0 { p } else { 1.0 - p })).sqrt();
    let tail = if r <= 5.0 { ratio(r - 1.6, &MIDDLE) } else { ratio(r - 5.0, &FAR) };
    if q < 0.0 { -tail } else { tail }
}

fn ratio(r: f64, [above, below]: &[[f64; 8]; 2]) -> f64 {
    let polynomial = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * r + term);
    polynomial(above) / polynomial(below)
}

const CENTRE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_545e3,
    ],
];

const MIDDLE: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];

const FAR: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_are_those_of_the_tables() {
        for (p, z) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.025, -1.959_963_984_540_054),
            (0.9, 1.281_551_565_544_600_4),
            (1e-10, -6.361_340_902_404_056),
            (1e-20, -9.262_340_089_798_408),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-12 * z.abs().max(1.0), "{p}: {}", normal_quantile(p));
        }
    }

    #[test]
    fn draws_have_the_mean_and_spread_that_were_asked_for() {
        let n = 200_000;
        for (distribution, cv) in [
            (Distribution::Exp(30.0), 1.0),
            (Distribution::Det(30.0), 0.0),
            (Distribution::Lognormal { mean: 30.0, cv: 0.5 }, 0.5),
        ] {
            let sampler = Sampler::from(distribution);
            let at = |k: u64| sampler.at((k as f64 + 0.5) / n as f64) as f64 / 1e6;
            let mean = (0..n).map(at).sum::<f64>() / n as f64;
            let variance = (0..n).map(|k| (at(k) - mean).powi(2)).sum::<f64>() / n as f64;
            assert!((mean - 30.0).abs() < 0.01, "{distribution:?}: {mean}");
            assert!((variance.sqrt() / 30.0 - cv).abs() < 0.005, "{distribution:?}: {variance}");
        }
    }
}
