//! What is pinned in a chat, as it is listed: by us and by the other side, until it is unpinned, taken back or deleted.

use crate::support::{Server, databases, until};
use serde_json::{Value, json};

const DAY: u32 = 86_400;
const WEEK: u32 = 604_800;

/// A device, and somebody with a phone who wrote to it.
struct World {
    server: Server,
    own: String,
    other: String,
    device: String,
    chat: String,
}

impl World {
    fn new(environment: &[(&'static str, String)]) -> Self {
        let server = Server::start_with(environment);
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
        };
        let (own, other) = (phone("Own"), phone("Other"));
        let device = server.linked_device(&own);
        let mut world = Self { server, own, other, device, chat: String::new() };
        let first = world.written("first");
        world.chat = first["chatId"].as_str().unwrap().to_owned();
        world
    }

    /// The other phone writes; answers the message as the device has it.
    fn written(&self, text: &str) -> Value {
        self.says(&json!({"to": self.own, "text": text}));
        let path = format!("/devices/{}/chats/{}/messages", self.device, self.other);
        until(text, || {
            let (status, page) = self.server.call("GET", &path, None).ok()?;
            let items = if status == 200 { page["items"].as_array()?.clone() } else { return None };
            items.into_iter().find(|message| message["text"] == text)
        })
    }

    fn says(&self, body: &Value) {
        self.server.post(&format!("/sandbox/phones/{}/messages", self.other), body.clone());
    }

    fn pin(&self, message: &Value, seconds: u32) {
        let path = format!("/messages/{}/pin", message["id"].as_str().unwrap());
        let pinned = self.server.ok("PUT", &path, Some(&json!({"seconds": seconds})));
        let span = pinned["pinnedUntil"].as_i64().unwrap() - pinned["pinnedAt"].as_i64().unwrap();
        assert_eq!(span, i64::from(seconds) * 1_000);
    }

    /// The texts of what is pinned, in the order of the list.
    fn pinned(&self) -> Vec<String> {
        let list = self.server.get(&format!("/chats/{}/pinned", self.chat));
        let texts = list["items"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap());
        texts.map(str::to_owned).collect()
    }

    #[track_caller]
    fn lists(&self, texts: &[&str]) {
        until(&format!("{texts:?} to be what is pinned"), || (self.pinned() == texts).then_some(()));
    }
}

#[test]
fn what_is_pinned_is_listed_the_newest_pin_first() {
    for environment in databases() {
        let mut world = World::new(&environment);
        let first = world.server.get(&format!("/chats/{}/messages", world.chat))["items"][0].clone();
        assert_eq!(world.pinned(), Vec::<String>::new());
        let (second, third) = (world.written("second"), world.written("third"));
        // The order is that of the pins, whatever they were pinned for and whenever they were written.
        world.pin(&second, WEEK);
        world.pin(&first, DAY);
        assert_eq!(world.pinned(), ["first", "second"]);
        world.pin(&second, DAY);
        assert_eq!(world.pinned(), ["second", "first"]);

        // By the other side, who edits it then; it stands where it stood.
        until("the next second, which is what WhatsApp counts", || {
            let pin = json!({"messageId": third["whatsappId"], "seconds": WEEK});
            world.says(&json!({"to": world.own, "pin": pin}));
            std::thread::sleep(std::time::Duration::from_millis(1_100));
            (world.pinned() == ["third", "second", "first"]).then_some(())
        });
        let edit = json!({"messageId": second["whatsappId"], "text": "second, better"});
        world.says(&json!({"to": world.own, "edit": edit}));
        world.lists(&["third", "second, better", "first"]);

        // A server that was ended has it still.
        world.server.kill();
        world.server.restart_with(&environment);
        world.server.wait_for_status(&world.device, "connected");
        world.lists(&["third", "second, better", "first"]);

        world.server.ok("DELETE", &format!("/messages/{}/pin", third["id"].as_str().unwrap()), None);
        assert_eq!(world.pinned(), ["second, better", "first"]);
        world.says(&json!({"to": world.own, "revoke": {"messageId": second["whatsappId"]}}));
        world.lists(&["first"]);
        let path = format!("/messages/{}?for=me", first["id"].as_str().unwrap());
        let (status, _) = world.server.call("DELETE", &path, None).unwrap();
        assert!((200..300).contains(&status), "{status}");
        assert_eq!(world.pinned(), Vec::<String>::new());

        let (status, none) = world.server.call("GET", "/chats/cht_none/pinned", None).unwrap();
        assert_eq!((status, &none["code"]), (404, &json!("not_found")));
    }
}
