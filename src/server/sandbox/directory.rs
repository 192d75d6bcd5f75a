//! Who is who: numbers and LIDs lead to accounts, and accounts to their phone's actor and to the
//! connections of their devices.
//!
//! The locks here are held for a look-up only, never across anything that waits.

use super::SandboxError;
use super::addressing::Addressing;
use super::limits::MAX_PHONES;
use super::phone::Request;
use super::rows::links::Address;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::{Notify, mpsc};
use whatsapp_rust::Jid;
use whatsapp_rust::wacore_binary::{Node, Server};

/// What a connection is told by others. Ephemeral things are dropped when its mailbox is full.
pub enum Control {
    /// Send this now; it is kept nowhere.
    Push(Box<Node>),
    /// A phone offers to link the device at the other end.
    Offer(Box<super::line::pairing::Offer>),
    /// Somebody else connected with the same keys.
    Replaced,
    /// The phone ended the link.
    Removed,
}

/// A connection of a device that is logged in.
#[derive(Clone)]
pub struct Live {
    /// Tells one connection of a device from the next.
    pub connection: u64,
    pub control: mpsc::Sender<Control>,
    /// Something waits in its queue.
    pub wake: Arc<Notify>,
}

/// An account, as everybody may know it.
pub struct Account {
    pub number: String,
    pub lid: String,
    /// Its phone's actor.
    pub phone: mpsc::Sender<Request>,
    /// Something waits in its phone's queue.
    pub wake: Arc<Notify>,
    addressing: Mutex<Addressing>,
    live: Mutex<BTreeMap<u16, Live>>,
}

impl Account {
    #[must_use]
    pub fn new(
        number: String,
        lid: String,
        addressing: Addressing,
        phone: mpsc::Sender<Request>,
        wake: Arc<Notify>,
    ) -> Self {
        Self { number, lid, phone, wake, addressing: Mutex::new(addressing), live: Mutex::default() }
    }

    /// By which of its names it comes to others.
    #[must_use]
    pub fn addressing(&self) -> Addressing {
        *self.addressing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Comes to others by another name from now on.
    pub fn address_by(&self, addressing: Addressing) {
        *self.addressing.lock().unwrap_or_else(PoisonError::into_inner) = addressing;
    }

    /// The name by which it comes to others.
    #[must_use]
    pub fn shown_jid(&self) -> Jid {
        match self.addressing() {
            Addressing::Pn => self.jid(),
            Addressing::Lid | Addressing::Hidden => Jid::lid(self.lid.as_str()),
        }
    }

    /// The account's JID by number.
    #[must_use]
    pub fn jid(&self) -> Jid {
        Jid::pn(self.number.as_str())
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<u16, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a new connection of a device; answers the one that it replaces.
    pub fn connected(&self, device: u16, live: Live) -> Option<Live> {
        self.live().insert(device, live)
    }

    /// Forgets a connection, unless a newer one took its place.
    pub fn disconnected(&self, device: u16, connection: u64) {
        let mut live = self.live();
        if live.get(&device).is_some_and(|live| live.connection == connection) {
            live.remove(&device);
        }
    }

    /// The connection of a device, if it is there now.
    #[must_use]
    pub fn connection(&self, device: u16) -> Option<Live> {
        self.live().get(&device).cloned()
    }

    /// The devices that are connected now.
    #[must_use]
    pub fn connections(&self) -> Vec<(u16, Live)> {
        self.live().iter().map(|(device, live)| (*device, live.clone())).collect()
    }

    /// Tells a device, or the phone, to look into its queue.
    pub fn wake(&self, device: u16) {
        if device == 0 {
            self.wake.notify_one();
        } else if let Some(live) = self.live().get(&device) {
            live.wake.notify_one();
        }
    }

    /// Sends something ephemeral to all connected devices but one.
    pub fn push(&self, node: &Node, but: Option<u16>) {
        for (device, live) in self.live().iter() {
            if Some(*device) != but {
                // A device that does not keep up misses it: it is out of date by then.
                drop(live.control.try_send(Control::Push(Box::new(node.clone()))));
            }
        }
    }
}

#[derive(Default)]
struct Maps {
    by_number: BTreeMap<String, Arc<Account>>,
    by_lid: HashMap<String, Arc<Account>>,
    /// Groups that address their members by LID, by their ids.
    groups_by_lid: HashSet<String>,
}

/// All accounts.
#[derive(Default)]
pub struct Directory {
    maps: RwLock<Maps>,
}

impl Directory {
    /// The account with this number.
    #[must_use]
    pub fn number(&self, number: &str) -> Option<Arc<Account>> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).by_number.get(number).cloned()
    }

    /// The account with this number.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`].
    pub fn need(&self, number: &str) -> Result<Arc<Account>, SandboxError> {
        self.number(number).ok_or_else(|| SandboxError::no_phone(number))
    }

    /// The account that a JID of a person means, by number or LID.
    #[must_use]
    pub fn person(&self, jid: &Jid) -> Option<Arc<Account>> {
        match jid.server {
            Server::Pn => self.number(jid.user.as_str()),
            Server::Lid => {
                let maps = self.maps.read().unwrap_or_else(PoisonError::into_inner);
                maps.by_lid.get(jid.user.as_str()).cloned()
            }
            _ => None,
        }
    }

    /// The device that a JID means.
    #[must_use]
    pub fn address(&self, jid: &Jid) -> Option<Address> {
        let account = self.person(jid)?;
        Some(Address { number: account.number.clone(), device: jid.device })
    }

    /// Whether a group addresses its members by LID.
    #[must_use]
    pub fn is_by_lid(&self, group: &str) -> bool {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).groups_by_lid.contains(group)
    }

    /// A group addresses its members by LID. It never does otherwise again.
    pub fn address_by_lid(&self, group: &str) {
        let mut maps = self.maps.write().unwrap_or_else(PoisonError::into_inner);
        maps.groups_by_lid.insert(group.to_owned());
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).by_number.len()
    }

    /// All accounts, by number.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Account>> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner).by_number.values().cloned().collect()
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`SandboxError::Exists`] for a number that is taken, [`SandboxError::Invalid`] if there are
    /// [`MAX_PHONES`] already.
    pub fn add(&self, account: Arc<Account>) -> Result<(), SandboxError> {
        let mut maps = self.maps.write().unwrap_or_else(PoisonError::into_inner);
        if maps.by_number.contains_key(&account.number) {
            return Err(SandboxError::Exists(format!("the number {} is taken", account.number)));
        }
        if maps.by_number.len() >= MAX_PHONES {
            return Err(SandboxError::Invalid(format!("a network has at most {MAX_PHONES} phones")));
        }
        maps.by_lid.insert(account.lid.clone(), account.clone());
        maps.by_number.insert(account.number.clone(), account);
        Ok(())
    }

    /// Tells devices and phones to look into their queues.
    pub fn wake<'a>(&self, addresses: impl IntoIterator<Item = &'a Address>) {
        for address in addresses {
            if let Some(account) = self.number(&address.number) {
                account.wake(address.device);
            }
        }
    }
}

/// A device's JID by number.
#[must_use]
pub fn jid(address: &Address) -> Jid {
    Jid::pn_device(address.number.as_str(), address.device)
}
