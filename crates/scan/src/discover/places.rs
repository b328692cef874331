//! The places where distributions and panels keep logs, for those that no configuration names.

use std::path::Path;

use super::gather::{Claim, Gather};
use super::{Role, apache, fpm, nginx};

/// Patterns and what fits them holds. Of a file that fits several, the first counts.
const PLACES: &[(&str, Role)] = &[
    // nginx and its relatives.
    ("/var/log/nginx/*error.log", Role::NginxError),
    ("/var/log/nginx/*error_log", Role::NginxError),
    ("/var/log/nginx/*access.log", Role::NginxAccess),
    ("/var/log/nginx/*access_log", Role::NginxAccess),
    ("/var/log/nginx/modsec_audit.log", Role::ModSecurity),
    ("/var/log/angie/*error.log", Role::NginxError),
    ("/var/log/angie/*access.log", Role::NginxAccess),
    ("/var/log/openresty/*error.log", Role::NginxError),
    ("/var/log/openresty/*access.log", Role::NginxAccess),
    ("/usr/local/nginx/logs/*error.log", Role::NginxError),
    ("/usr/local/nginx/logs/*access.log", Role::NginxAccess),
    ("/usr/local/openresty/nginx/logs/*error.log", Role::NginxError),
    ("/usr/local/openresty/nginx/logs/*access.log", Role::NginxAccess),
    // php-fpm and PHP: Debian and Ubuntu; RHEL and Alma; Alpine; packages of Remi; Plesk; cPanel.
    ("/var/log/php*-fpm.log", Role::PhpFpm),
    ("/var/log/php*-fpm.slow.log", Role::PhpSlow),
    ("/var/log/php*-fpm-slow.log", Role::PhpSlow),
    ("/var/log/php-fpm/error.log", Role::PhpFpm),
    ("/var/log/php-fpm/php-fpm.log", Role::PhpFpm),
    ("/var/log/php-fpm/*slow.log", Role::PhpSlow),
    ("/var/log/php-fpm/*access.log", Role::PhpFpmAccess),
    ("/var/log/php-fpm/*error.log", Role::PhpError),
    ("/var/log/php*/error.log", Role::PhpFpm),
    ("/var/log/php*/*slow.log", Role::PhpSlow),
    ("/var/log/php*/*access.log", Role::PhpFpmAccess),
    ("/var/log/php*/*error.log", Role::PhpError),
    ("/var/opt/remi/php*/log/php-fpm/error.log", Role::PhpFpm),
    ("/var/opt/remi/php*/log/php-fpm/*slow.log", Role::PhpSlow),
    ("/var/opt/remi/php*/log/php-fpm/*error.log", Role::PhpError),
    ("/var/log/plesk-php*-fpm/error.log", Role::PhpFpm),
    ("/var/log/plesk-php*-fpm/slow.log", Role::PhpSlow),
    ("/opt/cpanel/ea-php*/root/usr/var/log/php-fpm/error.log", Role::PhpFpm),
    ("/opt/cpanel/ea-php*/root/usr/var/log/php-fpm/*slow.log", Role::PhpSlow),
    ("/opt/cpanel/ea-php*/root/usr/var/log/php-fpm/*error.log", Role::PhpError),
    ("/var/log/php_errors.log", Role::PhpError),
    ("/var/log/php_error.log", Role::PhpError),
    ("/var/log/php-errors.log", Role::PhpError),
    // Apache: Debian, Ubuntu, Alpine; RHEL and Alma; cPanel.
    ("/var/log/apache2/modsec_audit.log", Role::ModSecurity),
    ("/var/log/apache2/*error.log", Role::ApacheError),
    ("/var/log/apache2/*error_log", Role::ApacheError),
    ("/var/log/apache2/*access.log", Role::ApacheAccess),
    ("/var/log/apache2/*access_log", Role::ApacheAccess),
    ("/var/log/httpd/modsec_audit.log", Role::ModSecurity),
    ("/var/log/httpd/*error_log", Role::ApacheError),
    ("/var/log/httpd/*error.log", Role::ApacheError),
    ("/var/log/httpd/*access_log", Role::ApacheAccess),
    ("/var/log/httpd/*access.log", Role::ApacheAccess),
    ("/usr/local/apache/logs/modsec_audit.log", Role::ModSecurity),
    ("/usr/local/apache/logs/error_log", Role::ApacheError),
    ("/usr/local/apache/logs/access_log", Role::ApacheAccess),
    ("/etc/apache2/logs/modsec_audit.log", Role::ModSecurity),
    ("/etc/apache2/logs/error_log", Role::ApacheError),
    ("/etc/apache2/logs/access_log", Role::ApacheAccess),
    ("/etc/apache2/logs/domlogs/*", Role::ApacheAccess),
    ("/var/log/apache2/domlogs/*", Role::ApacheAccess),
    ("/var/log/modsec_audit.log", Role::ModSecurity),
    // Hosts of Plesk: nginx in front (proxy_*), Apache behind it.
    ("/var/www/vhosts/system/*/logs/proxy_error_log", Role::NginxError),
    ("/var/www/vhosts/system/*/logs/proxy_access_log", Role::NginxAccess),
    ("/var/www/vhosts/system/*/logs/proxy_access_ssl_log", Role::NginxAccess),
    ("/var/www/vhosts/system/*/logs/error_log", Role::ApacheError),
    ("/var/www/vhosts/system/*/logs/access_log", Role::ApacheAccess),
    ("/var/www/vhosts/system/*/logs/access_ssl_log", Role::ApacheAccess),
    // Homes: PHP's errors beside the scripts, and logs that panels put there.
    ("/home/*/public_html/error_log", Role::PhpError),
    ("/home/*/logs/*php*error.log", Role::PhpError),
    ("/home/*/logs/*error.log", Role::ApacheError),
    ("/home/*/logs/*error_log", Role::ApacheError),
    ("/home/*/logs/*access.log", Role::ApacheAccess),
    ("/home/*/logs/*access_log", Role::ApacheAccess),
    // The kernel and the services.
    ("/var/log/kern.log", Role::System),
    ("/var/log/syslog", Role::System),
    ("/var/log/messages", Role::System),
    ("/var/log/daemon.log", Role::System),
    // What shuts clients out.
    ("/var/log/fail2ban.log", Role::Firewall),
    ("/var/log/ufw.log", Role::Firewall),
    ("/var/log/firewalld", Role::Firewall),
    ("/var/log/lfd.log", Role::Firewall),
    ("/var/log/imunify360/console.log", Role::Firewall),
];

/// Takes what lies in the usual places.
pub(super) fn find(gather: &mut Gather<'_>) {
    for (pattern, role) in PLACES {
        let mut claim = Claim::new(*role, Vec::new(), Path::new(pattern));
        claim.usual = true;
        claim.presumed = true;
        gather.matching(pattern, &claim);
    }
}

/// Where logs are looked for, and the configurations that could name them.
pub(super) fn looked_for() -> Vec<&'static str> {
    let confs = nginx::CONFS.iter().chain(fpm::CONFS).chain(apache::CONFS).copied();
    confs.chain(PLACES.iter().map(|(pattern, _)| *pattern)).collect()
}
