//! Finding, starting, signalling and surely ending the real programs, and the directory they write in.

use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The two programs under observation.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) nginx: PathBuf,
    pub(crate) fpm: PathBuf,
}

impl Programs {
    /// Looks in the usual places and in PATH; says what is missing.
    pub(crate) fn find() -> Result<Programs, String> {
        let nginx = find_program(|name| name == "nginx").ok_or("nginx is not installed")?;
        let fpm = find_program(is_fpm_name).ok_or("php-fpm is not installed")?;
        Ok(Programs { nginx, fpm })
    }
}

/// `php-fpm`, `php-fpm8.2`, `php-fpm83`.
pub(crate) fn is_fpm_name(name: &str) -> bool {
    name.strip_prefix("php-fpm").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

pub(crate) fn find_program(is_it: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"].map(PathBuf::from);
    usual.into_iter().chain(std::env::split_paths(&path)).find_map(|dir| {
        let mut found: Vec<PathBuf> = fs::read_dir(dir)
            .ok()?
            .flatten()
            .filter(|entry| entry.file_name().to_str().is_some_and(&is_it))
            .map(|entry| entry.path())
            .filter(|program| runs(program))
            .collect();
        found.sort();
        found.pop()
    })
}

fn runs(program: &Path) -> bool {
    let command = Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    command.is_ok_and(|status| status.success())
}

/// A directory of its own for one run; removed at the end, kept if the test fails.
#[derive(Debug)]
pub(crate) struct Workdir(PathBuf);

impl Workdir {
    pub(crate) fn create() -> Workdir {
        let mut base = std::env::temp_dir();
        if base.as_os_str().len() > 60 || base.to_str().is_none_or(|text| text.contains([' ', '"', '$', ';']))
        {
            base = PathBuf::from("/tmp"); // a socket's path may have 108 bytes only
        }
        for number in 0..100 {
            let path = base.join(format!("logscan-live-{}-{number}", std::process::id()));
            if fs::DirBuilder::new().mode(0o700).create(&path).is_ok() {
                return Workdir(path);
            }
        }
        panic!("no temporary directory can be made in {}", base.display());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// What a log holds by now; nothing if it is not there yet. Logs need not be UTF-8.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read(self.path(name))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Waits until `needle` stands in a log.
    pub(crate) fn logged(&self, name: &str, needle: &str, limit: Duration) -> bool {
        wait_until(limit, || self.read(name).contains(needle))
    }
}

impl Drop for Workdir {
    fn drop(&mut self) {
        if std::thread::panicking() || std::env::var_os("LOGSCAN_LIVE_KEEP").is_some() {
            eprintln!("the logs are kept in {}", self.0.display());
        } else if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} cannot be removed: {error}", self.0.display());
        }
    }
}

/// Asks every few milliseconds until the answer is yes or the time is over.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A command with a bare environment: UTC, English errno texts, nothing inherited that changes a server.
pub(crate) fn command(program: &Path, dir: &Workdir) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("TZ", "UTC").env("LC_ALL", "C");
    command.current_dir(&dir.0).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Runs a command that ends by itself, with its stderr appended to a file.
pub(crate) fn run(command: &mut Command, stderr: &Path) -> ExitStatus {
    let log = File::options().create(true).append(true).open(stderr).unwrap();
    command.stderr(log).status().unwrap()
}

/// The shell's own `kill`: a program of that name is not installed everywhere.
pub(crate) fn kill(signal: &str, target: &str) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -s \"$0\" -- \"$1\"", signal, target]).stderr(Stdio::null());
    shell.status().is_ok_and(|status| status.success())
}

pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

/// A running server: a process group of its own, which is gone when this value is gone.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// Kills the group when this process ends in a way that runs no destructors (Ctrl-C, SIGKILL).
    watchdog: Child,
}

impl Server {
    pub(crate) fn start(command: &mut Command, stderr: &Path) -> Server {
        let log = File::options().create(true).append(true).open(stderr).unwrap();
        let child = command.stderr(log).process_group(0).spawn().unwrap();
        let script = format!("cat >/dev/null; kill -s KILL -- -{}", child.id());
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        match shell.process_group(0).spawn() {
            Ok(watchdog) => Server { child, watchdog },
            Err(error) => {
                kill("KILL", &format!("-{}", child.id()));
                panic!("sh does not start: {error}");
            }
        }
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(kill(signal, &self.child.id().to_string()), "kill -{signal} failed");
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the master's own end.
    pub(crate) fn wait(&mut self) {
        assert!(wait_until(Duration::from_secs(10), || !self.is_running()), "a server did not stop in time");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The watchdog's stdin stays open until here: it cannot strike at a group that is no longer ours.
        kill("KILL", &format!("-{}", self.child.id()));
        let _ = self.child.wait();
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}
