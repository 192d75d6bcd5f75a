//! What comes later: parts of the client in files of their own, loaded when they are first shown.
//!
//! A [`Chunk`] is one such file, made by [`chunk!`]; [`later`] shows something of it anywhere in a page, and
//! [`Page`] is a route's view that comes from one. The table of all chunks is [`super::chunks`].
//!
//! The server has no chunks: there, everything is here at once, and every page is rendered whole. Beside what
//! came from a chunk it leaves a mark, by which the browser loads that chunk before it takes the page over.

mod page;
mod view;

pub use page::Page;
pub use view::{Instead, above, later, later_with, say_missing, soon, with_chunk};

use std::pin::Pin;

/// A chunk on its way; `true` as soon as it is here, `false` if it could not be loaded.
pub type Coming = Pin<Box<dyn Future<Output = bool>>>;

/// Loads a chunk, or finds that it is here. Whoever calls it again after a failure tries again.
pub type Load = fn() -> Coming;

/// A part of the client with a file of its own, and what that file has to offer: mostly pointers to
/// functions that make views.
#[derive(Debug)]
pub struct Chunk<T: 'static> {
    /// As in the file's name.
    pub name: &'static str,
    pub load: Load,
    /// What it offers, once it is here.
    pub here: fn() -> Option<&'static T>,
}

/// Makes a function that names a chunk. The expression is all that its file is reached by: what nothing else
/// of the client uses goes into the file, what several chunks use into one that they share.
macro_rules! chunk {
    ($(#[$about:meta])* $name:ident: $offer:ident = $value:expr) => {
        $(#[$about])*
        #[must_use]
        pub fn $name() -> $crate::ui::later::Chunk<$offer> {
            #[cfg(feature = "hydrate")]
            {
                #[::leptos::wasm_split::wasm_split($name, wasm_split_path = ::leptos::wasm_split, fallible)]
                fn $name() -> Result<$offer, ::leptos::wasm_split::SplitLoaderError> {
                    Ok($value)
                }
                static HERE: std::sync::OnceLock<$offer> = std::sync::OnceLock::new();
                fn load() -> $crate::ui::later::Coming {
                    Box::pin(async {
                        // Refused only if it was here before.
                        $name().await.map(|offer| drop(HERE.set(offer))).is_ok()
                    })
                }
                $crate::ui::later::Chunk { name: stringify!($name), load, here: || HERE.get() }
            }
            #[cfg(not(feature = "hydrate"))]
            {
                static HERE: $offer = $value;
                fn load() -> $crate::ui::later::Coming {
                    Box::pin(std::future::ready(true))
                }
                $crate::ui::later::Chunk { name: stringify!($name), load, here: || Some(&HERE) }
            }
        }
    };
}
pub(super) use chunk;
