//! Telephone numbers: which are the same one, and whom each belongs to, however it is written.

use domain::ContactId;
use std::collections::BTreeMap;

/// Shorter numbers are the same only if every digit is.
const NATIONAL_MIN: usize = 7;

/// A number without what may be written in front of it.
pub(crate) fn digits(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("00") {
        Some(international) if !number.starts_with('+') => international.to_owned(),
        _ => digits,
    }
}

/// Whether these digits are those of the same telephone. A national number (`030 1234567`) is the same as the
/// international one that ends like it.
fn same_digits(one: &str, other: &str) -> bool {
    let ends = |long: &str, short: &str| {
        short.strip_prefix('0').is_some_and(|rest| rest.len() >= NATIONAL_MIN && long.ends_with(rest))
    };
    !one.is_empty() && (one == other || ends(one, other) || ends(other, one))
}

/// What digits of the same telephone have in common: the last of them.
fn ending(digits: &str) -> &str {
    &digits[digits.len().saturating_sub(NATIONAL_MIN)..]
}

/// Contacts by the number of each, so that finding one does not look at all of them.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// By ending, and then with all digits.
    by_ending: BTreeMap<String, BTreeMap<ContactId, String>>,
}

impl Numbers {
    /// The contact has this number. One of the same id must have been removed before.
    pub(crate) fn insert(&mut self, contact: ContactId, number: &str) {
        let digits = digits(number);
        self.by_ending.entry(ending(&digits).to_owned()).or_default().insert(contact, digits);
    }

    pub(crate) fn remove(&mut self, contact: ContactId, number: &str) {
        let digits = digits(number);
        if let Some(same_end) = self.by_ending.get_mut(ending(&digits)) {
            same_end.remove(&contact);
            if same_end.is_empty() {
                self.by_ending.remove(ending(&digits));
            }
        }
    }

    /// The contact with the lowest id that has this number.
    pub(crate) fn contact(&self, number: &str) -> Option<ContactId> {
        let digits = digits(number);
        let same_end = self.by_ending.get(ending(&digits))?;
        same_end.iter().find(|(_, known)| same_digits(known, &digits)).map(|(contact, _)| *contact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same_number(one: &str, other: &str) -> bool {
        same_digits(&digits(one), &digits(other))
    }

    #[test]
    fn a_national_number_is_the_international_one_that_ends_like_it() {
        assert!(same_number("+49 30 1234567", "030 1234567"));
        assert!(same_number("0049301234567", "+49301234567"));
        assert!(same_number("1001", "1001"));
        assert!(!same_number("1001", "2001001"));
        assert!(!same_number("0301234567", "0401234567"));
        assert!(!same_number("012345", "9912345"));
        assert!(!same_number("", ""));
        assert!(!same_number("web-a", "web-b"));
    }

    /// Few numbers, written in many ways, so that the same one comes again and almost the same one too.
    fn number() -> impl Strategy<Value = String> {
        let before = prop::sample::select(vec!["", "0", "00", "+", "+49", "049", "0049", "+49 ", "0 (49) ", "00-"]);
        let area = prop::sample::select(vec!["", "3", "30", "030", "89"]);
        let rest = prop::sample::select(vec!["", "1", "234567", "1234567", "0234567", "123 45-67", "01234567", "web"]);
        (before, area, rest).prop_map(|(before, area, rest)| format!("{before}{area}{rest}"))
    }

    #[derive(Clone, Debug)]
    enum Act {
        Comes(u128, String),
        Goes(u128),
        Asked(String),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            3 => (0_u128..12, number()).prop_map(|(contact, number)| Act::Comes(contact, number)),
            1 => (0_u128..12).prop_map(Act::Goes),
            4 => number().prop_map(Act::Asked),
        ]
    }

    proptest! {
        #[test]
        fn whoever_is_found_by_the_ending_is_found_by_looking_at_all(acts in prop::collection::vec(act(), 1..80)) {
            let (mut index, mut all) = (Numbers::default(), BTreeMap::<ContactId, String>::new());
            for act in acts {
                match act {
                    Act::Comes(contact, number) => {
                        let contact = ContactId::new(contact);
                        if let Some(before) = all.insert(contact, number.clone()) {
                            index.remove(contact, &before);
                        }
                        index.insert(contact, &number);
                    }
                    Act::Goes(contact) => {
                        let contact = ContactId::new(contact);
                        if let Some(before) = all.remove(&contact) {
                            index.remove(contact, &before);
                        }
                    }
                    Act::Asked(number) => {
                        let found = all.iter().find(|(_, known)| same_number(known, &number));
                        prop_assert_eq!(index.contact(&number), found.map(|(contact, _)| *contact));
                    }
                }
            }
            for (contact, number) in all {
                index.remove(contact, &number);
            }
            prop_assert!(index.by_ending.is_empty());
        }
    }
}
