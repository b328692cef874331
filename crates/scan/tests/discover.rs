//! The logs of machines, imitated as folders.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // a test fails by a panic

#[allow(dead_code)] // each test file uses a part of it
mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::Dir;
use logscan_scan::{Discovery, FoundLog, Note, Role, Server, Why};

impl Dir {
    fn text(&self, name: &str, text: &str) {
        self.file(name, text.as_bytes());
    }

    fn logs(&self, names: &[&str]) {
        for name in names {
            self.text(name, "x\n");
        }
    }

    fn link(&self, name: &str, target: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn discover(&self) -> Discovery {
        Discovery::of_root(&self.0)
    }

    fn inside<'p>(&self, path: &'p Path) -> &'p str {
        path.strip_prefix(&self.0).unwrap().to_str().unwrap()
    }

    /// Role and path of all logs.
    fn listed<'d>(&self, found: &'d Discovery) -> Vec<(Role, &'d str)> {
        found.logs.iter().map(|log| (log.role, self.inside(&log.path))).collect()
    }

    fn log<'d>(&self, found: &'d Discovery, name: &str) -> &'d FoundLog {
        found.logs.iter().find(|log| log.path == self.path(name)).unwrap()
    }

    /// Path and matter of all notes but that of the kernel's log.
    fn told<'d>(&self, found: &'d Discovery) -> Vec<(&'d str, &'d Why)> {
        let notes = found.notes.iter().filter(|n| !matches!(n.why, Why::NoKernelLog { .. }));
        notes.map(|n| (self.inside(&n.path), &n.why)).collect()
    }
}

fn names(found: &Discovery, log: &FoundLog) -> Vec<String> {
    log.formats.iter().map(|number| found.formats[*number].name.clone()).collect()
}

fn syslog(tag: &str) -> Why {
    Why::Syslog { tag: tag.into(), server: None }
}

#[test]
fn debian() {
    let dir = Dir::new();
    dir.text(
        "etc/nginx/nginx.conf",
        "user www-data;\nerror_log /var/log/nginx/error.log warn;\ninclude modules-enabled/*.conf;\n\
         http {\n\taccess_log /var/log/nginx/access.log;\n\tinclude /etc/nginx/sites-enabled/*;\n}\n",
    );
    dir.text(
        "etc/nginx/sites-available/shop",
        "server {\n  server_name shop.example www.shop.example;\n\
         access_log /var/log/nginx/shop.log timed buffer=32k;\n  access_log /var/log/nginx/missing.log timed;\n}\n\
         log_format timed '$remote_addr';\n",
    );
    dir.link("etc/nginx/sites-enabled/shop", "../sites-available/shop");
    dir.text("etc/nginx/sites-enabled/.hidden", "error_log /var/log/nginx/hidden.log;");
    dir.text(
        "etc/php/8.2/fpm/php-fpm.conf",
        "[global]\nerror_log = /var/log/php8.2-fpm.log\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n",
    );
    dir.text(
        "etc/php/8.2/fpm/pool.d/www.conf",
        "[www]\n;slowlog = /var/log/no.log\nslowlog = /var/log/$pool.slow ; slow ones\n\
         access.log = /var/log/$pool.access.log\nphp_admin_value[error_log] = \"/var/log/fpm-php.$pool.log\"\n",
    );
    dir.text("etc/php/8.2/fpm/php.ini", ";error_log = syslog\nerror_log = php_errors.log\n");
    dir.text("etc/php/8.2/fpm/conf.d/99-errors.ini", "error_log = /var/log/php_all.log\n");
    dir.text(
        "etc/apache2/apache2.conf",
        "ErrorLog ${APACHE_LOG_DIR}/error.log\nIncludeOptional sites-enabled/*.conf\n\
         LogFormat \"%h \\\"%r\\\"\" combined\n",
    );
    dir.text("etc/apache2/envvars", "SUFFIX=\nexport APACHE_LOG_DIR=/var/log/apache2$SUFFIX\n");
    dir.text(
        "etc/apache2/sites-enabled/000-default.conf",
        "<VirtualHost *:80>\n  CustomLog ${APACHE_LOG_DIR}/access.log combined\n  ServerName a.example:80\n</VirtualHost>\n",
    );
    dir.logs(&[
        "var/log/nginx/error.log",
        "var/log/nginx/error.log.1",
        "var/log/nginx/access.log",
        "var/log/nginx/shop.log",
        "var/log/nginx/old.access.log",
        "var/log/nginx/hidden.log",
        "var/log/php8.2-fpm.log",
        "var/log/www.slow",
        "var/log/www.access.log",
        "var/log/fpm-php.www.log",
        "var/log/php_all.log",
        "var/log/apache2/error.log",
        "var/log/apache2/access.log",
        "var/log/apache2/access.log.2.gz",
        "var/log/kern.log",
        "var/log/syslog",
        "var/log/fail2ban.log",
        "var/log/auth.log",
    ]);
    let found = dir.discover();
    assert_eq!(
        dir.listed(&found),
        [
            (Role::NginxError, "var/log/nginx/error.log"),
            (Role::NginxAccess, "var/log/nginx/access.log"),
            (Role::NginxAccess, "var/log/nginx/shop.log"),
            (Role::PhpFpm, "var/log/php8.2-fpm.log"),
            (Role::PhpSlow, "var/log/www.slow"),
            (Role::PhpFpmAccess, "var/log/www.access.log"),
            (Role::PhpError, "var/log/fpm-php.www.log"),
            (Role::PhpError, "var/log/php_all.log"),
            (Role::ApacheError, "var/log/apache2/error.log"),
            (Role::ApacheAccess, "var/log/apache2/access.log"),
            (Role::NginxAccess, "var/log/nginx/old.access.log"),
            (Role::System, "var/log/kern.log"),
            (Role::System, "var/log/syslog"),
            (Role::Firewall, "var/log/fail2ban.log"),
        ]
    );
    assert_eq!(found.notes.len(), 1);
    assert_eq!(dir.told(&found), [("var/log/nginx/missing.log", &Why::Missing)]);
    assert_eq!(found.notes[0].from.as_deref(), Some(&*dir.path("etc/nginx/sites-available/shop")));
    assert!(!found.notes[0].is_failure());

    let log = |name| dir.log(&found, name);
    assert_eq!(log("var/log/nginx/error.log").level.as_deref(), Some("warn"));
    assert_eq!(names(&found, log("var/log/nginx/access.log")), ["combined"]);
    assert_eq!(names(&found, log("var/log/nginx/shop.log")), ["timed"]);
    assert_eq!(log("var/log/nginx/shop.log").hosts, ["shop.example", "www.shop.example"]);
    assert_eq!(log("var/log/nginx/shop.log").from, dir.path("etc/nginx/sites-available/shop"));
    assert_eq!(log("var/log/apache2/access.log").hosts, ["a.example"]);
    assert_eq!(log("var/log/syslog").from, dir.path("var/log/syslog"));
    let apache = found.format_of(&dir.path("var/log/apache2/access.log.2.gz")).unwrap();
    assert_eq!((apache.server, apache.text.as_str()), (Server::Apache, r#""%h \"%r\"""#));
    assert_eq!(found.named("combined").unwrap().server, Server::Nginx);
    assert_eq!(found.named("timed").unwrap().text, "'$remote_addr'");
    assert_eq!(found.named("other"), None);
    assert_eq!(found.format_of(&dir.path("var/log/nginx/error.log")), None);
    assert_eq!(found.confs.len(), 3);
}

#[test]
fn rhel() {
    let dir = Dir::new();
    // Neither sets a log: those that are compiled in count.
    dir.text("etc/nginx/nginx.conf", "http { server { listen 80; } }");
    dir.text("etc/php-fpm.conf", "include=/etc/php-fpm.d/*.conf\n[global]\n");
    dir.text(
        "etc/php-fpm.d/www.conf",
        "[www]\nslowlog = /var/log/php-fpm/www-slow.log\nphp_admin_value[error_log] = /var/log/php-fpm/www-error.log\n",
    );
    dir.text(
        "etc/httpd/conf/httpd.conf",
        "ServerRoot \"/etc/httpd\"\nErrorLog \"logs/error_log\"\nLogFormat \"%h\" common\n\
         <IfModule log_config_module>\n  CustomLog \"logs/access_log\" \\\n    common\n</IfModule>\n\
         Include conf.d\n",
    );
    dir.text(
        "etc/httpd/conf.d/ssl.conf",
        "<VirtualHost _default_:443>\nTransferLog logs/ssl_log\n</VirtualHost>\n",
    );
    dir.link("etc/httpd/logs", "../../var/log/httpd");
    dir.logs(&[
        "var/log/nginx/error.log",
        "var/log/nginx/access.log",
        "var/log/php-fpm.log",
        "var/log/php-fpm/error.log",
        "var/log/php-fpm/www-slow.log",
        "var/log/php-fpm/www-error.log",
        "var/log/httpd/error_log",
        "var/log/httpd/error_log-20260329",
        "var/log/httpd/access_log",
        "var/log/httpd/ssl_log",
        "var/log/messages",
        "var/log/firewalld",
    ]);
    let found = dir.discover();
    assert_eq!(
        dir.listed(&found),
        [
            (Role::NginxError, "var/log/nginx/error.log"),
            (Role::NginxAccess, "var/log/nginx/access.log"),
            (Role::PhpFpm, "var/log/php-fpm.log"),
            (Role::PhpSlow, "var/log/php-fpm/www-slow.log"),
            (Role::PhpError, "var/log/php-fpm/www-error.log"),
            (Role::ApacheError, "var/log/httpd/error_log"),
            (Role::ApacheAccess, "var/log/httpd/access_log"),
            (Role::ApacheAccess, "var/log/httpd/ssl_log"),
            (Role::PhpFpm, "var/log/php-fpm/error.log"),
            (Role::System, "var/log/messages"),
            (Role::Firewall, "var/log/firewalld"),
        ]
    );
    assert_eq!(found.notes, []);
    assert_eq!(names(&found, dir.log(&found, "var/log/nginx/access.log")), ["combined"]);
    assert_eq!(names(&found, dir.log(&found, "var/log/httpd/access_log")), ["common"]);
    // What is compiled in for a TransferLog.
    assert_eq!(
        found.format_of(&dir.path("etc/httpd/logs/ssl_log")).unwrap().text,
        r#""%h %l %u %t \"%r\" %>s %b""#
    );
}

#[test]
fn alpine() {
    let dir = Dir::new();
    dir.text("etc/nginx/nginx.conf", "error_log logs/own.log; http { access_log off; server { } }");
    dir.link("var/lib/nginx/logs", "/var/log/nginx");
    dir.text(
        "etc/php83/php-fpm.conf",
        "[global]\nerror_log = log/php83/error.log\ninclude=/etc/php83/php-fpm.d/*.conf\n",
    );
    dir.text("etc/php83/php-fpm.d/www.conf", "[www]\nprefix = /srv/$pool\nslowlog = log/slow.log\n");
    dir.text(
        "etc/apache2/httpd.conf",
        "ServerRoot /var/www\nErrorLog logs/error.log\nCustomLog logs/access.log \"%h %t\"\n",
    );
    dir.link("var/www/logs", "/var/log/apache2");
    dir.logs(&[
        "var/log/nginx/own.log",
        "var/log/php83/error.log",
        "srv/www/log/slow.log",
        "var/log/apache2/error.log",
        "var/log/apache2/access.log",
        "var/log/messages",
    ]);
    let found = dir.discover();
    assert_eq!(
        dir.listed(&found),
        [
            (Role::NginxError, "var/log/nginx/own.log"),
            (Role::PhpFpm, "var/log/php83/error.log"),
            (Role::PhpSlow, "srv/www/log/slow.log"),
            (Role::ApacheError, "var/log/apache2/error.log"),
            (Role::ApacheAccess, "var/log/apache2/access.log"),
            (Role::System, "var/log/messages"),
        ]
    );
    assert_eq!(dir.told(&found), [("etc/nginx/nginx.conf", &Why::Off)]);
    let access = found.format_of(&dir.path("var/log/apache2/access.log")).unwrap();
    assert_eq!((access.name.as_str(), access.text.as_str()), ("", "\"%h %t\""));
}

#[test]
fn plesk() {
    let dir = Dir::new();
    dir.text("etc/nginx/nginx.conf", "http { include conf.d/*.conf; }");
    dir.text(
        "etc/nginx/conf.d/host.conf",
        "server { server_name a.example; access_log \"/var/www/vhosts/system/a.example/logs/proxy_access_ssl_log\"; \
         error_log \"/var/www/vhosts/system/a.example/logs/proxy_error_log\"; }",
    );
    dir.text(
        "opt/plesk/php/8.2/etc/php-fpm.conf",
        "[global]\nerror_log = /var/log/plesk-php82-fpm/error.log\n",
    );
    let logs = "var/www/vhosts/system/a.example/logs";
    for log in ["access_log", "access_ssl_log", "error_log", "proxy_access_log", "proxy_access_ssl_log"] {
        dir.logs(&[&format!("{logs}/{log}"), &format!("{logs}/{log}.processed")]);
    }
    dir.logs(&[&format!("{logs}/proxy_error_log"), &format!("{logs}/proxy_error_log.1.gz")]);
    dir.logs(&["var/log/plesk-php82-fpm/error.log", "var/log/syslog", "var/log/imunify360/console.log"]);
    let found = dir.discover();
    let log = |name: &str| format!("{logs}/{name}");
    let listed: Vec<(Role, String)> =
        dir.listed(&found).into_iter().map(|(role, path)| (role, path.to_owned())).collect();
    assert_eq!(
        listed,
        [
            (Role::NginxAccess, log("proxy_access_ssl_log")),
            (Role::NginxError, log("proxy_error_log")),
            (Role::PhpFpm, "var/log/plesk-php82-fpm/error.log".into()),
            (Role::NginxAccess, log("proxy_access_log")),
            (Role::ApacheError, log("error_log")),
            (Role::ApacheAccess, log("access_log")),
            (Role::ApacheAccess, log("access_ssl_log")),
            (Role::System, "var/log/syslog".into()),
            (Role::Firewall, "var/log/imunify360/console.log".into()),
        ]
    );
    assert_eq!(found.notes, []);
    assert_eq!(found.logs[1].hosts, ["a.example"]);
}

#[test]
fn cpanel() {
    let dir = Dir::new();
    dir.link("usr/local/apache", "/etc/apache2");
    dir.link("etc/apache2/logs", "/var/log/apache2");
    dir.text(
        "etc/apache2/conf/httpd.conf",
        "ServerRoot \"/etc/apache2\"\nLogFormat \"%h\" combined\nErrorLog \"logs/error_log\"\n\
         CustomLog \"|/usr/local/cpanel/bin/splitlogs --dir=/d\" combined\n\
         <VirtualHost 192.0.2.1:80>\n ServerName b.example\n ServerAlias www.b.example\n\
         CustomLog /etc/apache2/logs/domlogs/b.example combined\n\
         CustomLog /etc/apache2/logs/domlogs/b.example-bytes_log \"%{%s}t %I\"\n</VirtualHost>\n",
    );
    dir.text(
        "opt/cpanel/ea-php82/root/etc/php-fpm.conf",
        "[global]\ninclude=/opt/cpanel/ea-php82/root/etc/php-fpm.d/*.conf\n",
    );
    dir.text(
        "opt/cpanel/ea-php82/root/etc/php-fpm.d/b.example.conf",
        "[b_example]\nslowlog = var/log/slow.log\nphp_admin_value[error_log] = /home/b/logs/b_example.php.error.log\n",
    );
    dir.logs(&[
        "var/log/apache2/error_log",
        "var/log/apache2/domlogs/b.example",
        "var/log/apache2/domlogs/b.example-bytes_log",
        "var/log/apache2/domlogs/ftp.b.example-ftp_log",
        "var/log/apache2/domlogs/c.example",
        "var/log/apache2/modsec_audit.log",
        "opt/cpanel/ea-php82/root/usr/var/log/php-fpm.log",
        "opt/cpanel/ea-php82/root/usr/var/log/slow.log",
        "home/b/logs/b_example.php.error.log",
        "home/b/public_html/error_log",
        "var/log/messages",
        "var/log/lfd.log",
    ]);
    let found = dir.discover();
    assert_eq!(
        dir.listed(&found),
        [
            (Role::PhpFpm, "opt/cpanel/ea-php82/root/usr/var/log/php-fpm.log"),
            (Role::PhpSlow, "opt/cpanel/ea-php82/root/usr/var/log/slow.log"),
            (Role::PhpError, "home/b/logs/b_example.php.error.log"),
            (Role::ApacheError, "var/log/apache2/error_log"),
            (Role::ApacheAccess, "var/log/apache2/domlogs/b.example"),
            (Role::ModSecurity, "var/log/apache2/modsec_audit.log"),
            (Role::ApacheAccess, "var/log/apache2/domlogs/c.example"),
            (Role::PhpError, "home/b/public_html/error_log"),
            (Role::System, "var/log/messages"),
            (Role::Firewall, "var/log/lfd.log"),
        ]
    );
    let pipe = Why::Pipe("/usr/local/cpanel/bin/splitlogs --dir=/d".into());
    assert_eq!(dir.told(&found), [("etc/apache2/conf/httpd.conf", &pipe)]);
    assert_eq!(found.confs.len(), 2);
    assert_eq!(dir.log(&found, "var/log/apache2/domlogs/b.example").hosts, ["b.example", "www.b.example"]);
}

#[test]
fn blocks_of_nginx() {
    let dir = Dir::new();
    dir.text(
        "usr/local/openresty/nginx/conf/nginx.conf",
        r#"# a comment with " and ' and {
        error_log logs/error.log; # it's "open {
        stream { log_format basic '$status'; access_log logs/stream.log basic; server { listen 1; } }
        mail { server { error_log logs/mail.log; } }
        http {
            map $uri $log { default 1; access_log /no.log; include /etc/maps/*; "~^/x{2};" 0; }
            access_log logs/main.log later;
            init_by_lua_block {
                local s = "}" -- it's }
                access_log("/no.log"); --[[ } error_log /no.log; ]]
            }
            log_format later escape=json
                '{"a":"$remote_addr",'  # the client
                '"b":\'$request\'}'
                "$status";
            server {
                server_name _ a.example "~^b\.(x|y)$";
                location ~ "^/a{2}$" {
                    content_by_lua_block { ngx.say("{") }
                    if ($request_method = POST) { access_log logs/post.log later if=$log; }
                    error_log logs/deep.log debug;
                }
                access_log off;
            }
            server { server_name c.example; access_log logs/main.log; }
        }"#,
    );
    let logs = "usr/local/openresty/nginx/logs";
    for log in ["error", "stream", "mail", "main", "post", "deep"] {
        dir.logs(&[&format!("{logs}/{log}.log")]);
    }
    let found = dir.discover();
    let listed: Vec<(Role, &str)> =
        found.logs.iter().map(|log| (log.role, log.path.file_stem().unwrap().to_str().unwrap())).collect();
    assert_eq!(
        listed,
        [
            (Role::NginxError, "error"),
            (Role::NginxStream, "stream"),
            (Role::NginxError, "mail"),
            (Role::NginxAccess, "main"),
            (Role::NginxAccess, "post"),
            (Role::NginxError, "deep"),
        ]
    );
    assert_eq!(dir.told(&found), []);
    let log = |name: &str| dir.log(&found, &format!("{logs}/{name}.log"));
    assert_eq!(names(&found, log("main")), ["later", "combined"]);
    assert_eq!(log("main").hosts, [""; 0]);
    assert_eq!(names(&found, log("stream")), ["basic"]);
    assert_eq!(log("post").hosts, ["a.example", r"~^b\.(x|y)$"]);
    assert_eq!(log("deep").level.as_deref(), Some("debug"));
    assert_eq!(
        found.named("later").unwrap().text,
        r#"escape=json '{"a":"$remote_addr",' '"b":\'$request\'}' "$status""#
    );
    assert_eq!(found.named("basic").unwrap().server, Server::NginxStream);
}

#[test]
fn where_no_file_is_kept() {
    let dir = Dir::new();
    dir.text(
        "etc/nginx/nginx.conf",
        "error_log stderr; error_log memory:32m debug; error_log syslog:server=unix:/dev/log,tag=web;\n\
         http { access_log syslog:server=192.0.2.9:514 main; access_log /dev/null; access_log $where;\n\
         access_log /var/log/nginx/access.log; }",
    );
    dir.link("var/log/nginx/access.log", "/dev/stdout");
    dir.text("etc/php/8.2/fpm/php-fpm.conf", "[global]\nerror_log = syslog\nsyslog.ident = fpm\n");
    dir.text("etc/php/8.2/fpm/php.ini", "error_log = error_log\n");
    dir.text("etc/apache2/apache2.conf", "ErrorLog syslog:local1:web\nCustomLog \"|$/bin/log x\" combined\n");
    let found = dir.discover();
    assert_eq!(dir.listed(&found), []);
    let told: Vec<(Option<Role>, &Why)> = found.notes.iter().map(|n| (n.role, &n.why)).collect();
    let remote = Why::Syslog { tag: "nginx".into(), server: Some("192.0.2.9:514".into()) };
    let nothing = told.last().unwrap().1;
    assert_eq!(
        told,
        [
            (Some(Role::NginxError), &Why::Stderr),
            (Some(Role::NginxError), &Why::Memory),
            (Some(Role::NginxError), &syslog("web")),
            (Some(Role::NginxAccess), &remote),
            (Some(Role::NginxAccess), &Why::Variable("$where".into())),
            (Some(Role::NginxAccess), &Why::Stderr),
            (Some(Role::PhpFpm), &syslog("fpm")),
            (Some(Role::PhpError), &Why::ScriptFolder("error_log".into())),
            (Some(Role::ApacheError), &syslog("web")),
            (Some(Role::ApacheAccess), &Why::Pipe("/bin/log x".into())),
            (None, nothing),
        ]
    );
}

#[test]
fn nothing_there() {
    let dir = Dir::new();
    let found = dir.discover();
    assert_eq!(found.logs, []);
    assert_eq!(found.formats, []);
    let [Note { why: Why::Nothing(places), .. }] = &found.notes[..] else { panic!("{:?}", found.notes) };
    assert!(places.contains(&"/etc/nginx/nginx.conf") && places.contains(&"/var/log/nginx/*error.log"));
    assert_eq!(Discovery::of_root(&dir.path("none")).logs, []);
}

#[test]
fn the_journal_where_no_file_is() {
    let dir = Dir::new();
    dir.logs(&["var/log/nginx/error.log"]);
    let found = dir.discover();
    let [note] = &found.notes[..] else { panic!("{:?}", found.notes) };
    assert_eq!(note.why, Why::NoKernelLog { root: Some(dir.0.clone()) });
    assert!(!note.is_failure());
    assert!(note.to_string().contains(&format!("journalctl -D {}/var/log/journal -k", dir.0.display())));
}

#[test]
fn paths_with_variables() {
    let dir = Dir::new();
    dir.text(
        "etc/nginx/nginx.conf",
        "error_log /var/log/nginx/error.log; http { log_format v '$host';\n\
         access_log /var/log/nginx/$host.log v; access_log /srv/${host}/[x]/$server_name-a.log v; }",
    );
    dir.text("etc/apache2/apache2.conf", "Define D /var/log/apache2\nCustomLog ${D}/${UNKNOWN}/a.log x\n");
    dir.logs(&[
        "var/log/nginx/error.log",
        "var/log/nginx/a.example.log",
        "var/log/nginx/a.example.log.1",
        "var/log/nginx/.swp.log",
        "srv/b.example/[x]/b-a.log",
        "srv/b.example/x/b-a.log",
        "var/log/apache2/c/a.log",
    ]);
    let found = dir.discover();
    assert_eq!(
        dir.listed(&found),
        [
            (Role::NginxError, "var/log/nginx/error.log"),
            (Role::NginxAccess, "var/log/nginx/a.example.log"),
            (Role::NginxAccess, "srv/b.example/[x]/b-a.log"),
            (Role::ApacheAccess, "var/log/apache2/c/a.log"),
        ]
    );
    assert_eq!(names(&found, &found.logs[1]), ["v"]);
}

#[test]
fn includes_that_do_not_end() {
    let dir = Dir::new();
    dir.text("etc/nginx/nginx.conf", "include a.conf; include gone.conf; error_log /l/e.log;");
    dir.text("etc/nginx/a.conf", "include *.conf; http { include nginx.conf; }");
    // Each file includes the next twice: 2^40 files, if they were all read.
    dir.text("etc/apache2/apache2.conf", "Include c/0\nErrorLog /l/a.log\n");
    for n in 0..40 {
        let next = n + 1;
        dir.text(&format!("etc/apache2/c/{n}"), &format!("Include c/{next}\nInclude c/{next}\n"));
    }
    dir.text("etc/php-fpm.conf", "include=/etc/php-fpm.conf\n[global]\nerror_log=/l/f.log\n");
    dir.logs(&["l/e.log", "l/a.log", "l/f.log"]);
    let found = dir.discover();
    assert_eq!(
        dir.listed(&found),
        [(Role::NginxError, "l/e.log"), (Role::PhpFpm, "l/f.log"), (Role::ApacheError, "l/a.log")]
    );
    assert_eq!(
        dir.told(&found),
        [
            ("etc/nginx/a.conf", &Why::Cycle),
            ("etc/nginx/nginx.conf", &Why::Cycle),
            ("etc/nginx/gone.conf", &Why::Missing),
            ("etc/php-fpm.conf", &Why::TooMuch),
            ("etc/apache2/apache2.conf", &Why::TooMuch),
        ]
    );
}

#[test]
fn links_stay_under_the_root() {
    let dir = Dir::new();
    dir.text(
        "etc/nginx/nginx.conf",
        "error_log /var/log/nginx/error.log; http { access_log /var/log/loop/a.log; }",
    );
    // Led out of the folder, this would be a file of this machine.
    dir.link("var/log/nginx/error.log", "../../../../../../../../../../../../etc/hostname");
    dir.link("var/log/loop", "loop");
    dir.link("etc/php-fpm.conf", "/etc/fpm.conf");
    dir.text("etc/fpm.conf", "[global]\nerror_log = /var/log/fpm.log\n");
    dir.logs(&["etc/hostname", "var/log/fpm.log"]);
    let found = dir.discover();
    assert_eq!(dir.listed(&found), [(Role::NginxError, "etc/hostname"), (Role::PhpFpm, "var/log/fpm.log")]);
    assert_eq!(dir.told(&found).len(), 1);
    assert!(matches!(dir.told(&found)[0].1, Why::Unreadable(_)));
}

#[test]
fn one_configuration() {
    let dir = Dir::new();
    dir.text(
        "copy/nginx.conf",
        "http { include /etc/nginx/conf.d/*.conf; include gone.conf; access_log /gone/a.log main; }",
    );
    dir.text("copy/conf.d/f.conf", "log_format main '$status';");
    let log = dir.file("b.log", b"x\n");
    dir.text(
        "copy/conf.d/g.conf",
        &format!("server {{ server_name b; access_log {} main; }}", log.display()),
    );
    let found = Discovery::with_nginx_conf(&dir.path("copy/nginx.conf"));
    assert_eq!(dir.listed(&found), [(Role::NginxAccess, "b.log")]);
    assert_eq!(found.format_of(&log).unwrap().text, "'$status'");
    assert_eq!(found.named("main").unwrap().from, dir.path("copy/conf.d/f.conf"));
    assert_eq!(found.notes, []);

    // What nginx -T prints.
    dir.text(
        "dump",
        "nginx: configuration file /etc/nginx/nginx.conf test is successful\n\
         # configuration file /etc/nginx/nginx.conf:\nhttp { include /etc/nginx/gone/x.conf; }\n\n\
         # configuration file /etc/nginx/gone/x.conf:\nlog_format wide '$host';\n",
    );
    let found = Discovery::with_nginx_conf(&dir.path("dump"));
    assert_eq!(found.named("wide").unwrap().text, "'$host'");
    assert_eq!(found.notes, []);

    let found = Discovery::with_nginx_conf(&dir.path("none.conf"));
    assert_eq!(dir.told(&found), [("none.conf", &Why::Missing)]);
}

#[test]
fn what_may_not_be_read() {
    let dir = Dir::new();
    dir.text(
        "etc/nginx/nginx.conf",
        "error_log /var/log/nginx/error.log; include sites/*; http { access_log /var/closed/a.log; }",
    );
    dir.text("etc/group", "root:x:0:\nadm:x:4:\n");
    dir.logs(&[
        "etc/nginx/sites/a",
        "var/log/nginx/error.log",
        "var/closed/a.log",
        "var/log/apache2/error.log",
        "var/log/syslog",
    ]);
    let close =
        |name: &str, mode| fs::set_permissions(dir.path(name), fs::Permissions::from_mode(mode)).unwrap();
    let closed = ["etc/nginx/sites", "var/log/nginx/error.log", "var/closed", "var/log/apache2"];
    for name in closed {
        close(name, 0);
    }
    // Nothing is closed to root.
    if fs::read(dir.path("var/log/nginx/error.log")).is_err() {
        let found = dir.discover();
        assert_eq!(dir.listed(&found), [(Role::System, "var/log/syslog")]);
        let denied = |at: &str| Why::Denied { at: dir.path(at), group: None };
        assert_eq!(
            dir.told(&found),
            [
                ("etc/nginx/sites", &denied("etc/nginx/sites")),
                ("var/log/nginx/error.log", &denied("var/log/nginx/error.log")),
                ("var/closed/a.log", &denied("var/closed")),
                ("var/log/apache2", &denied("var/log/apache2")),
            ]
        );
        assert!(found.notes.iter().all(Note::is_failure));
        assert_eq!(
            found.notes[2].to_string(),
            format!(
                "permission denied at {} (named in {}); run with sudo",
                dir.path("var/closed").display(),
                dir.path("etc/nginx/nginx.conf").display()
            )
        );
    }
    for name in closed {
        close(name, 0o755);
    }
}

#[test]
fn odd_configurations_are_no_failure() {
    let dir = Dir::new();
    for text in [
        "",
        "}}}}",
        "{{{{",
        "access_log",
        "access_log ;",
        "error_log '",
        "include",
        "include ;",
        "log_format;",
        "log_format a",
        "server { server_name",
        "x_by_lua_block {",
        "\\",
        "\u{0}\u{ff}",
        "include \"\";",
        "[",
        "=",
        "include=",
        "[x",
        "<VirtualHost",
        "Define",
        "Include",
        "CustomLog \"",
        "ErrorLog ${",
        "ErrorLog ${x} y",
        "LogFormat",
        "ServerRoot",
        "TransferLog x\\",
        "ErrorLog |",
    ] {
        for conf in ["etc/nginx/nginx.conf", "etc/php-fpm.conf", "etc/apache2/apache2.conf"] {
            dir.text(conf, text);
        }
        dir.logs(&["var/log/nginx/error.log"]);
        assert_eq!(dir.listed(&dir.discover()), [(Role::NginxError, "var/log/nginx/error.log")], "{text}");
    }
    let mut deep = "http {".repeat(100_000);
    deep.push_str(&"}".repeat(100_000));
    dir.text("etc/nginx/nginx.conf", &format!("{deep} error_log /l/e.log;"));
    dir.logs(&["l/e.log"]);
    assert_eq!(dir.listed(&dir.discover())[0], (Role::NginxError, "l/e.log"));
}
