//! Messages of systemd and its helpers.

use crate::civil::number;

/// A message of systemd.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Systemd<'b> {
    /// The unit that it is about. Versions before 249 tell of starts and stops by the unit's description only.
    pub unit: Option<&'b [u8]>,
    /// The message, the unit's name included.
    pub text: &'b [u8],
}

/// How a process of a unit ended (`src/core/unit.c: unit_log_process_exit`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnitExit<'b> {
    /// How: by itself or by a signal.
    pub how: UnitEnd,
    /// Exit code, or number of the signal.
    pub status: u32,
    /// Name of the exit code (`FAILURE`, `CONFIG`), or of the signal without `SIG` (`KILL`).
    pub name: &'b [u8],
    /// It was a control process (`ExecStartPre=`, `ExecReload=`), not the main one.
    pub control: bool,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(clippy::exhaustive_enums)]
pub enum UnitEnd {
    /// By itself, with a code.
    Exited,
    /// By a signal.
    Killed,
    /// By a signal, leaving a core.
    Dumped,
}

/// What such a tag carries; `None` where the tag is none of systemd's.
pub(crate) fn systemd<'b>(tag: &[u8], inner: &'b [u8]) -> Option<Systemd<'b>> {
    // `init.scope` is systemd where journalctl names units instead of programs.
    if tag.starts_with(b"systemd") || tag == b"init.scope" {
        return Some(Systemd { unit: unit(tag, inner), text: inner });
    }
    // While systemd prepares to run a program it writes under that program's name in round brackets.
    if tag.first() == Some(&b'(') && tag.last() == Some(&b')') {
        return leading_unit(inner).map(|unit| Systemd { unit: Some(unit), text: inner });
    }
    None
}

impl<'b> Systemd<'b> {
    /// How the main process, or a control process, of the unit ended.
    pub fn exit(&self) -> Option<UnitExit<'b>> {
        let at = memchr::memmem::find(self.text, b" process exited, code=")?;
        let kind = self.text.get(..at)?;
        let rest = self.text.get(at + " process exited, code=".len()..)?;
        let (how, rest) = rest.split_at_checked(memchr::memchr(b',', rest.get(..rest.len().min(8))?)?)?;
        let how = match how {
            b"exited" => UnitEnd::Exited,
            b"killed" => UnitEnd::Killed,
            b"dumped" => UnitEnd::Dumped,
            _ => return None,
        };
        let status = first_word(rest.strip_prefix(b", status=")?);
        let (code, name) = status.split_at_checked(memchr::memchr(b'/', status)?)?;
        let status = u32::try_from(number(code)?).ok()?;
        let control = kind.ends_with(b"ontrol");
        Some(UnitExit { how, status, name: name.get(1..)?, control })
    }

    /// Why the unit failed: `exit-code`, `signal`, `core-dump`, `timeout`, `watchdog`, `oom-kill`, `start-limit-hit`,
    /// `resources`, `protocol` (`src/core/unit.c: unit_log_failure`).
    pub fn result(&self) -> Option<&'b [u8]> {
        let (_, rest) = self.split(b"Failed with result '")?;
        rest.get(..memchr::memchr(b'\'', rest.get(..rest.len().min(32))?)?)
    }

    /// The process that it tells of, other than by its part in the unit: one that is killed when the unit ends, or
    /// one whose core was stored.
    pub fn process(&self) -> Option<(&'b [u8], u32)> {
        if let Some((_, rest)) = self.split(b": Killing process ") {
            return named_process(rest, b") with signal ");
        }
        named_process(self.text.strip_prefix(b"Process ")?, b") of user ")
    }

    /// The number of the signal that a process got or is sent.
    pub fn signal(&self) -> Option<u32> {
        match self.exit() {
            Some(exit) => (exit.how != UnitEnd::Exited).then_some(exit.status),
            None => {
                if let Some((_, rest)) = self.split(b" with signal SIG") {
                    let rest = first_word(rest);
                    return signal_number(rest.strip_suffix(b".").unwrap_or(rest));
                }
                // systemd 255 and later (`src/coredump/coredump.c`): `terminated abnormally with signal 11/SEGV, `.
                let (_, rest) = self.split(b" terminated abnormally with signal ")?;
                let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
                u32::try_from(number(rest.get(..digits)?)?).ok()
            }
        }
    }

    /// The first line, cut at a mark.
    fn split(&self, mark: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
        let line = self.text.get(..memchr::memchr(b'\n', self.text).unwrap_or(self.text.len()))?;
        let at = memchr::memmem::find(line, mark)?;
        Some((line.get(..at)?, line.get(at + mark.len()..)?))
    }
}

/// `6892 (php-fpm8.2` before a mark. The name may hold blanks and brackets.
fn named_process<'b>(text: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], u32)> {
    let (pid, rest) = text.split_at_checked(memchr::memchr(b' ', text.get(..text.len().min(12))?)?)?;
    let pid = u32::try_from(number(pid)?).ok()?;
    let rest = rest.strip_prefix(b" (")?;
    // A process that is gone already has no name: `(n/a)`.
    let close = memchr::memmem::find(rest.get(..rest.len().min(256))?, mark)?;
    Some((rest.get(..close)?, pid))
}

fn signal_number(name: &[u8]) -> Option<u32> {
    Some(match name {
        b"HUP" => 1,
        b"INT" => 2,
        b"QUIT" => 3,
        b"ABRT" => 6,
        b"KILL" => 9,
        b"USR1" => 10,
        b"SEGV" => 11,
        b"USR2" => 12,
        b"TERM" => 15,
        b"CONT" => 18,
        _ => return None,
    })
}

/// The bytes up to a blank; names of units have at most 255 (`src/basic/unit-name.h: UNIT_NAME_MAX`).
fn first_word(text: &[u8]) -> &[u8] {
    let head = text.get(..text.len().min(257)).unwrap_or(text);
    let end = head.iter().position(u8::is_ascii_whitespace).unwrap_or(head.len());
    head.get(..end).unwrap_or(head)
}

/// Endings of units' names (`src/basic/unit-def.c: unit_type_table`).
const SUFFIXES: [&[u8]; 11] = [
    b".service",
    b".socket",
    b".timer",
    b".scope",
    b".slice",
    b".mount",
    b".automount",
    b".target",
    b".path",
    b".swap",
    b".device",
];

fn is_unit(name: &[u8]) -> bool {
    SUFFIXES.iter().any(|s| name.len() > s.len() && name.ends_with(s))
}

/// The unit that a message is about.
fn unit<'b>(tag: &[u8], text: &'b [u8]) -> Option<&'b [u8]> {
    if let Some(unit) = leading_unit(text) {
        return Some(unit);
    }
    if tag == b"systemd-oomd" {
        let path = first_word(text.strip_prefix(b"Killed ")?);
        return path.get(memchr::memrchr(b'/', path)? + 1..).filter(|u| is_unit(u));
    }
    // Words before a unit's name: of jobs (`src/core/job.c: job_emit_done_message`), of CentOS 7 and of journald.
    let words: [&[u8]; 14] = [
        b"Starting ",
        b"Started ",
        b"Stopping ",
        b"Stopped ",
        b"Reloading ",
        b"Reloaded ",
        b"Failed to start ",
        b"Failed to stop ",
        b"Finished ",
        b"Reload failed for ",
        b"Dependency failed for ",
        b"Timed out starting ",
        b"Timed out stopping ",
        b"Unit ",
    ];
    let rest = words.iter().find_map(|w| text.strip_prefix(*w)).or_else(|| {
        let suppressed = text.strip_prefix(b"Suppressed ")?;
        let from = memchr::memmem::find(suppressed.get(..suppressed.len().min(48))?, b" messages from ")?;
        suppressed.get(from + " messages from ".len()..)
    });
    let Some(rest) = rest else { return old_unit(text) };
    let name = first_word(rest);
    // `/system.slice/nginx.service` in old versions of journald; `nginx.service.` at the end of a sentence.
    let name = name.strip_suffix(b".").unwrap_or(name);
    let name = memchr::memrchr(b'/', name).map_or(Some(name), |slash| name.get(slash + 1..))?;
    Some(name).filter(|n| is_unit(n))
}

/// The unit in `nginx.service: MESSAGE`.
fn leading_unit(text: &[u8]) -> Option<&[u8]> {
    first_word(text).strip_suffix(b":").filter(|n| is_unit(n))
}

/// The unit in CentOS 7's `nginx.service holdoff time over, ...` and `start request repeated too quickly for nginx.service`.
fn old_unit(text: &[u8]) -> Option<&[u8]> {
    let first = first_word(text);
    let last = || Some(first_word(text.strip_prefix(b"start request repeated too quickly for ")?));
    Some(first).filter(|n| is_unit(n)).or_else(last).filter(|n| is_unit(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Systemd<'_> {
        systemd(b"systemd", text.as_bytes()).unwrap()
    }

    fn unit_of(text: &str) -> Option<&str> {
        said(text).unit.map(|u| std::str::from_utf8(u).unwrap())
    }

    #[test]
    fn units_stand_first_or_after_the_verb_of_a_job() {
        for (text, unit) in [
            ("php8.2-fpm.service: Failed with result 'oom-kill'.", Some("php8.2-fpm.service")),
            ("Started php8.2-fpm.service - The PHP 8.2 FastCGI Process Manager.", Some("php8.2-fpm.service")),
            (
                "Stopping nginx.service - A high performance web server and a reverse proxy server...",
                Some("nginx.service"),
            ),
            ("Failed to start nginx.service - A high performance web server.", Some("nginx.service")),
            ("Reload failed for apache2.service - The Apache HTTP Server.", Some("apache2.service")),
            ("Dependency failed for nginx.service - A high performance web server.", Some("nginx.service")),
            ("Unit nginx.service entered failed state.", Some("nginx.service")),
            ("nginx.service holdoff time over, scheduling restart.", Some("nginx.service")),
            ("start request repeated too quickly for nginx.service", Some("nginx.service")),
            ("Suppressed 4123 messages from php8.2-fpm.service", Some("php8.2-fpm.service")),
            ("Suppressed 4123 messages from /system.slice/php8.2-fpm.service", Some("php8.2-fpm.service")),
            ("redis-server@6380.service: Deactivated successfully.", Some("redis-server@6380.service")),
            ("Stopped target multi-user.target - Multi-User System.", None),
            ("Stopped A high performance web server and a reverse proxy server.", None),
            ("Started Session 12 of User root.", None),
            ("Reloading.", None),
            (".service: x", None),
            ("", None),
        ] {
            assert_eq!(unit_of(text), unit, "{text}");
            assert_eq!(said(text).text, text.as_bytes());
        }
        assert_eq!(unit_of(&format!("{}.service: x", "a".repeat(500))), None, "longer than names may be");
    }

    #[test]
    fn a_killed_group_is_told_by_its_path() {
        let text = b"Killed /system.slice/php8.2-fpm.service due to memory pressure for /system.slice being 61.20% > 60.00%";
        assert_eq!(systemd(b"systemd-oomd", text).unwrap().unit, Some(&b"php8.2-fpm.service"[..]));
    }

    #[test]
    fn a_program_in_round_brackets_is_systemds_while_it_tells_of_a_unit() {
        let text = b"nginx.service: Failed at step EXEC spawning /usr/sbin/nginx: No such file or directory";
        assert_eq!(systemd(b"(nginx)", text).unwrap().unit, Some(&b"nginx.service"[..]));
        assert_eq!(systemd(b"(CRON)", b"error (grandchild #5 failed with exit status 1)"), None);
        assert_eq!(systemd(b"nginx", text), None);
    }

    #[test]
    fn ends_of_processes() {
        let exit = |text| said(text).exit().map(|e| (e.how, e.status, e.name, e.control));
        assert_eq!(
            exit("nginx.service: Main process exited, code=killed, status=9/KILL"),
            Some((UnitEnd::Killed, 9, &b"KILL"[..], false))
        );
        assert_eq!(
            exit("nginx.service: Main process exited, code=dumped, status=11/SEGV"),
            Some((UnitEnd::Dumped, 11, &b"SEGV"[..], false))
        );
        assert_eq!(
            exit("nginx.service: Control process exited, code=exited, status=1/FAILURE"),
            Some((UnitEnd::Exited, 1, &b"FAILURE"[..], true))
        );
        // CentOS 7.
        assert_eq!(
            exit("nginx.service: main process exited, code=exited, status=203/EXEC"),
            Some((UnitEnd::Exited, 203, &b"EXEC"[..], false))
        );
        for text in
            ["nginx.service: Main process exited, code=", "x process exited, code=killed, status=9", ""]
        {
            assert_eq!(exit(text), None, "{text}");
        }
    }

    #[test]
    fn results_processes_and_signals() {
        assert_eq!(said("nginx.service: Failed with result 'core-dump'.").result(), Some(&b"core-dump"[..]));
        assert_eq!(said("nginx.service: Failed with result 'core").result(), None);
        let killing = said("php8.2-fpm.service: Killing process 6980 (php-fpm8.2) with signal SIGKILL.");
        assert_eq!((killing.process(), killing.signal()), (Some((&b"php-fpm8.2"[..], 6980)), Some(9)));
        let gone = said("php8.2-fpm.service: Killing process 6980 (n/a) with signal SIGKILL.");
        assert_eq!(gone.process(), Some((&b"n/a"[..], 6980)));
        let core = said("Process 6892 (my pr) (x) of user 33 dumped core.\n\nStack trace of thread 6892:");
        assert_eq!((core.process(), core.signal()), (Some((&b"my pr) (x"[..], 6892)), None));
        let core =
            said("Process 6892 (nginx) of user 33 terminated abnormally with signal 11/SEGV, processing...");
        assert_eq!((core.process(), core.signal()), (Some((&b"nginx"[..], 6892)), Some(11)));
        assert_eq!(said("nginx.service: Main process exited, code=exited, status=1/FAILURE").signal(), None);
        assert_eq!(
            said("nginx.service: Main process exited, code=killed, status=15/TERM").signal(),
            Some(15)
        );
    }
}
