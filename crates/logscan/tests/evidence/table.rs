//! Which lines of which incident show what happened.

/// Lines of an incident's log with what they must be called.
pub(crate) struct Evidence {
    pub(crate) file: &'static str,
    pub(crate) lines: &'static [u64],
    pub(crate) kind: &'static str,
    pub(crate) cause: &'static str,
}

const fn e(file: &'static str, lines: &'static [u64], kind: &'static str, cause: &'static str) -> Evidence {
    Evidence { file, lines, kind, cause }
}

pub(crate) const NGINX: &str = "nginx/error.log";
pub(crate) const SHOP: &str = "nginx/example.com.error.log";
pub(crate) const BLOG: &str = "nginx/blog.example.org.error.log";
pub(crate) const FPM: &str = "php/php8.2-fpm.log";
pub(crate) const SLOW: &str = "php/www-slow.log";
pub(crate) const PHP: &str = "php/php_errors.log";
pub(crate) const KERN: &str = "kern.log";
/// The access log of all hosts; where each host has its own, that of requests to no host of the machine.
pub(crate) const ACCESS: &str = "nginx/access.log";
pub(crate) const SHOP_ACCESS: &str = "nginx/example.com.access.log";
pub(crate) const BLOG_ACCESS: &str = "nginx/blog.example.org.access.log";
const API: &str = "nginx/api.example.net.error.log";
const API_ACCESS: &str = "nginx/api.example.net.access.log";

/// Each incident with lines that show what happened in it, and with some that only look as if they did. An access
/// line knows no more than its format tells: without $upstream_status the cause of a 502 is not in it, and whether
/// a visitor or a scanner got a 444 tells only a column with the Ray ID.
pub(crate) const ALL: &[(&str, &[Evidence])] = &[
    (
        "app-503",
        &[
            // The application's three 503 are nginx's five to this format: the cause of both is open.
            e(ACCESS, &[16, 17, 37, 40, 41, 44, 46, 82], "access-503", "other"),
            e(ACCESS, &[54], "access-500", "other"),
            // The five that nginx made are told by its error log.
            e(NGINX, &[7, 8, 9, 10, 11], "limit-req-reject", "rate-limited"),
            e(ACCESS, &[11, 74, 89], "access-403", "access-denied"),
            e(ACCESS, &[50, 59], "access-444", "dropped-by-nginx-444"),
            e(ACCESS, &[19, 76], "access-499", "client-abort"),
        ],
    ),
    (
        "backend-garbage",
        &[
            e(API_ACCESS, &[2, 7, 9, 13], "access-009", "backend-invalid-response"),
            e(API_ACCESS, &[3, 10], "access-502-upstream", "other"),
            e(API, &[1, 3, 4, 6], "upstream-no-valid-http-header", "backend-invalid-response"),
            e(API, &[2, 5], "upstream-invalid-header", "backend-invalid-response"),
            e(SHOP_ACCESS, &[8, 43, 56], "access-403", "access-denied"),
            e(SHOP_ACCESS, &[49, 68, 69], "access-499", "client-abort"),
        ],
    ),
    (
        "header-too-big-at-nginx",
        &[
            e(SHOP, &[3, 4, 7, 9, 13, 16], "upstream-too-big-header", "header-too-big-at-nginx"),
            // Without $upstream_status nobody knows whose 502 it is.
            e(SHOP_ACCESS, &[9, 18, 36, 41, 58, 69], "access-502", "other"),
            e(SHOP_ACCESS, &[50, 55], "access-403", "access-denied"),
            e(SHOP_ACCESS, &[8, 13, 23, 24, 76], "access-499", "client-abort"),
            e(SHOP, &[1, 8, 10, 17, 19], "static-not-found", "file-not-found"),
            e(BLOG, &[1, 2], "fastcgi-php-warning", "php-warning"),
            e(ACCESS, &[1], "access-444", "dropped-by-nginx-444"),
        ],
    ),
    (
        "middlebox-reset",
        &[
            // The fault was on the way: whom it hit is here a visit like others (lines 32 and 54) or one that was
            // given up (39 and 88), and mostly nothing at all.
            e(ACCESS, &[9, 39, 63, 88], "access-499", "client-abort"),
            e(ACCESS, &[27, 74], "access-403", "access-denied"),
            e(ACCESS, &[2, 49], "access-444", "dropped-by-nginx-444"),
            e(NGINX, &[1, 5, 6, 7, 8, 10, 11, 13, 14, 15, 20, 21], "static-not-found", "file-not-found"),
            e(NGINX, &[2, 3, 18], "fastcgi-php-warning", "php-warning"),
        ],
    ),
    (
        "nginx-bind-conflict",
        &[
            e(NGINX, &[4, 5, 6, 7, 8], "bind-in-use", "nginx-bind-failed"),
            e(NGINX, &[9], "bind-still-could-not", "nginx-bind-failed"),
            e("journal.log", &[1, 2, 3, 4, 5], "bind-in-use", "nginx-bind-failed"),
            e("journal.log", &[6], "bind-still-could-not", "nginx-bind-failed"),
            // Noise round about is not taken for the fault.
            e(NGINX, &[13, 17], "client-body-buffered", "routine"),
            e(NGINX, &[2, 12, 14], "access-forbidden", "access-denied"),
            e(ACCESS, &[9, 56, 64, 80], "access-403", "access-denied"),
            // The Ray ID of a scanner is an empty string in this format.
            e(ACCESS, &[39, 55], "access-444-direct", "dropped-by-nginx-444"),
            e(ACCESS, &[31], "access-400-empty", "client-abort"),
            e(ACCESS, &[15, 62], "access-499", "client-abort"),
        ],
    ),
    (
        "nginx-stopped",
        &[
            // Told to exit, and after the incident to shut down gracefully.
            e(NGINX, &[11], "proc-signal-term", "nginx-down"),
            e(NGINX, &[37], "proc-signal-quit", "nginx-down"),
            e(NGINX, &[12, 13, 39, 42], "proc-exiting", "routine"),
            e(NGINX, &[14, 15, 20, 40, 43, 49], "proc-exit", "routine"),
            e(NGINX, &[1, 21], "proc-event-method", "routine"),
            e(NGINX, &[5, 25], "proc-start-workers", "routine"),
            e(NGINX, &[17, 19, 45, 48], "proc-worker-exit-code", "routine"),
            e(ACCESS, &[38, 42, 53, 64, 84], "access-499", "client-abort"),
            e(ACCESS, &[79], "access-403", "access-denied"),
        ],
    ),
    (
        "nginx-worker-killed",
        &[
            e(NGINX, &[6], "proc-worker-segv", "nginx-worker-crash"),
            e(NGINX, &[18], "proc-worker-sigkill", "nginx-worker-crash"),
            e(ACCESS, &[5], "access-444-direct", "dropped-by-nginx-444"),
            // The client's address is no edge's.
            e(ACCESS, &[114], "access-400-tls-hello-direct", "client-bad-request"),
            e(ACCESS, &[15, 25], "access-499", "client-abort"),
        ],
    ),
    (
        "php-execution-timeout",
        &[
            e(PHP, &[4, 7, 8, 17], "php-max-execution", "php-execution-timeout"),
            e(PHP, &[1, 2, 3, 9, 10, 11, 16, 18, 19, 20], "php-undefined-key", "php-warning"),
            e(PHP, &[5, 12, 14], "php-undefined-variable", "php-warning"),
            e(PHP, &[6, 13, 15], "php-offset-null", "php-warning"),
            e(SHOP_ACCESS, &[22, 34, 39, 73], "access-500", "other"),
            e(SHOP_ACCESS, &[2, 20, 72], "access-403", "access-denied"),
            e(ACCESS, &[1], "access-444", "dropped-by-nginx-444"),
        ],
    ),
    (
        "php-fatal",
        &[
            // Each record is told at its first line; its stack stands behind it.
            e(PHP, &[14, 29, 38, 45], "php-undefined-function", "php-fatal-error"),
            e(PHP, &[1, 21, 55], "php-uncaught", "php-fatal-error"),
            e(PHP, &[9, 10, 11, 36, 37, 52, 53, 54, 65, 66, 67], "php-undefined-key", "php-warning"),
            e(PHP, &[12, 63], "php-undefined-variable", "php-warning"),
            e(PHP, &[13, 64], "php-offset-null", "php-warning"),
            e(ACCESS, &[16, 32, 33, 58, 75], "access-500-upstream", "app-error-response"),
            e(ACCESS, &[61, 64], "access-403", "access-denied"),
            e(ACCESS, &[19, 43, 48, 50], "access-499", "client-abort"),
            e(NGINX, &[8, 10], "fastcgi-primary-script-unknown", "php-script-missing"),
            e(NGINX, &[5, 7], "index-forbidden", "access-denied"),
            e(NGINX, &[1, 2, 3, 4, 6, 9, 11], "static-not-found", "file-not-found"),
        ],
    ),
    (
        // All lines, so that none is called something by chance.
        "php-fpm-oom-killed",
        &[
            e(FPM, &[6, 14, 18], "fpm-child-sigkill", "php-fpm-oom-killed"),
            // nginx sees a reset connection; which death the worker died it cannot know.
            e(NGINX, &[6, 12, 15], "upstream-recv-reset-header", "php-fpm-crash"),
            e(NGINX, &[1, 2], "index-forbidden", "access-denied"),
            e(NGINX, &[3, 7], "static-not-found", "file-not-found"),
            e(NGINX, &[4, 8, 9, 10, 14, 16, 17], "fastcgi-php-warning", "php-warning"),
            e(NGINX, &[5, 13], "access-forbidden", "access-denied"),
            e(NGINX, &[11], "fastcgi-primary-script-unknown", "php-script-missing"),
            e(FPM, &[1], "fpm-running", "fpm-restarted"),
            e(FPM, &[2], "fpm-ready", "fpm-restarted"),
            e(FPM, &[3], "fpm-systemd-interval", "routine"),
            e(
                FPM,
                &[4, 5, 8, 9, 10, 11, 12, 13, 16, 17, 20, 21, 22, 23],
                "fpm-said-php-message",
                "php-warning",
            ),
            e(FPM, &[7, 15, 19], "fpm-child-started", "routine"),
            e(FPM, &[24], "fpm-finishing", "fpm-down"),
            e(FPM, &[25], "fpm-bye-bye", "fpm-down"),
            e(KERN, &[11, 22, 33], "oom-killed-memcg", "php-fpm-oom-killed"),
            e(KERN, &[10, 21, 32], "oom-summary", "php-fpm-oom-killed"),
            e(KERN, &[1, 12, 23], "oom-invoked", "out-of-memory"),
            // The workers that the kernel chose from.
            e(
                KERN,
                &[2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 18, 19, 20, 24, 25, 26, 27, 28, 29, 30, 31],
                "oom-victim-row",
                "out-of-memory",
            ),
            e(ACCESS, &[37, 57, 79], "access-502", "other"),
            e(ACCESS, &[2, 9, 36, 63], "access-403", "access-denied"),
            e(ACCESS, &[76, 89], "access-444", "dropped-by-nginx-444"),
            e(ACCESS, &[7], "access-400-tls-hello-direct", "client-bad-request"),
            e(ACCESS, &[4, 48, 64, 68], "access-499", "client-abort"),
        ],
    ),
    (
        "php-fpm-restarted",
        &[
            e(FPM, &[4], "fpm-terminating", "fpm-down"),
            e(FPM, &[15], "fpm-reload-in-progress", "fpm-restarted"),
            e(FPM, &[16], "fpm-reload-execvp", "fpm-restarted"),
            e(FPM, &[17, 18], "fpm-inherited-socket", "routine"),
            e(FPM, &[1, 6, 19], "fpm-running", "fpm-restarted"),
            e(FPM, &[5, 30], "fpm-bye-bye", "fpm-down"),
            // nginx sees the same as when a worker crashes.
            e(NGINX, &[4, 5, 6, 7, 19, 20, 21, 22], "upstream-recv-reset-header", "php-fpm-crash"),
            e(ACCESS, &[25, 26, 27, 28, 76, 77, 78, 79], "access-502-upstream", "other"),
            e(ACCESS, &[56, 112], "access-400-tls-hello-direct", "client-bad-request"),
            e(ACCESS, &[23, 69, 95], "access-499", "client-abort"),
        ],
    ),
    (
        "php-fpm-saturated",
        &[
            e(NGINX, &[3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], "connect-unix-eagain", "fpm-saturated"),
            e(FPM, &[4], "fpm-max-children-reached", "fpm-saturated"),
            e(ACCESS, &[28, 30, 31, 33, 34, 36, 44, 45, 46, 48, 49, 50], "access-502-upstream", "other"),
            // Three seconds are not what Cloudflare's edge waits.
            e(ACCESS, &[51], "access-499", "client-abort"),
            e(ACCESS, &[24], "access-400-tls-hello-direct", "client-bad-request"),
            e(ACCESS, &[93], "access-444-direct", "dropped-by-nginx-444"),
        ],
    ),
    (
        "php-fpm-segfault",
        &[
            e(FPM, &[4, 6, 8, 10, 12, 16, 20, 22, 27], "fpm-child-sigsegv", "php-fpm-crash"),
            e(FPM, &[14], "fpm-child-sigabrt", "php-fpm-crash"),
            e(SHOP, &[1, 3, 4, 6, 7, 8, 10, 15, 17], "upstream-recv-reset-header", "php-fpm-crash"),
            e(BLOG, &[3], "upstream-recv-reset-header", "php-fpm-crash"),
            e(KERN, &[1, 2, 3, 4], "segfault-php-fpm", "php-fpm-crash"),
            e(SHOP_ACCESS, &[10, 18, 27, 30, 35, 38, 45, 62, 68], "access-502-upstream", "other"),
            e(BLOG_ACCESS, &[13], "access-502-upstream", "other"),
            e(ACCESS, &[1], "access-400-empty", "client-abort"),
            e(ACCESS, &[2, 3], "access-444-direct", "dropped-by-nginx-444"),
        ],
    ),
    (
        "php-fpm-socket-missing",
        &[
            e("nginx/blog.example.org.error.log.1", &[1, 2, 3, 4, 5], "connect-unix-enoent", "fpm-down"),
            e(
                "nginx/example.com.error.log.1",
                &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22],
                "connect-unix-enoent",
                "fpm-down",
            ),
            e("php/php8.2-fpm.log.1", &[2], "fpm-terminating", "fpm-down"),
            e("php/php8.2-fpm.log.1", &[3], "fpm-bye-bye", "fpm-down"),
            e("php/php8.2-fpm.log.1", &[4], "fpm-running", "fpm-restarted"),
            e("php/php8.2-fpm.log.1", &[5], "fpm-ready", "fpm-restarted"),
            // Packed files are numbered by the lines that were packed.
            e("php/php8.2-fpm.log.2.gz", &[1], "fpm-running", "fpm-restarted"),
            e("php/php8.2-fpm.log.2.gz", &[4, 5, 6, 7, 8, 9], "fpm-said-php-message", "php-warning"),
            e("nginx/example.com.error.log.2.gz", &[3], "static-not-found", "file-not-found"),
            e(FPM, &[1], "fpm-error-log-reopened", "routine"),
            e(
                "nginx/example.com.access.log.1",
                &[14, 15, 16, 17, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 36],
                "access-502",
                "other",
            ),
            e("nginx/blog.example.org.access.log.1", &[3, 4, 5, 6, 7], "access-502", "other"),
            e("nginx/access.log.1", &[1], "access-400-tls-hello-direct", "client-bad-request"),
            e(SHOP_ACCESS, &[9], "access-499", "client-abort"),
        ],
    ),
    (
        "php-fpm-terminate-timeout",
        &[
            e(FPM, &[12, 23, 26, 36, 47], "fpm-request-terminated", "fpm-terminate-timeout"),
            e(FPM, &[13, 24, 27, 39, 48], "fpm-child-sigterm", "fpm-terminate-timeout"),
            e(FPM, &[4, 8, 15, 19, 32, 37, 38], "fpm-request-slow", "fpm-slow-request"),
            e(SHOP, &[4, 5, 6, 10, 12], "upstream-recv-reset-header", "php-fpm-crash"),
            // A stack begins with its stamp; the empty line before it is no record.
            e(SLOW, &[2, 8], "fpm-slowlog-header", "fpm-slow-request"),
            e(SHOP_ACCESS, &[29, 45, 47, 70, 80], "access-502", "other"),
            e(ACCESS, &[1], "access-444", "dropped-by-nginx-444"),
            e(ACCESS, &[2], "access-400-tls-hello-direct", "client-bad-request"),
        ],
    ),
    (
        "php-memory-limit",
        &[
            e(NGINX, &[2, 4, 5, 10, 14, 17], "fastcgi-php-memory", "php-memory-limit"),
            e(FPM, &[4, 5, 6, 10, 12, 16], "fpm-said-php-fatal", "php-memory-limit"),
            e(FPM, &[7, 8, 9, 11, 13, 14, 15], "fpm-said-php-message", "php-warning"),
            e(ACCESS, &[24, 37, 40, 67, 86, 93], "access-500", "other"),
        ],
    ),
    (
        "slow-app-524",
        &[
            e(FPM, &[5, 11, 12, 24, 28], "fpm-request-slow", "fpm-slow-request"),
            e(SLOW, &[2, 9, 16, 23, 30], "fpm-slowlog-header", "fpm-slow-request"),
            // The edge of this incident gave up after three seconds, which logscan must be told.
            e(SHOP_ACCESS, &[29, 32, 44, 48, 63, 66, 71, 77, 86], "access-499", "client-abort"),
            e(ACCESS, &[1], "access-444-direct", "dropped-by-nginx-444"),
        ],
    ),
    (
        "tls-protocol-mismatch",
        &[
            e(
                NGINX,
                &[
                    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
                    54, 55, 56, 57, 60, 65,
                ],
                "tls-handshake-unsupported-protocol",
                "tls-handshake",
            ),
            e(NGINX, &[16, 58], "proc-signal-hup", "routine"),
            e(NGINX, &[17, 59], "proc-reconfiguring", "routine"),
            e(NGINX, &[12, 15], "client-closed-upstream-too", "client-abort"),
            e(NGINX, &[8], "client-closed-waiting", "client-abort"),
            e(NGINX, &[29, 30, 72, 76, 89, 90], "proc-worker-exit-code", "routine"),
        ],
    ),
    (
        "upstream-timeout",
        &[
            e(SHOP, &[6, 10, 11, 19, 20, 24], "upstream-timeout-header", "upstream-timeout"),
            e(FPM, &[6, 10, 14, 18, 28, 32, 38], "fpm-request-slow", "fpm-slow-request"),
            e(SLOW, &[2, 9, 16, 23, 29, 36, 43], "fpm-slowlog-header", "fpm-slow-request"),
            e(SHOP_ACCESS, &[22, 36, 39, 69, 70, 79], "access-504-upstream", "upstream-timeout"),
            e(SHOP_ACCESS, &[74], "access-499", "client-abort"),
            e(ACCESS, &[1], "access-444-direct", "dropped-by-nginx-444"),
        ],
    ),
    (
        "waf-444",
        &[
            // With a Ray ID a visitor saw it, or at least Cloudflare.
            e(ACCESS, &[11, 35, 38, 47, 60, 79, 81, 84], "access-444", "dropped-by-nginx-444"),
            e(ACCESS, &[37], "access-444-direct", "dropped-by-nginx-444"),
            e(ACCESS, &[6, 20, 28, 72], "access-499", "client-abort"),
        ],
    ),
];
