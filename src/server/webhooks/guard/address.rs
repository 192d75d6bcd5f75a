//! Which addresses are everybody's, and which belong to the network that a server stands in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is if it is not a public one, in a word for people.
///
/// The ranges are those of the IANA special-purpose registries (RFC 6890) that lead to this machine, to its
/// neighbours, or to nobody; an IPv4 address inside an IPv6 one is judged as such.
pub(super) fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

fn v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    Some(match (a, b, c) {
        (0, ..) => "unspecified",
        (127, ..) => "this machine's own",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "private",
        (100, 64..=127, _) => "shared by a provider's customers",
        (169, 254, _) => "link-local",
        (192, 0, 0) | (192, 88, 99) | (198, 18..=19, _) => "reserved",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => "for documentation",
        (224..=239, ..) => "multicast",
        (240..=255, ..) => "reserved",
        _ => return None,
    })
}

fn v6(address: Ipv6Addr) -> Option<&'static str> {
    let s = address.segments();
    let low = Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7]));
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("this machine's own"),
        // Mapped (RFC 4291), compatible (deprecated there), and translated (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff | 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => v4(low),
        // The prefix of a network's own translator (RFC 8215): where it leads is not known here.
        [0x64, 0xff9b, 1, ..] => Some("private"),
        // 6to4 (RFC 3056) has it behind the prefix.
        [0x2002, high, low, ..] => v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))),
        // Translated without a prefix (SIIT, RFC 2765), and thrown away (RFC 6666).
        [0, 0, 0, 0, 0xffff, 0, ..] | [0x100, 0, 0, 0, ..] => Some("reserved"),
        // The protocols' own (RFC 2928), Teredo (RFC 4380) among them, which leads behind somebody's NAT; and
        // segment identifiers (RFC 9602).
        [0x2001, 0..=0x1ff, ..] | [0x5f00, ..] => Some("reserved"),
        // RFC 3849 and RFC 9637.
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("for documentation"),
        [first, ..] if first & 0xfe00 == 0xfc00 => Some("private"),
        // Link-local, and the site-local ones of old (RFC 3879).
        [first, ..] if first & 0xff80 == 0xfe80 => Some("link-local"),
        [first, ..] if first & 0xff00 == 0xff00 => Some("multicast"),
        _ => None,
    }
}
