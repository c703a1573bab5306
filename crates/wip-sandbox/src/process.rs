//! One server process per folder: whoever comes first starts it, everybody else joins it.
//!
//! Three files lie in the folder: `world.jsonl` (the world), `lock` (locked by the operating system for as long as a server lives, so also freed when it is killed) and `endpoint` (the URL to ask).
//! An `endpoint` may be left over from a server that was killed, and its port may be another's by now; so a server is believed only if it answers with the id of this folder.
//!
//! Not here: how a process is started; the command line passes that in.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::ask::ask;
use crate::{Options, Sandbox, Server};

/// How long a server may take to start, or another to stop.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a server may take to say that it lives.
const ALIVE_TIME: Duration = Duration::from_secs(2);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Why a server ended, other than by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nobody asked anything for as long as `idle`.
    Idle,
    /// Another process serves the folder already.
    ServedByAnother,
}

/// Serves a folder until nobody has asked anything for as long as `idle`; the whole work of a server process.
///
/// Returns at once where another process serves the folder. Needs a tokio runtime with I/O and time.
/// Fails where the folder cannot be written, or holds a world of another format.
pub async fn serve_folder(dir: &Path, options: Options, idle: Duration) -> io::Result<Ended> {
    fs::create_dir_all(dir)?;
    let Some(lock) = lock(dir).await? else {
        return Ok(Ended::ServedByAnother);
    };
    let sandbox = Arc::new(Sandbox::open(dir, options)?);
    let server = Server::bind(sandbox, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let endpoint = dir.join("endpoint");
    let written = dir.join("endpoint.new");
    fs::write(&written, format!("http://{}\n", server.address()?))?;
    fs::rename(&written, &endpoint)?;
    let result = server.serve_until_idle(idle).await;
    fs::remove_file(&endpoint)?;
    drop(lock);
    result.map(|()| Ended::Idle)
}

/// The URL of the server of a folder; where there is none, calls `spawn`, which starts a process that calls [`serve_folder`], and waits for it.
///
/// Two callers at the same time may both spawn; one of the two processes then ends at once.
/// Fails with [`io::ErrorKind::TimedOut`] where no server answers within ten seconds.
pub async fn join_or_start(
    dir: &Path,
    spawn: impl FnOnce() -> io::Result<()>,
) -> io::Result<String> {
    fs::create_dir_all(dir)?;
    if let Some(url) = running(dir).await? {
        return Ok(url);
    }
    spawn()?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(url) = running(dir).await? {
            return Ok(url);
        }
        sleep(PAUSE).await;
    }
    let message = format!("no sandbox answers for {}", dir.display());
    Err(io::Error::new(io::ErrorKind::TimedOut, message))
}

/// The URL of the server of a folder, if one answers.
pub async fn running(dir: &Path) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(dir.join("endpoint")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let url = text.trim();
    let said = timeout(ALIVE_TIME, ask(url, "GET", "/_sandbox/alive", "")).await;
    let id = crate::folder_id(dir)?;
    let lives = matches!(said, Ok(Ok((_, said))) if said == id);
    Ok(lives.then(|| url.to_owned()))
}

/// Takes the folder's lock, or nothing where another process that answers has it.
async fn lock(dir: &Path) -> io::Result<Option<File>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        // The other one may be about to start, or about to stop.
        if running(dir).await?.is_some() {
            return Ok(None);
        }
        if Instant::now() > deadline {
            let message = format!(
                "{} is locked by a process that does not answer",
                dir.display()
            );
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        sleep(PAUSE).await;
    }
}
