//! Which form a number takes: the rules of Unicode's CLDR for whole numbers, in the languages that there are.

/// The rule of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plural {
    /// One, and all others: German and Spanish, as English.
    #[default]
    One,
    /// Nothing and one, and all others: Portuguese.
    NoneOrOne,
    /// None, one, two, a few, many, and all others: Arabic.
    Six,
}

impl Plural {
    /// The form's name, as a text's `{0, plural, …}` has it.
    #[must_use]
    pub fn form(self, number: i64) -> &'static str {
        match (self, number, number.rem_euclid(100)) {
            (Self::Six, 0, _) => "zero",
            (Self::Six | Self::NoneOrOne | Self::One, 1, _) | (Self::NoneOrOne, 0, _) => "one",
            (Self::Six, 2, _) => "two",
            (Self::Six, _, 3..=10) => "few",
            (Self::Six, _, 11..=99) => "many",
            _ => "other",
        }
    }

    /// Every form that there is.
    #[must_use]
    pub fn forms(self) -> &'static [&'static str] {
        match self {
            Self::One | Self::NoneOrOne => &["one", "other"],
            Self::Six => &["zero", "one", "two", "few", "many", "other"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Plural;

    #[test]
    fn forms_are_those_of_the_language() {
        let of = |rule: Plural, numbers: [i64; 5]| numbers.map(|number| rule.form(number));
        assert_eq!(of(Plural::One, [0, 1, 2, 11, 101]), ["other", "one", "other", "other", "other"]);
        assert_eq!(of(Plural::NoneOrOne, [0, 1, 2, 11, 101]), ["one", "one", "other", "other", "other"]);
        assert_eq!(of(Plural::Six, [0, 1, 2, 3, 10]), ["zero", "one", "two", "few", "few"]);
        assert_eq!(of(Plural::Six, [11, 99, 100, 102, 103]), ["many", "many", "other", "other", "few"]);
    }
}
