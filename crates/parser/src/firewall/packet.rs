//! Packets that a firewall rule had logged.
//!
//! `PREFIXIN=eth0 OUT= MAC=... SRC=a DST=b LEN=60 ... PROTO=TCP SPT=41022 DPT=443 ... SYN URGP=0 `, as the kernel
//! writes it for iptables' LOG, nftables' log and with them for UFW, firewalld and CSF (`net/netfilter/
//! nf_log_syslog.c: nf_log_ip_packet, nf_log_ip6_packet`). ulogd writes the same form (`filter/raw2packet`,
//! `ulogd_filter_PRINTPKT.c`). The line says what was seen; what became of the packet stands in the free prefix,
//! if anywhere.

use memchr::memmem;

use super::{address, word};
use crate::civil::number;

/// A packet, as far as its line tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'b> {
    /// What the rule puts in front: `[UFW BLOCK] `. Free text, empty where the rule names none.
    pub prefix: &'b [u8],
    /// Interface that it came in by; empty for one that this machine sends.
    pub input: &'b [u8],
    /// Interface that it goes out by; empty for one that is meant for this machine.
    pub output: &'b [u8],
    /// Sender.
    pub src: &'b [u8],
    /// Receiver.
    pub dst: &'b [u8],
    /// Length of the whole packet, in bytes.
    pub len: Option<u32>,
    /// Protocol: `TCP`, `UDP`, `ICMP`, `ICMPv6`, or its number.
    pub proto: Option<&'b [u8]>,
    /// Port of the sender.
    pub source_port: Option<u16>,
    /// Port of the receiver.
    pub port: Option<u16>,
    /// Flags of TCP.
    pub flags: TcpFlags,
}

/// Flags of a TCP segment.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct TcpFlags {
    bits: u8,
}

impl TcpFlags {
    const NAMES: [(&'static [u8], u8); 4] = [(b"FIN", 1), (b"SYN", 2), (b"RST", 4), (b"ACK", 16)];

    fn set(&mut self, name: &[u8]) {
        if let Some((_, bit)) = Self::NAMES.iter().find(|(n, _)| *n == name) {
            self.bits |= bit;
        }
    }

    /// The sender opens a connection, or (with `ack`) answers one who does.
    pub fn syn(self) -> bool {
        self.bits & 2 != 0
    }

    /// Something is acknowledged: all segments but the first.
    pub fn ack(self) -> bool {
        self.bits & 16 != 0
    }

    /// The connection is refused or broken off.
    pub fn rst(self) -> bool {
        self.bits & 4 != 0
    }

    /// The sender has said all.
    pub fn fin(self) -> bool {
        self.bits & 1 != 0
    }
}

impl<'b> Packet<'b> {
    /// The packet in a message of the kernel; `None` where it is about none.
    pub fn parse(text: &'b [u8]) -> Option<Packet<'b>> {
        let (prefix, rest) = split(text)?;
        let (input, rest) = word(rest.strip_prefix(b"IN=")?);
        let (output, mut rest) = word(rest.strip_prefix(b"OUT=")?);
        let (mut src, mut dst) = (None, None);
        let (mut proto, mut len, mut source_port, mut port) = (None, None, None, None);
        let mut flags = TcpFlags::default();
        while !rest.is_empty() {
            let (one, after) = word(rest);
            rest = after;
            // An ICMP error holds the head of the packet that it is about, in brackets.
            if one.starts_with(b"[") {
                break;
            }
            let Some((name, value)) = super::cut(one, b'=') else {
                flags.set(one);
                continue;
            };
            match name {
                b"SRC" => src = src.or(address(value)),
                b"DST" => dst = dst.or(address(value)),
                // The second is of UDP's head.
                b"LEN" => len = len.or(small(value)),
                b"PROTO" => proto = proto.or(Some(value)),
                b"SPT" => source_port = source_port.or(small(value)),
                b"DPT" => port = port.or(small(value)),
                _ => {}
            }
        }
        Some(Packet { prefix, input, output, src: src?, dst: dst?, len, proto, source_port, port, flags })
    }

    /// Whether it opens a TCP connection.
    pub fn opens(&self) -> bool {
        self.flags.syn() && !self.flags.ack()
    }
}

/// Whether a text holds a packet.
pub(crate) fn is_packet(text: &[u8]) -> bool {
    Packet::parse(text).is_some()
}

/// The prefix, and what follows it. It may end without a blank, and may hold `IN=` itself.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    memmem::find_iter(text, b"IN=").take(4).find_map(|at| {
        let (prefix, rest) = text.split_at_checked(at)?;
        let (_, after) = word(rest);
        after.starts_with(b"OUT=").then_some((prefix, rest))
    })
}

fn small<N: TryFrom<u64>>(digits: &[u8]) -> Option<N> {
    N::try_from(number(digits)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Body, Record, Start};
    use crate::{Format, Source};
    use proptest::prelude::*;

    const SYN: &str = "IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=172.68.10.5 DST=203.0.113.10 \
        LEN=60 TOS=0x00 PREC=0x00 TTL=57 ID=4711 DF PROTO=TCP SPT=41022 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 ";

    fn parse(text: &str) -> Packet<'_> {
        Packet::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_syn_with_all_its_parts() {
        let text = format!("[UFW BLOCK] {SYN}");
        let packet = parse(&text);
        let mut flags = TcpFlags::default();
        flags.set(b"SYN");
        assert_eq!(
            packet,
            Packet {
                prefix: b"[UFW BLOCK] ",
                input: b"eth0",
                output: b"",
                src: b"172.68.10.5",
                dst: b"203.0.113.10",
                len: Some(60),
                proto: Some(b"TCP"),
                source_port: Some(41022),
                port: Some(443),
                flags,
            }
        );
        assert!(packet.opens() && !packet.flags.ack() && !packet.flags.rst() && !packet.flags.fin());
    }

    #[test]
    fn prefixes() {
        for prefix in [
            "",
            "IPT-DROP: ",
            "IPT-DROP",
            "Firewall: *TCP_IN Blocked* ",
            "filter_IN_public_REJECT: ",
            "DROP IN=wan ",
        ] {
            let text = format!("{prefix}{SYN}");
            assert_eq!(parse(&text).prefix, prefix.as_bytes());
            assert_eq!(parse(&text).input, b"eth0");
        }
    }

    #[test]
    fn ipv6_addresses_stand_in_full() {
        let packet = parse(
            "IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:86:dd \
             SRC=2606:4700:0000:0000:0000:0000:0000:0001 DST=2001:0db8:0000:0000:0000:0000:0000:0010 LEN=80 TC=0 \
             HOPLIMIT=57 FLOWLBL=0 PROTO=TCP SPT=41022 DPT=8443 WINDOW=64800 RES=0x00 CWR ECE SYN URGP=0 ",
        );
        assert_eq!(packet.src, b"2606:4700:0000:0000:0000:0000:0000:0001");
        assert_eq!((packet.len, packet.port), (Some(80), Some(8443)));
        assert!(packet.opens());
    }

    #[test]
    fn of_two_lengths_the_first_is_the_packets() {
        let packet = parse(
            "IN=eth0 OUT= SRC=192.0.2.1 DST=192.0.2.2 LEN=78 TOS=0x00 PREC=0x00 TTL=57 ID=1 PROTO=UDP SPT=53 DPT=5353 LEN=58 ",
        );
        assert_eq!((packet.len, packet.proto, packet.port), (Some(78), Some(&b"UDP"[..]), Some(5353)));
        assert!(!packet.opens());
    }

    #[test]
    fn the_packet_that_an_icmp_error_is_about_is_left_out() {
        let packet = parse(
            "IN=eth0 OUT= SRC=192.0.2.1 DST=203.0.113.10 LEN=88 TOS=0x00 PREC=0xC0 TTL=64 ID=1 PROTO=ICMP TYPE=3 \
             CODE=3 [SRC=203.0.113.10 DST=172.68.10.5 LEN=60 TOS=0x00 PREC=0x00 TTL=57 ID=2 PROTO=TCP SPT=1 DPT=443 \
             INCOMPLETE [8 bytes] ] MARK=0x1 ",
        );
        assert_eq!((packet.src, packet.dst), (&b"192.0.2.1"[..], &b"203.0.113.10"[..]));
        assert_eq!((packet.proto, packet.port, packet.source_port), (Some(&b"ICMP"[..]), None, None));
    }

    #[test]
    fn answers_and_ends_open_nothing() {
        for flags in ["ACK SYN", "ACK", "RST", "ACK FIN", "ACK PSH", ""] {
            assert!(!parse(&SYN.replace("SYN", flags)).opens(), "{flags}");
        }
        // The sequence numbers of --log-tcp-sequence are no flags.
        assert!(parse(&SYN.replace("WINDOW", "SEQ=1 ACK=0 WINDOW")).opens());
        let reset = parse(&SYN.replace("SYN", "ACK RST").replace("ACK RST", "ACK RST FIN")).flags;
        assert!(reset.rst() && reset.ack() && reset.fin() && !reset.syn());
    }

    #[test]
    fn what_is_no_packet() {
        for text in [
            "",
            "IN=eth0",
            "IN=eth0 OUT=",
            "IN=eth0 OUT= SRC=192.0.2.1",
            "IN=eth0 OUT= SRC=x DST=192.0.2.2",
            "IN=eth0 x OUT= SRC=192.0.2.1 DST=192.0.2.2",
            "SRC=192.0.2.1 DST=192.0.2.2",
        ] {
            assert_eq!(Packet::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn lines_of_the_kernel_and_of_ulogd() {
        for line in [
            format!("Nov 22 14:03:07 web1 kernel: [UFW BLOCK] {SYN}"),
            format!("Nov 22 14:03:07 web1 ulogd[7]: [UFW BLOCK] {SYN}"),
            format!("Nov 22 14:03:07 web1 [UFW BLOCK] {SYN}"),
            format!("2026-11-22T14:03:07+00:00 web1 [UFW BLOCK] {SYN}"),
        ] {
            assert_eq!(Format::ANY.start(line.as_bytes()), Start::Indented, "{line}");
            let record = Record::parse(line.as_bytes()).unwrap();
            assert_eq!(record.source(), Source::Kernel);
            let Body::Kernel(kernel) = record.body else { panic!("{:?}", record.body) };
            assert_eq!(kernel.packet().unwrap().prefix, b"[UFW BLOCK] ");
        }
        let line = format!("Nov 22 14:03:07 web1 IPT-DROP: {SYN}");
        let Body::Kernel(kernel) = Record::parse(line.as_bytes()).unwrap().body else { panic!() };
        assert_eq!(kernel.packet().unwrap().prefix, b"IPT-DROP: ");
    }

    proptest! {
        #[test]
        fn words_in_any_order(words in proptest::collection::vec(
            "(IN=|OUT=|SRC=|DST=|LEN=|PROTO=|SPT=|DPT=)?[0-9.:a-f\\[\\]]{0,9}|SYN|ACK|\\[|", 0..30)) {
            let text = words.join(" ");
            if let Some(packet) = Packet::parse(text.as_bytes()) {
                prop_assert!(text.as_bytes().starts_with(packet.prefix));
            }
        }

        #[test]
        fn any_bytes(before in proptest::collection::vec(any::<u8>(), 0..40), after in proptest::collection::vec(any::<u8>(), 0..40)) {
            let text = [&before, SYN.as_bytes(), &after].concat();
            let _ = Packet::parse(&text);
        }
    }
}
