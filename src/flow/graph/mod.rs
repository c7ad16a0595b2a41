//! A flow as a picture.

mod layout;
mod svg;

use super::texts::Texts;
use domain::{Language, NodeId};
use ivr::api::{LookupKey, TransferTo};
use ivr::{Flow, Node, Say, SetValue};

/// Characters in a line of a node; a Chinese one counts twice.
const LINE: usize = 34;
/// Lines of what a node says.
const SAID_LINES: usize = 3;

/// A node as it is drawn.
struct Card {
    kind: &'static str,
    name: String,
    /// What it does, line by line.
    does: Vec<String>,
    /// What it says.
    says: Vec<String>,
}

/// An edge as it is drawn.
struct Arrow {
    from: usize,
    to: usize,
    label: String,
}

/// The picture of a flow, its texts in a language.
pub(crate) fn draw(flow: &Flow, texts: &Texts, language: Language) -> String {
    let mut ids: Vec<NodeId> = flow.nodes().map(|(id, _)| id).collect();
    // The start first, so that it is drawn on top.
    ids.sort_by_key(|id| *id != flow.start());
    let cards: Vec<Card> = ids.iter().filter_map(|id| Some(card(*id, flow.node(*id)?, texts, language))).collect();
    let mut arrows: Vec<Arrow> = Vec::new();
    for (from, id) in ids.iter().enumerate() {
        for edge in flow.node(*id).map(|node| node.shape().edges).unwrap_or_default() {
            let Some(to) = ids.iter().position(|other| *other == edge.to) else { continue };
            let label = label(&edge.field);
            match arrows.iter_mut().find(|arrow| arrow.from == from && arrow.to == to) {
                Some(arrow) => arrow.label = format!("{}, {label}", arrow.label),
                None => arrows.push(Arrow { from, to, label }),
            }
        }
    }
    svg::picture(flow.id().as_str(), &cards, &arrows)
}

/// An edge's name without what the kind of its node says already.
fn label(field: &str) -> String {
    let short = field.strip_prefix("digits.").or_else(|| field.strip_suffix(".next")).unwrap_or(field);
    let short = short.replace("cases[", "case ").replace(']', "");
    if short == "next" { String::new() } else { short }
}

fn card(id: NodeId, node: &Node, texts: &Texts, language: Language) -> Card {
    let (says, does) = contents(node);
    let mut says = svg::wrapped(&texts.planned(says, language), LINE);
    if says.len() > SAID_LINES {
        says.truncate(SAID_LINES);
        let last = says.pop().map(|last| format!("{last} …"));
        says.extend(last);
    }
    let does = does.iter().flat_map(|line| svg::wrapped(line, LINE)).collect();
    Card { kind: node.kind(), name: id.to_string(), does, says }
}

/// What a node says and does.
fn contents(node: &Node) -> (&[Say], Vec<String>) {
    match node {
        Node::Play(play) => (&play.say, Vec::new()),
        Node::Menu(menu) => (&menu.say, vec![format!("{} attempts", menu.retry.attempts)]),
        Node::Collect(collect) => (&collect.say, vec![taken(collect)]),
        Node::Lookup(lookup) => {
            let key = match lookup.by {
                LookupKey::Ani => "calling number",
                LookupKey::Account => "account",
                LookupKey::Number => "number",
            };
            (&[], vec![format!("by {key}")])
        }
        Node::Http(http) => (&http.say, vec![format!("{} {}", http.method.as_str(), http.origin.url())]),
        Node::Branch(branch) => {
            let case = |(n, (when, _)): (usize, &(ivr::Expression, NodeId))| format!("{n}: {}", when.text());
            (&[], branch.cases.iter().enumerate().map(case).collect())
        }
        Node::Voicemail(voicemail) => (&voicemail.say, vec![format!("for queue {}", voicemail.queue)]),
        Node::Record(record) => {
            let into = record.variable.iter().map(|variable| format!("into {variable}"));
            (&record.say, into.collect())
        }
        Node::Survey(survey) => {
            let (least, most) = survey.digits;
            (&survey.say, vec![format!("{}, {least} to {most}", survey.question)])
        }
        Node::Callback(callback) => (&[], vec![format!("from queue {}", callback.queue)]),
        Node::Set(set) => {
            let value = |(name, value): &(String, SetValue)| match value {
                SetValue::Text(text) => format!("{name} = '{text}'"),
                SetValue::Expression(expression) => format!("{name} = {}", expression.text()),
            };
            let language = set.language.iter().map(|language| format!("language {language}"));
            (&[], language.chain(set.values.iter().map(value)).collect())
        }
        Node::Enqueue(enqueue) => {
            let mut does = vec![format!("queue {}", enqueue.queue)];
            if enqueue.priority.0 != 0 {
                does.push(format!("priority {:+}", enqueue.priority.0));
            }
            (&enqueue.announce, does)
        }
        Node::Transfer(transfer) => {
            let to = match &transfer.to {
                TransferTo::Number(number) => number.as_str().to_owned(),
                TransferTo::Uri(uri) => uri.clone(),
            };
            (&transfer.say, vec![format!("to {to}")])
        }
        Node::QueueInfo(info) => {
            let figures = info.take.iter().map(|(name, figure)| format!("{name} = {}", figure.word()));
            (&[], [format!("queue {}", info.queue)].into_iter().chain(figures).collect())
        }
        Node::Hours(hours) => (&[], vec![format!("schedule {}", hours.schedule)]),
        Node::Resume => (&[], vec!["back to the place in line".to_owned()]),
        Node::HangUp(hangup) => (&hangup.say, Vec::new()),
        Node::Call(call) => (&[], vec![format!("flow {}", call.flow.id())]),
        Node::Return => (&[], Vec::new()),
    }
}

/// What a node takes.
fn taken(collect: &ivr::Collect) -> String {
    let digits = if collect.min == collect.max {
        format!("{} digits", collect.max)
    } else {
        format!("{} to {} digits", collect.min, collect.max)
    };
    let masked = if collect.masked { ", masked" } else { "" };
    format!("{digits} into {}{masked}", collect.variable)
}
