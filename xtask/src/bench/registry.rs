//! A registry on this machine, to bring things to.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::Result;

/// Debian's registry, until this is dropped.
pub(super) struct Registry {
    process: Child,
    pub(super) port: u16,
    root: Utf8PathBuf,
}

impl Registry {
    pub(super) fn start(folder: &Utf8Path) -> Result<Self> {
        let root = folder.join("registry");
        // Free a moment ago, and asked of the system, so that nobody else has it.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let configuration = folder.join("registry.yml");
        fs::write(
            &configuration,
            format!(
                "version: 0.1\nlog: {{ level: error, accesslog: {{ disabled: true }} }}\n\
                 storage: {{ filesystem: {{ rootdirectory: {root} }} }}\nhttp: {{ addr: 127.0.0.1:{port} }}\n"
            ),
        )?;
        let mut command = Command::new("docker-registry");
        let process =
            command.arg("serve").arg(&configuration).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let registry = Self { process, port, root };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > Duration::from_secs(20) {
                return Err("docker-registry does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(registry)
    }

    /// Removes all it has.
    pub(super) fn forget(&self) -> Result {
        match fs::remove_dir_all(&self.root) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
