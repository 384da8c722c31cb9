//! A service answers a real HTTP client, many at a time, until it is stopped.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{copy, example, stdout_of, wasmpack};

/// A service that is ended with the test.
struct Service {
    child: Child,
    address: String,
}

impl Service {
    /// Starts the example at a free port, and waits until it says that it can be asked.
    fn start(folder: &std::path::Path) -> Self {
        let mut command = wasmpack();
        command.args(["run", "--listen", "127.0.0.1:0"]).arg(folder).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let address = lines.find_map(|line| line.split_once("Listening on ").map(|(_, url)| url.to_owned()));
        // Read on, or the service would have nowhere to write its log.
        std::thread::spawn(move || lines.count());
        Self { child, address: address.expect("the service ended before it could be asked") }
    }

    /// What Node's own client makes of it.
    fn asked(&self, script: &str) -> String {
        let script = format!("const url = '{}';\n{script}", self.address);
        stdout_of(Command::new("node").args(["--input-type=module", "-e", &script]))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ONE: &str =
    "const answer = await fetch(url + '/hello/world', { method: 'POST', body: 'x'.repeat(100000) });
    console.log(answer.status, await answer.text());";
const NONE: &str = "console.log((await fetch(url + '/elsewhere')).status);";
const MANY: &str = "const names = [...Array(50).keys()];
    const ask = async name => (await fetch(`${url}/hello/${name}`)).text();
    const answers = await Promise.all(names.map(ask));
    console.log(names.every(name => answers[name].startsWith(`Hello, ${name}!`)));";

#[test]
fn a_service_answers_until_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("http-hello"), folder.path());
    let mut service = Service::start(folder.path());
    assert_eq!(service.asked(ONE), "200 Hello, world! You sent 100000 bytes.\n\n");
    assert_eq!(service.asked(NONE), "404\n");
    assert_eq!(service.asked(MANY), "true\n");
    if cfg!(unix) {
        stdout_of(Command::new("kill").args(["-INT", &service.child.id().to_string()]));
        assert_eq!(service.child.wait().unwrap().code(), Some(130));
    }
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    copy(&example("http-hello"), folder.path());
    let output = wasmpack().args(["run", "--listen", &address]).arg(folder.path()).output().unwrap();
    assert!(!output.status.success());
    let said = crate::support::said(&output);
    assert!(said.contains(&format!("failed to listen on {address}")) && said.contains("--listen"), "{said}");
}
