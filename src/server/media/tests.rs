//! Rows and bytes together, on every database; and what becomes of a fetching, whatever a session answers.

use super::*;
use crate::protocol::{
    ChatChange, DeviceId, MediaKind, MediaState, Millis, PairingCode, TypingState, WorkspaceId,
};
use crate::server::engine::{
    self, EngineError, MediaOrigin, MediaRef, MediaSource, MessageAction, NewestMessage, OutboundMessage,
    Picture, Session, Target,
};
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::query;
use crate::server::storage::testing::{TestStore, stores};
use async_trait::async_trait;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Given = Result<Vec<u8>, EngineError>;

/// A session that answers downloads and requests of the phone as it is told to.
#[derive(Default)]
struct Scripted {
    downloads: Mutex<VecDeque<Given>>,
    reuploads: Mutex<VecDeque<Result<String, EngineError>>>,
    /// The paths that were asked for.
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl engine::People for Scripted {
    async fn registered(&self, _: &[String]) -> Result<Vec<(String, String)>, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn block(&self, _: &str, _: bool) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn blocked(&self) -> Result<Vec<String>, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn change_profile(&self, _: &engine::ProfileChange) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn about(&self, _: &str) -> Result<Option<String>, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn save_contact(&self, _: &str, _: &str) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
}

#[async_trait]
impl engine::Groups for Scripted {
    async fn group(&self, _: &str) -> Result<engine::GroupState, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn create_group(&self, _: &str, _: &[String]) -> Result<engine::GroupState, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn change_group(&self, _: &str, _: &engine::GroupChange) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn change_members(
        &self,
        _: &str,
        _: engine::MemberChange,
        _: &[String],
    ) -> Result<Vec<engine::MemberOutcome>, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn invite_link(&self, _: &str, _: bool) -> Result<String, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn join_group(&self, _: &str) -> Result<engine::Joined, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn leave_group(&self, _: &str) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn set_group_picture(&self, _: &str, _: Option<Vec<u8>>) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn group_requests(
        &self,
        _: &str,
    ) -> Result<Vec<(String, Option<crate::protocol::Millis>)>, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn answer_requests(
        &self,
        _: &str,
        _: bool,
        _: &[String],
    ) -> Result<Vec<engine::MemberOutcome>, EngineError> {
        Err(EngineError::NotConnected)
    }
}

#[async_trait]
impl Session for Scripted {
    async fn start(&self) -> Result<(), EngineError> {
        Ok(())
    }
    async fn stop(&self) {}
    async fn log_out(&self) -> Result<(), EngineError> {
        Ok(())
    }
    async fn pairing_code(&self, _: &str) -> Result<PairingCode, EngineError> {
        Err(EngineError::NotPairing)
    }
    async fn send(&self, _: &OutboundMessage) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    fn message_id(&self) -> String {
        String::new()
    }
    async fn mark_read(&self, _: &str, _: Option<&str>, _: &[String]) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn reject_call(&self, _: &str, _: &str) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn change_label(&self, _: &engine::LabelChange) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn mark_played(&self, _: &str, _: Option<&str>, _: &[String]) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn follow_presence(&self, _: &str, _: bool) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn set_available(&self, _: bool) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn typing(&self, _: &str, _: TypingState) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn find(&self, _: &str) -> Result<Option<String>, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn picture(&self, _: &str) -> Result<Option<Picture>, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn change_chat(
        &self,
        _: &str,
        _: &ChatChange,
        _: Option<&NewestMessage>,
    ) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn older(&self, _: &str, _: &NewestMessage, _: u32) -> Result<String, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn change_message(
        &self,
        _: &str,
        _: &Target,
        _: Millis,
        _: MessageAction,
    ) -> Result<(), EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn group_subject(&self, _: &str) -> Result<String, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn upload(&self, _: &MediaSource) -> Result<MediaRef, EngineError> {
        Err(EngineError::NotConnected)
    }
    async fn download(&self, reference: &MediaRef, to: &Path, _: u64) -> Result<(), EngineError> {
        self.asked.lock().unwrap().push(reference.direct_path.clone());
        let given = self.downloads.lock().unwrap().pop_front().expect("one download too many");
        // Long enough for others to join.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let bytes = given?;
        std::fs::write(to, bytes).unwrap();
        Ok(())
    }
    async fn reupload(&self, _: &MediaRef, _: &MediaOrigin) -> Result<String, EngineError> {
        self.reuploads.lock().unwrap().pop_front().expect("one request too many")
    }
}

struct Live(Option<Arc<Scripted>>);

impl Sessions for Live {
    fn live(&self, _: &DeviceId) -> Option<Arc<dyn Session>> {
        self.0.clone().map(|session| session as Arc<dyn Session>)
    }
}

struct Place {
    store: TestStore,
    media: Media,
    folder: PathBuf,
    reach: Reach,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const LIMIT: u64 = 2_000;

async fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for store in stores().await {
        for workspace in ["w", "x"] {
            let insert = query("INSERT INTO workspaces (id, name, created_at) VALUES ($1, 'w', 0)");
            store.store.execute(insert.bind(workspace)).await.unwrap();
        }
        for device in ["dev_a", "dev_b"] {
            let insert = query(
                "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ($1, 'w', 'd', 'created', 0, 0, 0)",
            );
            store.store.execute(insert.bind(device)).await.unwrap();
        }
        let source = Source::system();
        let folder = std::env::temp_dir().join(format!("switchboard_media_{}", source.token(16)));
        let settings = Settings { folder: folder.clone(), elsewhere: None, limit: LIMIT };
        let media = Media::open(store.store.clone(), source, settings).await.unwrap();
        places.push(Place { store, media, folder, reach: Reach::whole("w".parse().unwrap()) });
    }
    places
}

impl Place {
    async fn add(&self, reach: &Reach, bytes: &[u8]) -> crate::protocol::MediaInfo {
        let mut file = self.media.begin().await.unwrap();
        file.write(bytes).await.unwrap();
        self.media.add(reach, file, Claim::default()).await.unwrap()
    }

    async fn bytes(&self, stored: &super::StoredMedia) -> Vec<u8> {
        std::fs::read(self.media.local(stored).await.unwrap().path()).unwrap()
    }

    /// A message with a file came to the first device.
    async fn remember(&self, bytes: &[u8], length: u64) -> crate::protocol::MediaId {
        let new = ReceivedMedia {
            workspace: "w".parse().unwrap(),
            device: "dev_a".parse().unwrap(),
            content_type: "audio/ogg; codecs=opus".to_owned(),
            file_name: Some("../voice.ogg".to_owned()),
            width: None,
            height: None,
            duration_ms: Some(1_500),
            waveform: Some(vec![200; 100]),
            preview: None,
            reference: MediaRef {
                kind: MediaKind::Audio,
                direct_path: "/v/first".to_owned(),
                url: None,
                media_key: vec![1; 32],
                file_sha256: Sha256::digest(bytes).to_vec(),
                file_enc_sha256: vec![2; 32],
                file_length: length,
                key_timestamp: None,
                streaming_sidecar: None,
            },
            origin: MediaOrigin {
                chat: "34600000001@s.whatsapp.net".to_owned(),
                whatsapp_id: "3EB0".to_owned(),
                sender: None,
                from_me: false,
            },
        };
        let media = self.media.clone();
        let write = self.store.store.write(move |tx| Box::pin(async move { media.remember(tx, &new).await }));
        write.await.unwrap().id
    }

    /// The files that are kept, and those that are on their way.
    fn files(&self) -> (usize, usize) {
        fn count(folder: &Path) -> usize {
            let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
            entries
                .map(|entry| entry.unwrap().path())
                .map(|path| if path.is_dir() { count(&path) } else { 1 })
                .sum()
        }
        (count(&self.folder.join("files")), count(&self.folder.join("incoming")))
    }
}

fn scripted(downloads: Vec<Given>, reuploads: Vec<Result<String, EngineError>>) -> Live {
    Live(Some(Arc::new(Scripted {
        downloads: Mutex::new(downloads.into()),
        reuploads: Mutex::new(reuploads.into()),
        asked: Mutex::default(),
    })))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bytes_are_kept_once_for_each_workspace() {
    for place in places().await {
        let (first, second) =
            (place.add(&place.reach, b"hello").await, place.add(&place.reach, b"hello").await);
        assert_ne!(first.id, second.id);
        assert_eq!(first.sha256, second.sha256);
        assert_eq!(place.files(), (1, 0));
        let other = Reach::whole("x".parse::<WorkspaceId>().unwrap());
        let theirs = place.add(&other, b"hello").await;
        assert_eq!(place.files(), (2, 0), "workspaces share nothing");
        assert!(matches!(place.media.get(&place.reach, &theirs.id).await, Err(MediaError::NotFound)));
        let stored = place.media.for_sending(&other, &theirs.id).await.unwrap();
        assert_eq!(place.bytes(&stored).await, b"hello");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_or_empty_leaves_nothing() {
    for place in places().await {
        let mut file = place.media.begin().await.unwrap();
        file.write(&[1; LIMIT as usize]).await.unwrap();
        assert!(matches!(file.write(&[1]).await, Err(MediaError::TooLarge { limit: LIMIT })));
        drop(file);
        let nothing = place.media.begin().await.unwrap();
        let added = place.media.add(&place.reach, nothing, Claim::default()).await;
        assert!(matches!(added, Err(MediaError::Empty)));
        assert_eq!(place.files(), (0, 0));
        let most = place.add(&place.reach, &[1; LIMIT as usize]).await;
        assert_eq!(most.size, Some(LIMIT));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_seen_by_those_who_see_its_device() {
    for place in places().await {
        let only = |device: &str| Reach::only("w".parse().unwrap(), [device.parse().unwrap()]);
        let of_a = place.add(&only("dev_a"), b"of a").await;
        let of_all = place.add(&place.reach, b"of all").await;
        let came = place.remember(b"bytes", 5).await;
        for (id, seen) in [(&of_a.id, true), (&came, true), (&of_all.id, false)] {
            assert!(place.media.get(&place.reach, id).await.is_ok());
            assert_eq!(place.media.get(&only("dev_a"), id).await.is_ok(), seen);
            assert!(matches!(place.media.get(&only("dev_b"), id).await, Err(MediaError::NotFound)));
        }
        let id = of_all.id.clone();
        let device: DeviceId = "dev_b".parse().unwrap();
        let write =
            place.store.store.write(move |tx| Box::pin(async move { Media::share(tx, &id, &device).await }));
        write.await.unwrap();
        assert!(place.media.get(&only("dev_b"), &of_all.id).await.is_ok(), "it was sent from there");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_is_fetched_once_however_many_ask() {
    for place in places().await {
        let id = place.remember(b"bytes", 5).await;
        let info = place.media.get(&place.reach, &id).await.unwrap();
        assert_eq!((info.state, info.size, info.kind), (MediaState::Pending, Some(5), MediaKind::Audio));
        assert_eq!((info.file_name.as_deref(), info.content_type.as_str()), (Some("voice.ogg"), "audio/ogg"));
        assert_eq!(info.waveform, Some(vec![100; 64]));
        assert!(matches!(place.media.for_sending(&place.reach, &id).await, Err(MediaError::UnderWay)));
        let nobody = place.media.fetch(&place.reach, &id, &Live(None)).await;
        assert!(matches!(nobody, Err(MediaError::NotConnected)));
        let live =
            scripted(vec![Err(EngineError::NoAnswer("once".to_owned())), Ok(b"bytes".to_vec())], vec![]);
        let ask = || place.media.fetch(&place.reach, &id, &live);
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        for stored in [one, two, three] {
            let stored = stored.unwrap();
            assert_eq!((stored.size, stored.content_type.as_str()), (5, "text/plain"));
            assert_eq!(place.bytes(&stored).await, b"bytes");
        }
        // Nobody is asked any more: the script has ended.
        assert!(ask().await.is_ok());
        assert_eq!(place.files(), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_is_asked_of_the_phone_once() {
    for place in places().await {
        let id = place.remember(b"bytes", 5).await;
        let live =
            scripted(vec![Err(EngineError::Gone), Ok(b"bytes".to_vec())], vec![Ok("/v/second".to_owned())]);
        assert!(place.media.fetch(&place.reach, &id, &live).await.is_ok());
        assert_eq!(*live.0.unwrap().asked.lock().unwrap(), ["/v/first", "/v/second"]);

        let id = place.remember(b"bytes", 5).await;
        let live =
            scripted(vec![Err(EngineError::Gone), Err(EngineError::Gone)], vec![Ok("/v/second".to_owned())]);
        assert!(matches!(place.media.fetch(&place.reach, &id, &live).await, Err(MediaError::Gone(_))));
        let info = place.media.get(&place.reach, &id).await.unwrap();
        assert_eq!(info.state, MediaState::Expired);
        assert!(info.cause.is_some());

        // A phone that is off is waited for, but not for ever.
        let id = place.remember(b"bytes", 5).await;
        let off = || Err(EngineError::NoAnswer("off".to_owned()));
        for last in [false, false, true] {
            let live = scripted(vec![Err(EngineError::Gone)], vec![off()]);
            let fetched = place.media.fetch(&place.reach, &id, &live).await;
            assert_eq!(matches!(fetched, Err(MediaError::Gone(_))), last);
            assert_eq!(matches!(fetched, Err(MediaError::NoAnswer(_))), !last);
        }
        assert_eq!(place.files().1, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_the_file_is_never_kept() {
    for place in places().await {
        let refused: [(&[u8], u64, Given); 4] = [
            (b"", 5, Ok(Vec::new())),
            (b"bytes", 5, Ok(b"other".to_vec())),
            (b"bytes", 5, Err(EngineError::TooLarge)),
            (b"bytes", 5, Err(EngineError::Refused("forged".to_owned()))),
        ];
        for (bytes, length, given) in refused {
            let id = place.remember(bytes, length).await;
            let live = scripted(vec![given], vec![]);
            assert!(matches!(place.media.fetch(&place.reach, &id, &live).await, Err(MediaError::Refused(_))));
            assert_eq!(place.media.get(&place.reach, &id).await.unwrap().state, MediaState::Refused);
        }
        let large = place.remember(b"bytes", LIMIT + 1).await;
        let fetched = place.media.fetch(&place.reach, &large, &Live(None)).await;
        assert!(matches!(fetched, Err(MediaError::Refused(_))), "it is not even asked for");
        assert_eq!(place.files(), (0, 0));

        // No answer leaves it as it was.
        let id = place.remember(b"bytes", 5).await;
        let off = || Err(EngineError::NoAnswer("off".to_owned()));
        let live = scripted(vec![off(), off(), off()], vec![]);
        assert!(matches!(place.media.fetch(&place.reach, &id, &live).await, Err(MediaError::NoAnswer(_))));
        assert_eq!(place.media.get(&place.reach, &id).await.unwrap().state, MediaState::Pending);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_nothing_names_are_cleared_away() {
    for place in places().await {
        let kept = place.add(&place.reach, b"kept").await;
        let gone = place.add(&place.reach, b"gone").await;
        place.store.store.execute(query("DELETE FROM media WHERE id = $1").bind(&gone.id)).await.unwrap();
        assert_eq!(place.media.sweep().await.unwrap(), 0, "what is young is left alone");
        let day_ago = std::time::SystemTime::now() - Duration::from_secs(86_400);
        for sha256 in [kept.sha256.unwrap(), gone.sha256.unwrap()] {
            let path = place.folder.join("files/w").join(&sha256[..2]).join(&sha256);
            std::fs::File::options().write(true).open(path).unwrap().set_modified(day_ago).unwrap();
        }
        assert_eq!(place.media.sweep().await.unwrap(), 1);
        assert_eq!(place.files(), (1, 0));
        let stored = place.media.for_sending(&place.reach, &kept.id).await.unwrap();
        assert!(!place.bytes(&stored).await.is_empty());
    }
}
