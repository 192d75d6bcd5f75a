//! What the owner of the server opens: `SWITCHBOARD_WEBHOOK_ALLOW`.

use ipnet::IpNet;
use std::net::IpAddr;

/// Entries at most.
const MAX_ENTRIES: usize = 100;

/// Networks and names of hosts that deliveries may go to whatever their addresses, scheme and port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    networks: Vec<IpNet>,
    hosts: Vec<String>,
}

impl Allow {
    /// Reads a comma-separated list: `10.0.0.0/8, 192.168.1.7, n8n.internal`.
    ///
    /// # Errors
    /// A text that says which entry is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut allow = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            if let Ok(network) = entry.parse::<IpNet>() {
                allow.networks.push(network.trunc());
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                allow.networks.push(address.into());
            } else if is_name(entry) {
                allow.hosts.push(plain(entry));
            } else {
                return Err(format!(
                    "\"{entry}\" is neither a network such as 10.0.0.0/8 nor the name of a host"
                ));
            }
        }
        if allow.networks.len() + allow.hosts.len() > MAX_ENTRIES {
            return Err(format!("has more than {MAX_ENTRIES} entries"));
        }
        Ok(allow)
    }

    pub(super) fn host(&self, host: &str) -> bool {
        let host = plain(host);
        self.hosts.contains(&host)
    }

    pub(super) fn address(&self, address: IpAddr) -> bool {
        // `::ffff:10.0.0.5` is a way to write 10.0.0.5.
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    pub(super) fn has_networks(&self) -> bool {
        !self.networks.is_empty()
    }
}

/// As names are compared: in lower case, without the dot of the root.
fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// A name, and nothing that only looks like one: a network with a slip of the pen must not become a host.
fn is_name(entry: &str) -> bool {
    let labels = plain(entry);
    let mut labels = labels.split('.');
    let last_is_word =
        labels.clone().next_back().is_some_and(|label| label.bytes().any(|b| !b.is_ascii_digit()));
    entry.len() <= 253
        && last_is_word
        && labels.all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_networks_addresses_and_names_and_refuses_the_rest() {
        let allow = Allow::parse(" 10.0.0.5/8 ,::1, N8N.internal. ,localhost,").unwrap();
        assert!(allow.address("10.200.0.1".parse().unwrap()) && allow.address("::1".parse().unwrap()));
        assert!(!allow.address("11.0.0.1".parse().unwrap()));
        assert!(allow.host("n8n.INTERNAL") && allow.host("localhost.") && !allow.host("n8n"));
        assert_eq!(Allow::parse("").unwrap(), Allow::default());
        for wrong in ["10.0.0.0/33", "10.0.0", "http://x", "*.example.com", "a b", "x:80", "a..b"] {
            assert!(Allow::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Allow::parse(&vec!["a"; MAX_ENTRIES].join(",")).is_ok());
        assert!(Allow::parse(&vec!["a"; MAX_ENTRIES + 1].join(",")).is_err());
    }
}
