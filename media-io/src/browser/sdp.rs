//! All rewriting of browsers' session descriptions, and nothing else.
//!
//! `rtc` is always shown `sendrecv` and never an event codec at 48 kHz; the directions that were really agreed are kept
//! here and put into what we send (see `docs/adr/0003-browser-legs-on-the-media-workers.md`).

use media::api::Direction;

/// The lines of a description, whatever their ends.
fn lines(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty())
}

fn direction_of(line: &str) -> Option<Direction> {
    match line {
        "a=sendrecv" => Some(Direction::SendRecv),
        "a=sendonly" => Some(Direction::SendOnly),
        "a=recvonly" => Some(Direction::RecvOnly),
        "a=inactive" => Some(Direction::Inactive),
        _ => None,
    }
}

fn direction_line(direction: Direction) -> &'static str {
    match direction {
        Direction::SendRecv => "a=sendrecv",
        Direction::SendOnly => "a=sendonly",
        Direction::RecvOnly => "a=recvonly",
        Direction::Inactive => "a=inactive",
    }
}

/// The same direction seen from the other side.
pub(super) fn mirrored(direction: Direction) -> Direction {
    match direction {
        Direction::SendOnly => Direction::RecvOnly,
        Direction::RecvOnly => Direction::SendOnly,
        same => same,
    }
}

/// What the peer says that it does.
pub(super) fn direction(sdp: &str) -> Direction {
    lines(sdp).filter_map(direction_of).last().unwrap_or(Direction::SendRecv)
}

/// Our description with this direction in place of the one that `rtc` wrote.
pub(super) fn with_direction(sdp: &str, direction: Direction) -> String {
    rewrite(sdp, |line| Some(if direction_of(line).is_some() { direction_line(direction).to_owned() } else { line.to_owned() }))
}

/// The peer's description as `rtc` is shown it.
///
/// The codec search of `rtc` 0.21 compares no clock rates, so that `telephone-event/48000` would be answered as if it
/// were the one at 8 kHz: it is taken out.
pub(super) fn shown_to_rtc(sdp: &str) -> String {
    let wide: Vec<&str> = lines(sdp)
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '))
        .filter(|(_, codec)| codec.to_ascii_lowercase().starts_with("telephone-event/") && !codec.ends_with("/8000"))
        .map(|(number, _)| number)
        .collect();
    rewrite(sdp, |line| {
        if direction_of(line).is_some() {
            return Some("a=sendrecv".to_owned());
        }
        let of_wide = |prefix: &str| {
            line.strip_prefix(prefix).and_then(|rest| rest.split(' ').next()).is_some_and(|number| wide.contains(&number))
        };
        if of_wide("a=rtpmap:") || of_wide("a=fmtp:") || of_wide("a=rtcp-fb:") {
            return None;
        }
        if line.starts_with("m=audio ") {
            let kept: Vec<&str> =
                line.split(' ').enumerate().filter(|(i, word)| *i < 3 || !wide.contains(word)).map(|(_, w)| w).collect();
            return Some(kept.join(" "));
        }
        Some(line.to_owned())
    })
}

fn rewrite(sdp: &str, change: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(sdp.len());
    for line in lines(sdp).filter_map(change) {
        text.push_str(&line);
        text.push_str("\r\n");
    }
    text
}

/// The ICE user fragment of a description.
pub(super) fn ufrag(sdp: &str) -> Option<&str> {
    lines(sdp).find_map(|line| line.strip_prefix("a=ice-ufrag:"))
}

/// The payload types agreed on: the audio codec (0 or 8) and telephone events at 8 kHz.
pub(super) fn payload_types(sdp: &str) -> Option<(u8, Option<u8>)> {
    let audio = lines(sdp).find(|line| line.starts_with("m=audio "))?;
    let offered: Vec<u8> = audio.split(' ').skip(3).filter_map(|number| number.parse().ok()).collect();
    let codec = offered.iter().copied().find(|number| matches!(number, 0 | 8))?;
    let events = lines(sdp)
        .filter_map(|line| line.strip_prefix("a=rtpmap:")?.split_once(' '))
        .find(|(_, codec)| codec.eq_ignore_ascii_case("telephone-event/8000"))
        .and_then(|(number, _)| number.parse().ok());
    Some((codec, events))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 110 126\r\na=rtpmap:110 telephone-event/48000\r\n\
                         a=fmtp:110 0-15\r\na=rtpmap:126 telephone-event/8000\r\na=sendonly\r\na=ice-ufrag:abcd\r\n";

    #[test]
    fn events_at_48_khz_are_taken_out_and_the_rest_stays() {
        let shown = shown_to_rtc(OFFER);
        assert!(shown.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126\r\n"), "{shown}");
        assert!(!shown.contains("110"), "{shown}");
        assert!(shown.contains("a=sendrecv\r\n") && !shown.contains("sendonly"), "{shown}");
    }

    #[test]
    fn direction_ufrag_and_payload_types_are_read() {
        assert_eq!(direction(OFFER), Direction::SendOnly);
        assert_eq!(ufrag(OFFER), Some("abcd"));
        assert_eq!(payload_types(OFFER), Some((0, Some(126))));
        assert_eq!(direction(&with_direction(OFFER, mirrored(direction(OFFER)))), Direction::RecvOnly);
    }
}
