//! What a line of the benchmark is: a figure, and the bar that it is held to.

use std::fmt;

use anyhow::Result;

/// A line.
#[derive(Debug)]
pub(super) struct Line {
    /// What it is called on the command line.
    pub(super) name: &'static str,
    /// What is measured, in the words of the table.
    pub(super) what: &'static str,
    /// What is asked of it.
    pub(super) bar: Bar,
    /// Measures it.
    pub(super) measure: fn(Effort) -> Result<Outcome>,
}

/// How long is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Enough for a figure.
    Full,
    /// Enough for a look.
    Quick,
}

impl Effort {
    /// One of two numbers.
    pub(super) fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// What is asked of a figure.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bar {
    /// At least this much.
    AtLeast(f64, Unit),
    /// At most this much.
    AtMost(f64, Unit),
    /// Nothing: the figure is told.
    Reported(Unit),
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Times the baseline.
    Times,
    /// A second.
    PerSecond,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Megabytes of 10^6 bytes.
    Megabytes,
}

/// What came of a line.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A figure, and what it was made of.
    Measured {
        /// In the bar's unit.
        value: f64,
        /// The two sides, the spread.
        detail: String,
    },
    /// It cannot run here, and why.
    Skipped(String),
}

impl Bar {
    fn unit(self) -> Unit {
        match self {
            Self::AtLeast(_, unit) | Self::AtMost(_, unit) | Self::Reported(unit) => unit,
        }
    }

    /// Whether `value` meets it; none when nothing is asked.
    pub(super) fn is_met(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least, _) => Some(value >= least),
            Self::AtMost(most, _) => Some(value <= most),
            Self::Reported(_) => None,
        }
    }

    /// A value in its unit.
    pub(super) fn shown(self, value: f64) -> String {
        self.unit().shown(value)
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least, unit) => write!(f, "≥ {}", unit.shown(*least)),
            Self::AtMost(most, unit) => write!(f, "≤ {}", unit.shown(*most)),
            Self::Reported(_) => f.write_str("reported"),
        }
    }
}

impl Unit {
    fn shown(self, value: f64) -> String {
        match self {
            Self::Times => format!("{value:.2} ×"),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Seconds => format!("{value:.2} s"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Microseconds => format!("{value:.0} µs"),
            Self::Megabytes => format!("{value:.1} MB"),
        }
    }
}
