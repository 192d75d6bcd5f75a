//! Media and profile pictures, through the emulated media server.

use crate::sandbox_network::support::{ANA, BEN, Device, Folder, ana_and_ben, until};
use switchboard::protocol::MessageKind;
use switchboard::server::sandbox::{Fault, FaultKind};
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;
use whatsapp_rust::wacore::download::MediaType;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_goes_from_one_device_to_another_and_can_get_lost() {
    let folder = Folder::new();
    let sandbox = ana_and_ben(&folder.0).await;
    let ana = Device::linked(&sandbox, "dev_a", ANA).await;
    let mut ben = Device::linked(&sandbox, "dev_b", BEN).await;
    let bytes = vec![7_u8; 300_000];
    let up = ana.client.upload(bytes.clone(), MediaType::Image, Default::default()).await.unwrap();
    let image = wa::message::ImageMessage {
        url: Some(up.url),
        direct_path: Some(up.direct_path),
        media_key: Some(up.media_key.to_vec()),
        file_enc_sha256: Some(up.file_enc_sha256.to_vec()),
        file_sha256: Some(up.file_sha256.to_vec()),
        file_length: Some(up.file_length),
        mimetype: Some("image/jpeg".into()),
        caption: Some("a picture".into()),
        ..Default::default()
    };
    let message = wa::Message { image_message: MessageField::some(image), ..Default::default() };
    ana.client.send_message(&Jid::pn(BEN), message).await.unwrap();
    let got = ben
        .wait("the image", |event| {
            let found = event.messages().find(|message| message.message.image_message.is_set());
            found.map(|message| message.message.clone())
        })
        .await;
    let image = got.image_message.as_option().unwrap();
    assert_eq!(ben.client.download(image).await.unwrap(), bytes);
    until("the phone has it", || async {
        let messages = sandbox.messages(BEN, None).await.unwrap();
        messages.iter().any(|m| m.kind == MessageKind::Image && m.text == "a picture").then_some(())
    })
    .await;
    let lost = Fault { kind: FaultKind::MediaMissing, device: Some(ben.id.clone()), ms: None, seconds: None };
    sandbox.set_fault(lost).await.unwrap();
    assert!(ben.client.download(image).await.is_err());
    assert!(ana.client.download(image).await.is_ok());
    sandbox.clear_faults();
    assert!(ben.client.download(image).await.is_ok());
    sandbox.close().await;
}
