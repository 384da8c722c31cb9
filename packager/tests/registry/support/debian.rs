//! Debian's `docker-registry`, where it is installed.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The program, run until this is dropped.
pub struct Debian {
    child: Child,
    pub port: u16,
}

impl Debian {
    /// Nothing where it is not installed. `http` is what its configuration says below `http:`, `auth` what it says below `auth:`.
    pub fn start(folder: &Path, http: &str, auth: &str) -> Option<Self> {
        Self::start_with(folder, "", http, auth)
    }

    /// The same, and `storage` is what it says below `storage:`.
    pub fn start_with(folder: &Path, storage: &str, http: &str, auth: &str) -> Option<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let root = folder.join("registry");
        let configuration = folder.join("registry.yml");
        let text = format!(
            "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    \
             rootdirectory: {}\n{storage}http:\n  addr: 127.0.0.1:{port}\n{http}{auth}",
            root.display()
        );
        fs::write(&configuration, text).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let debian = match child {
            Ok(child) => Self { child, port },
            Err(_) if std::env::var_os("CI").is_none() => {
                eprintln!("skipped: docker-registry is not installed");
                return None;
            }
            Err(error) => panic!("docker-registry: {error}"),
        };
        // It takes a moment before it listens.
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(debian);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("docker-registry does not listen");
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
