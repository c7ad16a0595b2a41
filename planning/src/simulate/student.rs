//! Confidence intervals of a mean.

/// Student's t for a two-sided 95 % interval, by degrees of freedom from 1.
const T_975: [f64; 30] = [
    12.706_204_736,
    4.302_652_730,
    3.182_446_305,
    2.776_445_105,
    2.570_581_836,
    2.446_911_851,
    2.364_624_252,
    2.306_004_135,
    2.262_157_163,
    2.228_138_852,
    2.200_985_160,
    2.178_812_830,
    2.160_368_656,
    2.144_786_688,
    2.131_449_546,
    2.119_905_299,
    2.109_815_578,
    2.100_922_040,
    2.093_024_054,
    2.085_963_447,
    2.079_613_845,
    2.073_873_068,
    2.068_657_610,
    2.063_898_562,
    2.059_538_553,
    2.055_529_439,
    2.051_830_516,
    2.048_407_142,
    2.045_229_642,
    2.042_272_456,
];

/// Student's t for a two-sided 95 % interval; above 30 degrees of freedom by Fisher's expansion (within 10⁻⁶).
fn t_975(freedom: usize) -> f64 {
    if let Some(t) = T_975.get(freedom.saturating_sub(1)) {
        return *t;
    }
    let z: f64 = 1.959_963_984_540_054;
    let n = freedom as f64;
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / n + second / (n * n) + third / (n * n * n)
}

/// The mean of some figures and the half-width of its 95 % interval; `None` of no figures, and of one.
pub(super) fn mean_and_half_width(figures: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = figures.len();
    if n == 0 {
        return (None, None);
    }
    let mean = figures.iter().sum::<f64>() / n as f64;
    if n == 1 {
        return (Some(mean), None);
    }
    let variance = figures.iter().map(|figure| (figure - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    (Some(mean), Some(t_975(n - 1) * (variance / n as f64).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_degrees_of_freedom_come_near_the_normal() {
        for (freedom, t) in [(1, 12.706_204_7), (9, 2.262_157_2), (40, 2.021_075_4), (120, 1.979_930_4)] {
            assert!((t_975(freedom) - t).abs() < 2e-6, "{freedom}: {}", t_975(freedom));
        }
    }

    #[test]
    fn one_figure_has_no_interval() {
        assert_eq!(mean_and_half_width(&[]), (None, None));
        assert_eq!(mean_and_half_width(&[3.0]), (Some(3.0), None));
        let (mean, half_width) = mean_and_half_width(&[1.0, 2.0, 3.0]);
        assert_eq!(mean, Some(2.0));
        assert!((half_width.unwrap() - 4.302_652_73 / 3.0_f64.sqrt()).abs() < 1e-9);
    }
}
