//! Lists of the server's that a page shows and changes: fetched once the page is alive.

use super::{Verb, rest};
use crate::protocol::{Page, Problem};
use crate::ui::prelude::react;
use leptos::prelude::*;
use serde::de::DeserializeOwned;

/// How fetching goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    Loading,
    Ready,
    /// Why not, in a sentence.
    Failed(String),
}

/// Such a list.
pub struct ServerList<T: Send + Sync + 'static> {
    pub items: RwSignal<Vec<T>>,
    pub state: RwSignal<Fetched>,
    /// Where the next page begins, if there is one.
    pub next: RwSignal<Option<String>>,
    path: StoredValue<String>,
}

// By hand: a derive would ask the same of `T`.
impl<T: Send + Sync + 'static> Clone for ServerList<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Send + Sync + 'static> Copy for ServerList<T> {}

/// The list below this path; its first page is fetched as soon as the page is alive.
#[must_use]
pub fn use_list<T: DeserializeOwned + Send + Sync + 'static>(path: String) -> ServerList<T> {
    let list = ServerList {
        items: RwSignal::new(Vec::new()),
        state: RwSignal::new(Fetched::Loading),
        next: RwSignal::new(None),
        path: StoredValue::new(path),
    };
    react(move |_| list.reload());
    list
}

impl<T: DeserializeOwned + Send + Sync + 'static> ServerList<T> {
    /// Fetches the first page (again); what is shown stays until it is here.
    pub fn reload(self) {
        // The page may have been left meanwhile.
        let Some(path) = self.path.try_get_value() else { return };
        rest::<Page<T>>(Verb::Get, path, None, move |page| self.take(page, true));
    }

    /// Looks elsewhere: another filter of the same list.
    pub fn turn(self, path: String) {
        self.path.set_value(path);
        self.state.set(Fetched::Loading);
        self.reload();
    }

    /// Fetches the next page.
    pub fn more(self) {
        let Some(next) = self.next.get_untracked() else { return };
        let path = self.path.get_value();
        let sign = if path.contains('?') { '&' } else { '?' };
        rest::<Page<T>>(Verb::Get, format!("{path}{sign}after={next}"), None, move |page| {
            self.take(page, false)
        });
    }

    fn take(self, page: Result<Page<T>, Problem>, first: bool) {
        // The page may have been left meanwhile: then there is nothing to write to.
        match page {
            Ok(page) => {
                self.items.try_update(|items| {
                    if first {
                        items.clear();
                    }
                    items.extend(page.items);
                });
                self.next.try_set(page.next);
                self.state.try_set(Fetched::Ready);
            }
            Err(problem) => {
                self.state.try_set(Fetched::Failed(problem.detail));
            }
        }
    }
}
