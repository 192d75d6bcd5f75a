//! What may be asked of a device at all: it depends on its engine.

use super::error::DeviceError;
use super::registry::Devices;
use crate::protocol::DeviceId;
use crate::server::engine::capabilities::{CAPABILITIES, Capability, EngineKind, Support, support};
use crate::server::reach::Reach;

pub(super) use crate::server::engine::capabilities::Operation;

impl Devices {
    /// The engine of a device, with the table of what engines do.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn capabilities(
        &self,
        reach: &Reach,
        device: &DeviceId,
    ) -> Result<(EngineKind, &'static [Capability]), DeviceError> {
        self.get(reach, device).await?;
        Ok((self.inner.engine.kind(), CAPABILITIES))
    }

    /// Refuses what the engine does not do.
    ///
    /// # Errors
    /// [`DeviceError::NotSupported`].
    pub fn require(&self, operation: Operation) -> Result<(), DeviceError> {
        match support(operation, self.inner.engine.kind()) {
            Support::Yes => Ok(()),
            Support::No(why) => Err(DeviceError::NotSupported(why)),
        }
    }
}

/// For tests: an engine that does little.
#[cfg(test)]
pub mod testing {
    use super::*;
    use crate::protocol::Network;
    use crate::server::engine::{Engine, EngineError, EventSink, Session};
    use async_trait::async_trait;
    use std::sync::Arc;

    /// Of a kind that links no phones; opens nothing.
    pub struct Elsewhere;

    #[async_trait]
    impl Engine for Elsewhere {
        fn network(&self) -> Network {
            Network::Whatsapp
        }
        fn kind(&self) -> EngineKind {
            EngineKind::Cloud
        }
        async fn open(
            &self,
            _: &DeviceId,
            _: &str,
            _: Arc<dyn EventSink>,
        ) -> Result<Arc<dyn Session>, EngineError> {
            Err(EngineError::NotConnected)
        }
        async fn purge(&self, _: &DeviceId) -> Result<(), EngineError> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Elsewhere;
    use super::*;
    use crate::protocol::{Problem, TypingState};
    use crate::server::devices::HistoryLimits;
    use crate::server::journal::Journal;
    use crate::server::source::Source;
    use crate::server::storage::testing::{databases, furnish};
    use std::sync::Arc;

    #[tokio::test]
    async fn what_an_engine_does_not_do_is_refused_with_the_reason() {
        let database = databases().await.remove(0);
        let source = Source::system();
        let journal = Journal::start(database, source.clone()).await.unwrap();
        furnish(journal.store()).await;
        let media = crate::server::media::testing::media(journal.store()).await;
        let devices = Devices::new(
            journal,
            source,
            Arc::new(Elsewhere),
            media,
            HistoryLimits::default(),
            crate::server::devices::Pace::default(),
        );
        let reach = Reach::whole("w".parse().unwrap());
        let device: DeviceId = "dev_1".parse().unwrap();
        let (engine, table) = devices.capabilities(&reach, &device).await.unwrap();
        assert_eq!((engine.as_str(), table.len()), ("cloud", CAPABILITIES.len()));
        let refused = |result: Result<(), DeviceError>| {
            let problem = Problem::from(result.unwrap_err());
            assert_eq!((problem.status, problem.code.as_str()), (501, "not_supported"), "{problem:?}");
            assert!(problem.detail.contains("Cloud API") || problem.detail.contains("yet"), "{problem:?}");
        };
        refused(devices.pairing_code(&reach, &device, "34600111222").await.map(|_| ()));
        refused(devices.connect(&reach, &device).await.map(|_| ()));
        refused(devices.typing(&reach, &"cht_1".parse().unwrap(), TypingState::Composing).await);
        refused(devices.open_chat(&reach, &device, "34600999888").await.map(|_| ()));
        // Marking as read is done by this kind as well: it is not refused.
        let read = devices.mark_read(&reach, &"cht_1".parse().unwrap(), &"msg_1".parse().unwrap()).await;
        assert!(read.is_ok(), "{read:?}");
    }
}
