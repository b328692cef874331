//! The names in a record that the summary lists.

use logscan_catalogue::Fields;
use logscan_parser::{Body, Component, ModSecurity, NginxError, Record};

use super::{LISTS, Top};

/// Counts the names of records, with room for those that are not in them as they are told.
#[derive(Debug, Default)]
pub(super) struct Names {
    component: Vec<u8>,
}

impl Names {
    /// Adds each name to its list.
    #[inline]
    pub(super) fn count(&mut self, record: &Record<'_>, lists: &mut [Top; LISTS.len()]) {
        let Body::NginxError(error) = &record.body else {
            return self.count_found(&Found::of(record), lists);
        };
        // The largest logs are those of nginx: of its records no more is looked at than is needed here.
        let [sites, upstreams, _, components, _, ips] = lists;
        if let Some(name) = site(error.context.host, error.context.server) {
            sites.add(name);
        }
        if let Some(name) = error.context.upstream_peer() {
            upstreams.add(name);
        }
        if let Some(component) = error.stderr().and_then(|text| component(error, text)) {
            components.add(self.told(component));
        }
        if let Some(client) = error.context.client.filter(|_| ModSecurity::is_denial(error.text)) {
            ips.add(client);
        }
    }

    fn count_found(&mut self, found: &Found<'_>, lists: &mut [Top; LISTS.len()]) {
        let Found { site, upstream, pool, component, unit, ip } = *found;
        let component = component.map(|component| self.told(component));
        for (list, name) in lists.iter_mut().zip([site, upstream, pool, component, unit, ip]) {
            if let Some(name) = name {
                list.add(name);
            }
        }
    }

    /// A component as it is displayed.
    fn told(&mut self, component: Component<'_>) -> &[u8] {
        let Some(name) = component.name() else { return b"WordPress core" };
        self.component.clear();
        self.component.extend_from_slice(component.as_str().as_bytes());
        self.component.push(b' ');
        self.component.extend_from_slice(String::from_utf8_lossy(name).as_bytes());
        &self.component
    }
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
            Names::default().count(record, &mut lists);
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
