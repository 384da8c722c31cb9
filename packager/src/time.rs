//! Times, as documents write them.

use jiff::Timestamp;

/// Seconds since 1970-01-01 UTC as RFC 3339; nothing after the year 9999, which it cannot write.
#[must_use]
pub fn rfc3339(seconds: u64) -> Option<String> {
    let timestamp = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    timestamp.map(|time| time.to_string())
}

/// Whether a text is a time as RFC 3339 writes it.
#[must_use]
pub fn is_rfc3339(text: &str) -> bool {
    text.contains('T') && text.parse::<Timestamp>().is_ok()
}
