//! All rewriting of browsers' session descriptions, and nothing else.
//!
//! `rtc` is always shown `sendrecv`, never an event codec at 48 kHz and no candidates; the directions that were really
//! agreed are kept by the peer and put into what we send (see `docs/adr/0003-browser-legs-on-the-media-workers.md`).

use media::api::Direction;

/// The lines of a description, whatever their ends.
fn lines(sdp: &str) -> impl Iterator<Item = &str> {
    sdp.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty())
}

fn is_direction(line: &str) -> bool {
    matches!(line, "a=sendrecv" | "a=sendonly" | "a=recvonly" | "a=inactive")
}

/// The number and the codec of a line such as `a=rtpmap:126 telephone-event/8000`.
fn rtpmap(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("a=rtpmap:")?.split_once(' ')
}

fn is_event(codec: &str) -> bool {
    codec.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case("telephone-event"))
}

fn is_at_8_khz(codec: &str) -> bool {
    codec.split('/').nth(1) == Some("8000")
}

/// Our description with this direction in place of the one that `rtc` wrote.
pub(super) fn with_direction(sdp: &str, direction: Direction) -> String {
    let mut text = String::with_capacity(sdp.len());
    for line in lines(sdp) {
        if is_direction(line) {
            push(&mut text, &format!("a={}", direction.attribute()));
        } else {
            push(&mut text, line);
        }
    }
    text
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push_str("\r\n");
}

/// The peer's description as `rtc` is shown it.
///
/// The codec search of `rtc` 0.21 compares no clock rates, so that `telephone-event/48000` would be answered as if it
/// were the one at 8 kHz: it is taken out. A lite agent never sends to candidates (RFC 8445 §2.5), so a browser's
/// candidates, which may be many or names in `.local`, are left out too.
pub(super) fn shown_to_rtc(sdp: &str) -> String {
    let wide: Vec<&str> = lines(sdp)
        .filter_map(rtpmap)
        .filter(|(_, codec)| is_event(codec) && !is_at_8_khz(codec))
        .map(|(number, _)| number)
        .collect();
    let mut text = String::with_capacity(sdp.len());
    let mut in_media = false;
    for line in lines(sdp).filter(|line| !is_direction(line) && !is_candidate(line) && !is_about(line, &wide)) {
        if line.starts_with("m=") {
            end_section(&mut text, in_media);
            in_media = true;
        }
        if line.starts_with("m=audio ") {
            push(&mut text, &without(line, &wide));
        } else {
            push(&mut text, line);
        }
    }
    end_section(&mut text, in_media);
    text
}

fn end_section(text: &mut String, in_media: bool) {
    if in_media {
        push(text, "a=sendrecv");
    }
}

fn is_candidate(line: &str) -> bool {
    line.starts_with("a=candidate:") || line == "a=end-of-candidates" || line.starts_with("a=remote-candidates:")
}

/// Whether an attribute describes one of these payload types.
fn is_about(line: &str, numbers: &[&str]) -> bool {
    ["a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"]
        .iter()
        .filter_map(|prefix| line.strip_prefix(prefix)?.split(' ').next())
        .any(|number| numbers.contains(&number))
}

/// A media line without these payload types.
fn without(line: &str, numbers: &[&str]) -> String {
    let kept = line.split(' ').enumerate().filter(|(i, word)| *i < 3 || !numbers.contains(word));
    kept.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

/// The ICE user fragment of a description.
pub(super) fn ufrag(sdp: &str) -> Option<&str> {
    lines(sdp).find_map(|line| line.strip_prefix("a=ice-ufrag:"))
}

/// The payload types of the first audio that is not refused: its first codec of ours (0 or 8), and telephone events at
/// 8 kHz.
pub(super) fn payload_types(sdp: &str) -> Option<(u8, Option<u8>)> {
    let mut rest = lines(sdp).skip_while(|line| !is_open_audio(line));
    let offered: Vec<u8> = rest.next()?.split(' ').skip(3).filter_map(|number| number.parse().ok()).collect();
    let codec = offered.iter().copied().find(|number| matches!(number, 0 | 8))?;
    let events = rest
        .take_while(|line| !line.starts_with("m="))
        .filter_map(rtpmap)
        .filter(|(_, codec)| is_event(codec) && is_at_8_khz(codec))
        .find_map(|(number, _)| number.parse().ok().filter(|number| offered.contains(number)));
    Some((codec, events))
}

fn is_open_audio(line: &str) -> bool {
    line.strip_prefix("m=audio ").is_some_and(|rest| rest.split([' ', '/']).next() != Some("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 110 126\r\na=rtpmap:110 telephone-event/48000\r\n\
                         a=fmtp:110 0-15\r\na=rtpmap:126 telephone-event/8000\r\na=sendonly\r\na=ice-ufrag:abcd\r\n\
                         a=candidate:1 1 udp 1 a.local 9 typ host\r\n";

    #[test]
    fn events_at_48_khz_and_candidates_are_taken_out_and_the_rest_stays() {
        let shown = shown_to_rtc(OFFER);
        assert!(shown.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126\r\n"), "{shown}");
        assert!(!shown.contains("110") && !shown.contains("candidate"), "{shown}");
        assert!(shown.ends_with("a=ice-ufrag:abcd\r\na=sendrecv\r\n") && !shown.contains("sendonly"), "{shown}");
    }

    #[test]
    fn a_section_without_a_direction_gets_one() {
        let shown = shown_to_rtc("v=0\na=inactive\nm=audio 9 X 0\nm=video 9 X 96\n");
        assert_eq!(shown, "v=0\r\nm=audio 9 X 0\r\na=sendrecv\r\nm=video 9 X 96\r\na=sendrecv\r\n");
    }

    #[test]
    fn ufrag_and_payload_types_are_read() {
        assert_eq!(ufrag(OFFER), Some("abcd"));
        assert_eq!(payload_types(OFFER), Some((0, Some(126))));
        assert!(with_direction(OFFER, Direction::RecvOnly).contains("a=recvonly\r\n"));
    }

    #[test]
    fn a_refused_audio_and_events_of_another_section_do_not_count() {
        assert_eq!(payload_types("m=audio 0 X 0\r\n"), None);
        assert_eq!(payload_types("m=audio 9 X 111\r\n"), None);
        let other = "m=audio 9 X 8 0\r\nm=audio 9 X 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
        assert_eq!(payload_types(other), Some((8, None)));
    }
}
