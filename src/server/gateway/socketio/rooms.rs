//! Who is in which namespace and room. A namespace is here from its first socket to its last.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::member::Core;

/// All namespaces that somebody is in.
#[derive(Debug, Default)]
pub(super) struct Spaces(Mutex<HashMap<Arc<str>, Arc<Space>>>);

/// One namespace.
#[derive(Debug, Default)]
pub(super) struct Space(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    sockets: HashMap<String, Arc<Core>>,
    rooms: HashMap<Arc<str>, HashSet<String>>,
}

/// Another client already has the id that somebody claims.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken;

impl Spaces {
    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Space>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, namespace: &str) -> Option<Arc<Space>> {
        self.lock().get(namespace).cloned()
    }

    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// How many sockets there are in all namespaces together.
    pub fn sockets(&self) -> usize {
        self.lock().values().map(|space| space.lock().sockets.len()).sum()
    }

    /// Puts a socket into its namespace; returns the one with the same `pid` that it replaces.
    pub fn enter(&self, core: &Arc<Core>) -> Result<Option<Arc<Core>>, Taken> {
        let mut spaces = self.lock();
        let space = spaces.get(core.namespace()).cloned().unwrap_or_default();
        let replaced = space.enter(core, &space)?;
        spaces.insert(Arc::clone(core.shared_namespace()), space);
        Ok(replaced)
    }

    pub fn leave(&self, core: &Arc<Core>) {
        let mut spaces = self.lock();
        if let Some(space) = spaces.get(core.namespace())
            && space.leave(core)
        {
            spaces.remove(core.namespace());
        }
    }
}

impl Space {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, core: &Arc<Core>, this: &Arc<Self>) -> Result<Option<Arc<Core>>, Taken> {
        let mut inside = self.lock();
        let replaced = inside.sockets.get(core.id()).cloned();
        if let Some(other) = &replaced {
            if other.pid().is_none() || other.pid() != core.pid() {
                return Err(Taken);
            }
            inside.remove(other);
        }
        inside.sockets.insert(core.id().to_owned(), Arc::clone(core));
        // Before the rooms are read: what is joined later finds the space and waits for its lock.
        core.set_space(Arc::clone(this));
        for room in core.rooms() {
            inside.rooms.entry(room).or_default().insert(core.id().to_owned());
        }
        Ok(replaced)
    }

    /// Whether the namespace is empty now.
    fn leave(&self, core: &Arc<Core>) -> bool {
        let mut inside = self.lock();
        if inside.holds(core) {
            inside.remove(core);
        }
        inside.sockets.is_empty()
    }

    pub fn find(&self, id: &str) -> Option<Arc<Core>> {
        self.lock().sockets.get(id).cloned()
    }

    pub fn join(&self, core: &Core, room: Arc<str>) {
        let mut inside = self.lock();
        if inside.holds(core) {
            inside.rooms.entry(room).or_default().insert(core.id().to_owned());
        }
    }

    pub fn leave_room(&self, core: &Core, room: &str) {
        let mut inside = self.lock();
        if inside.holds(core) {
            inside.drop_from(core.id(), room);
        }
    }

    /// The sockets in any of the rooms (in the namespace, where none is named), but in none of the others. Each
    /// socket is also in a room of its own, which is named like its id.
    pub fn select(&self, rooms: &[String], except: &[String]) -> Vec<Arc<Core>> {
        let inside = self.lock();
        let is_out = |id: &String| {
            except.iter().any(|room| {
                room == id || inside.rooms.get(room.as_str()).is_some_and(|members| members.contains(id))
            })
        };
        if rooms.is_empty() {
            let all = inside.sockets.iter();
            return all.filter(|(id, _)| !is_out(id)).map(|(_, core)| Arc::clone(core)).collect();
        }
        let mut ids = HashSet::new();
        for room in rooms {
            ids.extend(inside.rooms.get(room.as_str()).into_iter().flatten());
            ids.extend(inside.sockets.get_key_value(room).map(|(id, _)| id));
        }
        ids.into_iter().filter(|id| !is_out(id)).filter_map(|id| inside.sockets.get(id).cloned()).collect()
    }
}

impl Inside {
    /// Whether it is this very socket that is inside, and not one that came back under its id.
    fn holds(&self, core: &Core) -> bool {
        self.sockets.get(core.id()).is_some_and(|other| std::ptr::eq(&**other, core))
    }

    fn remove(&mut self, core: &Core) {
        self.sockets.remove(core.id());
        for room in core.rooms() {
            self.drop_from(core.id(), &room);
        }
    }

    fn drop_from(&mut self, id: &str, room: &str) {
        if let Some(members) = self.rooms.get_mut(room) {
            members.remove(id);
            if members.is_empty() {
                self.rooms.remove(room);
            }
        }
    }
}
