//! Servers under measurement: started, asked what they use, ended.

use crate::Failure;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A server that runs.
pub struct Process {
    pub addr: SocketAddr,
    child: Child,
    /// Removed with it.
    folder: Option<PathBuf>,
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

impl Process {
    /// Starts it and waits for the line that says where it listens.
    pub fn start(mut command: Command, folder: Option<PathBuf>) -> Result<Self, Failure> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let (lines, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // After the first line nobody listens.
                drop(lines.send(line));
            }
        });
        let mut process = Self { addr: SocketAddr::from(([127, 0, 0, 1], 0)), child, folder };
        loop {
            let line = said.recv_timeout(Duration::from_secs(60)).map_err(|_| "the server does not start")?;
            if let Some(addr) = line.split("ready at http://").nth(1) {
                process.addr = addr.trim().parse()?;
                return Ok(process);
            }
        }
    }

    /// Processor time that it has used, of all its threads.
    pub fn cpu(&self) -> Result<Duration, Failure> {
        // The fields behind the name, which may hold anything: the 12th and 13th are user and system time, in
        // hundredths of a second on every Linux.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let rest = stat.rsplit_once(')').ok_or("no process")?.1;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        Ok(Duration::from_millis((ticks(11) + ticks(12)) * 10))
    }

    /// Memory that it holds, in bytes.
    pub fn rss(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no memory")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024)
    }
}

/// A Node server of the given kind.
pub fn node(peers: &Path, kind: &str) -> Result<Process, Failure> {
    let mut command = Command::new("node");
    command.arg(peers.join("server.mjs")).arg(kind);
    Process::start(command, None)
}
