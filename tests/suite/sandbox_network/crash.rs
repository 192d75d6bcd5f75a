//! The process ends in the middle of everything: what was told to be done is done, once and in order.

use crate::sandbox_network::support::{ANA, BEN, DEADLINE, Device, Folder, ana_and_ben, open, until};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use switchboard::server::sandbox::{PhoneMessage, Sandbox};
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;

const FOLDER: &str = "SANDBOX_CRASH_FOLDER";

/// How often each text is there.
fn count(messages: &[PhoneMessage]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for message in messages {
        *count.entry(message.text.clone()).or_default() += 1;
    }
    count
}

/// Not a test by itself: what the killed process runs. It sends until it is killed, and says what was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let sandbox = open(std::path::Path::new(&folder)).await;
    let begun = sandbox.messages(ANA, None).await.unwrap().len();
    let senders = [(ANA, BEN), (BEN, ANA)].map(|(from, to)| {
        let sandbox: Arc<Sandbox> = sandbox.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let text = format!("{begun} {from} {n}");
                sandbox.send_text(from, to, &text).await.unwrap();
                println!("\nDONE {text}");
            }
        })
    });
    for sender in senders {
        sender.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_loses_and_doubles_nothing() {
    let folder = Folder::new();
    ana_and_ben(&folder.0).await.close().await;
    let mut done: Vec<String> = Vec::new();
    for round in 0..3_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sandbox_network::crash::child", "--nocapture"])
            .env(FOLDER, &folder.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let enough = 40 + round * 13;
        let lines = tokio::task::spawn_blocking(move || {
            let mut lines = Vec::new();
            for line in output.lines() {
                let Ok(line) = line else { break };
                if let Some(text) = line.strip_prefix("DONE ") {
                    lines.push(text.to_owned());
                }
                if lines.len() as u64 == enough {
                    // SIGKILL: nothing gets to tidy up.
                    child.kill().unwrap();
                }
            }
            child.wait().unwrap();
            lines
        });
        done.extend(tokio::time::timeout(DEADLINE, lines).await.unwrap().unwrap());
    }
    assert!(done.len() > 100, "the processes were killed before they did much: {}", done.len());
    let sandbox = open(&folder.0).await;
    for number in [ANA, BEN] {
        let messages = sandbox.messages(number, None).await.unwrap();
        let count = count(&messages);
        for text in &done {
            assert_eq!(count.get(text), Some(&1), "{number} {text:?}");
        }
        assert!(count.values().all(|times| *times == 1));
        for author in [ANA, BEN] {
            let of_author: Vec<u64> = messages
                .iter()
                .filter(|message| message.from == author)
                .map(|message| {
                    let mut parts = message.text.split(' ');
                    let round: u64 = parts.next().unwrap().parse().unwrap();
                    round * 1_000_000 + parts.nth(1).unwrap().parse::<u64>().unwrap()
                })
                .collect();
            assert!(of_author.is_sorted(), "{number} has the messages of {author} in another order");
        }
    }
    // Both hold the same.
    let texts = async |number| count(&sandbox.messages(number, None).await.unwrap());
    assert_eq!(texts(ANA).await, texts(BEN).await);
    sandbox.close().await;
}

/// The network's own threads end wherever they are, while a device goes on living; then both meet again.
#[test]
fn a_network_that_ends_in_the_middle_goes_on_with_its_devices() {
    let folder = Folder::new();
    let device_side = runtime();
    let mut backend = None;
    let (mut from_phone, mut from_device) = (Vec::new(), Vec::new());
    let mut tried_by_phone: Vec<String> = Vec::new();
    let mut got: Vec<String> = Vec::new();
    for round in 0..4_u64 {
        let network_side = runtime();
        let sandbox = network_side.block_on(async {
            if round == 0 { ana_and_ben(&folder.0).await } else { open(&folder.0).await }
        });
        let mut device = device_side.block_on(async {
            match backend.take() {
                None => Device::linked(&sandbox, "dev_a", ANA).await,
                Some(backend) => {
                    let mut device = Device::start(&sandbox, "dev_a", backend).await;
                    device
                        .wait("connected", |event| {
                            got.extend(event.messages().filter_map(|m| m.message.conversation.clone()));
                            matches!(event, Event::Connected(_)).then_some(())
                        })
                        .await;
                    device
                }
            }
        });
        let phone = {
            let sandbox = sandbox.clone();
            network_side.spawn(async move {
                let (mut sent, mut tried) = (Vec::new(), Vec::new());
                for n in 0..400 {
                    let text = format!("phone {round} {n}");
                    tried.push(text.clone());
                    if tokio::time::timeout(
                        Duration::from_millis(60 + 25 * round),
                        sandbox.send_text(BEN, ANA, &text),
                    )
                    .await
                    .is_ok_and(|sent| sent.is_ok())
                    {
                        sent.push(text);
                    }
                    if n == 20 + round * 7 {
                        break;
                    }
                }
                (sent, tried)
            })
        };
        device_side.block_on(async {
            for n in 0..15 + round * 5 {
                let text = format!("device {round} {n}");
                let id = device.client.send_text(&Jid::pn(BEN), text.clone()).await.unwrap().message_id;
                device
                    .wait("acknowledged", |event| {
                        got.extend(event.messages().filter_map(|m| m.message.conversation.clone()));
                        matches!(event, Event::ServerAck(ack) if ack.id == id).then_some(())
                    })
                    .await;
                from_device.push(text);
            }
            let (sent, tried) = phone.await.unwrap();
            from_phone.extend(sent);
            tried_by_phone.extend(tried);
        });
        // The last one is acknowledged; its way to the phones may not be over. Now everything stops.
        network_side.shutdown_background();
        device_side.block_on(async {
            for event in device.seen() {
                got.extend(event.messages().filter_map(|m| m.message.conversation.clone()));
            }
            backend = Some(device.stop().await);
        });
        drop(sandbox);
    }
    let network_side = runtime();
    let sandbox = network_side.block_on(open(&folder.0));
    device_side.block_on(async {
        let mut device = Device::start(&sandbox, "dev_a", backend.take().unwrap()).await;
        until("the device has everything", || {
            for event in device.seen() {
                got.extend(event.messages().filter_map(|m| m.message.conversation.clone()));
            }
            let all = from_phone.iter().all(|text| got.contains(text));
            async move { all.then_some(()) }
        })
        .await;
        device.stop().await;
    });
    network_side.block_on(async {
        for number in [ANA, BEN] {
            let count = count(&sandbox.messages(number, None).await.unwrap());
            for text in from_phone.iter().chain(&from_device) {
                assert_eq!(count.get(text), Some(&1), "{number} {text:?}");
            }
            assert!(count.values().all(|times| *times == 1), "{number} holds something twice");
        }
        sandbox.close().await;
    });
    // What the device was given: in order, and once (a device that ends before it has acknowledged may be
    // given the same again, and drops it by its keys).
    let of_phone: Vec<_> = got.iter().filter(|text| text.starts_with("phone")).cloned().collect();
    let mut once = of_phone.clone();
    once.dedup();
    assert_eq!(once.len(), of_phone.len(), "something came twice");
    // A send that gave no answer in time may have been taken nevertheless: then it has its place, too.
    let taken: Vec<_> = tried_by_phone.into_iter().filter(|text| of_phone.contains(text)).collect();
    assert_eq!(of_phone, taken);
    assert!(from_phone.iter().all(|text| of_phone.contains(text)));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
