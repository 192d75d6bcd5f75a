//! What a webhook's URL points at.

use super::Blocked;
use axum::http::Uri;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest URL, in bytes.
pub const MAX_URL: usize = 2_048;

/// Scheme, host and port of a URL that can be delivered to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    https: bool,
    /// A name, or an address as it was written, without brackets.
    host: String,
    literal: Option<IpAddr>,
    port: u16,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`Blocked`]: it is none, or one that no webhook may have.
    pub fn parse(url: &str) -> Result<Self, Blocked> {
        if url.len() > MAX_URL {
            return Err(Blocked::TooLong);
        }
        // The parser drops it silently.
        if url.contains('#') {
            return Err(Blocked::Fragment);
        }
        let uri: Uri = url.parse().map_err(|_| Blocked::Malformed)?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(Blocked::Scheme),
        };
        let authority = uri.authority().ok_or(Blocked::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(Blocked::Credentials);
        }
        let written = authority.host();
        // What is left of the authority is the port, or nothing.
        let port = match authority.as_str().strip_prefix(written) {
            Some("") => {
                if https {
                    443
                } else {
                    80
                }
            }
            Some(rest) => {
                let digits = rest.strip_prefix(':').filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
                let port = digits.and_then(|digits| digits.parse().ok()).filter(|port| *port != 0);
                port.ok_or(Blocked::Malformed)?
            }
            None => return Err(Blocked::Malformed),
        };
        let (host, literal) = read_host(written)?;
        Ok(Self { https, host, literal, port })
    }

    /// Its origin as pages write it.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let host = match self.literal {
            Some(IpAddr::V6(address)) => format!("[{address}]"),
            _ => self.host.clone(),
        };
        match (self.https, self.port) {
            (true, 443) | (false, 80) => format!("{scheme}://{host}"),
            (_, port) => format!("{scheme}://{host}:{port}"),
        }
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// A name, or an address as it was written.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address, where the URL names no host but one.
    #[must_use]
    pub fn literal(&self) -> Option<IpAddr> {
        self.literal
    }
}

fn read_host(written: &str) -> Result<(String, Option<IpAddr>), Blocked> {
    let wrong = || Blocked::Host(written.to_owned());
    if let Some(inner) = written.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or_else(wrong)?;
        let address: Ipv6Addr = inner.parse().map_err(|_| wrong())?;
        return Ok((inner.to_ascii_lowercase(), Some(address.into())));
    }
    let name = written.strip_suffix('.').unwrap_or(written).to_ascii_lowercase();
    let fits = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if name.is_empty() || name.len() > 253 || !name.split('.').all(fits) {
        return Err(wrong());
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    // As browsers read it (WHATWG URL, "ends in a number"): it is an IPv4 address, or it is nothing.
    let numeric = last.bytes().all(|b| b.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let literal = if numeric { Some(ipv4(&name).ok_or_else(wrong)?.into()) } else { None };
    Ok((name, literal))
}

/// An IPv4 address as `inet_aton` reads it: one to four parts, each decimal, octal (`0…`) or hexadecimal
/// (`0x…`), the last of which fills what is left. The system's resolver takes all of them.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u64> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, before) = parts.split_last()?;
    if before.len() > 3 || before.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 32 - 8 * u32::try_from(before.len()).ok()?;
    if *last >= 1_u64 << room {
        return None;
    }
    let high = before.iter().fold(0, |sum, part| sum << 8 | part);
    u32::try_from(high << room | last).ok().map(Ipv4Addr::from)
}

fn number(part: &str) -> Option<u64> {
    let (digits, radix) = match part {
        "0" | "0x" => return Some(0),
        _ if part.starts_with("0x") => (&part[2..], 16),
        _ if part.starts_with('0') => (&part[1..], 8),
        _ => (part, 10),
    };
    // `from_str_radix` would take a sign as well.
    if digits.is_empty() || digits.len() > 12 || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_scheme_host_and_port() {
        let read = |url: &str| {
            let target = Target::parse(url).unwrap();
            (target.is_https(), target.host().to_owned(), target.port(), target.literal())
        };
        assert_eq!(read("https://Example.com/a?b=c"), (true, "example.com".into(), 443, None));
        assert_eq!(read("http://example.com.:8080"), (false, "example.com".into(), 8_080, None));
        let one = Some("0.0.0.1".parse().unwrap());
        assert_eq!(read("http://1/").3, one);
        assert_eq!(read("http://0x1/").3, one);
        assert_eq!(read("http://192.0x00A80001/").3, Some("192.168.0.1".parse().unwrap()));
        assert_eq!(read("http://[::1]:8080/").3, Some("::1".parse().unwrap()));
    }

    #[test]
    fn refuses_what_is_no_target() {
        let error = |url: &str| Target::parse(url).unwrap_err();
        assert_eq!(error("ftp://example.com/"), Blocked::Scheme);
        assert_eq!(error("example.com"), Blocked::Scheme);
        assert_eq!(error("/path"), Blocked::Scheme);
        assert_eq!(error("https://user:pass@example.com/"), Blocked::Credentials);
        assert_eq!(error("https://user@example.com/"), Blocked::Credentials);
        assert_eq!(error("https://example.com/#x"), Blocked::Fragment);
        for url in ["", "https://", "https:///x", "https://exa mple.com", "https://example.com:0/"] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
        for url in ["https://example.com:99999/", "https://example.com:/", "https://example.com:+1/"] {
            assert_eq!(error(url), Blocked::Malformed, "{url}");
        }
        for url in ["https://1.2.3.4.5/", "https://256.1.1.1/", "https://08.1.1.1/", "https://4294967296/"] {
            assert!(matches!(error(url), Blocked::Host(_)), "{url}");
        }
        for url in ["https://a..b/", "https://%31.example/", "https://[::1%25eth0]/"] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
        assert_eq!(error(&format!("https://example.com/{}", "x".repeat(MAX_URL))), Blocked::TooLong);
    }

    proptest! {
        #[test]
        fn never_panics(url in "(https?://)?.{0,60}") {
            let _ = Target::parse(&url);
        }

        #[test]
        fn every_way_to_write_an_address_is_read(address: u32) {
            let [a, b, c, d] = address.to_be_bytes();
            let ways = [
                format!("{a}.{b}.{c}.{d}"),
                format!("{address}"),
                format!("0x{address:x}"),
                format!("0{address:o}"),
                format!("{a}.0x{b:x}.0{c:o}.{d}"),
                format!("{a}.{b}.{}", u32::from(c) << 8 | u32::from(d)),
                format!("{a}.{}", address & 0x00ff_ffff),
            ];
            for way in ways {
                let read = Target::parse(&format!("https://{way}/")).unwrap();
                prop_assert_eq!(read.literal(), Some(Ipv4Addr::from(address).into()), "{}", way);
            }
        }
    }
}
