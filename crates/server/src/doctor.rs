//! `simfra doctor`: what this machine has for Simfra, what of it will not work, and what to do about that.
//!
//! Looks and makes nothing, so that it can be asked while a Simfra runs.

mod look;

use std::fmt;

use crate::config::Config;

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    /// What was looked at.
    what: &'static str,
    verdict: Verdict,
    /// What is there.
    text: String,
    /// What to do about it, where something is to be done.
    advice: Option<String>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It works.
    Ok,
    /// Something will not work, and Simfra does without it.
    Lacking,
    /// Nothing can serve as it is.
    Fatal,
}

impl Finding {
    fn ok(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Ok, text: text.into(), advice: None }
    }

    fn lacking(what: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Lacking, text: text.into(), advice: Some(advice.into()) }
    }

    fn fatal(what: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what, verdict: Verdict::Fatal, text: text.into(), advice: Some(advice.into()) }
    }
}

/// Everything that was found.
#[derive(Debug, Clone)]
pub struct Report(Vec<Finding>);

impl Report {
    /// Whether Simfra can serve.
    pub fn can_serve(&self) -> bool {
        self.0.iter().all(|finding| finding.verdict != Verdict::Fatal)
    }
}

/// Looks at everything that a Simfra of this configuration needs.
pub async fn examine(config: &Config) -> Report {
    Report(look::everything(config).await)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|finding| finding.what.len()).max().unwrap_or_default();
        for finding in &self.0 {
            let verdict = match finding.verdict {
                Verdict::Ok => "ok",
                Verdict::Lacking => "no",
                Verdict::Fatal => "NO",
            };
            writeln!(f, "{:<width$}  {verdict}  {}", finding.what, finding.text)?;
            if let Some(advice) = &finding.advice {
                writeln!(f, "{:<width$}      -> {advice}", "")?;
            }
        }
        let end = if self.can_serve() { "Simfra can serve." } else { "Simfra cannot serve: see NO above." };
        writeln!(f, "\n{end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_aligned_and_says_what_to_do() {
        let mut report = Report(vec![
            Finding::ok("Docker", "28.0"),
            Finding::lacking("DNS ports", "all of 10000-10099 are taken", "set SIMFRA_DNS_PORT_RANGE"),
        ]);
        let text = "\
Docker     ok  28.0
DNS ports  no  all of 10000-10099 are taken
               -> set SIMFRA_DNS_PORT_RANGE

Simfra can serve.
";
        assert_eq!(report.to_string(), text);
        report.0.push(Finding::fatal("runtime", "none", "install Docker"));
        assert!(!report.can_serve());
        assert!(report.to_string().ends_with("Simfra cannot serve: see NO above.\n"));
    }
}
