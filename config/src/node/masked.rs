//! Digits that nobody is to see: what a masked `collect` node may be asked, and who may not read it.

use super::NodeReader;
use crate::report::{Place, Placed};
use ivr::Check;

const CHECKS: &[(&str, Check)] = &[("luhn", Check::Luhn)];

/// Words in the name of a variable that takes what should be masked.
const SECRETS: &[&str] = &["card", "cvc", "cvv", "pan", "pin"];

impl NodeReader<'_> {
    /// `masked` and `check` of a node that takes digits into this variable.
    pub(super) fn masking(&self, variable: Option<&Placed<String>>) -> (bool, Option<Check>) {
        let masked = self.table.flag("masked", false);
        let check = self.table.choice("check", CHECKS);
        match variable {
            Some(variable) if masked && self.scope.variables.contains(&variable.value) => {
                let name = &variable.value;
                let why = format!("`{name}` takes masked digits here and something else in another place");
                let mend = Some("give the variable a name of its own".to_owned());
                self.scope.report.error("masked_variable", variable.place, &self.table.path("variable"), why, mend);
            }
            Some(variable) if !masked => self.tell_unmasked(variable, check),
            _ => {}
        }
        (masked, check)
    }

    fn tell_unmasked(&self, variable: &Placed<String>, check: Option<Check>) {
        let path = self.table.path("masked");
        if check == Some(Check::Luhn) {
            let why = "card digits would be recorded, and stand in the history: `masked` is missing".to_owned();
            let place = self.table.place_of("check");
            return self.scope.report.error("unmasked_card", place, &path, why, None);
        }
        if variable.value.split('_').any(|word| SECRETS.contains(&word)) {
            let name = &variable.value;
            let why = format!("what `{name}` takes would be recorded, and stands in the history");
            self.scope.report.warning("unmasked_card", variable.place, &path, why, None);
        }
    }

    /// Whether this name stands for masked digits, which the field may not read: then it is told of.
    pub(crate) fn refuses_masked(&self, name: &str, place: Place, path: &str) -> bool {
        let is_masked = self.scope.masked.contains(name);
        if is_masked {
            let why = format!("`{name}` holds masked digits, which nothing may say or read");
            self.scope.report.error("masked_variable", place, path, why, None);
        }
        is_masked
    }

    /// The `variable` whose digits a node passes on.
    pub(super) fn passed_on(&self) -> Option<String> {
        let variable = self.table.need_text_if_any("variable")?;
        self.refuses_masked(&variable.value, variable.place, &self.table.path("variable"));
        Some(variable.value)
    }
}
