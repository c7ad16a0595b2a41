//! Numbers in their normal form: E.164 where it is a telephone number, lower case where it is not.

use crate::StoreError;
use phonenumber::country;

/// Longest number that is looked at; no telephone number or extension is longer.
const NUMBER_MAX: usize = 64;
/// Fewest digits of a number with its country code but without `+`.
const BARE_E164_MIN: usize = 10;

/// How national numbers are read.
#[derive(Clone, Copy, Debug)]
pub struct Numbering {
    region: country::Id,
}

impl Default for Numbering {
    /// National numbers are German.
    fn default() -> Self {
        Self { region: country::Id::DE }
    }
}

impl Numbering {
    /// National numbers belong to this region: two capital letters (ISO 3166) such as `DE` or `CN`.
    ///
    /// # Errors
    /// The region is unknown.
    pub fn new(region: &str) -> Result<Self, StoreError> {
        let region = region.parse().map_err(|_| StoreError::UnknownRegion(region.to_owned()))?;
        Ok(Self { region })
    }

    /// The number in E.164, if it is a valid telephone number.
    #[must_use]
    pub fn e164(&self, text: &str) -> Option<String> {
        let number = bare(text);
        if number.len() > NUMBER_MAX {
            return None;
        }
        let digits = number.chars().filter(char::is_ascii_digit).count();
        // Trunks often signal the country code without `+`.
        let national = self.valid(number);
        national.or_else(|| if digits >= BARE_E164_MIN { self.valid(&format!("+{number}")) } else { None })
    }

    /// The normal form: E.164, or the trimmed lower-case text of an extension such as `6001` or `sipp`.
    /// Empty when the number is withheld.
    #[must_use]
    pub fn normal(&self, text: &str) -> String {
        self.e164(text).unwrap_or_else(|| match bare(text).to_lowercase() {
            name if name == "anonymous" => String::new(),
            name => name,
        })
    }

    fn valid(&self, number: &str) -> Option<String> {
        let number = phonenumber::parse(Some(self.region), number).ok()?;
        if !number.is_valid() {
            return None;
        }
        Some(format!("+{}{}", number.code().value(), number.national()))
    }
}

/// The user part: without scheme, host, parameters and outer white space.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = ["sip:", "sips:", "tel:"].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    text.split(['@', ';']).next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_normal_form_however_it_is_written() {
        let numbering = Numbering::default();
        for text in [
            "+49 30 23125 042",
            "030 23125042",
            "0049 30 23125-042",
            "(030) 23125 042",
            "493023125042",
            "sip:+493023125042@trunk.example;user=phone",
            "tel:+49-30-23125-042",
        ] {
            assert_eq!(numbering.normal(text), "+493023125042", "{text}");
        }
        assert_eq!(Numbering::new("CN").unwrap().normal("139 1234 5678"), "+8613912345678");
    }

    #[test]
    fn an_extension_stays_as_it_is_and_a_withheld_number_is_empty() {
        let numbering = Numbering::default();
        for (text, normal) in [("6001", "6001"), ("SIPp", "sipp"), (" 6001 ", "6001"), ("Anonymous", ""), ("", "")] {
            assert_eq!(numbering.normal(text), normal);
        }
        assert_eq!(numbering.e164("6001"), None);
        assert_eq!(numbering.e164(&"9".repeat(10_000)), None);
    }

    #[test]
    fn an_unknown_region_is_refused() {
        assert!(Numbering::new("Germany").is_err());
    }
}
