//! For tests of others: files in a folder of their own.

use super::{DEFAULT_LIMIT, Media, Settings};
use crate::server::source::Source;
use crate::server::storage::Store;

/// A media service beside this store.
pub async fn media(store: &Store) -> Media {
    let source = Source::system();
    let folder = std::env::temp_dir().join(format!("switchboard_media_{}", source.token(16)));
    Media::open(store.clone(), source, Settings { folder, elsewhere: None, limit: DEFAULT_LIMIT })
        .await
        .unwrap()
}
