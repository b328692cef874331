//! What a kind can demand of a record besides its text, as far as it is told in a few bits.

use logscan_parser::{Body, Context, GuardProgram, Level, NginxError, Record};

use crate::kind::{ContextKind, Kind};

/// What is told of a record besides its text.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Traits<'b> {
    level: Option<Level>,
    by_syslog: bool,
    errno: Option<u32>,
    /// nginx's action; empty where there is none.
    action: &'b [u8],
    client: bool,
    stream: bool,
    /// There is no context list.
    absent: bool,
    guard: Option<GuardProgram>,
}

/// What a kind demands of them. Lists are left with the kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demands {
    /// Nothing at all.
    none: bool,
    /// A bit for every level, where the level counts.
    levels: Option<u16>,
    by_syslog: bool,
    errno: bool,
    action: bool,
    context: Option<ContextKind>,
    guard: Option<GuardProgram>,
}

impl<'b> Traits<'b> {
    #[inline]
    pub(crate) fn of(record: &Record<'b>) -> Traits<'b> {
        let by_syslog = record.carrier.is_some();
        let mut traits = match &record.body {
            Body::NginxError(error) => return Traits::of_nginx(error, by_syslog),
            _ => Traits { level: record.level(), by_syslog, ..Traits::default() },
        };
        match &record.body {
            Body::ApacheError(error) => traits.errno = error.errno,
            Body::Guard(guard) => traits.guard = Some(guard.program),
            _ => {}
        }
        traits
    }

    /// Those of a record of nginx.
    #[inline]
    pub(crate) fn of_nginx(error: &NginxError<'b>, by_syslog: bool) -> Traits<'b> {
        let client = error.context.client.is_some();
        Traits {
            level: error.level,
            by_syslog,
            errno: error.errno,
            action: error.action.unwrap_or_default(),
            client,
            stream: error.context.traffic.is_some(),
            absent: !client && error.context == Context::default(),
            guard: None,
        }
    }

    /// All of them in a number, that of no other traits if the action is known to be the end of the same text.
    /// `None` where they have none.
    #[inline]
    pub(crate) fn packed(&self) -> Option<u64> {
        let level = self.level.map_or(0, |level| 1 + level as u64);
        let guard = match self.guard {
            None => 0,
            Some(GuardProgram::Lfd) => 1,
            Some(GuardProgram::Imunify) => 2,
            Some(_) => return None,
        };
        let action = u8::try_from(self.action.len()).ok()?;
        let flags = [self.by_syslog, self.client, self.stream, self.absent, self.errno.is_some()];
        let flags = flags.into_iter().fold(0, |bits, flag| bits << 1 | u64::from(flag));
        let errno = u64::from(self.errno.unwrap_or_default());
        Some(errno << 32 | u64::from(action) << 16 | flags << 8 | guard << 4 | level)
    }

    pub(crate) fn errno(&self) -> Option<u32> {
        self.errno
    }
}

impl Demands {
    pub(crate) fn of(kind: &Kind) -> Demands {
        let levels = kind.levels.iter().fold(0, |bits, level| bits | bit(*level));
        let mut demands = Demands {
            none: false,
            levels: kind.strict_level.then_some(levels),
            by_syslog: kind.syslog_only,
            errno: !kind.errno.is_empty(),
            action: !kind.actions.is_empty(),
            context: kind.context,
            guard: kind.guard,
        };
        demands.none = demands.levels.is_none()
            && !(demands.by_syslog || demands.errno || demands.action)
            && demands.context.is_none()
            && demands.guard.is_none();
        demands
    }

    /// Whether nothing is demanded.
    pub(crate) fn is_none(&self) -> bool {
        self.none
    }

    /// Whether the traits of a record are as the kind wants them.
    #[inline]
    pub(crate) fn hold(&self, kind: &Kind, traits: &Traits<'_>) -> bool {
        self.none || self.all_hold(kind, traits)
    }

    fn all_hold(&self, kind: &Kind, traits: &Traits<'_>) -> bool {
        self.levels.is_none_or(|wanted| traits.level.is_some_and(|l| wanted & bit(l) != 0))
            && (!self.by_syslog || traits.by_syslog)
            && (!self.errno || traits.errno.is_some_and(|n| kind.errno.contains(&n)))
            && (!self.action || kind.actions.iter().any(|a| a.as_bytes() == traits.action))
            && self.context.is_none_or(|wanted| match wanted {
                ContextKind::Client => traits.client,
                ContextKind::Absent => traits.absent,
                ContextKind::Stream => traits.stream,
            })
            && self.guard.is_none_or(|wanted| traits.guard == Some(wanted))
    }
}

fn bit(level: Level) -> u16 {
    1 << level as u16
}
