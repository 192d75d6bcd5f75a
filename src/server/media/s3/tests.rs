//! Files go to a store and come back.

#[path = "../../../../tests/support/s3.rs"]
mod store;

use super::at;
use crate::protocol::WorkspaceId;
use crate::server::media::blobs::Blobs;
use object_store::aws::AmazonS3Builder;
use std::sync::Arc;
use store::{KEY, REGION, S3, SECRET, hash};

fn builder(url: &str) -> AmazonS3Builder {
    AmazonS3Builder::new()
        .with_access_key_id(KEY)
        .with_secret_access_key(SECRET)
        .with_region(REGION)
        .with_endpoint(url)
        .with_allow_http(true)
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("switchboard_s3_{name}_{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_to_the_store_and_come_back_in_parts() {
    use futures_util::TryStreamExt as _;
    let s3 = S3::start();
    let folder = folder("both_ways");
    let store = at("s3://bucket/switch/board", builder(&s3.url)).unwrap();
    let blobs = Blobs::beside(store, &folder).await.unwrap();
    let workspace: WorkspaceId = "w".parse().unwrap();
    // The last takes three requests.
    for size in [1, 1_000_000, super::PART * 2 + 5] {
        let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
        let sha256 = hash(&bytes);
        let scratch = blobs.scratch(format!("a{size}"));
        std::fs::write(&scratch.path, &bytes).unwrap();
        blobs.keep(&scratch, &workspace, &sha256).await.unwrap();
        drop(scratch);
        let key = format!("switch/board/files/w/{}/{sha256}", &sha256[..2]);
        assert!(s3.kept().files[&key] == bytes);
        let whole = blobs.read(&workspace, &sha256, 0..size as u64).await.unwrap();
        let whole: Vec<_> = whole.try_collect().await.unwrap();
        assert!(whole.concat() == bytes);
        if size > 1 {
            let part = blobs.read(&workspace, &sha256, 5..size as u64 - 7).await.unwrap();
            let part: Vec<_> = part.try_collect().await.unwrap();
            assert!(part.concat() == bytes[5..size - 7]);
        }
        let scratch = blobs.scratch(format!("b{size}"));
        let local = blobs.local(&workspace, &sha256, scratch).await.unwrap();
        assert!(std::fs::read(local.path()).unwrap() == bytes);
    }
    assert_eq!(std::fs::read_dir(folder.join("incoming")).unwrap().count(), 0, "nothing is left");
    assert!(s3.kept().parts.is_empty());
    let listed: Vec<_> = blobs.list().try_collect().await.unwrap();
    assert_eq!((listed.len(), listed[0].workspace.as_str()), (3, "w"));
    for file in listed {
        assert!(file.placed_at > 0);
        blobs.delete(&file.workspace, &file.sha256).await.unwrap();
        blobs.delete(&file.workspace, &file.sha256).await.unwrap();
        assert!(blobs.read(&workspace, &file.sha256, 0..1).await.is_err());
    }
    assert!(s3.kept().files.is_empty());
    let _ = std::fs::remove_dir_all(folder);
}

#[tokio::test]
async fn any_store_will_do() {
    use futures_util::TryStreamExt as _;
    let folder = folder("in_memory");
    let blobs = Blobs::beside(Arc::new(object_store::memory::InMemory::new()), &folder).await.unwrap();
    let workspace: WorkspaceId = "w".parse().unwrap();
    let bytes = vec![9; super::PART + 1];
    let sha256 = hash(&bytes);
    let scratch = blobs.scratch("a".to_owned());
    std::fs::write(&scratch.path, &bytes).unwrap();
    blobs.keep(&scratch, &workspace, &sha256).await.unwrap();
    let whole: Vec<_> =
        blobs.read(&workspace, &sha256, 0..bytes.len() as u64).await.unwrap().try_collect().await.unwrap();
    assert!(whole.concat() == bytes);
    assert!(!blobs.is_older("w", &sha256, 0).await.unwrap());
    assert!(blobs.is_older("w", &sha256, i64::MAX).await.unwrap());
    blobs.delete("w", &sha256).await.unwrap();
    assert!(!blobs.is_older("w", &sha256, i64::MAX).await.unwrap());
    let _ = std::fs::remove_dir_all(folder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_does_not_know_us_is_told_at_the_start() {
    let s3 = S3::start();
    let folder = folder("refused");
    let wrong = builder(&s3.url).with_secret_access_key("another");
    assert!(Blobs::beside(at("s3://bucket", wrong).unwrap(), &folder).await.is_err());
    assert!(Blobs::beside(at("s3://another", builder(&s3.url)).unwrap(), &folder).await.is_err());
    let plain = builder(&s3.url).with_allow_http(false);
    assert!(Blobs::beside(at("s3://bucket", plain).unwrap(), &folder).await.is_err());
    let _ = std::fs::remove_dir_all(folder);
}
