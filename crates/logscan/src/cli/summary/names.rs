//! The names in a record that the summary lists.

use logscan_catalogue::Fields;
use logscan_parser::{Body, Component, ModSecurity, NginxError, Record};

use super::LISTS;

/// Finds the names of a record, with room for those that are not in it as they are told.
#[derive(Debug, Default)]
pub(super) struct Names {
    component: Vec<u8>,
}

impl Names {
    /// The name for each of the lists.
    #[inline]
    pub(super) fn of<'n>(&'n mut self, record: &Record<'n>) -> [Option<&'n [u8]>; LISTS.len()] {
        let Found { site, upstream, pool, component, unit, ip } = Found::of(record);
        let component = component.map(|component| self.told(component));
        [site, upstream, pool, component, unit, ip]
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
    /// The largest logs are those of nginx: of its records no more is looked at than is needed here.
    #[inline]
    fn of(record: &Record<'b>) -> Found<'b> {
        match &record.body {
            Body::NginxError(error) => Found::in_error(error),
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

    #[inline]
    fn in_error(error: &NginxError<'b>) -> Found<'b> {
        Found {
            site: site(error.context.host, error.context.server),
            upstream: error.context.upstream_peer(),
            pool: None,
            component: error.stderr().and_then(|_| component(error)),
            unit: None,
            ip: error.context.client.filter(|_| ModSecurity::is_denial(error.text)),
        }
    }

    #[cold]
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
fn component<'b>(error: &NginxError<'b>) -> Option<Component<'b>> {
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
            assert_eq!(Names::default().of(record), expected, "{record:?}");
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
