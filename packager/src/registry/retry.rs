//! Trying again what may go well another time: 408, 429, 5xx, connections that break and answers that do not come.
//!
//! Up to five tries, unless something else is said, each pause about twice the one before, so that many clients do not come back together. Nobody comes back
//! before a registry's `Retry-After`; whoever would have to wait for too long is told so instead.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::failure::{Cause, Failure};
use super::settings::{Effort, Settings};

const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Does something, and again where that may help.
pub(super) fn retry<T>(
    settings: &Settings,
    mut attempt: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Effort { tries, patience } = settings.effort;
    let mut waited = Duration::ZERO;
    let mut number = 1;
    loop {
        let failure = match attempt() {
            Ok(value) => return Ok(value),
            Err(failure) if number >= tries || !failure.cause().may_pass() => {
                return Err(failure.after(number));
            }
            Err(failure) => failure,
        };
        let asked = failure.cause().retry_after().unwrap_or_default();
        if waited.saturating_add(asked) > patience {
            let busy = Cause::Busy { asked, patience, said: failure.cause().said() };
            return Err(failure.because(busy).after(number));
        }
        let pause = jitter(FIRST_PAUSE * 2_u32.pow(number - 1)).max(asked);
        (settings.clock.sleep)(pause);
        waited += pause;
        number += 1;
    }
}

/// Between half and one and a half of it.
pub(super) fn jitter(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64())
}

/// How long `Retry-After` asks for, in seconds or until a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        // Whoever writes a number that is none wants to be left alone for long.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = DateTimeParser::new().parse_timestamp(value).ok()?;
    let now = Timestamp::try_from(now).ok()?;
    // A second more, because dates have no fractions.
    let seconds = u64::try_from(date.duration_since(now).as_secs()).ok()?;
    Some(Duration::from_secs(seconds + 1))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::super::settings::Clock;
    use super::*;

    fn pauses(fails: usize, cause: fn() -> Cause) -> (Result<usize, Failure>, Vec<Duration>) {
        pauses_with(Effort::default(), fails, cause)
    }

    fn pauses_with(
        effort: Effort,
        fails: usize,
        cause: fn() -> Cause,
    ) -> (Result<usize, Failure>, Vec<Duration>) {
        let slept = Arc::new(Mutex::new(Vec::new()));
        let note = Arc::clone(&slept);
        let sleep = move |pause| note.lock().unwrap().push(pause);
        let clock = Clock { sleep: Arc::new(sleep), ..Clock::default() };
        let settings = Settings { clock, effort, ..Settings::default() };
        let mut tries = 0;
        let result = retry(&settings, || {
            tries += 1;
            if tries > fails { Ok(tries) } else { Err(Failure::new("host/app", cause())) }
        });
        let slept = slept.lock().unwrap().clone();
        (result, slept)
    }

    fn refused(status: u16, retry_after: Option<u64>) -> Cause {
        let retry_after = retry_after.map(Duration::from_secs);
        Cause::Refused { status, code: None, said: status.to_string(), retry_after }
    }

    #[test]
    fn five_tries_with_growing_pauses_are_enough_or_never_will_be() {
        let (result, slept) = pauses(4, || refused(503, None));
        assert_eq!(result.unwrap(), 5);
        for (pause, expected) in slept.iter().zip([250, 500, 1000, 2000]) {
            let expected = Duration::from_millis(expected);
            assert!((expected / 2..expected * 3 / 2).contains(pause), "{slept:?}");
        }
        let (result, slept) = pauses(5, || refused(503, None));
        assert_eq!(slept.len(), 4);
        assert!(result.unwrap_err().to_string().ends_with("503, 5 tries"));
    }

    #[test]
    fn what_does_not_pass_is_not_tried_again() {
        for status in [400, 401, 403, 404, 409, 413, 416, 501, 507] {
            let mut tries = 0;
            let result: Result<(), _> = retry(&Settings::default(), || {
                tries += 1;
                Err(Failure::new("host/app", refused(status, None)))
            });
            assert_eq!((tries, result.is_err()), (1, true), "{status}");
        }
        assert!([408, 429, 500, 502, 503, 504, 520].iter().all(|status| refused(*status, None).may_pass()));
    }

    #[test]
    fn a_registry_that_has_lost_sight_of_what_it_was_sent_is_asked_again() {
        let answer = |status, code: &str| Cause::Refused {
            status,
            code: Some(code.to_owned()),
            said: String::new(),
            retry_after: None,
        };
        for code in ["DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN"] {
            assert!(
                answer(400, code).may_pass() && answer(404, code).may_pass() && !answer(403, code).may_pass()
            );
        }
        assert!(!answer(400, "MANIFEST_INVALID").may_pass() && !answer(404, "BLOB_UNKNOWN").may_pass());
    }

    #[test]
    fn who_is_in_a_hurry_tries_less_and_waits_for_less() {
        let hurry = Effort { tries: 2, patience: Duration::from_secs(1) };
        let (result, slept) = pauses_with(hurry, 2, || refused(503, None));
        assert_eq!(slept.len(), 1);
        assert!(result.unwrap_err().to_string().ends_with("503, 2 tries"));
        let (result, slept) = pauses_with(hurry, 1, || refused(429, Some(2)));
        assert!(slept.is_empty());
        assert!(matches!(result.unwrap_err().cause(), Cause::Busy { .. }));
    }

    #[test]
    fn nobody_comes_back_early_or_waits_for_ever() {
        let (result, slept) = pauses(2, || refused(429, Some(40)));
        assert_eq!(result.unwrap(), 3);
        assert_eq!(slept, [Duration::from_secs(40); 2]);
        let (result, slept) = pauses(4, || refused(429, Some(50)));
        assert_eq!(slept, [Duration::from_secs(50); 2], "three would be more than two minutes");
        assert!(matches!(result.unwrap_err().cause(), Cause::Busy { .. }));
        let (result, slept) = pauses(1, || refused(503, Some(121)));
        assert!(slept.is_empty());
        let message = result.unwrap_err().to_string();
        assert!(message.contains("left alone for 121 s more, and 120 s in all"), "{message}");
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(1)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(61)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", None),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now).map(|pause| pause.as_secs()), expected, "{value}");
        }
    }
}
