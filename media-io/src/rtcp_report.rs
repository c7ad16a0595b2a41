//! RTCP: reports of ours (RFC 3550 §6.4).

use crate::leg::Leg;
use bytes::Bytes;
use domain::Instant;
use rtcp::packet::Packet;
use rtcp::receiver_report::ReceiverReport;
use rtcp::reception_report::ReceptionReport;
use rtcp::sender_report::SenderReport;
use rtcp::source_description::{SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds from 1900 to 1970.
const NTP_OFFSET: u64 = 2_208_988_800;

/// Wall time as NTP writes it: seconds since 1900 and 2^32 parts of one.
fn ntp_now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let parts = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (since.as_secs().wrapping_add(NTP_OFFSET) << 32) | parts
}

fn reception(leg: &mut Leg, now: Instant, source: (u32, Option<(u32, Instant)>)) -> Option<ReceptionReport> {
    let block = leg.hearing.reception.report()?;
    let delay = |at: Instant| u32::try_from(now.since(at).as_micros() * 65_536 / 1_000_000).unwrap_or(u32::MAX);
    Some(ReceptionReport {
        ssrc: source.0,
        fraction_lost: block.fraction_lost,
        total_lost: block.lost,
        last_sequence_number: block.highest,
        jitter: block.jitter,
        last_sender_report: source.1.map_or(0, |(middle, _)| middle),
        delay: source.1.map_or(0, |(_, at)| delay(at)),
    })
}

fn description(ssrc: u32) -> SourceDescription {
    // A random name, as RFC 7022 recommends: ours is the random source itself.
    let text = Bytes::from(format!("{ssrc:08x}"));
    let items = vec![SourceDescriptionItem { sdes_type: SdesType::SdesCname, text }];
    SourceDescription { chunks: vec![SourceDescriptionChunk { source: ssrc, items }] }
}

/// The compound packet due for a leg: a sender report if we send, else a receiver report, and our name.
pub(crate) fn compound(leg: &mut Leg, now: Instant, source: Option<(u32, Option<(u32, Instant)>)>) -> Option<Bytes> {
    let reports: Vec<ReceptionReport> = source.and_then(|source| reception(leg, now, source)).into_iter().collect();
    let stream = &leg.speaking.stream;
    let report: Box<dyn Packet + Send + Sync> = if stream.packets() > 0 {
        Box::new(SenderReport {
            ssrc: stream.ssrc(),
            ntp_time: ntp_now(),
            rtp_time: stream.timestamp_at(now),
            packet_count: stream.packets() as u32,
            octet_count: stream.octets() as u32,
            reports,
            profile_extensions: Bytes::new(),
        })
    } else {
        Box::new(ReceiverReport { ssrc: stream.ssrc(), reports, profile_extensions: Bytes::new() })
    };
    rtcp::packet::marshal(&[report, Box::new(description(stream.ssrc()))]).ok()
}

/// The middle 32 bits of the NTP time that our reports would carry now.
pub(crate) fn ntp_middle() -> u32 {
    (ntp_now() >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leg::Transport;
    use domain::{ContactId, LegId};
    use media::rtcp::feedback;
    use media::stream::Outgoing;

    #[test]
    fn a_report_is_read_back_by_the_rtcp_crate_and_by_us() {
        let mut leg =
            Leg::new(LegId::new(1), ContactId::new(1), Transport::Browser, Outgoing::new(7, 0, 0), Instant::ZERO);
        let empty = compound(&mut leg, Instant::ZERO, None).unwrap();
        assert_eq!(feedback(&empty, 7).middle, None, "nothing sent: a receiver report");
        leg.speaking.stream.generated(Instant::ZERO, 160, 160);
        leg.hearing.reception.on_packet(Instant::ZERO, 5, 5);
        let now = Instant::from_millis(2_500);
        let mut bytes = compound(&mut leg, now, Some((9, Some((77, Instant::from_millis(500)))))).unwrap();
        let found = feedback(&bytes, 9);
        assert!(found.middle.is_some());
        assert!(
            found.about_us.is_some_and(|about_us| about_us.round_trip_us(77 + 2 * 65_536 + 6_554) == Some(100_006))
        );
        let packets = rtcp::packet::unmarshal(&mut bytes).unwrap();
        let report = packets[0].as_any().downcast_ref::<SenderReport>().unwrap();
        assert_eq!((report.ssrc, report.packet_count, report.octet_count), (7, 1, 160));
        let block = &report.reports[0];
        assert_eq!((block.ssrc, block.last_sequence_number), (9, 5));
        assert_eq!((block.last_sender_report, block.delay), (77, 2 * 65_536));
        assert!(packets[1].as_any().is::<SourceDescription>());
    }
}
