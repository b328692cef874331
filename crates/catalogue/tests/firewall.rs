//! What guards and firewalls say about addresses: whether Cloudflare's edge is cut off, or only a stranger.

// A test that cannot go on should stop with a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use logscan_catalogue::{Catalogue, Fields, Ranges, Severity};
use logscan_parser::{Frames, Record};

const EDGE: &str = "172.68.10.5";
const STRANGER: &str = "192.0.2.7";

#[track_caller]
fn record(line: &str) -> Record<'_> {
    let mut frames = Frames::new(line.as_bytes());
    let record = frames.next().and_then(|f| f.record()).unwrap_or_else(|| panic!("no record: {line}"));
    assert!(frames.next().is_none(), "{line}");
    record
}

#[track_caller]
fn kind(line: &str) -> String {
    let catalogue = Catalogue::builtin();
    let named = catalogue.name(&record(line)).unwrap_or_else(|| panic!("no name: {line}"));
    catalogue.kind(named.kind).unwrap().id.to_string()
}

fn ip(line: &str) -> Option<&str> {
    Fields::of(&record(line)).ip.map(|ip| std::str::from_utf8(ip).unwrap())
}

/// A packet that opens a connection, as Linux 6.18 writes it.
fn syn(prefix: &str, src: &str, port: u16) -> String {
    format!(
        "Nov 22 14:03:07 web1 kernel: [12791.265317] {prefix}IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 \
         SRC={src} DST=203.0.113.10 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=62041 DF PROTO=TCP SPT=55599 DPT={port} \
         WINDOW=65495 RES=0x00 SYN URGP=0 "
    )
}

#[test]
fn packets_that_linux_wrote() {
    let kernel = |message: &str| format!("Nov 22 14:03:07 web1 kernel: {message}");
    let mac4 = "MAC=00:00:00:00:00:00:00:00:00:00:00:00:08:00";
    let mac6 = "MAC=00:00:00:00:00:00:00:00:00:00:00:00:86:dd";
    let v6 = "SRC=2606:4700:0000:0000:0000:0000:0000:0005 DST=2001:0db8:0000:0000:0000:0000:0000:0010";
    // A prefix without a blank at its end.
    let refused = kernel(&format!(
        "[12791.566122] IPT-REJECTIN=lo OUT= {mac4} SRC=172.68.10.5 DST=203.0.113.10 LEN=60 TOS=0x00 PREC=0x00 TTL=64 \
         ID=48849 DF PROTO=TCP SPT=41299 DPT=80 WINDOW=65495 RES=0x00 SYN URGP=0 "
    ));
    assert_eq!(kind(&refused), "iptables-drop-cloudflare");
    assert_eq!(Fields::of(&record(&refused)).port, Some(80));
    // nftables' `log flags all` without a prefix.
    let bare = kernel(&format!(
        "[12791.867127] IN=lo OUT= {mac6} {v6} LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=850233 PROTO=TCP SPT=54399 DPT=8443 \
         SEQ=2878424446 ACK=0 WINDOW=65476 RES=0x00 SYN URGP=0 OPT (0204FFC40402080ADF27FA9D000000000103030A) "
    ));
    assert_eq!(kind(&bare), "iptables-log-cloudflare");
    assert_eq!(ip(&bare), Some("2606:4700:0000:0000:0000:0000:0000:0005"));
    let dropped = kernel(&format!(
        "[12792.167947] nft-drop: IN=lo OUT= {mac6} {v6} LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=642740 PROTO=TCP SPT=45369 \
         DPT=2053 WINDOW=65476 RES=0x00 SYN URGP=0 "
    ));
    assert_eq!(kind(&dropped), "iptables-drop-cloudflare");
    let udp = kernel(&format!(
        "[12792.468640] udp IN=lo OUT= {mac4} SRC=172.68.10.5 DST=203.0.113.10 LEN=58 TOS=0x00 PREC=0x00 TTL=64 \
         ID=37797 DF PROTO=UDP SPT=46048 DPT=443 LEN=38 "
    ));
    assert_eq!(kind(&udp), "iptables-log");
    // The packet in brackets is one of this machine, which nobody refused.
    let icmp = kernel(&format!(
        "[12792.468721] icmp drop: IN=lo OUT= {mac4} SRC=172.68.10.5 DST=203.0.113.10 LEN=88 TOS=0x00 PREC=0xC0 TTL=64 \
         ID=35204 PROTO=ICMP TYPE=3 CODE=3 [SRC=203.0.113.10 DST=172.68.10.5 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=37798 \
         DF PROTO=TCP SPT=46048 DPT=443 WINDOW=65495 RES=0x00 SYN URGP=0 ] "
    ));
    assert_eq!(kind(&icmp), "iptables-drop-prefix");
}

#[test]
fn prefixes_tell_the_verdict() {
    for prefix in [
        "IPT-DROP: ",
        "INPUT_DROP ",
        "[DROP]",
        "DROP",
        "Shorewall:net-fw:DROP:",
        "iptables denied: ",
        "Rejected ",
        "FW-BLOCK=1 drop:",
        "nft#blocked#",
    ] {
        assert_eq!(kind(&syn(prefix, EDGE, 443)), "iptables-drop-cloudflare", "{prefix}");
        assert_eq!(kind(&syn(prefix, STRANGER, 443)), "iptables-drop-prefix", "{prefix}");
    }
    for prefix in ["IPT-ACCEPT: ", "[ALLOW] ", "pass in "] {
        assert_eq!(kind(&syn(prefix, EDGE, 443)), "iptables-accept-prefix", "{prefix}");
    }
    for prefix in ["", "web ", "blockade ", "raindrop: ", "undenied-thing "] {
        assert_eq!(kind(&syn(prefix, EDGE, 443)), "iptables-log-cloudflare", "{prefix}");
        assert_eq!(kind(&syn(prefix, STRANGER, 443)), "iptables-log", "{prefix}");
    }
}

#[test]
fn every_web_port_of_the_edge_counts_and_no_other() {
    for port in [80, 8080, 8880, 2052, 2082, 2086, 2095, 443, 2053, 2083, 2087, 2096, 8443] {
        assert_eq!(kind(&syn("[UFW BLOCK] ", EDGE, port)), "ufw-block-cloudflare", "{port}");
    }
    for port in [22, 25, 8, 44, 4430, 8000, 3306, 20870] {
        assert_eq!(kind(&syn("[UFW BLOCK] ", EDGE, port)), "ufw-block", "{port}");
    }
}

#[test]
fn only_what_opens_a_connection_counts() {
    let with = |flags: &str| syn("[UFW BLOCK] ", EDGE, 443).replace("SYN URGP", &format!("{flags} URGP"));
    assert_eq!(kind(&with("SYN")), "ufw-block-cloudflare");
    assert_eq!(kind(&with("CWR ECE SYN")), "ufw-block-cloudflare");
    for flags in ["ACK", "ACK SYN", "RST", "ACK RST", "ACK FIN", "ACK PSH FIN", "ACK PSH"] {
        assert_eq!(kind(&with(flags)), "ufw-block", "{flags}");
    }
    // What this machine sends itself is no connection of the edge.
    let own = syn("[UFW BLOCK] ", EDGE, 443).replace("IN=eth0 OUT= ", "IN= OUT=eth0 ");
    assert_eq!(kind(&own), "ufw-block");
    // A container behind the host's firewall.
    let forwarded = syn("[UFW BLOCK] ", EDGE, 443).replace("OUT= ", "OUT=docker0 ");
    assert_eq!(kind(&forwarded), "ufw-block-cloudflare");
}

#[test]
fn guards_of_all_kinds_tell_the_edge_from_strangers() {
    let lfd = |m: &str| format!("Nov 22 14:03:07 web1 lfd[28641]: {m}");
    let f2b = |m: &str| format!("2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  {m}");
    let imunify = |m: &str| {
        format!("INFO    [2026-11-22 14:03:07,889] defence360agent.plugins.protector.lazy_init: {m}")
    };
    type Head<'h> = &'h dyn Fn(&str) -> String;
    type Line = fn(&str) -> String;
    let cases: [(Head<'_>, Line, &str, &str); 12] = [
        (&f2b, |ip| format!("[sshd] Ban {ip}"), "f2b-ban-cloudflare", "f2b-ban"),
        (&f2b, |ip| format!("[sshd] Restore Ban {ip}"), "f2b-restore-ban-cloudflare", "f2b-restore-ban"),
        (&f2b, |ip| format!("[sshd] Reban {ip}"), "f2b-reban-cloudflare", "f2b-reban"),
        (&f2b, |ip| format!("[sshd] Repeal Ban {ip}"), "f2b-unban-cloudflare", "f2b-unban"),
        (
            &f2b,
            |ip| format!("[sshd] {ip} already banned"),
            "f2b-already-banned-cloudflare",
            "f2b-already-banned",
        ),
        (&f2b, |ip| format!("[sshd] Found {ip}"), "f2b-found-cloudflare", "f2b-found"),
        (
            &lfd,
            |ip| {
                format!(
                    "{ip} (US/United States/-), 5 distributed sshd attacks on account [root] in the last 3600 secs - *Blocked in csf* [LF_DISTATTACK]"
                )
            },
            "lfd-blocked-cloudflare",
            "lfd-blocked",
        ),
        (
            &lfd,
            |ip| {
                format!(
                    "*Port Scan* detected from {ip} (US/United States/-). 11 hits in the last 76 seconds - *Blocked in csf* for 3600 secs [PS_LIMIT]"
                )
            },
            "lfd-blocked-cloudflare",
            "lfd-port-scan",
        ),
        (
            &lfd,
            |ip| {
                format!(
                    "(CT) IP {ip} (US/United States/-) found to have 312 connections - *Blocked in csf* for 1800 secs [CT_LIMIT]"
                )
            },
            "lfd-ct-limit-cloudflare",
            "lfd-ct-limit",
        ),
        (
            &imunify,
            |ip| format!("IP {ip} is BLOCKED with 300 sec (expiration: 1795356487) (due to SensorAlert)"),
            "imunify-blocked-cloudflare",
            "imunify-ip-blocked",
        ),
        (
            &imunify,
            |ip| format!("IP {ip} is UNBLOCKED (due to ClientUnblock)"),
            "imunify-ip-unblocked",
            "imunify-ip-unblocked",
        ),
        (&f2b, |ip| format!("[sshd] Ignore {ip} by ip"), "f2b-ignore", "f2b-ignore"),
    ];
    for (head, line, of_edge, of_stranger) in cases {
        for edge in [EDGE, "2606:4700::5"] {
            let line = head(&line(edge));
            assert_eq!(kind(&line), of_edge, "{line}");
            assert_eq!(ip(&line), Some(edge));
        }
        let line = head(&line(STRANGER));
        assert_eq!(kind(&line), of_stranger, "{line}");
        assert_eq!(ip(&line), Some(STRANGER));
    }
}

#[test]
fn a_ban_is_told_through_syslog_and_the_journal_alike() {
    for line in [
        "Nov 22 14:03:07 web1 fail2ban.actions[811]: NOTICE [sshd] Ban 172.68.10.5",
        "Nov 22 14:03:07 web1 fail2ban[811]: [sshd] Ban 172.68.10.5",
        "2015-11-22 14:03:07,123 fail2ban.actions: WARNING [sshd] Ban 172.68.10.5",
    ] {
        assert_eq!(kind(line), "f2b-ban-cloudflare", "{line}");
        assert_eq!(Fields::of(&record(line)).jail, Some(&b"sshd"[..]));
    }
}

#[test]
fn the_edge_is_what_the_user_says_it_is() {
    let own: Ranges = "192.0.2.0/24".parse().unwrap();
    let catalogue = Catalogue::with_rules(
        logscan_catalogue::Rules::parse(
            "[[kind]]\nid = \"x\"\nmatch = \"x y z\"\nmeaning = \"m\"\nfix = \"f\"\n",
        )
        .unwrap(),
    )
    .unwrap()
    .with_edge(own);
    let line = "2026-11-22 14:03:07,123 fail2ban.actions        [811]: NOTICE  [sshd] Ban 192.0.2.7";
    let named = catalogue.name(&record(line)).unwrap();
    assert_eq!(catalogue.kind(named.kind).unwrap().id, "f2b-ban-cloudflare");
}

#[test]
fn words_of_strangers_raise_no_alarm() {
    // Whoever talks to sshd chooses the user name.
    let line =
        "Nov 22 14:03:07 web1 sshd[7]: Invalid user - *Blocked in csf* 172.68.10.5 from 192.0.2.7 port 4711";
    let named = Catalogue::builtin().name(&record(line));
    let kind = named.and_then(|n| Catalogue::builtin().kind(n.kind));
    assert!(kind.is_none_or(|k| k.severity >= Severity::Notice), "{kind:?}");
    assert_eq!(ip(line), None);
    // Whoever owns an address chooses its name.
    let named_so = "Nov 22 14:03:07 web1 lfd[7]: (sshd) Failed SSH login from 192.0.2.7 (US/United States/172.68.10.5): 5 in the last 300 secs - *Blocked in csf* [LF_SSHD]";
    assert_eq!(ip(named_so), Some(STRANGER));
}

/// Whoever logs in chooses the user name that another program tells.
#[test]
fn what_other_programs_tell_is_no_block_of_a_guard() {
    let block =
        "(sshd) Failed SSH login from 172.68.10.5: 5 in the last 3600 secs - *Blocked in csf* [LF_SSHD]";
    for line in [
        format!("Nov 22 14:03:07 web1 sshd[5]: Invalid user {block}"),
        format!("Nov 22 14:03:07 web1 app[5]: {block}"),
        "Nov 22 14:03:07 web1 app[5]: IP 172.68.10.5 is BLOCKED with 300 sec (due to x)".to_owned(),
        "Nov 22 14:03:07 web1 sshd[5]: Invalid user from 172.68.10.5 - ignored".to_owned(),
    ] {
        let record = Record::parse(line.as_bytes()).unwrap();
        assert_eq!(Catalogue::builtin().name(&record), None, "{line}");
    }
}
