//! Where deliveries may go: nobody makes this server call into the network that it stands in.
//!
//! A target is judged twice: when a webhook is saved, so that a person learns at once what is wrong, and for
//! every connection, by the very addresses that it is made to. Between the two, a name may have been
//! pointed elsewhere (DNS rebinding).

mod address;
mod allow;
mod resolver;
mod target;

pub use allow::Allow;
pub use resolver::GuardedResolver;
pub(super) use resolver::look_up;
pub use target::{MAX_URL, Target};

use std::net::IpAddr;

/// Why a target is refused. The texts are shown to whoever manages the webhook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    #[error("the URL is longer than {MAX_URL} characters")]
    TooLong,
    #[error("the URL cannot be read")]
    Malformed,
    #[error("the URL starts with neither https:// nor http://")]
    Scheme,
    #[error("the URL has a user name or password in it: check the signature instead")]
    Credentials,
    #[error("the URL has a fragment (#), which no server ever sees")]
    Fragment,
    #[error("\"{0}\" is no name of a host")]
    Host(String),
    #[error("http is only for targets that SWITCHBOARD_WEBHOOK_ALLOW names: use https")]
    Insecure,
    #[error("port {0} is neither 443 nor 80: allow the target by SWITCHBOARD_WEBHOOK_ALLOW")]
    Port(u16),
    #[error("the address {address} is {kind}; allow it by SWITCHBOARD_WEBHOOK_ALLOW")]
    Address { address: IpAddr, kind: &'static str },
    #[error("the name of the host has no address")]
    NoAddress,
}

/// The rules, with what the configuration opens.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow: Allow,
}

impl Guard {
    #[must_use]
    pub fn new(allow: Allow) -> Self {
        Self { allow }
    }

    /// What can be said of a target before its name is looked up.
    ///
    /// # Errors
    /// [`Blocked`].
    pub fn check(&self, target: &Target) -> Result<(), Blocked> {
        match target.literal() {
            Some(address) => self.permit(target, [address]),
            None if self.allow.host(target.host()) => Ok(()),
            // The name may stand for an address that is allowed: the look-up decides.
            None if self.allow.has_networks() => Ok(()),
            None => ordinary(target),
        }
    }

    /// Whether a connection to these addresses of the target may be made: to all of them, or to none.
    ///
    /// # Errors
    /// [`Blocked`].
    pub fn permit(
        &self,
        target: &Target,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> Result<(), Blocked> {
        if self.allow.host(target.host()) {
            return Ok(());
        }
        let (mut any, mut all_allowed) = (false, true);
        for address in addresses {
            any = true;
            if self.allow.address(address) {
                continue;
            }
            all_allowed = false;
            if let Some(kind) = address::not_public(address) {
                return Err(Blocked::Address { address, kind });
            }
        }
        match (any, all_allowed) {
            (false, _) => Err(Blocked::NoAddress),
            (true, true) => Ok(()),
            (true, false) => ordinary(target),
        }
    }
}

/// What everybody's targets have to be.
fn ordinary(target: &Target) -> Result<(), Blocked> {
    if !target.is_https() {
        return Err(Blocked::Insecure);
    }
    if !matches!(target.port(), 443 | 80) {
        return Err(Blocked::Port(target.port()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allow: &str) -> Guard {
        Guard::new(Allow::parse(allow).unwrap())
    }

    fn check(allow: &str, url: &str) -> Result<(), Blocked> {
        guard(allow).check(&Target::parse(url)?)
    }

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        let private = [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.0.0.1/",
            "https://017700000001/",
            "https://0177.0.0.01/",
            "https://10.0.0.5/x",
            "https://100.64.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://172.16.0.1/",
            "https://172.31.255.255/",
            "https://192.0.0.1/",
            "https://192.168.1.1/",
            "https://198.18.0.1/",
            "https://198.19.255.255/",
            "https://224.0.0.1/",
            "https://255.255.255.255/",
            "https://0.0.0.0/",
            "https://[::]/",
            "https://[::1]/",
            "https://[fc00::1]/",
            "https://[fdff::1]/",
            "https://[fe80::1]/",
            "https://[ff02::1]/",
            "https://[::ffff:10.0.0.5]/",
            "https://[::ffff:a00:5]/",
            "https://[::10.0.0.5]/",
            "https://[64:ff9b::10.0.0.5]/",
            "https://[64:ff9b:1::808:808]/",
            "https://[2002:a00:5::1]/",
            "https://[::ffff:0:10.0.0.5]/",
            "https://[::ffff:0:8.8.8.8]/",
            "https://[2001::1]/",
            "https://[2001:1ff::1]/",
            "https://[2001:db8::1]/",
            "https://[3fff:fff::1]/",
            "https://[5f00::1]/",
            "https://[100::1]/",
            "https://[2002:c000:201::1]/",
            "https://192.0.2.1/",
            "https://192.88.99.1/",
            "https://198.51.100.255/",
            "https://203.0.113.0/",
        ];
        for url in private {
            let refused = check("", url);
            assert!(matches!(refused, Err(Blocked::Address { .. })), "{url}: {refused:?}");
        }
        assert_eq!(
            check("", "https://10.0.0.5/").unwrap_err().to_string(),
            "the address 10.0.0.5 is private; allow it by SWITCHBOARD_WEBHOOK_ALLOW"
        );
    }

    #[test]
    fn public_addresses_and_names_are_fine() {
        for url in [
            "https://8.8.8.8/",
            "https://172.32.0.1/",
            "https://192.0.3.1/",
            "https://198.51.101.1/",
            "https://[2001:200::1]/",
            "https://[2001:db7::1]/",
            "https://[100:0:0:1::1]/",
            "https://100.128.0.1/",
            "https://134744072/",
            "https://[2606:4700::1111]/",
            "https://[::ffff:8.8.8.8]/",
            "https://[64:ff9b::8.8.8.8]/",
            "https://[2002:808:808::1]/",
            "https://hooks.example.com/in?token=x",
            "https://hooks.example.com:443/",
            "https://hooks.example.com:80/",
        ] {
            assert_eq!(check("", url), Ok(()), "{url}");
        }
        assert_eq!(check("", "http://hooks.example.com/"), Err(Blocked::Insecure));
        assert_eq!(check("", "https://hooks.example.com:8443/"), Err(Blocked::Port(8_443)));
        assert_eq!(check("", "http://8.8.8.8/"), Err(Blocked::Insecure));
    }

    #[test]
    fn what_is_allowed_is_open_with_its_http_and_ports_and_nothing_else_is() {
        let allow = "127.0.0.0/8, n8n.internal, 10.1.2.3, fd00::/8";
        assert_eq!(check(allow, "http://127.0.0.1:5678/webhook"), Ok(()));
        assert_eq!(check(allow, "http://127.1:5678/"), Ok(()));
        assert_eq!(check(allow, "http://[::ffff:127.0.0.1]:5678/"), Ok(()));
        assert_eq!(check(allow, "http://N8N.internal.:5678/"), Ok(()));
        assert_eq!(check(allow, "http://10.1.2.3:81/"), Ok(()));
        assert_eq!(check(allow, "http://[fd00::5]/"), Ok(()));
        assert!(check(allow, "http://10.1.2.4/").is_err());
        assert_eq!(check(allow, "http://8.8.8.8/"), Err(Blocked::Insecure));
        assert_eq!(check(allow, "https://8.8.8.8:8080/"), Err(Blocked::Port(8_080)));
        let ips = |texts: &[&str]| texts.iter().map(|ip| ip.parse().unwrap()).collect::<Vec<IpAddr>>();
        let target = Target::parse("http://elsewhere.example:99/").unwrap();
        // One address of the name is not allowed: then none is.
        assert_eq!(guard(allow).permit(&target, ips(&["127.0.0.1"])), Ok(()));
        assert!(guard(allow).permit(&target, ips(&["127.0.0.1", "10.0.0.1"])).is_err());
        assert_eq!(guard(allow).permit(&target, ips(&["127.0.0.1", "8.8.8.8"])), Err(Blocked::Insecure));
        assert_eq!(guard(allow).permit(&target, ips(&[])), Err(Blocked::NoAddress));
        let named = Target::parse("http://n8n.internal:99/").unwrap();
        assert_eq!(guard(allow).permit(&named, ips(&["192.168.7.7"])), Ok(()));
    }

    #[test]
    fn a_name_that_turns_out_private_is_refused() {
        let target = Target::parse("https://rebound.example/").unwrap();
        assert_eq!(guard("").check(&target), Ok(()));
        let found = ["8.8.8.8".parse().unwrap(), "169.254.169.254".parse().unwrap()];
        assert!(matches!(guard("").permit(&target, found), Err(Blocked::Address { .. })));
    }
}
