use super::*;
use proptest::prelude::*;

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

fn request(text: &str) -> Request {
    match parse_datagram(text.as_bytes()) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

const INVITE: &str = "INVITE sip:100@pbx SIP/2.0\r\n\
    v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport, SIP/2.0/TCP b.example;branch=z9hG4bKb\r\n\
    f: \"A, B\" <sip:200@pbx>;tag=1\r\nt: <sip:100@pbx>\r\ni: c1\r\nCSeq: 1 INVITE\r\nm: <sip:200@10.0.0.1>\r\n\
    Max-Forwards: 70\r\n";

#[test]
fn compact_names_and_combined_vias_are_understood() {
    let invite = request(&format!("{INVITE}\r\n"));
    let vias = invite.headers.vias().unwrap();
    assert_eq!(vias.iter().map(|via| via.branch().unwrap()).collect::<Vec<_>>(), ["z9hG4bKa", "z9hG4bKb"]);
    assert_eq!(invite.headers.from().unwrap().display, "A, B");
    assert_eq!(validate(&invite), Ok(()));
}

#[test]
fn taking_the_top_via_off_a_combined_line_leaves_the_others() {
    let mut invite = request(&format!("{INVITE}\r\n"));
    let mut top = invite.headers.via_top().unwrap();
    top.set_source("192.0.2.9:1024".parse().unwrap());
    invite.headers.set_via_top(&top);
    let text = top.to_string();
    assert_eq!(text, "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport=1024;received=192.0.2.9");
    assert_eq!(invite.headers.vias().unwrap().len(), 2);
    invite.headers.pop_via();
    assert_eq!(invite.headers.via_top().unwrap().transport, "TCP");
}

#[test]
fn the_body_of_a_datagram_without_length_runs_to_its_end() {
    let invite = request(&format!("{INVITE}Content-Type: application/sdp\r\n\r\nv=0\r\n"));
    assert_eq!(invite.sdp(), Some("v=0\r\n"));
}

#[test]
fn a_length_that_lies_is_refused_and_the_answer_echoes_the_request() {
    for length in ["99", "-1", "9999999999999999999999", "x", "1\r\nContent-Length: 2"] {
        let error = parse_datagram(format!("{INVITE}Content-Length: {length}\r\n\r\n123").as_bytes()).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::ContentLength);
        let answer = error.response("us").unwrap();
        assert_eq!(answer.code, 400);
        assert_eq!(answer.headers.to().unwrap().tag(), Some("us"));
        assert_eq!(answer.headers.vias().unwrap().len(), 2);
    }
}

#[test]
fn a_byte_that_is_no_utf_8_spoils_its_own_field_only() {
    let mut bytes = INVITE.replace("Max", "Subject: X\r\nMax").into_bytes();
    let at = bytes.windows(1).position(|byte| byte == b"X").unwrap();
    bytes[at] = 0xff;
    bytes.extend_from_slice(b"\r\n");
    let Ok(Message::Request(invite)) = parse_datagram(&bytes) else { panic!() };
    assert_eq!(invite.headers.first(&HeaderName::Subject), Some("\u{fffd}"));
    assert_eq!(invite.headers.max_forwards(), Ok(Some(70)));
}

#[test]
fn limits_are_kept() {
    let many = "X: 1\r\n".repeat(HEADERS_MAX);
    let error = parse_datagram(format!("{INVITE}{many}\r\n").as_bytes()).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::HeadersTooLarge);
    let long = format!("{INVITE}X: {}\r\n\r\n", "x".repeat(LINE_BYTES_MAX));
    assert_eq!(parse_datagram(long.as_bytes()).unwrap_err().kind, ParseErrorKind::HeadersTooLarge);
    let folded = format!("{INVITE}X:{}\r\n\r\n", "\r\n x".repeat(LINE_BYTES_MAX));
    assert_eq!(parse_datagram(folded.as_bytes()).unwrap_err().kind, ParseErrorKind::HeadersTooLarge);
    let large = format!("{INVITE}\r\n{}", "x".repeat(MESSAGE_BYTES_MAX));
    assert_eq!(parse_datagram(large.as_bytes()).unwrap_err().status(), 513);
}

#[test]
fn broken_responses_and_acks_are_never_answered() {
    let ack = INVITE.replace("INVITE", "ACK") + "Content-Length: 9\r\n\r\n";
    assert_eq!(parse_datagram(ack.as_bytes()).unwrap_err().reply, None);
    let response = INVITE.replace("INVITE sip:100@pbx SIP/2.0", "SIP/2.0 999 Odd") + "\r\n";
    assert_eq!(parse_datagram(response.as_bytes()).unwrap_err().reply, None);
}

#[test]
fn no_text_can_begin_a_new_line_of_the_message() {
    let mut evil = Request::new(Method::Other("X\r\nEvil: 1".into()), uri("sip:a@b"));
    evil.uri.user = Some("a\r\nEvil: 1 ".into());
    evil.headers.push(HeaderName::Other("Y: 1\r\nEvil".into()), "1");
    evil.headers.push(HeaderName::Subject, "x\r\n\r\nEvil: 1\nEvil: 2\rEvil: 3");
    let mut from = NameAddr::new(uri("sip:a@b"));
    from.display = "\"\r\nEvil: <sip:evil>".into();
    evil.headers.push(HeaderName::From, from.to_string());
    let Ok(Message::Request(read)) = parse_datagram(&evil.to_bytes()) else { panic!() };
    assert!(!read.headers.has(&HeaderName::Other("Evil".into())));
    assert_eq!(read.headers.iter().count(), 3);
    assert_eq!(read.headers.from().unwrap().uri, uri("sip:a@b"));
    let mut response = Response::new(200, "OK\r\nEvil: 1");
    response.headers.push(HeaderName::Server, "x");
    let Ok(Message::Response(read)) = parse_datagram(&response.to_bytes()) else { panic!() };
    assert_eq!(read.headers.iter().count(), 1);
}

#[test]
fn a_user_given_as_text_is_escaped_and_comes_back() {
    for user in ["1001", "+49 89/1", "a@b;c?d:e", "Jörg", "<sip:x>", "100%"] {
        let made = Uri::sip(user, Host::parse("pbx").unwrap(), None);
        assert_eq!(uri(&made.to_string()).user_unescaped(), user);
    }
}

#[test]
fn uris_are_compared_as_rfc_3261_19_1_4_shows() {
    let same = [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
    ];
    let different = [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com;transport=udp", "sip:bob@biloxi.com;transport=tcp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;user=phone"),
    ];
    for (one, two) in same {
        assert!(uri(one).equivalent(&uri(two)), "{one} {two}");
        assert!(uri(two).equivalent(&uri(one)), "{two} {one}");
    }
    for (one, two) in different {
        assert!(!uri(one).equivalent(&uri(two)), "{one} {two}");
    }
}

#[test]
fn the_session_description_is_found_in_a_multipart_body() {
    let text = format!(
        "{INVITE}Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\n--b 1\r\nContent-Type: text/plain\r\n\r\nx\r\n\
         --b 1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b 1--\r\n"
    );
    assert!(request(&text).sdp().unwrap().starts_with("v=0\r\n"));
    let unknown = text.replace("application/sdp", "application/unknown");
    assert_eq!(validate(&request(&unknown)).unwrap_err().status, 415);
}

#[test]
fn methods_and_option_tags_that_are_not_served_are_refused_with_what_is() {
    let subscribe = request(&format!("{}\r\n", INVITE.replace("INVITE", "SUBSCRIBE")));
    let refusal = validate(&subscribe).unwrap_err();
    assert_eq!((refusal.status, &refusal.headers[0].1), (405, &ALLOW.to_owned()));
    let answer = Response::refusal(&subscribe, &refusal);
    assert_eq!(answer.headers.first(&HeaderName::Allow), Some(ALLOW));
    let unknown = request(&format!("{INVITE}Require: timer, precondition, 100rel\r\n\r\n"));
    let refusal = validate(&unknown).unwrap_err();
    assert_eq!((refusal.status, refusal.headers[0].1.as_str()), (420, "precondition"));
}

#[test]
fn a_framer_cuts_messages_and_keep_alives_wherever_the_stream_is_split() {
    let one = format!("{INVITE}l: 3\r\n\r\nabc");
    let stream = format!("{one}\r\n\r\n{one}\r\n{one}");
    for size in 1..stream.len() {
        let (mut framer, mut frames) = (Framer::new(), Vec::new());
        for chunk in stream.as_bytes().chunks(size) {
            framer.push(chunk);
            while let Some(frame) = framer.next_frame() {
                frames.push(frame.unwrap());
            }
        }
        assert_eq!(frames.len(), 4, "chunks of {size}");
        assert_eq!(frames[1], Frame::Ping);
        assert!(matches!(&frames[3], Frame::Message(Ok(message)) if message.body() == b"abc"));
        assert_eq!(framer.pending(), 0);
    }
}

#[test]
fn a_stream_without_a_certain_next_message_is_given_up() {
    let broken = |text: String| {
        let mut framer = Framer::new();
        framer.push(text.as_bytes());
        framer.next_frame()
    };
    assert_eq!(broken(format!("{INVITE}l: -1\r\n\r\n")), Some(Err(FrameError::ContentLength)));
    assert_eq!(broken(format!("{INVITE}l: 1\r\nl: 2\r\n\r\nab")), Some(Err(FrameError::ContentLength)));
    assert_eq!(broken(format!("{INVITE}l: 70000\r\n\r\n")), Some(Err(FrameError::TooLarge)));
    assert_eq!(broken(format!("{INVITE}X: {}", "x".repeat(MESSAGE_BYTES_MAX))), Some(Err(FrameError::TooLarge)));
    assert_eq!(broken(format!("{INVITE}l: 5\r\n\r\nab")), None);
}

fn any_text() -> impl Strategy<Value = String> {
    "[ -~äß€]{0,30}".prop_map(|text| text.trim().to_owned())
}

fn any_name() -> impl Strategy<Value = HeaderName> {
    "[A-Za-z][A-Za-z0-9_!%*-]{0,12}"
        .prop_map(|name| HeaderName::parse(&name))
        .prop_filter("made by the writer", |name| *name != HeaderName::ContentLength)
}

fn any_uri() -> impl Strategy<Value = Uri> {
    let host = prop_oneof!["[a-z0-9][a-z0-9.-]{0,20}", Just("[2001:db8::1]".to_owned()), Just("192.0.2.1".to_owned())];
    (".{0,10}", host, proptest::option::of(any::<u16>()), proptest::option::of("[a-z]{1,5}")).prop_map(
        |(user, host, port, param)| {
            let mut uri = Uri::sip(&user, Host::parse(&host).unwrap(), port);
            if let Some(param) = param {
                uri.params.set(&param, Some("v%20"));
            }
            uri
        },
    )
}

fn any_message() -> impl Strategy<Value = Message> {
    let headers = proptest::collection::vec((any_name(), any_text()), 0..8).prop_map(|fields| {
        let mut headers = Headers::default();
        fields.into_iter().for_each(|(name, value)| headers.push(name, value));
        headers
    });
    let body = proptest::collection::vec(any::<u8>(), 0..50);
    (any_uri(), headers, body, "[A-Z%.]{1,9}", 100_u16..700, any_text(), any::<bool>()).prop_map(
        |(uri, headers, body, method, code, reason, is_request)| {
            if is_request {
                Message::Request(Request { method: Method::parse(&method), uri, headers, body })
            } else {
                Message::Response(Response { code, reason, headers, body })
            }
        },
    )
}

fn look_at(message: &Message) {
    let headers = message.headers();
    _ = (headers.vias(), headers.via_top(), headers.from(), headers.to(), headers.contacts(), headers.cseq());
    _ = (headers.session_expires(), headers.route(), headers.expires(), message.sdp());
    match message {
        Message::Request(request) => _ = (validate(request), request.uri.user_unescaped(), request.uri.addr()),
        Message::Response(response) => _ = validate_response(response),
    }
    _ = message.to_bytes();
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(message in any_message()) {
        prop_assert_eq!(parse_datagram(&message.to_bytes()), Ok(message.clone()));
        let mut framer = Framer::new();
        framer.push(&message.to_bytes());
        prop_assert_eq!(framer.next_frame(), Some(Ok(Frame::Message(Ok(message)))));
    }

    #[test]
    fn no_bytes_make_the_lexer_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(message) = parse_datagram(&bytes) {
            look_at(&message);
        }
        let mut framer = Framer::new();
        framer.push(&bytes);
        while let Some(Ok(_)) = framer.next_frame() {}
    }

    #[test]
    fn no_mutation_of_a_message_makes_anything_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..8)
    ) {
        let mut bytes = format!("{INVITE}Session-Expires: 90;refresher=uac\r\nl: 3\r\n\r\nabc").into_bytes();
        for (at, byte, kind) in changes {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => _ = bytes.remove(at),
            }
        }
        match parse_datagram(&bytes) {
            Ok(message) => look_at(&message),
            Err(error) => _ = error.response("tag").map(|answer| answer.to_bytes()),
        }
    }

    #[test]
    fn header_values_of_any_text_do_not_panic(text in "[ -~\\t\"<>;,@:%\\\\äß]{0,60}") {
        _ = NameAddr::parse(&text);
        _ = Via::parse(&text);
        _ = Uri::parse(&text);
        _ = crate::digest::Challenge::parse(&text);
        _ = crate::digest::Authorization::parse(&format!("Digest {text}"));
    }
}
