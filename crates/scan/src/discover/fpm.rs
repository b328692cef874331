//! What the configurations of php-fpm and PHP say of logs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::Role;
use super::gather::{Claim, Gather};
use super::note::Why;

/// Where distributions, panels and images keep `php-fpm.conf`.
pub(super) const CONFS: &[&str] = &[
    "/etc/php/*/fpm/php-fpm.conf",
    "/etc/php-fpm.conf",
    "/etc/php*/php-fpm.conf",
    "/etc/opt/remi/php*/php-fpm.conf",
    "/opt/plesk/php/*/etc/php-fpm.conf",
    "/opt/cpanel/ea-php*/root/etc/php-fpm.conf",
    "/usr/local/etc/php-fpm.conf",
];

/// Where `php.ini` and its additions lie, from the folder of `php-fpm.conf`. The last that sets a value counts.
const INIS: &[&str] = &["php.ini", "php/php.ini", "conf.d/*.ini", "php.d/*.ini", "php/conf.d/*.ini"];

/// Files that are read of one configuration, and how deep they include others.
const MAX_FILES: usize = 10_000;
const MAX_INCLUDES: usize = 16;

/// Pools that are kept.
const MAX_POOLS: usize = 10_000;

pub(super) fn find(gather: &mut Gather<'_>) {
    for pattern in CONFS {
        for conf in gather.included(pattern, Path::new(pattern)) {
            if let Some(text) = gather.conf(&conf) {
                let mut reader = Reader::new(gather, &conf);
                reader.file(&conf, &text, 0);
                reader.finish();
                ini(gather, &conf);
            }
        }
    }
}

/// A pool's settings, as written.
#[derive(Default)]
struct Pool {
    name: String,
    prefix: Option<String>,
    chroot: Option<String>,
    /// Each with the file that sets it; php-fpm takes the last.
    slow: Option<(String, PathBuf)>,
    access: Option<(String, PathBuf)>,
    errors: Option<(String, PathBuf)>,
}

struct Reader<'g, 't> {
    gather: &'g mut Gather<'t>,
    main: PathBuf,
    error_log: Option<(String, PathBuf)>,
    tag: Option<String>,
    pools: Vec<Pool>,
    /// Numbers of the pools by their names.
    numbers: HashMap<String, usize>,
    /// Number of the pool whose section is being read; `None` in `[global]`.
    pool: Option<usize>,
    files: usize,
}

impl<'g, 't> Reader<'g, 't> {
    fn new(gather: &'g mut Gather<'t>, main: &Path) -> Reader<'g, 't> {
        let main = main.to_owned();
        Reader {
            gather,
            main,
            error_log: None,
            tag: None,
            pools: Vec::new(),
            numbers: HashMap::new(),
            pool: None,
            files: 0,
        }
    }

    fn file(&mut self, path: &Path, text: &str, depth: usize) {
        for line in text.lines() {
            match entry(line) {
                Some(Entry::Section(name)) => self.section(name),
                Some(Entry::Value("include", pattern)) => self.include(path, &pattern, depth),
                Some(Entry::Value(key, value)) => self.value(path, key, value),
                None => {}
            }
        }
    }

    fn section(&mut self, name: &str) {
        if name.eq_ignore_ascii_case("global") {
            self.pool = None;
            return;
        }
        // A pool may have parts in several files.
        let known = self.numbers.get(name).copied();
        self.pool = known.or_else(|| (self.pools.len() < MAX_POOLS).then_some(self.pools.len()));
        if known.is_none() && self.pool.is_some() {
            self.numbers.insert(name.to_owned(), self.pools.len());
            self.pools.push(Pool { name: name.to_owned(), ..Pool::default() });
        }
    }

    fn include(&mut self, path: &Path, pattern: &str, depth: usize) {
        // A relative path starts from the folder that is compiled in as --prefix.
        let candidates = below(&prefixes(&self.main), pattern);
        let there = |path: &&PathBuf| !self.gather.tree.glob(&path.to_string_lossy()).paths.is_empty();
        let Some(chosen) = candidates.iter().find(there).or(candidates.first()) else { return };
        for file in self.gather.included(&chosen.to_string_lossy(), path) {
            if depth >= MAX_INCLUDES || self.files >= MAX_FILES {
                return self.gather.note(&self.main.clone(), None, None, Why::TooMuch);
            }
            self.files += 1;
            if let Some(text) = self.gather.text(&file, Some(path)) {
                self.file(&file, &text, depth + 1);
            }
        }
    }

    fn value(&mut self, path: &Path, key: &str, value: String) {
        let set = |place: &mut Option<(String, PathBuf)>, value| *place = Some((value, path.to_owned()));
        let Some(pool) = self.pool.and_then(|number| self.pools.get_mut(number)) else {
            match key {
                "error_log" => set(&mut self.error_log, value),
                "syslog.ident" => self.tag = Some(value),
                _ => {}
            }
            return;
        };
        let value = value.replace("$pool", &pool.name);
        match key {
            "prefix" => pool.prefix = Some(value),
            "chroot" => pool.chroot = Some(value),
            "slowlog" => set(&mut pool.slow, value),
            "access.log" => set(&mut pool.access, value),
            "php_admin_value[error_log]" | "php_value[error_log]" => set(&mut pool.errors, value),
            _ => {}
        }
    }

    fn finish(self) {
        let Reader { gather, main, error_log, tag, pools, .. } = self;
        let tag = tag.unwrap_or_else(|| "php-fpm".to_owned());
        // `fpm_conf_post_process` of php-src's `sapi/fpm/fpm/fpm_conf.c`: by default `log/php-fpm.log` below the
        // folder that is compiled in as --localstatedir.
        let presumed = error_log.is_none();
        let (value, from) = error_log.unwrap_or_else(|| ("log/php-fpm.log".to_owned(), main.clone()));
        match value.as_str() {
            "" => {}
            "syslog" => gather.note(&from, Some(Role::PhpFpm), None, Why::Syslog { tag, server: None }),
            _ => {
                let mut claim = Claim::new(Role::PhpFpm, below(&state_folders(&main), &value), &from);
                claim.presumed = presumed;
                gather.claim(claim);
            }
        }
        for pool in pools {
            // `fpm_evaluate_full_path`: the pool's prefix, else the folder that is compiled in as --prefix.
            let folders = pool.prefix.as_ref().map_or_else(|| prefixes(&main), |p| vec![PathBuf::from(p)]);
            for (role, setting) in [(Role::PhpSlow, &pool.slow), (Role::PhpFpmAccess, &pool.access)] {
                if let Some((value, from)) = setting.as_ref().filter(|(value, _)| !value.is_empty()) {
                    gather.claim(Claim::new(role, below(&folders, value), from));
                }
            }
            if let Some((value, from)) = &pool.errors {
                let chroot = pool
                    .chroot
                    .as_deref()
                    .map(|c| c.replace("$prefix", pool.prefix.as_deref().unwrap_or("")));
                errors(gather, value, chroot.as_deref(), from);
            }
        }
    }
}

/// PHP's `error_log`: a path, `syslog`, or a name for a file in the folder of each script.
fn errors(gather: &mut Gather<'_>, value: &str, chroot: Option<&str>, from: &Path) {
    let why = match value {
        // Without a log, PHP writes to standard error, which php-fpm hands on.
        "" => return,
        "syslog" => Why::Syslog { tag: "php".to_owned(), server: None },
        _ if value.starts_with('/') => {
            let path = chroot.map_or_else(|| PathBuf::from(value), |c| PathBuf::from(format!("{c}{value}")));
            return gather.claim(Claim::new(Role::PhpError, vec![path], from));
        }
        _ => Why::ScriptFolder(value.to_owned()),
    };
    gather.note(from, Some(Role::PhpError), None, why);
}

/// The `error_log` of `php.ini` and the files beside it.
fn ini(gather: &mut Gather<'_>, conf: &Path) {
    let folder = glob::Pattern::escape(&conf.parent().unwrap_or(Path::new("/")).to_string_lossy());
    let mut last = None;
    for pattern in INIS {
        for file in gather.tree.glob(&format!("{folder}/{pattern}")).paths {
            let Some(text) = gather.text(&file, Some(conf)) else { continue };
            for line in text.lines() {
                if let Some(Entry::Value("error_log", value)) = entry(line) {
                    last = Some((value, file.clone()));
                }
            }
        }
    }
    if let Some((value, from)) = last {
        errors(gather, &value, None, &from);
    }
}

/// Candidates of a path.
fn below(folders: &[PathBuf], path: &str) -> Vec<PathBuf> {
    if path.starts_with('/') {
        return vec![PathBuf::from(path)];
    }
    folders.iter().map(|folder| folder.join(path)).collect()
}

/// What may be compiled in as `--prefix`: `/usr` in packages of distributions, `/usr/local` in images, and the
/// folder above `etc` in those of panels.
fn prefixes(conf: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(above) = above_etc(conf) {
        folders.extend([above.join("usr"), above]);
    }
    folders.extend(["/usr", "/usr/local"].map(PathBuf::from));
    folders
}

/// What may be compiled in as `--localstatedir`.
fn state_folders(conf: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Some(above) = above_etc(conf) {
        folders.extend([above.join("usr/var"), above.join("var")]);
    }
    if conf.starts_with("/etc/opt/remi")
        && let Some(name) = conf.parent().and_then(Path::file_name)
    {
        folders.push(Path::new("/var/opt/remi").join(name));
    }
    folders.push(PathBuf::from("/var"));
    folders
}

/// The folder above `etc`, where it is not the root.
fn above_etc(conf: &Path) -> Option<PathBuf> {
    let etc = conf.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "etc"))?;
    etc.parent().filter(|above| above.parent().is_some()).map(Path::to_owned)
}

/// What stands in a line.
#[derive(PartialEq, Eq, Debug)]
enum Entry<'a> {
    Section(&'a str),
    Value(&'a str, String),
}

/// Reads a line of an ini file: a section, or a key and its value without quotes and comment.
fn entry(line: &str) -> Option<Entry<'_>> {
    let line = line.trim();
    if line.starts_with([';', '#']) {
        return None;
    }
    if let Some(rest) = line.strip_prefix('[') {
        return rest.split_once(']').map(|(name, _)| Entry::Section(name.trim()));
    }
    let (key, value) = line.split_once('=')?;
    let value = value.trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => value.trim_start_matches(quote).split(quote).next(),
        None => value.split(';').next().map(str::trim_end),
    };
    Some(Entry::Value(key.trim(), value.unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_ini_files() {
        let value = |key, value: &str| Some(Entry::Value(key, value.to_owned()));
        assert_eq!(entry(" [www] ; pool"), Some(Entry::Section("www")));
        assert_eq!(entry("slowlog = /l/$pool.slow ; text"), value("slowlog", "/l/$pool.slow"));
        assert_eq!(
            entry("php_admin_value[error_log]=\"/l/a;b.log\" ; x"),
            value("php_admin_value[error_log]", "/l/a;b.log")
        );
        assert_eq!(entry("error_log = ''"), value("error_log", ""));
        assert_eq!(entry("error_log ="), value("error_log", ""));
        for line in ["", ";a=b", "# a=b", "[open", "word"] {
            assert_eq!(entry(line), None, "{line}");
        }
    }

    #[test]
    fn folders_of_builds() {
        let state = |conf: &str| state_folders(Path::new(conf));
        assert_eq!(state("/etc/php/8.2/fpm/php-fpm.conf"), [Path::new("/var")]);
        assert_eq!(
            state("/opt/cpanel/ea-php82/root/etc/php-fpm.conf").first().unwrap(),
            Path::new("/opt/cpanel/ea-php82/root/usr/var")
        );
        assert_eq!(
            state("/etc/opt/remi/php82/php-fpm.conf").first().unwrap(),
            Path::new("/var/opt/remi/php82")
        );
        assert!(state("/usr/local/etc/php-fpm.conf").contains(&PathBuf::from("/usr/local/var")));
        assert_eq!(
            prefixes(Path::new("/opt/plesk/php/8.2/etc/php-fpm.conf"))[1],
            Path::new("/opt/plesk/php/8.2")
        );
    }
}
