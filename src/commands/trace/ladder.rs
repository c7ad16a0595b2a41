//! The messages of a contact as a ladder: a lane for each party, an arrow for each message.

use http_api::dto::SipMessage;
use std::collections::HashSet;
use std::fmt::Write as _;

/// Characters from one lane to the next.
const LANE: usize = 30;
/// Characters before the first lane.
const MARGIN: usize = 10;
/// Our own lane: the first party stands left of it, all others right.
const OURS: usize = 1;

/// A party's name: where it is, and how it is reached.
fn party(message: &SipMessage) -> String {
    format!("{} {}", message.remote, message.transport)
}

/// What an arrow says: method or status, whether a session description is in it, whether it was sent before.
fn label(text: &str, again: bool) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let what = match words.next() {
        Some("SIP/2.0") => words.collect::<Vec<_>>().join(" "),
        other => other.unwrap_or_default().to_owned(),
    };
    let sdp = if text.contains("\r\n\r\nv=0") { " +SDP" } else { "" };
    let again = if again { " again" } else { "" };
    // What is left of the arrow must still be seen.
    let room = LANE - 7 - sdp.len() - again.len();
    format!("{}{sdp}{again}", what.chars().take(room).collect::<String>())
}

/// Where a lane stands in a line.
const fn place(lane: usize) -> usize {
    MARGIN + lane * LANE
}

/// A line with every lane and an arrow between two of them.
fn line(lanes: usize, from: usize, to: usize, label: &str) -> String {
    let mut row: Vec<char> = vec![' '; place(lanes - 1) + 1];
    (0..lanes).for_each(|lane| row[place(lane)] = '|');
    let (left, right) = (place(from.min(to)) + 1, place(from.max(to)));
    row[left..right].fill('-');
    if from < to {
        row[right - 1] = '>'
    } else {
        row[left] = '<'
    }
    let text: Vec<char> = format!(" {label} ").chars().collect();
    // Beside our own lane or the first one, however long the arrow is.
    let start = left + (LANE - 1 - text.len()) / 2;
    row[start..start + text.len()].copy_from_slice(&text);
    row.into_iter().collect()
}

/// The ladder. Times are milliseconds since the first message.
#[must_use]
pub fn ladder(messages: &[SipMessage]) -> String {
    let Some(first) = messages.first() else { return String::new() };
    let mut parties: Vec<String> = Vec::new();
    for message in messages {
        let party = party(message);
        if !parties.contains(&party) {
            parties.push(party);
        }
    }
    let lane = |of: &str| match parties.iter().position(|party| party == of) {
        Some(0) | None => 0,
        Some(place) => place + 1,
    };
    let lanes = parties.len() + 1;
    let mut out = format!("{:>1$}", "ms", MARGIN - 2);
    let mut names: Vec<&str> = parties.iter().map(String::as_str).collect();
    names.insert(OURS, "Switchroom");
    for (lane, name) in names.iter().enumerate() {
        let column = out.chars().count();
        let shown: String = name.chars().take(LANE - 2).collect();
        let _ = write!(out, "{}{shown}", " ".repeat(place(lane).saturating_sub(column)));
    }
    out.push('\n');
    let mut seen = HashSet::new();
    for message in messages {
        let again = !seen.insert((message.outgoing, party(message), message.text.as_str()));
        let theirs = lane(&party(message));
        let (from, to) = if message.outgoing { (OURS, theirs) } else { (theirs, OURS) };
        let row = line(lanes, from, to, &label(&message.text, again));
        let ms = message.at - first.at;
        let row: String = row.chars().skip(MARGIN - 2).collect();
        let _ = writeln!(out, "{ms:>0$}{row}", MARGIN - 2);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(at: i64, outgoing: bool, remote: &str, text: &str) -> SipMessage {
        SipMessage {
            at: 1_700_000_000_000 + at,
            outgoing,
            transport: "UDP".to_owned(),
            local: "192.0.2.1:5060".to_owned(),
            remote: remote.to_owned(),
            call_id: "c".to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_call_with_two_parties_is_a_ladder_with_three_lanes() {
        let (caller, phone) = ("192.0.2.7:5060", "192.0.2.8:5062");
        let sdp = "\r\n\r\nv=0\r\n";
        let text = ladder(&[
            message(0, false, caller, &format!("INVITE sip:8000@192.0.2.1 SIP/2.0\r\nVia: a{sdp}")),
            message(1, true, caller, "SIP/2.0 100 Trying\r\n\r\n"),
            message(3, true, caller, &format!("SIP/2.0 200 OK\r\nVia: a{sdp}")),
            message(503, true, caller, &format!("SIP/2.0 200 OK\r\nVia: a{sdp}")),
            message(504, false, caller, "ACK sip:8000@192.0.2.1 SIP/2.0\r\n\r\n"),
            message(605, true, phone, &format!("INVITE sip:anna@192.0.2.8 SIP/2.0\r\nVia: b{sdp}")),
            message(1_200, false, phone, "SIP/2.0 480 Temporarily Unavailable For Everybody\r\n\r\n"),
        ]);
        let expected = "
      ms  192.0.2.7:5060 UDP            Switchroom                    192.0.2.8:5062 UDP
       0  |-------- INVITE +SDP ------->|                             |
       1  |<------- 100 Trying ---------|                             |
       3  |<------- 200 OK +SDP --------|                             |
     503  |<---- 200 OK +SDP again -----|                             |
     504  |------------ ACK ----------->|                             |
     605  |                             |-------- INVITE +SDP ------->|
    1200  |                             |<- 480 Temporarily Unavail --|
";
        assert_eq!(format!("\n{text}"), expected);
    }

    #[test]
    fn a_party_further_away_is_reached_across_the_lanes_between() {
        let text = ladder(&[
            message(0, false, "192.0.2.7:1", "INVITE sip:a SIP/2.0\r\n\r\n"),
            message(1, true, "192.0.2.8:2", "INVITE sip:b SIP/2.0\r\n\r\n"),
            message(2, true, "192.0.2.9:3", "INVITE sip:c SIP/2.0\r\n\r\n"),
        ]);
        let last = text.lines().last().unwrap();
        assert_eq!(last.chars().filter(|c| *c == '|').count(), 3, "{last}");
        assert!(last.ends_with("------------------>|") && last.contains(" INVITE "), "{last}");
    }

    #[test]
    fn nothing_makes_no_ladder() {
        assert_eq!(ladder(&[]), "");
    }
}
