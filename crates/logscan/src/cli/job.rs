//! What the options ask for, made ready to run.

use std::path::Path;
use std::time::Duration;

use logscan_catalogue::{Catalogue, Limits, Ranges, RangesError, Rules};
use logscan_parser::AccessFormat;
use logscan_scan::{Inputs, Scan, Timestamp, Zone, ZoneError, parse_when};

use super::args::{Common, InputArgs};
use super::fail::Failure;
use super::found::Machine;

/// A scan as the options ask for it.
pub(crate) struct Job {
    pub(crate) catalogue: Knowledge,
    pub(crate) zone: Zone,
    boot: Option<Timestamp>,
    access: Option<AccessFormat>,
    pub(crate) window: (Option<Timestamp>, Option<Timestamp>),
    pub(crate) inputs: Inputs,
    /// Some of this machine's logs could not be read.
    pub(crate) not_found: bool,
}

/// The built-in catalogue, or one with a user's rules.
pub(crate) enum Knowledge {
    Builtin,
    Own(Box<Catalogue>),
}

impl Knowledge {
    pub(crate) fn get(&self) -> &Catalogue {
        match self {
            Knowledge::Builtin => Catalogue::builtin(),
            Knowledge::Own(catalogue) => catalogue,
        }
    }
}

pub(crate) fn catalogue(rules: Option<&Path>) -> Result<Knowledge, Failure> {
    match rules {
        None => Ok(Knowledge::Builtin),
        Some(path) => Ok(Knowledge::Own(Box::new(with_rules(path)?))),
    }
}

fn with_rules(path: &Path) -> Result<Catalogue, Failure> {
    let wrong = |words: String| Failure::usage(format!("--rules {}: {words}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    let rules = Rules::parse(&text).map_err(|e| wrong(e.to_string()))?;
    Catalogue::with_rules(rules).map_err(|e| wrong(e.to_string()))
}

/// The catalogue with a user's rules, and with the edge as the options describe it.
fn catalogue_for(args: &InputArgs) -> Result<Knowledge, Failure> {
    let limits = limits(args)?;
    let edge = args.edge_ips.as_deref().map(edge_ips).transpose()?;
    if limits == Limits::default() && edge.is_none() {
        return catalogue(args.rules.as_deref());
    }
    let catalogue = match args.rules.as_deref() {
        Some(path) => with_rules(path)?,
        None => Catalogue::with_rules(Rules::default()).map_err(|e| Failure::usage(e.to_string()))?,
    };
    let catalogue = catalogue.with_limits(limits);
    let catalogue = match edge {
        Some(edge) => catalogue.with_edge(edge),
        None => catalogue,
    };
    Ok(Knowledge::Own(Box::new(catalogue)))
}

fn limits(args: &InputArgs) -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    let wait = Duration::try_from_secs_f64(args.edge_timeout).ok().filter(|wait| !wait.is_zero());
    let wait = wait.ok_or_else(|| Failure::usage("--edge-timeout: give seconds, such as 125 or 0.5"))?;
    if wait != limits.read_timeout {
        // Whoever names a limit means this one, not those of former times.
        limits.read_timeout = wait;
        limits.old_read_timeouts.clear();
    }
    limits.response_head = args.edge_head_limit;
    Ok(limits)
}

fn edge_ips(path: &Path) -> Result<Ranges, Failure> {
    let wrong = |words: String| Failure::usage(format!("--edge-ips {}: {words}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
    text.parse().map_err(|e: RangesError| wrong(e.to_string()))
}

impl Job {
    /// Reads the options. Which logs there are is not looked up yet.
    pub(crate) fn new(args: Common<'_>) -> Result<Job, Failure> {
        let Common { window: times, input, .. } = args;
        let catalogue = catalogue_for(input)?;
        let zone = match &times.tz {
            Some(name) => name.parse().map_err(|e: ZoneError| Failure::usage(format!("--tz: {e}")))?,
            None => Zone::Machine,
        };
        let now = Timestamp::now();
        let when = |option: &str, text: &Option<String>| match text {
            Some(text) => {
                let time = parse_when(text, zone, now);
                time.map(Some).map_err(|e| Failure::usage(format!("{option}: {e}")))
            }
            None => Ok(None),
        };
        let window = (when("--since", &times.since)?, when("--until", &times.until)?);
        if let (Some(since), Some(until)) = window
            && since >= until
        {
            return Err(Failure::usage(format!("--since ({since}) is not before --until ({until})")));
        }
        let boot = when("--boot-time", &input.boot_time)?;
        let (inputs, not_found) = (Inputs::default(), false);
        Ok(Job { catalogue, zone, boot, access: None, window, inputs, not_found })
    }

    /// Finds the logs to read. What is wrong with other options has been told by then.
    pub(crate) fn find(&mut self, args: Common<'_>) -> Result<(), Failure> {
        let Common { window, input, output, .. } = args;
        let mut machine = Machine::new(input.nginx_conf.as_deref())?;
        self.access = input.log_format.as_deref().map(|text| machine.access_format(text)).transpose()?;
        (self.inputs, self.not_found) = match window.paths.as_slice() {
            [] => machine.inputs(!input.no_rotated, output)?,
            paths => (Inputs::collect(paths, !input.no_rotated), false),
        };
        if self.access.is_none() {
            machine.add_formats(&mut self.inputs);
        }
        Ok(())
    }

    pub(crate) fn scan(&self, args: &InputArgs) -> Scan<'_> {
        Scan::new(self.catalogue.get())
            .zone(self.zone)
            .window(self.window.0, self.window.1)
            .threads(args.threads)
            .only(args.input_format.source())
            .access_format(self.access.clone())
            .boot(self.boot)
    }
}
