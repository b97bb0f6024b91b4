//! Two sides, measured in turns, so that whatever else the machine does falls on both.

use anyhow::Result;

/// The figures of both sides, in the order in which they were taken.
#[derive(Debug)]
pub(super) struct Pairs {
    measured: Vec<f64>,
    baseline: Vec<f64>,
}

impl Pairs {
    /// Takes `rounds` figures of each side, in turns; which side begins changes from round to round.
    ///
    /// # Errors
    /// A side's own.
    pub(super) fn take(
        rounds: usize,
        mut measured: impl FnMut() -> Result<f64>,
        mut baseline: impl FnMut() -> Result<f64>,
    ) -> Result<Self> {
        let mut pairs = Self { measured: Vec::new(), baseline: Vec::new() };
        for round in 0..rounds {
            if round % 2 == 0 {
                pairs.baseline.push(baseline()?);
                pairs.measured.push(measured()?);
            } else {
                pairs.measured.push(measured()?);
                pairs.baseline.push(baseline()?);
            }
        }
        Ok(pairs)
    }

    /// The median of the rounds' ratios.
    pub(super) fn ratio(&self) -> f64 {
        median(&self.each(|measured, baseline| measured / baseline))
    }

    /// The median of the rounds' differences.
    pub(super) fn difference(&self) -> f64 {
        median(&self.each(|measured, baseline| measured - baseline))
    }

    /// The median of the measured side.
    pub(super) fn measured(&self) -> f64 {
        median(&self.measured)
    }

    /// The median of the baseline.
    pub(super) fn baseline(&self) -> f64 {
        median(&self.baseline)
    }

    /// The lowest and the highest ratio, in words.
    pub(super) fn spread(&self) -> String {
        let mut each = self.each(|measured, baseline| measured / baseline);
        each.sort_by(f64::total_cmp);
        match (each.first(), each.last()) {
            (Some(lowest), Some(highest)) => format!("{} pairs, {lowest:.2} to {highest:.2}", each.len()),
            _ => "nothing".to_owned(),
        }
    }

    fn each(&self, of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        self.measured
            .iter()
            .zip(&self.baseline)
            .map(|(measured, baseline)| of(*measured, *baseline))
            .collect()
    }
}

/// The middle of `values`; of an even number the mean of both middle ones.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::{Pairs, median};

    #[test]
    fn pairs_are_compared_within_their_round() {
        let (mut fast, mut slow) = ([10.0, 20.0, 90.0].into_iter(), [20.0, 40.0, 100.0].into_iter());
        let pairs = Pairs::take(3, || Ok(fast.next().unwrap()), || Ok(slow.next().unwrap())).unwrap();
        assert_eq!(pairs.ratio(), 0.5);
        assert_eq!(pairs.difference(), -10.0);
        assert_eq!((pairs.measured(), pairs.baseline()), (20.0, 40.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert!(median(&[]).is_nan());
    }
}
