//! The HTTP client's look-up of names: what it answers is what is connected to.

use super::{Blocked, Guard, Target};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Looks names up and answers only addresses that the guard lets through. It is asked for every connection,
/// and the client connects to nothing else.
#[derive(Debug)]
pub struct GuardedResolver {
    guard: Guard,
    names: DefaultResolver,
}

impl GuardedResolver {
    #[must_use]
    pub fn new(guard: Guard) -> Self {
        Self { guard, names: DefaultResolver::default() }
    }
}

impl Resolver for GuardedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let refused = |blocked: Blocked| ureq::Error::Other(Box::new(blocked));
        let target = Target::parse(&uri.to_string()).map_err(refused)?;
        let addresses = match target.literal() {
            // Read by us and not once more by the system, which may read it differently.
            Some(address) => {
                let mut one = self.names.empty();
                one.push(SocketAddr::new(address, target.port()));
                one
            }
            None => self.names.resolve(uri, config, timeout)?,
        };
        self.guard.permit(&target, addresses.iter().map(SocketAddr::ip)).map_err(refused)?;
        Ok(addresses)
    }
}

/// The addresses that a name has now; empty if it cannot be looked up. Blocks.
pub(in crate::server::webhooks) fn look_up(target: &Target) -> Vec<IpAddr> {
    let found = (target.host(), target.port()).to_socket_addrs();
    found.map(|addresses| addresses.map(|address| address.ip()).collect()).unwrap_or_default()
}
