//! The fields of a record under their common names.

use std::time::Duration;

use logscan_parser::{
    Access, ApacheError, Audit, Body, Component, Fail2ban, Fpm, FpmSlow, Guard, Kernel, NginxError, PhpError,
    PhpMessage, Record, Systemd, Worker,
};

/// What a record tells besides its message, under the names that output uses. Absent where it does not.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
#[non_exhaustive]
pub struct Fields<'b> {
    /// The message: without head, action and context list.
    pub message: &'b [u8],
    /// Process that wrote the line.
    pub pid: Option<u32>,
    /// Thread that wrote it.
    pub tid: Option<u64>,
    /// nginx's serial number of the connection.
    pub connection: Option<u64>,
    /// Error number of the system call.
    pub errno: Option<u32>,
    /// What nginx was doing.
    pub action: Option<&'b [u8]>,
    /// Address of the client.
    pub client: Option<&'b [u8]>,
    /// Server name, or listening address.
    pub server: Option<&'b [u8]>,
    /// Method of the request.
    pub method: Option<&'b [u8]>,
    /// URI of the request.
    pub uri: Option<&'b [u8]>,
    /// Protocol of the request.
    pub protocol: Option<&'b [u8]>,
    /// Host header.
    pub host: Option<&'b [u8]>,
    /// Upstream as written.
    pub upstream: Option<&'b [u8]>,
    /// Scheme and peer of the upstream, as the configuration names it.
    pub upstream_peer: Option<&'b [u8]>,
    /// Referer header.
    pub referrer: Option<&'b [u8]>,
    /// php-fpm's pool.
    pub pool: Option<&'b [u8]>,
    /// php-fpm's worker, or another process that crashed or was killed.
    pub child_pid: Option<u32>,
    /// Name of that process, where the kernel or systemd tells it: at most 15 bytes, which may be any.
    pub process: Option<&'b [u8]>,
    /// Number of the signal that ended it.
    pub signal: Option<u32>,
    /// Script that a worker ran.
    pub script: Option<&'b [u8]>,
    /// File that PHP's message names.
    pub php_file: Option<&'b [u8]>,
    /// Line in that file.
    pub php_line: Option<u32>,
    /// The plugin or theme to blame for PHP's message, or WordPress itself.
    pub component: Option<Component<'b>>,
    /// systemd's unit.
    pub unit: Option<&'b [u8]>,
    /// fail2ban's jail.
    pub jail: Option<&'b [u8]>,
    /// Port that a packet was sent to.
    pub port: Option<u16>,
    /// Address that was banned, blocked or refused.
    pub ip: Option<&'b [u8]>,
    /// Status that was logged for the request.
    pub status: Option<u16>,
    /// Statuses of the upstreams that were asked, as written.
    pub upstream_status: Option<&'b [u8]>,
    /// How long the request took.
    pub request_time: Option<Duration>,
    /// How long the upstreams took, in seconds, as written.
    pub upstream_time: Option<&'b [u8]>,
    /// Cloudflare's ID of the request, without the data centre.
    pub ray_id: Option<&'b [u8]>,
    /// nginx's or Apache's ID of the request.
    pub request_id: Option<&'b [u8]>,
    /// User-Agent header.
    pub user_agent: Option<&'b [u8]>,
    /// Bytes of the response, with its head where the log tells these.
    pub bytes_sent: Option<u64>,
    /// Number of Apache's message: `AH01075`.
    pub code: Option<&'b [u8]>,
}

impl<'b> Fields<'b> {
    /// The fields of a record.
    pub fn of(record: &Record<'b>) -> Fields<'b> {
        match &record.body {
            Body::NginxError(error) => of_nginx(error),
            Body::Fpm(fpm) => of_fpm(fpm),
            Body::FpmSlow(slow) => of_slow(slow),
            Body::Access(access) => of_access(access),
            Body::Kernel(kernel) => of_kernel(kernel),
            Body::Fail2ban(fail2ban) => of_fail2ban(fail2ban),
            Body::Guard(guard) => of_guard(guard),
            Body::Php(error) => of_php(error),
            Body::Systemd(systemd) => of_systemd(record, systemd),
            Body::ApacheError(error) => of_apache(error),
            Body::Audit(audit) => of_audit(audit),
            _ => of_request(record),
        }
    }

    /// The site: the Host header, or the server name where the request had none.
    pub fn site(&self) -> Option<&'b [u8]> {
        let named = |name: &&[u8]| !name.is_empty();
        self.host.filter(named).or_else(|| self.server.filter(named))
    }
}

fn of_nginx<'b>(error: &NginxError<'b>) -> Fields<'b> {
    let context = &error.context;
    let request = context.request_line();
    let gravest = error.stderr().and_then(|_| gravest(error.php_messages()));
    let (php_file, php_line) = place(gravest);
    Fields {
        message: error.message,
        pid: error.pid,
        tid: error.tid,
        connection: error.connection,
        errno: error.errno,
        action: error.action,
        client: context.client,
        server: context.server,
        method: request.map(|r| r.method),
        uri: request.map(|r| r.uri),
        protocol: request.and_then(|r| r.protocol),
        host: context.host,
        upstream: context.upstream,
        upstream_peer: context.upstream_peer(),
        referrer: context.referrer,
        php_file,
        php_line,
        component: gravest.and_then(|m| m.component()),
        ip: context.client.filter(|_| error.modsecurity().is_some_and(|m| m.verdict.is_denial())),
        ..Fields::default()
    }
}

/// Of several messages in one record, the gravest is what it is about.
fn gravest<'b>(messages: impl Iterator<Item = PhpMessage<'b>>) -> Option<PhpMessage<'b>> {
    messages.filter(|m| m.kind.is_some()).min_by_key(|m| m.kind)
}

fn of_apache<'b>(error: &ApacheError<'b>) -> Fields<'b> {
    let (php_file, php_line) = place(gravest(error.php_messages()));
    let modsecurity = error.modsecurity();
    let child = error.child_signal();
    let upstream = error.upstream();
    let client = error.client.map(|peer| peer.address);
    Fields {
        message: error.message,
        pid: error.pid,
        tid: error.tid,
        errno: error.errno,
        client,
        uri: modsecurity.and_then(|m| m.uri).or_else(|| error.uri()),
        host: modsecurity.and_then(|m| m.hostname),
        upstream,
        upstream_peer: upstream,
        referrer: error.referer,
        child_pid: child.map(|(pid, _)| pid),
        signal: child.map(|(_, signal)| signal),
        script: error.script(),
        php_file,
        php_line,
        ip: client.filter(|_| modsecurity.is_some_and(|m| m.verdict.is_denial())),
        code: error.code,
        ..Fields::default()
    }
}

fn of_audit<'b>(audit: &Audit<'b>) -> Fields<'b> {
    let request = audit.request.and_then(logscan_parser::Request::parse);
    Fields {
        message: audit.message,
        client: audit.client,
        method: audit.method.or(request.map(|r| r.method)),
        uri: audit.uri.or(request.map(|r| r.uri)),
        protocol: request.and_then(|r| r.protocol),
        host: audit.host,
        ip: audit.client.filter(|_| audit.intercepted),
        ..Fields::default()
    }
}

fn place(message: Option<PhpMessage<'_>>) -> (Option<&[u8]>, Option<u32>) {
    message.and_then(|m| m.location()).map_or((None, None), |(file, line)| (Some(file), Some(line)))
}

fn of_fpm<'b>(fpm: &Fpm<'b>) -> Fields<'b> {
    let worker = fpm.worker();
    let (php_file, php_line) = place(fpm.php_message().filter(|m| m.kind.is_some()));
    let signal = match worker {
        Some(Worker::Signalled { signal, .. }) => Some(signal),
        _ => None,
    };
    let (script, request) = match worker {
        Some(Worker::Slow { script, request, .. } | Worker::TimedOut { script, request, .. }) => {
            (Some(script), logscan_parser::Request::parse(request))
        }
        _ => (None, None),
    };
    Fields {
        message: fpm.text,
        pid: fpm.origin.and_then(|o| o.pid),
        method: request.map(|r| r.method),
        uri: request.map(|r| r.uri),
        pool: fpm.pool,
        child_pid: worker.map(|w| w.pid()),
        signal,
        script,
        php_file,
        php_line,
        component: said(fpm).and_then(|m| m.component()),
        ..Fields::default()
    }
}

/// What a worker said: a message of PHP, or a line of its trace, which php-fpm makes a record of its own.
fn said<'b>(fpm: &Fpm<'b>) -> Option<PhpMessage<'b>> {
    let trace = || match fpm.worker()? {
        Worker::Said { output, .. } if output.continues_message() => Some(PhpMessage::parse(output.text)),
        _ => None,
    };
    fpm.php_message().or_else(trace)
}

fn of_php<'b>(error: &PhpError<'b>) -> Fields<'b> {
    let place = error.location();
    Fields {
        message: error.text,
        pid: error.pid,
        php_file: place.map(|(file, _)| file),
        php_line: place.map(|(_, line)| line),
        component: error.component(),
        ..Fields::default()
    }
}

fn of_slow<'b>(slow: &FpmSlow<'b>) -> Fields<'b> {
    let top = slow.frames().next();
    Fields {
        message: slow.text,
        pool: slow.pool,
        child_pid: slow.pid,
        script: slow.script(),
        php_file: top.map(|(_, file, _)| file),
        php_line: top.map(|(_, _, line)| line),
        component: Component::to_blame(slow.frames().map(|(_, file, _)| file)),
        ..Fields::default()
    }
}

fn of_access<'b>(access: &Access<'b>) -> Fields<'b> {
    Fields {
        message: access.request.unwrap_or(access.text),
        pid: access.pid,
        connection: access.connection,
        client: access.client,
        server: access.server,
        method: access.method,
        uri: access.uri,
        protocol: access.protocol,
        host: access.host,
        upstream: access.upstream_addr,
        upstream_peer: access.upstream_addr.and_then(|list| list.rsplit(|b| *b == b' ').next()),
        referrer: access.referrer,
        status: access.status,
        upstream_status: access.upstream_status,
        request_time: access.request_time,
        upstream_time: access.upstream_response_time,
        ray_id: access.ray(),
        request_id: access.request_id,
        user_agent: access.user_agent,
        bytes_sent: access.bytes_sent.or(access.body_bytes_sent),
        ..Fields::default()
    }
}

fn of_fail2ban<'b>(fail2ban: &Fail2ban<'b>) -> Fields<'b> {
    Fields {
        message: fail2ban.text,
        pid: fail2ban.pid,
        ip: fail2ban.ip,
        jail: fail2ban.jail,
        ..Fields::default()
    }
}

fn of_guard<'b>(guard: &Guard<'b>) -> Fields<'b> {
    Fields { message: guard.text, ip: guard.ip, ..Fields::default() }
}

fn of_request<'b>(record: &Record<'b>) -> Fields<'b> {
    let mut fields = Fields { message: record.text(), ..Fields::default() };
    if let Body::FpmAccess(access) = &record.body {
        let request = logscan_parser::Request::parse(access.request);
        fields.method = request.map(|r| r.method);
        fields.uri = request.map(|r| r.uri);
        fields.script = access.script;
        fields.status = Some(access.status);
        fields.request_time = access.duration;
    }
    fields
}

fn of_kernel<'b>(kernel: &Kernel<'b>) -> Fields<'b> {
    let process = kernel.process();
    let packet = kernel.packet();
    // The kernel kills with SIGKILL.
    let signal = kernel.crash().map(|c| c.signal).or_else(|| kernel.killed().map(|_| 9));
    Fields {
        message: kernel.text,
        child_pid: process.map(|(_, pid)| pid),
        process: process.map(|(name, _)| name),
        signal,
        ip: packet.map(|p| p.src),
        port: packet.and_then(|p| p.port),
        ..Fields::default()
    }
}

fn of_systemd<'b>(record: &Record<'b>, systemd: &Systemd<'b>) -> Fields<'b> {
    let process = systemd.process();
    Fields {
        message: systemd.text,
        pid: record.carrier.and_then(|c| c.pid),
        unit: systemd.unit,
        child_pid: process.map(|(_, pid)| pid),
        process: process.map(|(name, _)| name),
        signal: systemd.signal(),
        ..Fields::default()
    }
}
