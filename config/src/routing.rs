//! `[routing]`: what holds over all queues.

use crate::model::{Routing, STICKY_S};
use crate::reader::Table;
use acd::api::{ContactRule, Interrupt};
use domain::Channel;

const CONTACT_RULES: &[(&str, ContactRule)] = &[
    ("score", ContactRule::Score),
    ("longest_queue_first", ContactRule::LongestQueueFirst),
    ("agent_level_first", ContactRule::AgentLevelFirst),
];

pub(crate) fn routing(root: &Table<'_>) -> Routing {
    let Some(table) = root.table("routing") else { return Routing::default() };
    let routing = Routing {
        sticky: table.seconds("sticky_s", STICKY_S, 0..=3_600),
        contact_rule: table.choice("contact_rule", CONTACT_RULES).unwrap_or_default(),
        interrupts: table.tables("interrupts").iter().filter_map(interrupt).collect(),
    };
    table.done();
    routing
}

/// `{ by = "voice", over = "email" }`.
fn interrupt(table: &Table<'_>) -> Option<Interrupt> {
    let (by, over) = (channel(table, "by"), channel(table, "over"));
    table.done();
    let (by, over) = (by?, over?);
    if is_call(by) && is_call(over) {
        let why = "a call is never offered beside a call".to_owned();
        let mend = Some("`over` may be voicemail, chat, email, sms or task".to_owned());
        table.report.error("bad_choice", table.place_of("over"), &table.path("over"), why, mend);
        return None;
    }
    Some(Interrupt { by, over })
}

fn is_call(channel: Channel) -> bool {
    matches!(channel, Channel::Voice | Channel::Callback)
}

fn channel(table: &Table<'_>, key: &'static str) -> Option<Channel> {
    if !table.has(key) {
        table.miss(key);
    }
    let words = Channel::ALL.map(|channel| (channel.as_str(), channel));
    table.choice(key, &words)
}
