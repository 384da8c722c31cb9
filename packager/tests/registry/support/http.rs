//! A server of HTTP/1.1 on loopback, just large enough for registries. It remembers what it was sent, and fails where it is told to.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Everything before the body, as it was sent.
    pub head: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn of(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with("Content-Type", kind)
    }

    /// A refusal in the words of the distribution specification.
    pub fn refusal(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "errors": [{ "code": code, "message": message, "detail": null }] });
        Self::of(status).body("application/json", body.to_string())
    }
}

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is reset before anything is read.
    Reset,
    /// The request is done, and the connection is closed without an answer.
    Unanswered,
    /// Nothing is answered, until the client gives up.
    Hang,
    /// The answer comes byte by byte, and never to its end.
    Drip,
    /// The answer ends in its middle.
    Truncate,
    /// This status is answered.
    Status(u16),
    /// 429, and when to come back, in seconds.
    TooMany(u64),
    /// All tokens are forgotten before the request is looked at.
    Expire,
}

/// From which request on something goes wrong, counted from 0, and for how many.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    pub fault: Fault,
    pub from: usize,
    pub count: usize,
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A server; it ends when this is dropped.
pub struct Server {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    handler: Box<Handler>,
    forget: Box<dyn Fn() + Send + Sync>,
    seen: Mutex<Vec<Request>>,
    count: AtomicUsize,
    landed: AtomicUsize,
    faults: Mutex<Option<Faults>>,
    ended: AtomicBool,
}

impl Server {
    /// Serves on this loopback address. `forget` is what an expiry of tokens means.
    pub fn start(
        address: &str,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
        forget: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            forget: Box::new(forget),
            seen: Mutex::default(),
            count: AtomicUsize::new(0),
            landed: AtomicUsize::new(0),
            faults: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.ended.load(Ordering::SeqCst) {
                    break;
                }
                let serving = Arc::clone(&serving);
                thread::spawn(move || serving.connection(&stream.unwrap()));
            }
        });
        Self { port: address.port(), shared }
    }

    pub fn seen(&self) -> Vec<Request> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Requests since the last time this was called, as `METHOD path`.
    pub fn taken(&self) -> Vec<String> {
        let seen = std::mem::take(&mut *self.shared.seen.lock().unwrap());
        seen.iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    /// Counts requests from 0 again, and lets these go wrong.
    pub fn fail(&self, faults: Option<Faults>) {
        *self.shared.faults.lock().unwrap() = faults;
        self.shared.count.store(0, Ordering::SeqCst);
        self.shared.landed.store(0, Ordering::SeqCst);
    }

    /// How many requests went wrong since.
    pub fn landed(&self) -> usize {
        self.shared.landed.load(Ordering::SeqCst)
    }

    /// How many requests there were since, those that went wrong among them.
    pub fn count(&self) -> usize {
        self.shared.count.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // The thread that waits for connections gets one.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn connection(&self, stream: &TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        // Whoever closes has said all.
        while self.exchange(stream, &mut reader).unwrap_or(false) {}
    }

    fn exchange(&self, mut stream: &TcpStream, reader: &mut BufReader<TcpStream>) -> io::Result<bool> {
        // It stays where it is: what has not been read makes the system say RST instead of FIN.
        if reader.buffer().is_empty() && stream.peek(&mut [0])? == 0 {
            return Ok(false);
        }
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let faults = *self.faults.lock().unwrap();
        let fault =
            faults.filter(|faults| (faults.from..faults.from.saturating_add(faults.count)).contains(&number));
        let fault = fault.map(|faults| faults.fault);
        if fault.is_some() {
            self.landed.fetch_add(1, Ordering::SeqCst);
        }
        if fault == Some(Fault::Reset) {
            return Ok(false);
        }
        let Some(request) = read(stream, reader)? else { return Ok(false) };
        self.seen.lock().unwrap().push(request.clone());
        let reply = match fault {
            Some(Fault::Status(status)) => Reply::refusal(status, "UNKNOWN", "in trouble"),
            Some(Fault::TooMany(seconds)) => {
                Reply::refusal(429, "TOOMANYREQUESTS", "slow down").with("Retry-After", seconds.to_string())
            }
            Some(Fault::Hang) => {
                // The client closes when it has waited for long enough.
                let mut rest = [0];
                let _ = stream.read(&mut rest);
                return Ok(false);
            }
            Some(Fault::Expire) => {
                (self.forget)();
                (self.handler)(&request)
            }
            _ => (self.handler)(&request),
        };
        if fault == Some(Fault::Unanswered) {
            return Ok(false);
        }
        let bytes = written(&request, &reply);
        if fault == Some(Fault::Drip) {
            for byte in bytes.split_last().map_or(&[][..], |(_, most)| most) {
                stream.write_all(&[*byte])?;
                thread::sleep(IDLE / 30);
            }
            // The client closes when that was too slow.
            let _ = stream.read(&mut [0]);
            return Ok(false);
        }
        if fault == Some(Fault::Truncate) {
            stream.write_all(&bytes[..bytes.len() / 2])?;
            return Ok(false);
        }
        stream.write_all(&bytes)?;
        Ok(true)
    }
}

fn read(mut stream: &TcpStream, reader: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut head = String::new();
    loop {
        let before = head.len();
        match reader.read_line(&mut head) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(_) => {
                // Somebody speaks TLS, say. Others answer so as well.
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
                return Ok(None);
            }
        }
        if head.len() - before <= 2 {
            break;
        }
    }
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<(String, String)> = lines.filter_map(header).collect();
    let get = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if get("expect").is_some() {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let length: usize = get("content-length").map_or(0, |length| length.parse().unwrap());
    assert!(get("transfer-encoding").is_none(), "registries want to know how much comes");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let (method, path) = (method.to_owned(), path.to_owned());
    Ok(Some(Request { method, path, query, headers, body, head }))
}

fn written(request: &Request, reply: &Reply) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} x\r\n", reply.status);
    for (name, value) in &reply.headers {
        text += &format!("{name}: {value}\r\n");
    }
    let has_length = reply.headers.iter().any(|(name, _)| name == "Content-Length");
    if !has_length && reply.status != 204 {
        text += &format!("Content-Length: {}\r\n", reply.body.len());
    }
    let mut bytes = (text + "\r\n").into_bytes();
    if request.method != "HEAD" {
        bytes.extend(&reply.body);
    }
    bytes
}

/// How long a client waits for an answer that does not come.
pub const IDLE: Duration = Duration::from_millis(300);
