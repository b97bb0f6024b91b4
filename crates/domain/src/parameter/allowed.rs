//! Which values a parameter takes: its type, and the words, numbers and ranges of its `AllowedValues`.

/// `DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// `0` or `1`.
    Boolean,
    /// A number.
    Float,
}

impl DataType {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Float => "float",
        }
    }

    pub(super) fn read(word: &str) -> Self {
        [Self::String, Self::Integer, Self::Boolean, Self::Float]
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .unwrap_or_else(|| panic!("'{word}' is no type of a parameter"))
    }
}

/// Whether `value` is one that a parameter of type `kind` takes. `allowed` is a list of words, numbers and ranges as AWS
/// prints it: `yes,no`, `0,20-`, `1-65000`, `-` for any number; none or empty: any value of the type.
pub(super) fn allows(kind: DataType, allowed: Option<&str>, value: &str) -> bool {
    let number = match kind {
        DataType::String => None,
        DataType::Integer | DataType::Boolean => match value.parse::<i64>() {
            // As the engine would read it: no sign, no leading zeros.
            Ok(number) if number.to_string() == value => Some(number as f64),
            _ => return false,
        },
        DataType::Float => match value.parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number),
            _ => return false,
        },
    };
    let Some(allowed) = allowed.filter(|list| !list.is_empty()) else { return true };
    allowed.split(',').any(|term| match number {
        Some(number) => covers(term, number),
        None => term == value,
    })
}

/// Whether a term, a number or a range with or without ends, covers the number.
fn covers(term: &str, number: f64) -> bool {
    let limit = |text: &str| text.parse::<f64>().ok();
    if limit(term) == Some(number) {
        return true;
    }
    // A minus in front belongs to the first number: `-1-5`.
    let Some(dash) = term.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| at) else {
        return term == "-";
    };
    let (from, to) = (&term[..dash], &term[dash + 1..]);
    let above = limit(from).is_some_and(|from| number >= from);
    above && (to.is_empty() || limit(to).is_some_and(|to| number <= to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words_numbers_and_ranges() {
        use DataType as T;
        for (kind, allowed, value, ok) in [
            (T::String, "yes,no", "yes", true),
            (T::String, "yes,no", "YES", false),
            (T::String, "", "KEA", true),
            (T::Integer, "0,20-", "0", true),
            (T::Integer, "0,20-", "19", false),
            (T::Integer, "0,20-", "20", true),
            (T::Integer, "1-75", "76", false),
            (T::Integer, "1-75", "-1", false),
            (T::Integer, "1-75", "1.5", false),
            (T::Integer, "1-75", "+5", false),
            (T::Integer, "1-75", "05", false),
            (T::Integer, "1-75", "", false),
            (T::Integer, "-", "-1", true),
            (T::Integer, "-5,-4,-3,-2,-1,1-", "-5", true),
            (T::Integer, "-5,-4,-3,-2,-1,1-", "0", false),
            (T::Integer, "-5,-4,-3,-2,-1,1-", "7", true),
            (T::Integer, "5000", "5000", true),
            (T::Integer, "5000", "5001", false),
            (T::Boolean, "0,1", "2", false),
            (T::Float, "1-1024", "1.25", true),
            (T::Float, "1-1024", "NaN", false),
        ] {
            assert_eq!(allows(kind, Some(allowed), value), ok, "{kind:?} {allowed} {value}");
        }
        assert!(allows(T::Integer, None, "7"));
    }
}
