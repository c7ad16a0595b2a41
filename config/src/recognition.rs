//! What is done with callers who called before, and with those who may not call.

use crate::model::RecognitionSettings;
use crate::reader::Table;
use core::time::Duration;
use domain::FlowId;

/// `[recognition]`.
pub(crate) fn recognition(root: &Table<'_>, flows: &[&str]) -> RecognitionSettings {
    let mut settings = RecognitionSettings {
        after_cut_off: Duration::from_secs(300),
        last_agent: Duration::ZERO,
        blocked: Vec::new(),
        blocked_flow: None,
    };
    let Some(table) = root.table("recognition") else { return settings };
    settings.after_cut_off = table.seconds("after_cut_off_s", 300, 0..=86_400);
    settings.last_agent = table.seconds("last_agent_s", 0, 0..=604_800);
    for text in table.texts("blocked") {
        let digits = text.value.strip_suffix('*').unwrap_or(&text.value);
        if digits.chars().any(|c| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '+') {
            settings.blocked.push(text.value.clone());
        } else {
            let why = format!("`{}` is no number, or beginning of numbers with a * at its end", text.value);
            table.refuse("bad_number", text.place, "blocked", why);
        }
    }
    let flow = table
        .id::<FlowId>("blocked_flow")
        .filter(|flow| table.known("blocked_flow", "unknown_flow", "flow", (flow.value.as_str(), flow.place), flows));
    settings.blocked_flow = flow.map(|flow| flow.value);
    table.done();
    settings
}
