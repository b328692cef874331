use super::*;

use logscan_catalogue::Fields;
use logscan_parser::{AccessServer, Source};

const NGINX: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \
     \"$http_referer\" \"$http_user_agent\" \"$http_cf_ray\" $host rt=$request_time us=$upstream_status \
     urt=$upstream_response_time bs=$bytes_sent";

fn format_of(kind: &Kind) -> Format {
    match kind.source {
        Some(Source::NginxAccess) => Format::with_access(vec![AccessFormat::nginx(NGINX).unwrap()], true),
        Some(Source::ApacheAccess) => Format::detect(kind.sample.as_bytes(), AccessServer::Apache),
        _ => Format::default(),
    }
}

/// Everything that output tells of a record, but for its message.
fn told(record: &Record<'_>) -> Vec<(&'static str, String)> {
    let f = Fields::of(record);
    let text = |name, value: Option<&[u8]>| value.map(|v| (name, v.escape_ascii().to_string()));
    let number = |name, value: Option<u64>| value.map(|v| (name, v.to_string()));
    let all = [
        text("action", f.action),
        text("client", f.client),
        text("server", f.server),
        text("method", f.method),
        text("uri", f.uri),
        text("protocol", f.protocol),
        text("host", f.host),
        text("upstream", f.upstream),
        text("referrer", f.referrer),
        text("pool", f.pool),
        text("process", f.process),
        text("script", f.script),
        text("php_file", f.php_file),
        text("unit", f.unit),
        text("jail", f.jail),
        text("ip", f.ip),
        text("upstream_status", f.upstream_status),
        text("upstream_time", f.upstream_time),
        text("ray_id", f.ray_id),
        text("request_id", f.request_id),
        text("user_agent", f.user_agent),
        text("code", f.code),
        number("pid", f.pid.map(u64::from)),
        number("tid", f.tid),
        number("connection", f.connection),
        number("errno", f.errno.map(u64::from)),
        number("child_pid", f.child_pid.map(u64::from)),
        number("signal", f.signal.map(u64::from)),
        number("php_line", f.php_line.map(u64::from)),
        number("port", f.port.map(u64::from)),
        number("status", f.status.map(u64::from)),
        number("bytes_sent", f.bytes_sent),
        f.component.map(|c| ("component", format!("{c:?}"))),
        f.request_time.map(|t| ("request_time", format!("{t:?}"))),
        record.at.map(|at| ("at", format!("{at:?}"))),
    ];
    all.into_iter().flatten().collect()
}

/// The records that a text without a newline at its end tells.
fn read<'b>(bytes: &'b [u8], format: &'b Format) -> Vec<(Record<'b>, &'static str)> {
    let catalogue = Catalogue::builtin();
    let cut = loose_end(bytes, format, catalogue);
    let (lines, _) = bytes.split_at(bytes.len() - cut);
    let frames = Frames::of(lines, format).filter_map(|frame| {
        let record = frame.record()?;
        let kind = catalogue.name(&record).and_then(|named| catalogue.kind(named.kind));
        let open = frame.offset + frame.bytes.len() == lines.len();
        (!open || is_whole(&record, kind, format)).then_some((record, &*kind?.id))
    });
    frames.collect()
}

/// Each kind's sample, whole and then once more up to every byte of its last line.
#[test]
fn nothing_wrong_is_told_of_what_was_cut() {
    let mut wrong = Vec::new();
    for kind in Catalogue::builtin().kinds() {
        let format = format_of(kind);
        let (sample, twice) = (kind.sample.as_bytes(), format!("{0}\n{0}", kind.sample));
        let both: Vec<_> = Frames::of(twice.as_bytes(), &format).collect();
        // The inside of a record goes on with itself.
        let [first, _] = both[..] else { continue };
        let whole = told(&first.record().unwrap());
        for cut in 1..sample.len() {
            let bytes = &twice.as_bytes()[..sample.len() + 1 + cut];
            if bytes.ends_with(b"\n") {
                continue;
            }
            let records = read(bytes, &format);
            let part = bytes[sample.len() + 1..].escape_ascii();
            let before = records
                .first()
                .is_some_and(|(r, id)| r.raw.trim_ascii_end() == sample.trim_ascii_end() && *id == kind.id);
            if !before {
                wrong.push(format!("{}: the record before is lost: {part}", kind.id));
            }
            // The quote is closed before php-fpm tells that the pipe was; of exceptions in a row the last one is told.
            let excused = matches!(&*kind.id, "fpm-said-pipe-closed" | "php-uncaught");
            for (record, id) in records.iter().skip(1).filter(|_| !excused) {
                if *id != kind.id {
                    wrong.push(format!("{}: is {id}: {part}", kind.id));
                }
                let other = told(record).into_iter().find(|field| !whole.contains(field));
                if let Some((name, value)) = other {
                    wrong.push(format!("{}: {name} is {value}: {part}", kind.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
