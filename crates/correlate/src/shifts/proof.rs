//! Whether agreement is more than chance.

/// A shift is believed if chance makes one as good no more often than this.
const DOUBT: f64 = 0.001;

/// The same where there is but one pair of lines, which cannot say more.
const DOUBT_OF_ONE: f64 = 0.01;

/// What speaks for a shift, and what speaks against it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    /// Pairs of lines that it brings together.
    pub(super) score: usize,
    /// The same of no shift at all.
    pub(super) zero: usize,
    /// Of the lines that lie, unshifted, where the other log has lines, too: how many there are.
    pub(super) inside: usize,
    /// The best score of other shifts that were tried.
    pub(super) other: usize,
    /// The score that chance gives to a shift.
    pub(super) chance: f64,
    /// How many shifts were tried.
    pub(super) tried: f64,
}

impl Case {
    /// Whether the shift is believed, where no shift at all wins with `enough` of its score.
    pub(super) fn holds(&self, enough: f64) -> bool {
        #[allow(clippy::cast_precision_loss)]
        let (score, zero) = (self.score as f64, self.zero as f64);
        // The logs may cover different times: then few of the lines that have their counterpart where they are say as
        // much as many that have one elsewhere.
        let as_they_are = zero >= enough * score || self.zero >= 2 && self.zero * 2 >= self.inside;
        // What comes back every hour agrees with itself every hour.
        let ambiguous = self.other * 2 >= self.score;
        let doubt = if self.score == 1 { DOUBT_OF_ONE } else { DOUBT };
        let likely = at_least(self.chance, self.score) * self.tried < doubt;
        self.score > 0 && !as_they_are && !ambiguous && likely
    }
}

/// How likely chance gives `count` or more where it gives `mean` on average (Poisson).
fn at_least(mean: f64, count: usize) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let count = count as f64;
    if mean >= count {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    let mut term = (-mean).exp();
    let mut number = 0.0;
    while number < count {
        number += 1.0;
        term *= mean / number;
    }
    // From here each term is less than the one before by more than a constant factor.
    let mut sum = 0.0;
    while term > sum * 1e-9 {
        sum += term;
        number += 1.0;
        term *= mean / number;
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_poisson() {
        let near = |is: f64, wanted: f64| assert!((is - wanted).abs() < wanted * 1e-6, "{is} {wanted}");
        // 1 - e^-1, 1 - 2 e^-1, and 1 - e^-0.5 (1 + 0.5 + 0.125).
        near(at_least(0.999_999_999, 1), 0.632_120_558);
        near(at_least(1.0, 2), 0.264_241_118);
        near(at_least(0.5, 3), 0.014_387_678);
        assert_eq!(at_least(3.0, 3), 1.0);
        assert_eq!(at_least(0.0, 1), 0.0);
        assert!(at_least(900.0, 1000) < 1.0);
    }

    #[test]
    fn zero_and_others_speak_against() {
        let case = Case { score: 6, zero: 0, inside: 6, other: 1, chance: 0.01, tried: 121.0 };
        assert!(case.holds(0.5));
        assert!(Case { zero: 2, inside: 9, ..case }.holds(0.5));
        assert!(!Case { zero: 3, inside: 9, ..case }.holds(0.5));
        assert!(Case { zero: 3, inside: 9, ..case }.holds(0.75));
        assert!(!Case { zero: 2, inside: 4, ..case }.holds(0.5));
        assert!(Case { other: 2, ..case }.holds(0.5));
        assert!(!Case { other: 3, ..case }.holds(0.5));
        assert!(!Case { chance: 2.0, ..case }.holds(0.5));
        assert!(!Case { score: 0, other: 0, ..case }.holds(0.5));
    }
}
