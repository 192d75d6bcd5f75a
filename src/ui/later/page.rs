//! A page that comes from a chunk.

use super::Load;
use crate::ui::hooks::host;
use leptos::prelude::AnyView;
use leptos_router::ChooseView;

/// What a route shows: the page that was there stays until the chunk of the new one is here.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub load: Load,
    /// Made with [`later`](super::later): a chunk that did not come is its business.
    pub view: fn() -> AnyView,
}

impl ChooseView for Page {
    async fn choose(self) -> AnyView {
        host::set_busy(true);
        (self.load)().await;
        host::set_busy(false);
        (self.view)()
    }

    async fn preload(&self) {
        (self.load)().await;
    }
}
