use super::*;
use core::time::Duration;

const NOW: Instant = Instant::from_millis(5_000);

fn credentials() -> Credentials {
    Credentials { user: "1001".into(), password: "secret".into(), ha1_md5: String::new(), ha1_sha256: String::new() }
}

fn hash_of(user: &str, algorithm: Algorithm) -> Option<String> {
    (user == "1001").then(|| ha1(user, "switchroom", "secret", algorithm))
}

fn answered(authenticator: &Authenticator, method: &Method, salt: u64) -> String {
    let challenges = authenticator.challenges(NOW, salt, false);
    let challenges: Vec<_> = challenges.iter().map(String::as_str).collect();
    let uri = Uri::parse("sip:switchroom").unwrap();
    answer(&challenges, method, &uri, &credentials(), "c0ffee").unwrap()
}

fn with_count(value: &str, nc: u32) -> String {
    let mut answer = Authorization::parse(value).unwrap();
    answer.count.as_mut().unwrap().nc = nc;
    answer.response = answer.proof(&hash_of("1001", answer.algorithm).unwrap(), &Method::Register);
    answer.to_string()
}

#[test]
fn the_examples_of_rfc_7616_and_rfc_8760_come_out() {
    let http = |algorithm, response: &str| {
        let mut answer = Authorization {
            username: "Mufasa".into(),
            realm: "http-auth@example.org".into(),
            nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v".into(),
            uri: "/dir/index.html".into(),
            response: String::new(),
            algorithm,
            count: Some(NonceCount { cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ".into(), nc: 1 }),
            opaque: None,
        };
        answer.response =
            answer.proof(&ha1("Mufasa", "http-auth@example.org", "Circle of Life", algorithm), &Method::parse("GET"));
        assert_eq!(answer.response, response);
    };
    http(Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec");
    http(Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

#[test]
fn sha_256_is_offered_before_md5_and_chosen_by_our_client() {
    let authenticator = Authenticator::new("switchroom", &[Algorithm::Sha256, Algorithm::Md5], [7; 32]);
    let challenges = authenticator.challenges(NOW, 1, false);
    assert!(challenges[0].contains("algorithm=SHA-256"));
    assert!(challenges[1].contains("algorithm=MD5"));
    assert!(answered(&authenticator, &Method::Register, 1).contains("algorithm=SHA-256"));
}

#[test]
fn right_credentials_are_accepted_once() {
    let mut authenticator = Authenticator::new("switchroom", &[Algorithm::Sha256, Algorithm::Md5], [7; 32]);
    let value = answered(&authenticator, &Method::Register, 1);
    let accepted = Verdict::Accepted { user: "1001".into() };
    assert_eq!(authenticator.verify(&Method::Register, &[&value], hash_of, NOW), accepted);
    assert_eq!(authenticator.verify(&Method::Register, &[&value], hash_of, NOW), Verdict::Replayed);
}

#[test]
fn nonce_counts_are_hexadecimal_and_may_overtake_each_other() {
    let mut authenticator = Authenticator::new("switchroom", &[Algorithm::Sha256, Algorithm::Md5], [7; 32]);
    let value = answered(&authenticator, &Method::Register, 1);
    let mut verify = |nc| authenticator.verify(&Method::Register, &[&with_count(&value, nc)], hash_of, NOW);
    let accepted = Verdict::Accepted { user: "1001".into() };
    assert_eq!(verify(0x0a), accepted);
    assert_eq!(verify(0x1ff), accepted);
    assert_eq!(verify(0x1fe), accepted);
    assert_eq!(verify(0x1fe), Verdict::Replayed);
    assert_eq!(verify(0x0a), Verdict::Replayed, "outside of the window");
    assert_eq!(verify(0), Verdict::Replayed);
    assert_eq!(verify(u32::MAX), accepted);
}

#[test]
fn a_wrong_password_an_unknown_user_and_another_method_are_refused_and_use_up_nothing() {
    let mut authenticator = Authenticator::new("switchroom", &[Algorithm::Sha256, Algorithm::Md5], [7; 32]);
    let value = answered(&authenticator, &Method::Register, 1);
    let nobody = |_: &str, _: Algorithm| None;
    let other = |user: &str, algorithm| Some(ha1(user, "switchroom", "other", algorithm));
    assert_eq!(authenticator.verify(&Method::Register, &[&value], nobody, NOW), Verdict::Wrong);
    assert_eq!(authenticator.verify(&Method::Register, &[&value], other, NOW), Verdict::Wrong);
    assert_eq!(authenticator.verify(&Method::Invite, &[&value], hash_of, NOW), Verdict::Wrong);
    let verdict = authenticator.verify(&Method::Register, &[&value], hash_of, NOW);
    assert_eq!(verdict, Verdict::Accepted { user: "1001".into() });
}

#[test]
fn an_old_nonce_and_one_of_another_key_are_stale() {
    let mut authenticator = Authenticator::new("switchroom", &[Algorithm::Sha256, Algorithm::Md5], [7; 32]);
    let value = answered(&authenticator, &Method::Register, 1);
    let later = NOW + NONCE_LIFE + Duration::from_micros(1);
    assert_eq!(authenticator.verify(&Method::Register, &[&value], hash_of, later), Verdict::Stale);
    let foreign = answered(
        &Authenticator::new("switchroom", &[Algorithm::Sha256, Algorithm::Md5], [8; 32]),
        &Method::Register,
        1,
    );
    assert_eq!(authenticator.verify(&Method::Register, &[&foreign], hash_of, NOW), Verdict::Stale);
}

#[test]
fn other_schemes_realms_and_forbidden_algorithms_are_no_credentials() {
    let mut authenticator = Authenticator::new("switchroom", &[Algorithm::Sha256], [7; 32]);
    let mut verify = |value: &str| authenticator.verify(&Method::Register, &[value], hash_of, NOW);
    assert_eq!(verify("NoOneKnowsThisScheme opaque-data=here"), Verdict::NoCredentials);
    assert_eq!(verify("Digest"), Verdict::NoCredentials);
    let md5 = "Digest username=\"1001\", realm=\"switchroom\", nonce=\"n\", uri=\"sip:x\", response=\"r\", \
               qop=auth, nc=00000001, cnonce=\"c\"";
    assert_eq!(verify(md5), Verdict::NoCredentials);
    let elsewhere = md5.replace("switchroom", "elsewhere") + ", algorithm=SHA-256";
    assert_eq!(verify(&elsewhere), Verdict::NoCredentials);
}

#[test]
fn only_a_bounded_number_of_nonces_is_remembered_and_forgotten_ones_cannot_be_replayed() {
    let mut nonces = Nonces::new([1; 32]);
    let first = nonces.mint(Instant::from_micros(1), 0);
    assert_eq!(nonces.use_once(&first, 1, Instant::from_micros(1)), NonceState::Fresh);
    for time in 2..=65_537 {
        let now = Instant::from_micros(time);
        assert_eq!(nonces.use_once(&nonces.mint(now, 0), 1, now), NonceState::Fresh);
    }
    assert_eq!(nonces.use_once(&first, 1, Instant::from_micros(65_537)), NonceState::Stale);
}

#[test]
fn a_challenge_without_qop_is_answered_as_rfc_2617_says() {
    let uri = Uri::parse("sip:trunk.example").unwrap();
    let value = "Digest realm=\"trunk\", nonce=\"abc\", opaque=\"o\\\"p\"";
    let value = answer(&[value], &Method::Invite, &uri, &credentials(), "c").unwrap();
    let answer = Authorization::parse(&value).unwrap();
    assert_eq!(answer.count, None);
    assert_eq!(answer.opaque.as_deref(), Some("o\"p"));
    assert_eq!(answer.response, answer.proof(&ha1("1001", "trunk", "secret", Algorithm::Md5), &Method::Invite));
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    assert_eq!(Challenge::parse("Digest realm=\"a\", realm=\"b\", nonce=\"n\""), None);
}
