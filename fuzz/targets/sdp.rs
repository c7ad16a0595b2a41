//! SDP as an offer and as an answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::api::Direction;
use media::g711::Codec;
use media::sdp::{Local, accept_answer, negotiate, stated_direction};

fuzz_target!(|text: &str| {
    let local = Local {
        address: ([127, 0, 0, 1], 40_000).into(),
        session: 1,
        version: 0,
        direction: Direction::SendRecv,
        codecs: vec![Codec::Pcmu, Codec::Pcma],
    };
    let _ = stated_direction(text);
    let _ = accept_answer(text, &local);
    if let Ok((answer, _)) = negotiate(text, &local) {
        assert!(answer.starts_with("v=0\r\n"));
    }
});
