//! Variables that a node takes from somewhere.

use super::NodeReader;
use crate::report::{Place, Placed};
use crate::tree::{Item, Value};

impl NodeReader<'_> {
    /// `take = { variable = "word" }`; `None` if it is not there, or wrong, which is told. `read`: what a word stands for, or
    /// why it stands for nothing and what may be written instead.
    pub(super) fn take<T>(
        &self,
        read: impl Fn(&str) -> Result<T, (String, Option<String>)>,
    ) -> Option<Vec<(String, T)>> {
        let take = self.table.table("take")?;
        let one = |(name, item): (Placed<String>, &Item)| {
            let good = self.is_variable("take", &name);
            let place = Place { at: item.at, ..name.place };
            let Value::Text(word) = &item.value else {
                let why = format!("`{}` must be a text, not {}", name.value, item.value.kind());
                take.refuse("wrong_type", place, &name.value, why);
                return None;
            };
            match read(word) {
                Ok(read) => good.then_some((name.value, read)),
                Err((why, mend)) => {
                    take.report.error("bad_choice", place, &take.path(&name.value), why, mend);
                    None
                }
            }
        };
        let taken: Vec<Option<(String, T)>> = take.named().map(one).collect();
        taken.into_iter().collect()
    }
}
