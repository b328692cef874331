//! Messages of the kernel.

use super::dmesg::uptime;
use crate::civil::number;
use crate::firewall::Packet;
use crate::level::Level;

/// A message of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kernel<'b> {
    /// The message, without `[uptime]` and caller mark; a line of the audit log from `type=` on.
    pub text: &'b [u8],
    /// The level, where dmesg shows it (`-x`, `-r`).
    pub level: Option<Level>,
}

/// The death of a process by a fault of its own, as `arch/x86/mm/fault.c: show_signal_msg` and
/// `arch/x86/kernel/traps.c: show_signal` tell it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Crash<'b> {
    /// The process's name: at most 15 bytes, which may be any.
    pub process: &'b [u8],
    /// Its id, outside of containers.
    pub pid: u32,
    /// The signal that it got: 11 for a segfault and a general protection fault, 4, 5, 7 or 8 for other traps.
    pub signal: u32,
    /// The address that it wanted; only a segfault tells it.
    pub at: Option<u64>,
    /// The program or library whose code it was in, without the folder. `None` where that was no file's.
    pub file: Option<&'b [u8]>,
}

/// A process that was killed for lack of memory (`mm/oom_kill.c: __oom_kill_process`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Killed<'b> {
    /// The victim's name: at most 15 bytes, which may be any.
    pub process: &'b [u8],
    /// Its id, outside of containers.
    pub pid: u32,
    /// The limit of a memory cgroup was reached; the machine itself may have had memory left.
    pub cgroup: bool,
    /// Size of its address space, in KiB.
    pub total_vm: Option<u64>,
    /// Its memory that no file stands behind, in KiB.
    pub anon_rss: Option<u64>,
    /// Its user.
    pub uid: Option<u32>,
}

/// The summary before a kill since Linux 4.19 (`mm/oom_kill.c: dump_oom_victim`, formerly `dump_oom_summary`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OomSummary<'b> {
    /// `CONSTRAINT_NONE` is the whole machine, `CONSTRAINT_MEMCG` a group's limit.
    pub constraint: &'b [u8],
    /// The group whose limit was reached; `None` where the machine's memory was.
    pub limited: Option<&'b [u8]>,
    /// The group that the victim is in.
    pub group: Option<&'b [u8]>,
    /// The victim's name.
    pub process: &'b [u8],
    /// Its id.
    pub pid: u32,
    /// Its user.
    pub uid: Option<u32>,
}

/// Bytes of a process's name (`TASK_COMM_LEN` less the end mark).
const COMM: usize = 15;

/// What the tag `kernel:` carries, or what follows dmesg's time.
pub(crate) fn kernel(inner: &[u8]) -> Kernel<'_> {
    let text = uptime(inner).map_or(inner, |(_, rest)| rest.strip_prefix(b" ").unwrap_or(rest));
    Kernel { text: without_caller(text), level: None }
}

/// Without `[    T1] ` or `[    C0] `, the thread or processor that wrote (`CONFIG_PRINTK_CALLER`).
fn without_caller(text: &[u8]) -> &[u8] {
    let stripped = || {
        let inner = text.strip_prefix(b"[")?;
        let close = memchr::memchr(b']', inner.get(..inner.len().min(16))?)?;
        let mark = inner.get(..close)?.trim_ascii_start();
        let id = mark.strip_prefix(b"T").or_else(|| mark.strip_prefix(b"C"))?;
        number(id)?;
        let rest = inner.get(close + 1..)?;
        Some(rest.strip_prefix(b" ").unwrap_or(rest))
    };
    stripped().unwrap_or(text)
}

impl<'b> Kernel<'b> {
    /// The packet that a rule of the firewall logged.
    pub fn packet(&self) -> Option<Packet<'b>> {
        Packet::parse(self.text)
    }

    /// The crash that the message tells of.
    pub fn crash(&self) -> Option<Crash<'b>> {
        segfault(self.text).or_else(|| trap(self.text))
    }

    /// The kill that the message tells of. The lines around it (`invoked oom-killer`, the table of processes,
    /// `oom-kill:`, `oom_reaper:`) tell of the same.
    pub fn killed(&self) -> Option<Killed<'b>> {
        killed(self.text)
    }

    /// The summary before a kill.
    pub fn oom_summary(&self) -> Option<OomSummary<'b>> {
        oom_summary(self.text)
    }

    /// Name and id of the process that crashed, was killed, or is to be.
    pub fn process(&self) -> Option<(&'b [u8], u32)> {
        if let Some(crash) = self.crash() {
            return Some((crash.process, crash.pid));
        }
        if let Some(killed) = self.killed() {
            return Some((killed.process, killed.pid));
        }
        self.oom_summary().map(|o| (o.process, o.pid))
    }
}

/// `NAME[PID]` before `mark`, and what follows the mark.
fn process_before<'b>(text: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], u32, &'b [u8])> {
    // The name may look like anything, so the last place that can be the mark is it.
    let longest = COMM + "[4294967295".len() + mark.len();
    let at = memchr::memmem::rfind(text.get(..text.len().min(longest))?, mark)?;
    let before = text.get(..at)?;
    let open = memchr::memrchr(b'[', before)?;
    let pid = u32::try_from(number(before.get(open + 1..)?)?).ok()?;
    Some((before.get(..open)?, pid, text.get(at + mark.len()..)?))
}

/// `php-fpm8.2[6892]: segfault at 10 ip 0000000000000010 sp 00007ffd error 14 in opcache.so[11b0,7f1f9b85e000+25000]`
fn segfault(text: &[u8]) -> Option<Crash<'_>> {
    let (process, pid, rest) = process_before(text, b"]: segfault at ")?;
    let end = rest.iter().take(17).position(|b| !b.is_ascii_hexdigit())?;
    let at = hex(rest.get(..end)?);
    Some(Crash { process, pid, signal: 11, at, file: file(rest, b" error ") })
}

/// `traps: php-fpm8.2[23986] general protection fault ip:55644c6961b0 sp:7ffd553ed230 error:0 in opcache.so[...]`
fn trap(text: &[u8]) -> Option<Crash<'_>> {
    let text = text.strip_prefix(b"traps: ").unwrap_or(text);
    let traps: [(&[u8], u32); 11] = [
        (b"] general protection", 11),
        (b"] trap invalid opcode", 4),
        (b"] trap divide error", 8),
        (b"] trap int3", 5),
        (b"] trap stack segment", 7),
        (b"] trap segment not present", 7),
        (b"] trap alignment check", 7),
        (b"] trap bounds", 11),
        (b"] trap overflow", 11),
        (b"] trap invalid TSS", 11),
        (b"] trap coprocessor segment overrun", 8),
    ];
    // Asked of every line of the kernel: one search tells of most that they are none.
    memchr::memmem::find(text.get(..text.len().min(80))?, b" ip:")?;
    traps.iter().find_map(|(mark, signal)| {
        let (process, pid, rest) = process_before(text, mark)?;
        rest.strip_prefix(b" fault").unwrap_or(rest).strip_prefix(b" ip:")?;
        Some(Crash { process, pid, signal: *signal, at: None, file: file(rest, b" error:") })
    })
}

/// The file in ` in NAME[OFFSET,BASE+SIZE]` after the error code (`mm/memory.c: print_vma_addr`).
fn file<'b>(rest: &'b [u8], error: &[u8]) -> Option<&'b [u8]> {
    let at = memchr::memmem::find(rest.get(..rest.len().min(128))?, error)?;
    let rest = rest.get(at + error.len()..)?;
    let digits = rest.iter().take(17).take_while(|b| b.is_ascii_hexdigit()).count();
    let place = rest.get(digits..)?.strip_prefix(b" in ")?;
    let end = memchr::memmem::rfind(place, b" likely on CPU ").unwrap_or(place.len());
    let name = place.get(..end)?.strip_suffix(b"]")?;
    name.get(..memchr::memrchr(b'[', name)?)
}

fn hex(digits: &[u8]) -> Option<u64> {
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// `Memory cgroup out of memory: Killed process 6980 (php-fpm8.2) total-vm:439496kB, anon-rss:216400kB, ...`
///
/// Linux 5.1 and later writes one line; before, a line `Kill process N (NAME) score S or sacrifice child` came first
/// and the reason stands there. RHEL 7 has `, UID 48,` after the name, RHEL 6 before it.
fn killed(text: &[u8]) -> Option<Killed<'_>> {
    let at = memchr::memmem::find(text.get(..text.len().min(80))?, b"Killed process ")?;
    let reason = text.get(..at)?;
    let cgroup = reason.starts_with(b"Memory cgroup out of memory");
    if !(reason.is_empty() || cgroup || reason.starts_with(b"Out of memory")) {
        return None;
    }
    let rest = text.get(at + "Killed process ".len()..)?;
    let digits = rest.iter().take(11).take_while(|b| b.is_ascii_digit()).count();
    let (pid, rest) = rest.split_at_checked(digits)?;
    let pid = u32::try_from(number(pid)?).ok()?;
    let (before, rest) = match rest.strip_prefix(b", UID ") {
        Some(rest) => {
            let comma = memchr::memchr(b',', rest.get(..rest.len().min(12))?)?;
            (number(rest.get(..comma)?), rest.get(comma + 1..)?)
        }
        None => (None, rest),
    };
    let rest = rest.strip_prefix(b" (")?;
    let ends: [&[u8]; 3] = [b") total-vm:", b"), UID ", b") vsz:"];
    let close =
        ends.iter().find_map(|e| memchr::memmem::rfind(rest.get(..rest.len().min(COMM + e.len()))?, e))?;
    let (process, rest) = rest.split_at_checked(close)?;
    let uid = before.or_else(|| after(rest, b"UID:")).or_else(|| after(rest, b"UID "));
    Some(Killed {
        process,
        pid,
        cgroup,
        total_vm: after(rest, b"total-vm:").or_else(|| after(rest, b"vsz:")),
        anon_rss: after(rest, b"anon-rss:"),
        uid: uid.and_then(|u| u32::try_from(u).ok()),
    })
}

/// The number that follows a word.
fn after(text: &[u8], word: &[u8]) -> Option<u64> {
    let at = memchr::memmem::find(text.get(..text.len().min(256))?, word)? + word.len();
    let rest = text.get(at..)?;
    number(rest.get(..rest.iter().take(20).take_while(|b| b.is_ascii_digit()).count())?)
}

/// `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=php-fpm,\
/// pid=6980,uid=33`
fn oom_summary(text: &[u8]) -> Option<OomSummary<'_>> {
    let rest = text.strip_prefix(b"oom-kill:constraint=")?;
    let constraint = rest.get(..memchr::memchr(b',', rest)?)?;
    // From the end: name and groups may hold commas, the numbers do not.
    let (head, uid) = cut_last(rest, b",uid=")?;
    let (head, pid) = cut_last(head, b",pid=")?;
    let window = head.len().saturating_sub(COMM + ",task=".len());
    let mark = window + memchr::memmem::find(head.get(window..)?, b",task=")?;
    let process = head.get(mark + ",task=".len()..)?;
    let (head, group) = match cut_first(head.get(..mark)?, b",task_memcg=") {
        Some((head, group)) => (head, Some(group)),
        None => (head, None),
    };
    let limited = cut_first(head, b",oom_memcg=").map(|(_, group)| group);
    let small = |digits| u32::try_from(number(digits)?).ok();
    Some(OomSummary { constraint, limited, group, process, pid: small(pid)?, uid: small(uid) })
}

fn cut_first<'b>(text: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = memchr::memmem::find(text, mark)?;
    Some((text.get(..at)?, text.get(at + mark.len()..)?))
}

fn cut_last<'b>(text: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = memchr::memmem::rfind(text, mark)?;
    Some((text.get(..at)?, text.get(at + mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Kernel<'_> {
        kernel(text.as_bytes())
    }

    #[test]
    fn time_and_caller_are_taken_off() {
        for text in [
            "nginx[1]: x",
            "[ 8670.633736] nginx[1]: x",
            "[    0.000000] nginx[1]: x",
            "[12345678.633736] nginx[1]: x",
            "[ 8670.633736][    T1] nginx[1]: x",
            "[ 8670.633736] [  T812] nginx[1]: x",
            "[ 8670.633736] [    C0] nginx[1]: x",
        ] {
            assert_eq!(of(text).text, b"nginx[1]: x", "{text}");
        }
        for text in ["[UFW BLOCK] IN=", "[  27821]     0 27821", "[drm] x", "[1.5] x", "[T] x", "[", ""] {
            assert_eq!(of(text).text, text.as_bytes(), "{text}");
        }
        let row = "[ 8670.634202] [  27821]     0 27821    50371";
        assert_eq!(of(row).text, b"[  27821]     0 27821    50371");
    }

    #[test]
    fn segfaults() {
        let crash = of("php-fpm8.2[27777]: segfault at 7ffce5d5cfc8 ip 00005631d5a802bf sp 00007ffce5d5cfc0 error 6 in php-fpm8.2[2152bf,5631d5948000+316000] likely on CPU 0 (core 0, socket 0)").crash().unwrap();
        assert_eq!((crash.process, crash.pid, crash.signal), (&b"php-fpm8.2"[..], 27777, 11));
        assert_eq!((crash.at, crash.file), (Some(0x7ffc_e5d5_cfc8), Some(&b"php-fpm8.2"[..])));
        // Before Linux 6.1, and with a file name that holds anything.
        let crash = of("nginx[5]: segfault at 0 ip 0 sp 0 error 4 in a [b] (deleted)[7f1f9b85e000+25000]")
            .crash()
            .unwrap();
        assert_eq!(crash.file, Some(&b"a [b] (deleted)"[..]));
        let crash = of("php-fpm8.2[15639]: segfault at 10 ip 0000000000000010 sp 00007ffda9a871d8 error 14 likely on CPU 1 (core 1, socket 0)").crash().unwrap();
        assert_eq!((crash.at, crash.file), (Some(16), None));
        // All of these were provoked.
        for (line, name, pid) in [
            (
                "x ]: y) tot[15644]: segfault at 10 ip 00005609c17fd1df sp 00007ffd394f50f0 error 6 in php-fpm8.2[11df,5609c17fd000+1000]",
                "x ]: y) tot",
                15644,
            ),
            (
                "my prog[15645]: segfault at 10 ip 0000562840bcf1df sp 00007ffcaf904d80 error 6 in php-fpm8.2[11df,562840bcf000+1000]",
                "my prog",
                15645,
            ),
        ] {
            let crash = of(line).crash().unwrap();
            assert_eq!(
                (crash.process, crash.pid, crash.file),
                (name.as_bytes(), pid, Some(&b"php-fpm8.2"[..]))
            );
        }
    }

    #[test]
    fn a_name_made_to_deceive() {
        let crash = of("]: segfault at [7]: segfault at 1 ip 2 sp 3 error 4").crash().unwrap();
        assert_eq!((crash.process, crash.pid, crash.at), (&b"]: segfault at "[..], 7, Some(1)));
        let killed =
            of("Out of memory: Killed process 7 () total-vm:1) total-vm:9kB, anon-rss:8kB").killed().unwrap();
        assert_eq!((killed.process, killed.total_vm), (&b") total-vm:1"[..], Some(9)));
        let summary = of("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/b,task=,pid=1,uid=2,pid=7,uid=33").oom_summary().unwrap();
        assert_eq!((summary.process, summary.pid, summary.uid), (&b",pid=1,uid=2"[..], 7, Some(33)));
    }

    #[test]
    fn traps_and_their_signals() {
        for (what, signal) in [
            ("general protection fault", 11),
            ("general protection", 11),
            ("trap invalid opcode", 4),
            ("trap divide error", 8),
            ("trap int3", 5),
            ("trap stack segment", 7),
            ("trap alignment check", 7),
        ] {
            for head in ["traps: ", ""] {
                let line = format!(
                    "{head}php trap test-l[23983] {what} ip:55b0440e91fa sp:7ffd1c251450 error:0 in opcache.so[11b0,55644c696000+1000]"
                );
                let crash = of(&line).crash().unwrap();
                assert_eq!(
                    (crash.process, crash.pid, crash.signal),
                    (&b"php trap test-l"[..], 23983, signal),
                    "{line}"
                );
                assert_eq!((crash.at, crash.file), (None, Some(&b"opcache.so"[..])), "{line}");
            }
        }
        assert_eq!(of("traps: nginx[5] trap of a new kind ip:1 sp:2 error:0").crash(), None);
    }

    #[test]
    fn victims_of_every_kernel() {
        let killed =
            |line| of(line).killed().map(|k| (k.process, k.pid, k.cgroup, k.total_vm, k.anon_rss, k.uid));
        assert_eq!(
            killed(
                "Memory cgroup out of memory: Killed process 27822 (php-fpm8.2) total-vm:439504kB, anon-rss:216620kB, file-rss:7668kB, shmem-rss:2376kB, UID:33 pgtables:600kB oom_score_adj:0"
            ),
            Some((&b"php-fpm8.2"[..], 27822, true, Some(439_504), Some(216_620), Some(33)))
        );
        assert_eq!(
            killed(
                "Out of memory: Killed process 811 (mariadbd) total-vm:2439496kB, anon-rss:1216400kB, file-rss:0kB, shmem-rss:0kB, UID:112 pgtables:3600kB oom_score_adj:0"
            ),
            Some((&b"mariadbd"[..], 811, false, Some(2_439_496), Some(1_216_400), Some(112)))
        );
        assert_eq!(
            killed("Killed process 13536 (php-fpm) total-vm:33558652kB, anon-rss:920kB, file-rss:452kB"),
            Some((&b"php-fpm"[..], 13536, false, Some(33_558_652), Some(920), None))
        );
        assert_eq!(
            killed("Killed process 13536 (httpd), UID 48, total-vm:358652kB, anon-rss:920kB, file-rss:452kB"),
            Some((&b"httpd"[..], 13536, false, Some(358_652), Some(920), Some(48)))
        );
        assert_eq!(
            killed("Killed process 13536, UID 48, (httpd) total-vm:358652kB, anon-rss:920kB, file-rss:452kB"),
            Some((&b"httpd"[..], 13536, false, Some(358_652), Some(920), Some(48)))
        );
        // Provoked.
        assert_eq!(
            killed(
                "Memory cgroup out of memory: Killed process 15653 (my pr) (x) total-vm:33316kB, anon-rss:30592kB, file-rss:1020kB, shmem-rss:0kB, UID:0 pgtables:104kB oom_score_adj:0"
            ),
            Some((&b"my pr) (x"[..], 15653, true, Some(33_316), Some(30_592), Some(0)))
        );
    }

    #[test]
    fn what_only_tells_of_a_kill_is_none() {
        for line in [
            "Out of memory: Kill process 13536 (php-fpm) score 996 or sacrifice child",
            "oom_reaper: reaped process 811 (mariadbd), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
            "php-fpm8.2 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            "nginx[5]: Killed process 7 (x) total-vm:1kB",
            "Killed process ",
            "Killed process 7",
            "Killed process 7 (",
            "Killed process 99999999999 (x) total-vm:1kB",
        ] {
            assert_eq!(of(line).killed(), None, "{line}");
            assert_eq!(of(line).process(), None, "{line}");
        }
    }

    #[test]
    fn summaries() {
        let of_group = of("oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/system.slice/php8.2-fpm.service,task_memcg=/system.slice/php8.2-fpm.service/a,task=php-fpm8.2,pid=27822,uid=33").oom_summary().unwrap();
        let wanted = OomSummary {
            constraint: b"CONSTRAINT_MEMCG",
            limited: Some(b"/system.slice/php8.2-fpm.service"),
            group: Some(b"/system.slice/php8.2-fpm.service/a"),
            process: b"php-fpm8.2",
            pid: 27822,
            uid: Some(33),
        };
        assert_eq!(of_group, wanted);
        let of_all = of("oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,3,global_oom,task_memcg=/system.slice/mariadb.service,task=my, prog,pid=811,uid=112").oom_summary().unwrap();
        assert_eq!((of_all.constraint, of_all.limited), (&b"CONSTRAINT_NONE"[..], None));
        assert_eq!((of_all.process, of_all.pid, of_all.uid), (&b"my, prog"[..], 811, Some(112)));
        assert_eq!(of("oom-kill:constraint=CONSTRAINT_NONE,task=x").oom_summary(), None);
    }
}
