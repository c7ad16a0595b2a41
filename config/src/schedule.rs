//! Opening hours: `[[schedule]]`.

use crate::reader::Table;
use crate::report::{Place, Placed};
use crate::tree::{Item, Value};
use domain::ScheduleId;
use hours::{Holiday, Opening, RuleError, Schedule};
use std::sync::Arc;

/// A schedule, if nothing is wrong with it.
pub(crate) fn schedule(table: &Table<'_>) -> Option<Arc<Schedule>> {
    let id: Option<Placed<ScheduleId>> = table.need_id("id");
    let name = table.need_text_if_any("name");
    let zone = table.need_text("zone");
    if !table.has("open") {
        table.miss("open");
    }
    let open: Vec<Option<Opening>> = items(table, "open").map(|item| opening(table, item)).collect();
    let closed: Vec<Option<Holiday>> = items(table, "closed").map(|item| holiday(table, item)).collect();
    table.done();
    let (id, zone) = (id?.value, zone?);
    let open: Option<Vec<Opening>> = open.into_iter().collect();
    let closed: Option<Vec<Holiday>> = closed.into_iter().collect();
    let name = name.map_or_else(|| id.to_string(), |name| name.value);
    match Schedule::new(id, &name, &zone.value, open?, closed?) {
        Ok(schedule) => Some(Arc::new(schedule)),
        Err(error) => {
            refuse(table, "zone", zone.place, &error);
            None
        }
    }
}

/// The members of a list; one alone counts as a list of one.
fn items<'a>(table: &Table<'a>, key: &'static str) -> impl Iterator<Item = &'a Item> {
    let item = table.item(key);
    let items = match item.map(|item| (item, &item.value)) {
        Some((_, Value::List(items))) => &items[..],
        Some((item, _)) => core::slice::from_ref(item),
        None => &[],
    };
    items.iter()
}

fn refuse(table: &Table<'_>, key: &str, place: Place, error: &RuleError) {
    table.refuse("bad_schedule", place, key, error.to_string());
}

/// `{ days = "mon-fri", from = "09:00", to = "17:30" }`, or iCalendar text.
fn opening(table: &Table<'_>, item: &Item) -> Option<Opening> {
    let place = Place { at: item.at, ..table.place };
    let read = if let Value::Text(text) = &item.value {
        Opening::rule(text)
    } else {
        let window = table.as_table("open", table.path("open"), item)?;
        let (days, from, to) = (window.need_text("days"), window.need_text("from"), window.need_text("to"));
        window.done();
        Opening::weekly(&days?.value, &from?.value, &to?.value)
    };
    read.inspect_err(|error| refuse(table, "open", place, error)).ok()
}

/// A date, one of every year, iCalendar text, or `{ on = one of these, name = "…" }`.
fn holiday(table: &Table<'_>, item: &Item) -> Option<Holiday> {
    let place = Place { at: item.at, ..table.place };
    let read = if let Value::Text(text) = &item.value {
        Holiday::new("", text)
    } else {
        let day = table.as_table("closed", table.path("closed"), item)?;
        let (on, name) = (day.need_text("on"), day.need_text_if_any("name"));
        day.done();
        Holiday::new(&name.map(|name| name.value).unwrap_or_default(), &on?.value)
    };
    read.inspect_err(|error| refuse(table, "closed", place, error)).ok()
}
