use super::*;
use proptest::prelude::*;

fn local() -> Local {
    Local {
        address: "192.0.2.1:20000".parse().unwrap(),
        session: 42,
        version: 3,
        direction: Direction::SendRecv,
        codecs: vec![Codec::Pcmu, Codec::Pcma],
    }
}

const HEAD: &str = "v=0\r\no=a 1 1 IN IP4 198.51.100.7\r\ns=x\r\n";

fn offer_of(body: &str) -> String {
    format!("{HEAD}c=IN IP4 198.51.100.7\r\nt=0 0\r\n{body}")
}

fn negotiated(offer: &str) -> Result<Negotiated, MediaError> {
    negotiate(offer, &local()).map(|(_, agreed)| agreed)
}

#[test]
fn a_usual_offer_is_answered() {
    let offer = offer_of(
        "m=audio 4000 RTP/AVP 9 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:4005\r\na=ptime:30\r\n",
    );
    let (answer, agreed) = negotiate(&offer, &local()).unwrap();
    assert_eq!(
        agreed,
        Negotiated {
            remote: "198.51.100.7:4000".parse().unwrap(),
            rtcp: "198.51.100.7:4005".parse().unwrap(),
            codec: Codec::Pcma,
            payload_type: 8,
            dtmf_pt: Some(101),
            noise_pt: None,
            direction: Direction::SendRecv,
            rtcp_mux: false,
            ptime: 30,
            keys: None,
        }
    );
    assert_eq!(
        answer,
        "v=0\r\no=- 42 3 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8 101\r\n\
         a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n\
         a=rtcp:20001\r\na=sendrecv\r\n"
    );
}

#[test]
fn codecs_are_offered_in_our_order_and_opus_brings_its_own_events() {
    let wide = Local { codecs: vec![Codec::Opus, Codec::G722, Codec::Pcma], ..local() };
    let ours = offer(&wide);
    for line in [
        "m=audio 20000 RTP/AVP 111 9 8 101 110",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=rtpmap:110 telephone-event/48000",
    ] {
        assert!(ours.lines().any(|l| l == line), "{line}: {ours}");
    }
    let (answer, agreed) = negotiate(&ours, &Local { codecs: Codec::ALL.to_vec(), ..local() }).unwrap();
    assert_eq!((agreed.codec, agreed.payload_type, agreed.dtmf_pt), (Codec::Opus, 111, Some(110)));
    assert!(answer.contains("RTP/AVP 111 110\r\n") && answer.contains("opus/48000/2"), "{answer}");
    assert_eq!(accept_answer(&answer, &wide).unwrap().codec, Codec::Opus);
}

#[test]
fn a_preferred_codec_is_taken_wherever_the_peer_has_it() {
    let all = Local { codecs: Codec::ALL.to_vec(), ..local() };
    let offer = offer_of(
        "m=audio 4000 RTP/AVP 9 8 0 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n",
    );
    let picked = |preferred| {
        let (_, agreed) = negotiate_with(&offer, &all, &Choice { preferred, key: None }).unwrap();
        (agreed.codec, agreed.payload_type, agreed.dtmf_pt)
    };
    assert_eq!(picked(None), (Codec::G722, 9, Some(101)));
    assert_eq!(picked(Some(Codec::Pcmu)), (Codec::Pcmu, 0, Some(101)));
    assert_eq!(picked(Some(Codec::Opus)), (Codec::Opus, 96, None), "its events run by another clock");
    let (_, narrow) = negotiate_with(&offer, &local(), &Choice { preferred: Some(Codec::Opus), key: None }).unwrap();
    assert_eq!(narrow.codec, Codec::Pcma, "not one of ours");
}

#[test]
fn a_secured_offer_is_answered_with_our_key_and_ours_with_the_peers() {
    let (ours, theirs) = (MasterKey::new([1; 30]), MasterKey::new([2; 30]));
    let text = offer_secured(&local(), theirs);
    assert!(text.contains("m=audio 20000 RTP/SAVP 0 8 101\r\n") && text.contains("a=crypto:1 AES_CM_128_"), "{text}");
    assert_eq!(negotiate(&text, &local()).map(|_| ()), Err(MediaError::NoCodec), "without a key of ours");
    let choice = Choice { preferred: None, key: Some(ours) };
    let (answer, agreed) = negotiate_with(&text, &local(), &choice).unwrap();
    assert_eq!(agreed.keys, Some(Keys { ours: Offered { tag: 1, key: ours }, theirs }));
    let accepted = accept_answer_with(&answer, &local(), Some(theirs)).unwrap();
    assert_eq!(accepted.keys, Some(Keys { ours: Offered { tag: 1, key: theirs }, theirs: ours }));
    assert!(accept_answer_with(&answer, &local(), None).is_err(), "we offered none of this");
    let plain = answer.replace("RTP/SAVP", "RTP/AVP");
    assert!(accept_answer_with(&plain, &local(), Some(theirs)).is_err(), "nobody takes the lock off");
    let without_key = text.replace("a=crypto", "a=cryptic");
    assert!(negotiate_with(&without_key, &local(), &choice).is_err());
}

#[test]
fn comfort_noise_is_answered_where_it_is_offered_beside_g711() {
    let offer = offer_of("m=audio 4000 RTP/AVP 0 13 9\r\n");
    let (answer, agreed) = negotiate(&offer, &local()).unwrap();
    assert_eq!(agreed.noise_pt, Some(13));
    assert!(answer.contains("RTP/AVP 0 13\r\n") && answer.contains("a=rtpmap:13 CN/8000\r\n"), "{answer}");
    let wide = Local { codecs: vec![Codec::G722], ..local() };
    assert_eq!(negotiate(&offer, &wide).unwrap().1.noise_pt, None);
}

#[test]
fn hold_is_understood_in_all_its_forms() {
    let direction = |body: &str| negotiated(&offer_of(body)).unwrap().direction;
    assert_eq!(direction("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"), Direction::RecvOnly);
    assert_eq!(direction("m=audio 4000 RTP/AVP 0\r\na=inactive\r\n"), Direction::Inactive);
    assert_eq!(direction("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n"), Direction::RecvOnly);
    assert_eq!(direction("a=recvonly\r\nm=audio 4000 RTP/AVP 0\r\n"), Direction::SendOnly);
    assert_eq!(direction("a=recvonly\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n"), Direction::SendRecv);
    let held = Local { direction: Direction::SendOnly, ..local() };
    let (answer, agreed) = negotiate(&offer_of("m=audio 4000 RTP/AVP 0\r\n"), &held).unwrap();
    assert_eq!(agreed.direction, Direction::SendOnly);
    assert!(answer.contains("a=sendonly\r\n"));
}

#[test]
fn the_stated_direction_is_read_from_any_audio() {
    let browser = offer_of("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=recvonly\r\n");
    assert_eq!(stated_direction(&browser), Ok(Direction::RecvOnly));
    assert_eq!(stated_direction(&offer_of("m=video 9 RTP/AVP 96\r\n")), Err(MediaError::BadSdp));
}

#[test]
fn other_media_is_refused_in_place() {
    let offer = offer_of("m=video 5000 RTP/AVP 96 97\r\nm=audio 4000 RTP/AVPF 0\r\nm=audio 4002 RTP/AVP 8\r\n");
    let (answer, agreed) = negotiate(&offer, &local()).unwrap();
    assert_eq!(agreed.remote.port(), 4_000);
    let lines: Vec<&str> = answer.lines().filter(|l| l.starts_with("m=")).collect();
    assert_eq!(lines, ["m=video 0 RTP/AVP 96 97", "m=audio 20000 RTP/AVPF 0", "m=audio 0 RTP/AVP 8"]);
}

#[test]
fn ipv6_and_the_address_of_the_section_are_taken() {
    let offer = "v=0\no=a 1 1 IN IP6 ::1\ns=x\nt=0 0\nm=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::7\na=rtcp-mux\n";
    let on_v6 = Local { address: "[::1]:20000".parse().unwrap(), ..local() };
    let (answer, agreed) = negotiate(offer, &on_v6).unwrap();
    assert_eq!(agreed.remote, "[2001:db8::7]:4000".parse().unwrap());
    assert_eq!(agreed.rtcp, agreed.remote);
    assert!(answer.contains("c=IN IP6 ::1\r\n") && answer.contains("a=rtcp-mux\r\n") && !answer.contains("a=rtcp:"));
}

#[test]
fn dynamic_maps_win_over_static_assignments() {
    let offer = offer_of(
        "m=audio 4000 RTP/AVP 0 96 97\r\na=rtpmap:0 L16/8000\r\na=rtpmap:96 telephone-event/48000\r\n\
                          a=rtpmap:97 pcma/8000/1\r\n",
    );
    let agreed = negotiated(&offer).unwrap();
    assert_eq!((agreed.codec, agreed.payload_type, agreed.dtmf_pt), (Codec::Pcma, 97, None));
}

#[test]
fn what_cannot_be_used_is_refused() {
    let many = format!("m=audio 4000 RTP/AVP 0\r\n{}", "a=x\r\n".repeat(10_000));
    for body in [
        "",
        "m=audio 0 RTP/AVP 0\r\n",
        "m=audio 65536 RTP/AVP 0\r\n",
        "m=audio 4000 RTP/AVP 4294967296\r\n",
        "m=audio 4000 RTP/AVP 128\r\n",
        "m=audio 4000 RTP/AVP\r\n",
        "m=audio 4000\r\n",
        "m=audio x RTP/AVP 0\r\n",
        "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 host.example\r\n",
        "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127\r\n",
        "m=audio 4000 RTP/AVP 0\r\na=rtpmap:4294967296 PCMU/8000\r\n",
        "m=audio 4000 RTP/AVP 0\r\na=rtcp:65536\r\n",
        "m=audio 4000 RTP/AVP 0\r\na=x\0y\r\n",
        "m=video 4000 RTP/AVP 96\r\n",
        "no line\r\nm=audio 4000 RTP/AVP 0\r\n",
        many.as_str(),
    ] {
        assert_eq!(negotiated(&offer_of(body)), Err(MediaError::BadSdp), "{:.60}", body);
    }
    let without_address = format!("{HEAD}t=0 0\r\nm=audio 4000 RTP/AVP 0\r\n");
    for text in ["", "\0", "m=audio 1 RTP/AVP 0\r\n", "v=1\r\n", without_address.as_str()] {
        assert_eq!(negotiated(text), Err(MediaError::BadSdp), "{text}");
    }
    assert_eq!(negotiated(&offer_of("m=audio 4000 RTP/AVP 9 18\r\n")), Err(MediaError::NoCodec));
    assert_eq!(negotiated(&offer_of("m=audio 4000 RTP/SAVP 0\r\n")), Err(MediaError::NoCodec));
}

#[test]
fn our_offer_is_answered_by_ourselves() {
    let ours = local();
    let peer = Local { address: "198.51.100.7:4000".parse().unwrap(), codecs: vec![Codec::Pcma], ..local() };
    let (answer, theirs) = negotiate(&offer(&ours), &peer).unwrap();
    let agreed = accept_answer(&answer, &ours).unwrap();
    assert_eq!((theirs.remote, agreed.remote), (ours.address, peer.address));
    assert_eq!((agreed.codec, agreed.dtmf_pt, agreed.rtcp_mux), (Codec::Pcma, Some(EVENT_PAYLOAD_TYPE), true));
    assert_eq!(accept_answer(&answer.replace("audio 4000", "audio 0"), &ours), Err(MediaError::NoCodec));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(v=0\r\n)?([a-z=: 0-9/.]{0,20}\r?\n){0,20}") {
        let _ = negotiate(&text, &local());
    }

    #[test]
    fn any_change_to_a_good_offer_is_read_or_refused(at in 0usize..120, with in any::<char>()) {
        let mut offer: Vec<char> = offer_of("m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n").chars().collect();
        let at = at % offer.len();
        offer[at] = with;
        let text: String = offer.into_iter().collect();
        if let Ok((answer, _)) = negotiate(&text, &local()) {
            prop_assert!(accept_answer(&answer, &local()).is_ok() || answer.starts_with("v=0"));
        }
    }
}
