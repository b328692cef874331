//! Which logs were read, and how much each of them would tell.

use std::collections::HashMap;

use logscan_parser::{Level, Source};

use crate::event::Event;
use crate::sieve::Coverage;

/// The logs that were heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witnesses {
    sources: Vec<Source>,
    /// Some input had no record: it may be any log that had nothing to say.
    pub(crate) silent: bool,
    /// The slightest level that nginx's error logs have.
    pub(crate) slightest: Option<Level>,
}

impl Witnesses {
    pub(crate) fn new(coverage: &[Coverage], events: &[Event], slightest: &HashMap<u32, Level>) -> Witnesses {
        let read = coverage.iter().filter(|c| c.first.is_some()).map(|c| c.source);
        // A journal or syslog counts as the log that most of its lines are of; the others in it are heard as well.
        let mut sources: Vec<Source> = read.chain(events.iter().filter_map(|e| e.source)).collect();
        sources.sort_unstable();
        sources.dedup();
        Witnesses {
            sources,
            silent: coverage.iter().any(|c| c.first.is_none()),
            slightest: slightest.values().max().copied(),
        }
    }

    fn has(&self, source: Source) -> bool {
        self.sources.contains(&source)
    }

    /// A log of several programs, which may have lines of any.
    fn mixed(&self) -> bool {
        self.has(Source::Other)
    }

    pub(crate) fn access(&self) -> bool {
        self.has(Source::NginxAccess) || self.has(Source::ApacheAccess)
    }

    pub(crate) fn error(&self) -> bool {
        self.has(Source::NginxError) || self.has(Source::ApacheError)
    }

    pub(crate) fn fpm(&self) -> bool {
        self.has(Source::PhpFpm)
    }

    pub(crate) fn php(&self) -> bool {
        self.has(Source::PhpError)
    }

    pub(crate) fn kernel(&self) -> bool {
        self.has(Source::Kernel) || self.mixed()
    }

    pub(crate) fn system(&self) -> bool {
        self.has(Source::Systemd) || self.mixed()
    }

    pub(crate) fn bans(&self) -> bool {
        self.has(Source::Fail2ban) || self.mixed()
    }

    /// The web server is Apache.
    pub(crate) fn apache(&self) -> bool {
        let nginx = self.has(Source::NginxAccess) || self.has(Source::NginxError);
        !nginx && (self.has(Source::ApacheAccess) || self.has(Source::ApacheError))
    }

    /// The web server's name.
    pub(crate) fn server(&self) -> &'static str {
        if self.apache() { "Apache" } else { "nginx" }
    }

    /// systemd's unit of the web server.
    pub(crate) fn unit(&self) -> &'static str {
        if self.apache() { "apache2" } else { "nginx" }
    }

    /// Whether the error log is known to be written down to a level.
    pub(crate) fn hears(&self, level: Level) -> bool {
        self.slightest.is_some_and(|slightest| slightest >= level)
    }

    /// The logs that tell failures, in words; `None` where there is none.
    pub(crate) fn named(&self) -> Option<String> {
        let names = [
            (self.error(), "the error log"),
            (self.fpm(), "php-fpm's log"),
            (self.has(Source::Kernel), "the kernel's log"),
            (self.has(Source::Fail2ban), "fail2ban's log"),
        ];
        let names: Vec<&str> = names.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect();
        match names.split_last()? {
            (last, []) => Some((*last).to_owned()),
            (last, others) => Some(format!("{} and {last}", others.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests {
    use logscan_catalogue::Timestamp;

    use super::*;

    fn read(source: Source) -> Coverage {
        let at = Some(Timestamp::from_seconds(1_795_435_218));
        Coverage::new(0, source, at, at)
    }

    #[test]
    fn logs_are_heard_by_their_inputs_and_by_their_lines() {
        let event = Event { source: Some(Source::PhpFpm), ..Event::default() };
        let heard = Witnesses::new(&[read(Source::NginxAccess)], &[event], &HashMap::new());
        assert!(heard.access() && heard.fpm());
        assert!(!heard.error() && !heard.kernel() && !heard.bans() && !heard.silent);
        assert_eq!(heard.named().unwrap(), "php-fpm's log");
    }

    #[test]
    fn a_log_of_several_programs_may_hold_kernel_and_bans() {
        let heard = Witnesses::new(&[read(Source::Other)], &[], &HashMap::new());
        assert!(heard.kernel() && heard.system() && heard.bans());
        assert!(!heard.error());
        assert_eq!(heard.named(), None);
    }

    #[test]
    fn an_input_without_a_record_may_be_any_log() {
        let empty = Coverage::new(1, Source::Other, None, None);
        let heard = Witnesses::new(&[read(Source::NginxAccess), empty], &[], &HashMap::new());
        assert!(heard.silent);
        assert!(!heard.kernel());
    }

    #[test]
    fn the_slightest_level_of_all_error_logs_counts() {
        let slightest = HashMap::from([(0, Level::Crit), (1, Level::Notice)]);
        let heard = Witnesses::new(&[read(Source::NginxError)], &[], &slightest);
        assert!(heard.hears(Level::Error) && heard.hears(Level::Notice));
        assert!(!heard.hears(Level::Info));
        assert!(!Witnesses::default().hears(Level::Emerg));
    }

    #[test]
    fn apache_is_the_server_only_where_there_is_no_nginx() {
        let heard = |sources: &[Source]| {
            let coverage: Vec<Coverage> = sources.iter().map(|s| read(*s)).collect();
            Witnesses::new(&coverage, &[], &HashMap::new()).server()
        };
        assert_eq!(heard(&[Source::ApacheAccess]), "Apache");
        assert_eq!(heard(&[Source::ApacheAccess, Source::NginxError]), "nginx");
        assert_eq!(heard(&[]), "nginx");
    }
}
