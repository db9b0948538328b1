//! Webhooks that are good, and those that are refused.

use super::*;

/// The example of the Standard Webhooks libraries.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const TIME: u64 = 1_614_265_330;

fn headers(id: &str, time: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [(ID, id), (TIMESTAMP, time), (SIGNATURE, signature)] {
        if value != "-" {
            headers.insert(name, value.parse().unwrap());
        }
    }
    headers
}

fn verified(secrets: &[&str], headers: &HeaderMap, body: &[u8], later: i64) -> String {
    let now = UNIX_EPOCH + Duration::from_secs(TIME.checked_add_signed(later).unwrap());
    let verifier = Verifier::new(secrets).unwrap();
    match verifier.verify_at(now, headers, body) {
        Ok(_) => "good".to_owned(),
        Err(error) => {
            let shown = format!("{error:?} {error}");
            assert!(
                !shown.contains("SECRET") && !shown.contains("2432"),
                "{shown}"
            );
            format!("{error:?}")
                .split(['(', ' '])
                .next()
                .unwrap()
                .to_owned()
        }
    }
}

/// The rule, the secrets, headers and body, how many seconds later it is, and what comes of it.
type Row<'a> = (&'a str, &'a [&'a str], HeaderMap, &'a [u8], i64, &'a str);

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn a_webhook_is_good_only_with_its_own_signature_in_time() {
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    let time = TIME.to_string();
    let bad = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let several = format!("v2,x {bad} {SIGNED} v1a,y");
    let other = "whsec_c29tZSBvdGhlciBzZWNyZXQ=";
    let table: [Row<'_>; 19] = [
        (
            "as it is",
            &[SECRET],
            headers(ID, &time, SIGNED),
            BODY,
            0,
            "good",
        ),
        (
            "at the end of its time",
            &[SECRET],
            headers(ID, &time, SIGNED),
            BODY,
            300,
            "good",
        ),
        (
            "too late",
            &[SECRET],
            headers(ID, &time, SIGNED),
            BODY,
            301,
            "TooOld",
        ),
        (
            "a clock that is behind",
            &[SECRET],
            headers(ID, &time, SIGNED),
            BODY,
            -300,
            "good",
        ),
        (
            "too early",
            &[SECRET],
            headers(ID, &time, SIGNED),
            BODY,
            -301,
            "TooNew",
        ),
        (
            "several signatures",
            &[SECRET],
            headers(ID, &time, &several),
            BODY,
            0,
            "good",
        ),
        (
            "several secrets",
            &[other, SECRET],
            headers(ID, &time, SIGNED),
            BODY,
            0,
            "good",
        ),
        (
            "another secret",
            &[other],
            headers(ID, &time, SIGNED),
            BODY,
            0,
            "Signature",
        ),
        (
            "another body",
            &[SECRET],
            headers(ID, &time, SIGNED),
            b"{}",
            0,
            "Signature",
        ),
        (
            "another id",
            &[SECRET],
            headers("msg_2", &time, SIGNED),
            BODY,
            0,
            "Signature",
        ),
        (
            "another time",
            &[SECRET],
            headers(ID, "1614265331", SIGNED),
            BODY,
            0,
            "Signature",
        ),
        (
            "a signature of zeros",
            &[SECRET],
            headers(ID, &time, bad),
            BODY,
            0,
            "Signature",
        ),
        (
            "half a signature",
            &[SECRET],
            headers(ID, &time, "v1,g0hM"),
            BODY,
            0,
            "Signature",
        ),
        (
            "no base64",
            &[SECRET],
            headers(ID, &time, "v1,?"),
            BODY,
            0,
            "Signature",
        ),
        (
            "another version",
            &[SECRET],
            headers(ID, &time, &SIGNED.replace("v1", "v2")),
            BODY,
            0,
            "Signature",
        ),
        (
            "no id",
            &[SECRET],
            headers("-", &time, SIGNED),
            BODY,
            0,
            "Header",
        ),
        (
            "no time",
            &[SECRET],
            headers(ID, "-", SIGNED),
            BODY,
            0,
            "Header",
        ),
        (
            "a time that is none",
            &[SECRET],
            headers(ID, "soon", SIGNED),
            BODY,
            0,
            "Header",
        ),
        (
            "no signature",
            &[SECRET],
            headers(ID, &time, "-"),
            BODY,
            0,
            "Header",
        ),
    ];
    for (rule, secrets, headers, body, later, expected) in table {
        assert_eq!(verified(secrets, &headers, body, later), expected, "{rule}");
    }
}

#[test]
fn a_secret_is_read_as_openai_shows_it() {
    assert!(Verifier::new([SECRET]).is_ok() && Verifier::new(["plain text"]).is_ok());
    let none: [&str; 0] = [];
    for (secrets, says) in [
        (&none[..], "is missing"),
        (&[""], "is empty"),
        (&["whsec_"], "is empty"),
        (&["whsec_SECRET!"], "cut off"),
        (&[SECRET, "whsec_SECRET!"], "cut off"),
    ] {
        let error = Verifier::new(secrets).unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("SECRET"), "{error}");
    }
    assert_eq!(
        format!("{:?}", Verifier::new([SECRET]).unwrap()),
        "Verifier { secrets: 1, tolerance: 300s }"
    );
}

#[test]
fn an_event_says_what_has_happened_to_what() {
    let signed = |body: &[u8], now: u64| {
        let mut mac: Hmac<Sha256> = key("secret").unwrap();
        mac.update(format!("evt_1.{now}.").as_bytes());
        mac.update(body);
        let signature = STANDARD.encode_to_string(mac.finalize().into_bytes());
        headers("evt_1", &now.to_string(), &format!("v1,{signature}"))
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let body = br#"{"id":"evt_1","object":"event","created_at":1,"type":"response.completed","data":{"id":"resp_1"}}"#;
    let event = verify("secret", &signed(body, now), body).unwrap();
    assert_eq!(event.r#type, Some(EventType::ResponseCompleted));
    assert_eq!(event.data.unwrap().id.as_deref(), Some("resp_1"));
    let body = br#"{"id":"evt_2","type":"new.kind","data":{"other":1}}"#;
    let event = verify("secret", &signed(body, now), body).unwrap();
    assert_eq!(
        event.r#type,
        Some(EventType::Unknown("new.kind".to_owned()))
    );
    assert_eq!(event.data.unwrap().extra["other"], 1);
    let body = b"no JSON";
    let error = verify("secret", &signed(body, now), body).unwrap_err();
    assert!(matches!(error, WebhookError::Event(_)));
}
