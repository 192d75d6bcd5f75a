//! Many connections on which nothing happens: what they hold.

use crate::Failure;
use crate::client::open_all;
use crate::clock::{on_this_thread, rest};
use crate::target::Target;

/// Bytes of the server's memory for each of so many connections, and in all before them.
pub fn run(target: &Target, clients: usize) -> Result<(f64, u64), Failure> {
    on_this_thread(async {
        rest(3_000).await;
        let before = target.process.rss()?;
        for mut client in open_all(&target.door, clients).await? {
            tokio::task::spawn_local(async move { client.read(2 * 1024, |_| ()).await });
        }
        rest(5_000).await;
        let after = target.process.rss()?;
        Ok((after.saturating_sub(before) as f64 / clients as f64, before))
    })
}
