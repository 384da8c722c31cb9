//! Which tags a repository has (distribution specification, "Listing Tags").

use serde_json::Value;

use super::failure::{Cause, Failure};
use super::remote::{Remote, Request, json};
use super::retry::retry;
use super::transport::Method;
use crate::reference::is_tag;
use crate::{DOCUMENT_LIMIT_BYTES, Error};

/// So many are asked for at once; registries give fewer if they like.
const PART: &str = "1000";
/// More is not read: nobody looks at them.
const TAGS_LIMIT: usize = 100_000;
const PARTS_LIMIT: usize = 1000;

/// All tags of a repository, sorted.
///
/// # Errors
/// There is no such repository, it may not be read, or there are more than 100,000.
pub fn tags(remote: &Remote) -> Result<Vec<String>, Error> {
    Ok(all(remote).map_err(|failure| failure.during("list the tags of"))?)
}

fn all(remote: &Remote) -> Result<Vec<String>, Failure> {
    let mut url = remote.url("tags/list");
    url.set_query(Some(&format!("n={PART}")));
    let mut tags = Vec::new();
    for _ in 0..PARTS_LIMIT {
        let (part, next) = retry(&remote.settings, || {
            let response = remote.once(&Request::new(Method::Get, url.clone()), &[])?;
            let next = remote.next_part(&url, &response)?;
            let failed = |cause| remote.failure(cause).of(format!("GET {}", url.path()));
            let part =
                json(response, DOCUMENT_LIMIT_BYTES).and_then(|document| read(&document)).map_err(failed)?;
            Ok((part, next))
        })?;
        tags.extend(part);
        match next {
            Some(next) if tags.len() <= TAGS_LIMIT => url = next,
            _ => {
                tags.sort();
                tags.dedup();
                return if tags.len() <= TAGS_LIMIT { Ok(tags) } else { Err(endless(remote)) };
            }
        }
    }
    Err(endless(remote))
}

fn endless(remote: &Remote) -> Failure {
    remote.failure(Cause::strange("its list of tags does not end"))
}

/// An empty repository has no list at all in some registries.
fn read(document: &Value) -> Result<Vec<String>, Cause> {
    let strange = || Cause::strange("it answers with JSON that is no list of tags");
    let list = match document.get("tags") {
        Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        _ => return Err(strange()),
    };
    let tag = |entry: &Value| entry.as_str().filter(|tag| is_tag(tag)).map(str::to_owned);
    list.iter().map(tag).collect::<Option<_>>().ok_or_else(strange)
}
