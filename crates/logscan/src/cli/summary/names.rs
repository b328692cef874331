//! The names in a record that the summary lists.

use logscan_catalogue::Fields;
use logscan_parser::{Body, Component, ModSecurity, NginxError, Record};

use super::known::{Known, Numbered};
use super::{LISTS, Top};

/// Counts the names of records.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: [Known; LISTS.len()],
    /// Room for a component, which is not in the record as it is told.
    component: Vec<u8>,
}

/// Counts of names on their way to the lists of a group.
pub(super) type Counted = [Numbered; LISTS.len()];

impl Names {
    /// Counts the names of a record, those that are known by their numbers, and others in their lists at once.
    #[inline]
    pub(super) fn count(
        &mut self,
        record: &Record<'_>,
        counted: &mut Counted,
        lists: &mut [Top; LISTS.len()],
    ) {
        let [site_names, upstream_names, pool_names, component_names, unit_names, ip_names] = &mut self.known;
        let [site_counts, upstream_counts, pool_counts, component_counts, unit_counts, ip_counts] = counted;
        let [sites, upstreams, pools, components, units, ips] = lists;
        let mut sites = Place { known: site_names, counts: site_counts, list: sites };
        let mut upstreams = Place { known: upstream_names, counts: upstream_counts, list: upstreams };
        let mut components = Place { known: component_names, counts: component_counts, list: components };
        let mut ips = Place { known: ip_names, counts: ip_counts, list: ips };
        let Body::NginxError(error) = &record.body else {
            let mut pools = Place { known: pool_names, counts: pool_counts, list: pools };
            let mut units = Place { known: unit_names, counts: unit_counts, list: units };
            let Found { site, upstream, pool, component, unit, ip } = Found::of(record);
            let component = component.map(|component| told(component, &mut self.component));
            sites.add(site);
            upstreams.add(upstream);
            pools.add(pool);
            components.add(component);
            units.add(unit);
            ips.add(ip);
            return;
        };
        // The largest logs are those of nginx: of its records no more is looked at than is needed here.
        sites.add(site(error.context.host, error.context.server));
        upstreams.add(error.context.upstream_peer());
        if let Some(component) = error.stderr().and_then(|text| component(error, text)) {
            components.add(Some(told(component, &mut self.component)));
        }
        ips.add(error.context.client.filter(|_| ModSecurity::is_denial(error.text)));
    }

    /// Puts what was counted by numbers into the lists.
    pub(super) fn settle(&self, counted: &mut Counted, lists: &mut [Top; LISTS.len()]) {
        for ((known, counts), list) in self.known.iter().zip(counted).zip(lists) {
            counts.drain(known).for_each(|(name, count)| list.sum(name, count));
        }
    }
}

/// Where the names of a list are counted.
struct Place<'c> {
    known: &'c mut Known,
    counts: &'c mut Numbered,
    list: &'c mut Top,
}

impl Place<'_> {
    #[inline]
    fn add(&mut self, name: Option<&[u8]>) {
        let Some(name) = name else { return };
        if !self.known.number(name).is_some_and(|number| self.counts.add(number)) {
            self.list.add(name);
        }
    }
}

/// A component as it is displayed.
fn told<'r>(component: Component<'_>, room: &'r mut Vec<u8>) -> &'r [u8] {
    let Some(name) = component.name() else { return b"WordPress core" };
    room.clear();
    room.extend_from_slice(component.as_str().as_bytes());
    room.push(b' ');
    room.extend_from_slice(String::from_utf8_lossy(name).as_bytes());
    room
}

/// What [`Fields`] say of names.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Found<'b> {
    site: Option<&'b [u8]>,
    upstream: Option<&'b [u8]>,
    pool: Option<&'b [u8]>,
    component: Option<Component<'b>>,
    unit: Option<&'b [u8]>,
    ip: Option<&'b [u8]>,
}

impl<'b> Found<'b> {
    fn of(record: &Record<'b>) -> Found<'b> {
        match &record.body {
            // Much is said of a request that is not listed.
            Body::Access(access) => Found {
                site: site(access.host, access.server),
                upstream: access.upstream_addr.and_then(|list| list.rsplit(|b| *b == b' ').next()),
                pool: None,
                component: None,
                unit: None,
                ip: None,
            },
            _ => Found::in_fields(&Fields::of(record)),
        }
    }

    fn in_fields(fields: &Fields<'b>) -> Found<'b> {
        Found {
            site: fields.site(),
            upstream: fields.upstream_peer,
            pool: fields.pool,
            component: fields.component,
            unit: fields.unit,
            ip: fields.ip,
        }
    }
}

/// What the gravest message of PHP is about.
fn component<'b>(error: &NginxError<'b>, text: &[u8]) -> Option<Component<'b>> {
    if !Component::may_be_in(text) {
        return None;
    }
    error.php_messages().filter(|m| m.kind.is_some()).min_by_key(|m| m.kind)?.component()
}

fn site<'b>(host: Option<&'b [u8]>, server: Option<&'b [u8]>) -> Option<&'b [u8]> {
    let named = |name: &&[u8]| !name.is_empty();
    host.filter(named).or_else(|| server.filter(named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use logscan_catalogue::Catalogue;
    use logscan_parser::{AccessFormat, Format, Frames};

    /// Checks all records of a text; how many there are.
    fn check(text: &[u8], format: &Format) -> usize {
        let records: Vec<Record<'_>> = Frames::of(text, format).filter_map(|f| f.record()).collect();
        for record in &records {
            let fields = Fields::of(record);
            assert_eq!(Found::of(record), Found::in_fields(&fields), "{record:?}");
            let component = fields.component.map(|c| c.to_string());
            let expected = [
                fields.site(),
                fields.upstream_peer,
                fields.pool,
                component.as_ref().map(String::as_bytes),
                fields.unit,
                fields.ip,
            ];
            let mut lists = std::array::from_fn(|_| Top::default());
            let (mut names, mut counted) = (Names::default(), Counted::default());
            names.count(record, &mut counted, &mut lists);
            names.settle(&mut counted, &mut lists);
            for (list, name) in lists.iter().zip(expected) {
                let names: Vec<_> = name.into_iter().map(|name| (name, 1)).collect();
                assert_eq!(list.sorted(), names, "{record:?}");
            }
        }
        records.len()
    }

    #[test]
    fn the_names_are_those_of_the_fields() {
        let access = "$remote_addr [$time_local] \"$request\" $status $host $server_name $upstream_addr";
        let access = Format::with_access(vec![AccessFormat::nginx(access).unwrap()], true);
        let mut records = 0;
        for kind in Catalogue::builtin().kinds() {
            let sample = kind.sample.as_bytes();
            records += check(sample, Format::ANY);
            // What is left of a line, and lines with something in the midst of them.
            for cut in 0..sample.len() {
                check(&sample[..cut], Format::ANY);
                let mut other = sample.to_vec();
                other[cut] = b", :\"/[\xff"[cut % 7];
                check(&other, Format::ANY);
            }
        }
        assert!(records > 100, "{records}");
        for line in [
            &b"192.0.2.1 [23/Nov/2026:12:00:18 +0000] \"GET / HTTP/1.1\" 502 a.example b.example 10.0.0.1:80"[..],
            b"192.0.2.1 [23/Nov/2026:12:00:18 +0000] \"GET / HTTP/1.1\" 502 - b.example 10.0.0.1:80, unix:/a.sock",
            b"192.0.2.1 [23/Nov/2026:12:00:18 +0000] \"GET / HTTP/1.1\" 502 - - -",
        ] {
            assert_eq!(check(line, &access), 1);
        }
    }
}
