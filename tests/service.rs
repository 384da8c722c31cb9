//! A service answers a real HTTP client, many at a time, until it is stopped.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, mpsc};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::{copy, example, stdout_of, wasmpack};

/// The image of the example, built once.
pub fn image() -> PathBuf {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        copy(&example("http-hello"), folder.path());
        stdout_of(wasmpack().arg("build").arg(folder.path()));
        folder
    });
    FOLDER.path().join("target/wasmpack/http-hello")
}

/// A service that is ended with the test.
struct Service {
    child: Child,
    address: String,
    /// All that it said after that, when it has ended.
    log: mpsc::Receiver<String>,
}

impl Service {
    /// Starts the example at a free port, and waits until it says that it can be asked.
    fn start() -> Self {
        Self::of(wasmpack())
    }

    fn of(mut command: Command) -> Self {
        command.args(["run", "--listen", "127.0.0.1:0"]).arg(image()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut lines = lines.map(Result::unwrap);
        let address = lines.find_map(|line| line.split_once("Listening on ").map(|(_, url)| url.to_owned()));
        // Read on, or the service would have nowhere to write its log.
        let (sender, log) = mpsc::channel();
        std::thread::spawn(move || sender.send(lines.collect::<Vec<_>>().join("\n")));
        Self { child, address: address.expect("the service ended before it could be asked"), log }
    }

    fn signal(&self, name: &str) {
        stdout_of(Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]));
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
    let mut service = Service::start();
    assert_eq!(service.asked(ONE), "200 Hello, world! You sent 100000 bytes.\n\n");
    assert_eq!(service.asked(NONE), "404\n");
    assert_eq!(service.asked(MANY), "true\n");
    if cfg!(unix) {
        // A request that was begun is finished first.
        let address = service.address.strip_prefix("http://").unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"POST /hello/x HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\nab").unwrap();
        std::thread::sleep(Duration::from_millis(300));
        service.signal("TERM");
        std::thread::sleep(Duration::from_millis(300));
        client.write_all(b"cd").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("Hello, x! You sent 4 bytes."), "{answer}");
        assert_eq!(service.child.wait().unwrap().code(), Some(143));
        let log = service.log.recv().unwrap();
        assert!(log.contains("Answered POST /hello/world 200 37 B in "), "{log}");
        assert!(log.contains("Answered GET /elsewhere 404 "), "{log}");
        assert!(log.contains("Stopping when 1 client has its answer"), "{log}");
        assert!(log.trim_end().lines().last().unwrap().contains("Answered POST /hello/x 200 "), "{log}");
    }
}

#[test]
fn ctrl_c_and_a_closed_terminal_end_a_service_that_nobody_asks() {
    if cfg!(unix) {
        for (signal, code) in [("INT", 130), ("HUP", 143)] {
            // So are these tests, then, and all that they start.
            if signal == "HUP" && wasmpack_runner::is_hangup_ignored() {
                continue;
            }
            let mut service = Service::start();
            service.signal(signal);
            assert_eq!(service.child.wait().unwrap().code(), Some(code), "{signal}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_service_that_is_to_outlive_its_terminal_does() {
    let program = wasmpack();
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap "" HUP; exec "$@""#, "sh"]).arg(program.get_program());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut service = Service::of(command);
    service.signal("HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(service.asked(NONE), "404\n");
    service.signal("TERM");
    assert_eq!(service.child.wait().unwrap().code(), Some(143));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = wasmpack().args(["run", "--listen", &address]).arg(image()).output().unwrap();
    assert!(!output.status.success());
    let said = crate::support::said(&output);
    assert!(said.contains(&format!("failed to listen on {address}")) && said.contains("--listen"), "{said}");
}

/// How it ended, if it does in time.
#[cfg(unix)]
fn ended(child: &mut Child) -> Option<std::process::ExitStatus> {
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// Of guests that write without end, whatever they are asked.
#[cfg(unix)]
#[test]
fn a_service_whose_log_nobody_reads_answers_in_time_and_can_be_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("writes.wat");
    std::fs::write(&path, include_str!("writes.wat")).unwrap();
    for (signals, limit, code) in [(2, None, 143), (0, Some("4"), 124)] {
        let mut command = wasmpack();
        command.args(["run", "--listen", "localhost:0", "--limit", "request-time=1"]).arg(&path);
        command.args(limit.iter().flat_map(|limit| ["--timeout", limit]));
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        // Nothing is read after that line.
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let address = line.trim_end().split_once("Listening on http://").unwrap().1;
        // More than there are processors, most often.
        let clients: Vec<_> = (0..4).map(|_| TcpStream::connect(address).unwrap()).collect();
        for mut client in &clients {
            client.write_all(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").unwrap();
        }
        for mut client in clients {
            client.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).unwrap();
            assert!(answer.contains(" 504 "), "{answer}");
        }
        for _ in 0..signals {
            stdout_of(Command::new("kill").args(["-TERM", &child.id().to_string()]));
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(ended(&mut child).and_then(|status| status.code()), Some(code));
    }
}
