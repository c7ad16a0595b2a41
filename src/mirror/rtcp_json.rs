//! RTCP as the JSON that capture servers take: the first sender or receiver report of a compound packet (RFC 3550 §6.4).

use serde_json::{Value, json};

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn block(bytes: &[u8]) -> Option<Value> {
    let lost = word(bytes, 4)?;
    // 24 bits with a sign: repeated packets can make it negative.
    let packets_lost = ((lost << 8).cast_signed()) >> 8;
    Some(json!({
        "source_ssrc": word(bytes, 0)?,
        "fraction_lost": lost >> 24,
        "packets_lost": packets_lost,
        "highest_seq_no": word(bytes, 8)?,
        "ia_jitter": word(bytes, 12)?,
        "lsr": word(bytes, 16)?,
        "dlsr": word(bytes, 20)?,
    }))
}

/// The report; `None` for what begins with none.
#[must_use]
pub fn json(packet: &[u8]) -> Option<String> {
    let [first, kind, ..] = *packet.first_chunk::<4>()?;
    if first >> 6 != 2 {
        return None;
    }
    let (sender, start) = match kind {
        SENDER_REPORT => {
            let sender = json!({
                "ntp_timestamp_sec": word(packet, 8)?,
                "ntp_timestamp_usec": word(packet, 12)?,
                "rtp_timestamp": word(packet, 16)?,
                "packets": word(packet, 20)?,
                "octets": word(packet, 24)?,
            });
            (Some(sender), 28)
        }
        RECEIVER_REPORT => (None, 8),
        _ => return None,
    };
    let blocks = packet.get(start..)?.chunks_exact(24).take(usize::from(first & 0x1F));
    let blocks: Vec<Value> = blocks.filter_map(block).collect();
    let mut report = json!({
        "ssrc": word(packet, 4)?,
        "type": kind,
        "report_count": blocks.len(),
        "report_blocks": blocks,
    });
    if let Some(sender) = sender {
        report["sender_information"] = sender;
    }
    Some(report.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn a_report_is_told_with_its_blocks() {
        let blocks = [9, 0x40FF_FFFE, 1_234, 33, 5, 6];
        let sender = bytes(&[&[0x81C8_000C, 7, 100, 200, 300, 50, 8_000][..], &blocks].concat());
        let told: Value = serde_json::from_str(&json(&sender).unwrap()).unwrap();
        assert_eq!((&told["ssrc"], &told["type"]), (&json!(7), &json!(200)));
        assert_eq!(told["sender_information"]["packets"], 50);
        let block = &told["report_blocks"][0];
        assert_eq!((&block["fraction_lost"], &block["packets_lost"]), (&json!(64), &json!(-2)));
        assert_eq!((&block["ia_jitter"], &block["dlsr"]), (&json!(33), &json!(6)));
        let receiver = bytes(&[&[0x81C9_0007, 7][..], &blocks].concat());
        let told: Value = serde_json::from_str(&json(&receiver).unwrap()).unwrap();
        assert_eq!((&told["report_count"], told.get("sender_information")), (&json!(1), None));
    }

    #[test]
    fn what_is_no_report_or_broken_off_is_not_told() {
        for length in 0..28 {
            assert_eq!(json(&bytes(&[0x80C8_0006, 7, 100, 200, 300, 50, 8_000])[..length]), None, "{length}");
        }
        assert_eq!(json(&bytes(&[0x80CA_0001, 7])), None, "a description");
        assert_eq!(json(&[0; 32]), None);
    }
}
