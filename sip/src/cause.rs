//! Causes of calls as SIP statuses (RFC 3261 §21) and as values of the Reason header field (RFC 3326, Q.850).

use domain::Cause;

/// The status with which an INVITE is refused for this cause.
#[must_use]
pub const fn status(cause: Cause) -> u16 {
    match cause {
        Cause::Busy => 486,
        Cause::NoAnswer => 408,
        Cause::Declined => 603,
        Cause::Normal | Cause::Unreachable | Cause::MediaTimeout | Cause::SessionExpired => 480,
        Cause::NotFound => 404,
        Cause::Cancelled | Cause::AnsweredElsewhere => 487,
        Cause::NoCodec => 488,
        Cause::Forbidden => 403,
        Cause::Overload => 503,
        Cause::PeerError => 502,
        Cause::InternalError => 500,
    }
}

/// What a final status of a peer that refuses an INVITE means.
#[must_use]
pub const fn from_status(status: u16) -> Cause {
    match status {
        200..=299 => Cause::Normal,
        300..=399 | 430 | 480 => Cause::Unreachable,
        401 | 403 | 407 | 433 | 494 => Cause::Forbidden,
        404 | 410 | 416 | 484 | 485 | 604 => Cause::NotFound,
        408 => Cause::NoAnswer,
        406 | 415 | 488 | 606 => Cause::NoCodec,
        486 | 600 => Cause::Busy,
        487 => Cause::Cancelled,
        503 => Cause::Overload,
        603 | 607 | 608 => Cause::Declined,
        _ => Cause::PeerError,
    }
}

/// The Q.850 cause value of a cause.
const fn q850(cause: Cause) -> u8 {
    match cause {
        Cause::Normal | Cause::Cancelled => 16,
        Cause::Busy => 17,
        Cause::NoAnswer => 19,
        Cause::Unreachable => 20,
        Cause::Declined => 21,
        Cause::NotFound => 1,
        Cause::AnsweredElsewhere => 26,
        Cause::NoCodec => 88,
        Cause::MediaTimeout => 39,
        Cause::SessionExpired => 102,
        Cause::Forbidden => 57,
        Cause::Overload => 42,
        Cause::PeerError => 38,
        Cause::InternalError => 41,
    }
}

/// What a Q.850 cause value means.
const fn from_q850(value: u16) -> Cause {
    match value {
        1..=3 | 22 | 28 => Cause::NotFound,
        17 => Cause::Busy,
        18 | 19 => Cause::NoAnswer,
        20 | 27 => Cause::Unreachable,
        21 => Cause::Declined,
        26 => Cause::AnsweredElsewhere,
        34 | 42 | 44 | 47 => Cause::Overload,
        39 => Cause::MediaTimeout,
        38 | 41 | 63 | 127 => Cause::PeerError,
        50 | 52 | 53 | 55 | 57 | 87 => Cause::Forbidden,
        58 | 65 | 79 | 88 => Cause::NoCodec,
        102 => Cause::SessionExpired,
        _ => Cause::Normal,
    }
}

/// The value of a Reason header field. Cancelled and completed elsewhere are told as SIP statuses, because phones
/// look for exactly these words when they decide whether to show a missed call.
#[must_use]
pub fn reason(cause: Cause) -> String {
    match cause {
        Cause::Cancelled => "SIP;cause=487;text=\"Request Terminated\"".to_owned(),
        Cause::AnsweredElsewhere => "SIP;cause=200;text=\"Call completed elsewhere\"".to_owned(),
        other => format!("Q.850;cause={};text=\"{}\"", q850(other), other.as_str()),
    }
}

/// The cause in the value of a Reason header field; `None` when there is none that we know. Our own
/// [`Cause::InternalError`] is a [`Cause::PeerError`] to who reads it; every other cause comes back as itself.
#[must_use]
pub fn from_reason(value: &str) -> Option<Cause> {
    value.split(',').find_map(|one| {
        let mut parts = one.split(';').map(str::trim);
        let protocol = parts.next()?;
        let number: u16 = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("cause") { value.trim().parse().ok() } else { None }
        })?;
        if protocol.eq_ignore_ascii_case("Q.850") {
            Some(from_q850(number))
        } else if protocol.eq_ignore_ascii_case("SIP") {
            Some(if number == 200 { Cause::AnsweredElsewhere } else { from_status(number) })
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_comes_back_from_its_reason_header() {
        for cause in Cause::ALL {
            let expected = if cause == Cause::InternalError { Cause::PeerError } else { cause };
            assert_eq!(from_reason(&reason(cause)), Some(expected), "{cause:?}");
        }
    }

    #[test]
    fn causes_that_an_invite_is_refused_for_come_back_from_their_status() {
        let told = [
            Cause::Busy,
            Cause::NoAnswer,
            Cause::Declined,
            Cause::Unreachable,
            Cause::NotFound,
            Cause::Cancelled,
            Cause::NoCodec,
            Cause::Forbidden,
            Cause::Overload,
            Cause::PeerError,
        ];
        for cause in told {
            assert_eq!(from_status(status(cause)), cause);
        }
        for cause in Cause::ALL {
            assert!((400..700).contains(&status(cause)), "{cause:?} must be a refusal");
        }
    }

    #[test]
    fn reasons_of_others_are_read_and_nonsense_is_not() {
        assert_eq!(from_reason("SIP ;cause=600 ;text=\"Busy Everywhere\""), Some(Cause::Busy));
        assert_eq!(from_reason("X;cause=1, q.850 ; cause = 19"), Some(Cause::NoAnswer));
        assert_eq!(from_reason("Q.850;text=\"no number\""), None);
        assert_eq!(from_reason("Q.850;cause=99999999"), None);
        assert_eq!(from_reason(""), None);
    }
}
