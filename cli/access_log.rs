//! What a service does, in lines.

use wasmpack_runner::{Answered, Event};

use crate::printable::printable;
use crate::shell::Shell;
use crate::size::Size;
use crate::times::Span;

/// Says what happened; `told` names functions in a backtrace.
pub fn tell(event: &Event, told: impl Fn(&str) -> String, shell: &mut Shell) {
    match event {
        Event::Listening { address } => shell.status("Listening", format_args!("on http://{address}")),
        Event::Answered(answered) => {
            shell.status("Answered", line(answered));
            if let Some(failure) = &answered.failure {
                shell.warn(format_args!(
                    "{} {} failed: {}",
                    answered.method,
                    printable(&answered.path),
                    told(failure)
                ));
            }
        }
        Event::Stopping { clients, grace } => {
            let who = match clients {
                1 => "1 client has its answer".to_owned(),
                clients => format!("{clients} clients have their answers"),
            };
            let seconds = grace.as_secs();
            shell.status(
                "Stopping",
                format_args!("when {who}, in {seconds} seconds at most; Ctrl-C stops at once"),
            );
        }
    }
}

/// `GET /hello 200 17 B in 1.2 ms for 127.0.0.1`
fn line(answered: &Answered) -> String {
    let Answered { client, method, path, status, body_bytes, time, failure: _ } = answered;
    let (path, client, span) = (printable(path), client.ip(), Span(*time));
    match status {
        Some(status) => format!("{method} {path} {status} {} in {span} for {client}", Size(*body_bytes)),
        None => format!("{method} {path} nobody: {client} went away after {span}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_request_is_a_line() {
        let mut answered = Answered {
            client: "127.0.0.1:4711".parse().unwrap(),
            method: "GET".to_owned(),
            path: "/hello".to_owned(),
            status: Some(200),
            body_bytes: 17,
            time: Duration::from_micros(1_240),
            failure: None,
        };
        assert_eq!(line(&answered), "GET /hello 200 17 B in 1.2 ms for 127.0.0.1");
        answered.status = None;
        assert_eq!(line(&answered), "GET /hello nobody: 127.0.0.1 went away after 1.2 ms");
    }
}
