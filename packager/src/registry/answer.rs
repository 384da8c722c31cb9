//! What a registry says when it says no (distribution specification, "Error Codes").

use serde::Deserialize;

use super::failure::Cause;
use super::retry;
use super::settings::Settings;
use super::transport::Response;
use crate::error::printable;

/// An answer that says no is read up to here, 64 KiB.
const REFUSAL_LIMIT_BYTES: u64 = 64 << 10;
/// As much of a message is told.
const SAID_LIMIT: usize = 300;
const MESSAGES_LIMIT: usize = 3;

#[derive(Deserialize)]
struct Refusal {
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    detail: Option<serde_json::Value>,
}

/// Why an answer is no success. Whatever is quoted is bounded, printable and without the credentials.
pub(super) fn refusal(response: Response, settings: &Settings) -> Cause {
    let (status, phrase) = (response.status, response.phrase());
    let retry_after = response
        .header("retry-after")
        .filter(|_| matches!(status, 408 | 429 | 500..))
        .and_then(|value| retry::retry_after(value, (settings.clock.now)()));
    let is_html = response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    // What cannot be read is no reason to forget the status.
    let bytes = response.bytes(REFUSAL_LIMIT_BYTES).unwrap_or_default();
    let reasons = serde_json::from_slice::<Refusal>(&bytes).map(|refusal| refusal.errors).unwrap_or_default();
    let code = reasons.first().map(|reason| reason.code.clone()).filter(|code| is_code(code));
    let texts: Vec<String> = reasons.iter().take(MESSAGES_LIMIT).map(text).collect();
    let said = match (texts.is_empty(), is_html) {
        (false, _) => format!("{status} {}", texts.join("; ")),
        (true, true) => format!("{status} with a page for people"),
        (true, false) => format!("{status} {phrase}").trim_end().to_owned(),
    };
    Cause::Refused { status, code, said: shortened(&settings.credentials.redact(&said)), retry_after }
}

/// A code with its message, and the detail where that is a text: disks say there that they are full.
fn text(reason: &Reason) -> String {
    let detail = match &reason.detail {
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(serde_json::Value::Object(object)) => {
            let found = ["Err", "message", "reason"].iter().find_map(|key| object.get(*key));
            found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        }
        _ => None,
    };
    let code = Some(&reason.code).filter(|code| is_code(code)).cloned();
    let parts = [code, reason.message.clone(), detail].into_iter().flatten();
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

fn shortened(text: &str) -> String {
    let text = printable(text.trim());
    match text.char_indices().nth(SAID_LIMIT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_told_where_they_are_texts_or_hold_one() {
        for (reason, expected) in [
            (r#"{"code":"DENIED","message":"no"}"#, "DENIED: no"),
            (r#"{"code":"UNKNOWN","message":"no","detail":"disk full"}"#, "UNKNOWN: no: disk full"),
            (r#"{"code":"UNKNOWN","detail":{"Op":"mkdir","Err":28}}"#, "UNKNOWN: 28"),
            (r#"{"code":"UNKNOWN","detail":{"message":"disk full"}}"#, "UNKNOWN: disk full"),
            (r#"{"code":"UNKNOWN","detail":[1]}"#, "UNKNOWN"),
            (r#"{"code":"<b>","message":"no"}"#, "no"),
        ] {
            assert_eq!(text(&serde_json::from_str(reason).unwrap()), expected, "{reason}");
        }
    }
}
