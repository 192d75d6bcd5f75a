//! Labels, both ways and by way of the phone; and drafts, each their own. The real binary, with stock clients.

use crate::support::native::Stream;
use crate::support::{Server, databases, until};
use serde_json::{Value, json};

struct Place {
    server: Server,
    own: String,
    other: String,
    device: String,
    /// A second device of the same account.
    second: String,
    chat: String,
}

impl Place {
    fn each(test: impl Fn(Self)) {
        for environment in databases() {
            let server = Server::start_with(&environment);
            let phone = |name: &str| {
                server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
            };
            let (own, other) = (phone("Own"), phone("Other"));
            let (device, second) = (server.linked_device(&own), server.linked_device(&own));
            let body = json!({"to": own, "text": "Hello"});
            server.post(&format!("/sandbox/phones/{other}/messages"), body);
            let mut place = Self { server, own, other, device, second, chat: String::new() };
            place.chat = place.chat_of(&place.device)["id"].as_str().unwrap().to_owned();
            test(place);
        }
    }

    fn chat_of(&self, device: &str) -> Value {
        until("the chat", || {
            let chats = self.server.get(&format!("/devices/{device}/chats"));
            chats["items"].as_array()?.iter().find(|chat| chat["phoneNumber"] == json!(self.other)).cloned()
        })
    }

    fn on_phone(&self) -> Value {
        let chats = self.server.get(&format!("/sandbox/phones/{}/chats", self.own));
        let one = |chat: &&Value| chat["jid"] == json!(self.other);
        chats["items"].as_array().unwrap().iter().find(one).map_or(Value::Null, |chat| chat["labels"].clone())
    }

    fn refused(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String) {
        let (status, answer) = self.server.call(method, path, body).unwrap();
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    }
}

#[test]
fn labels_pass_between_devices_and_chats_are_found_by_them() {
    Place::each(|place| {
        let (server, chat) = (&place.server, &place.chat);
        let labels = format!("/devices/{}/labels", place.device);
        assert_eq!(server.get(&labels)["items"], json!([]));
        let key = [("idempotency-key", "label-1")];
        let body = json!({"name": " Paid ", "color": 4});
        let (status, paid) = server.call_with("POST", &labels, Some(&body), &key).unwrap();
        assert_eq!((status, &paid["name"], &paid["color"]), (201, &json!("Paid"), &json!(4)));
        let again = server.call_with("POST", &labels, Some(&body), &key).unwrap().1;
        assert_eq!(again, paid, "the same request makes one");
        let id = paid["id"].as_str().unwrap();
        let of_chat = format!("/chats/{chat}/labels/{id}");
        assert_eq!(server.ok("PUT", &of_chat, None)["labels"], json!([id]));
        assert_eq!(server.ok("PUT", &of_chat, None)["labels"], json!([id]));
        until("the phone shows it", || (place.on_phone() == json!(["Paid"])).then_some(()));
        let found = |path: &str| {
            let items = server.get(path)["items"].clone();
            items.as_array().unwrap().iter().map(|chat| chat["id"].clone()).collect::<Vec<_>>()
        };
        let by_label = format!("/devices/{}/chats?label={id}", place.device);
        assert_eq!(found(&by_label), [json!(chat)]);
        assert_eq!(found(&format!("{by_label}&q=nobody")), [] as [Value; 0]);
        assert_eq!(found(&format!("/devices/{}/chats?label=99", place.device)), [] as [Value; 0]);

        // The other device of the account has it as well, and changes it.
        let there = until("the label on the second device", || {
            let items = server.get(&format!("/devices/{}/labels", place.second))["items"].clone();
            (items == json!([paid])).then_some(())?;
            let chat = place.chat_of(&place.second);
            (chat["labels"] == json!([id])).then_some(chat)
        });
        server.ok(
            "PATCH",
            &format!("/devices/{}/labels/{id}", place.second),
            Some(&json!({"name": "Settled"})),
        );
        until("the new name here", || (server.get(&labels)["items"][0]["name"] == "Settled").then_some(()));
        assert_eq!(server.get(&labels)["items"][0]["color"], 4, "what is absent stays");
        server.ok("DELETE", &format!("/chats/{}/labels/{id}", there["id"].as_str().unwrap()), None);
        until("it is taken away here", || {
            (server.get(&format!("/chats/{chat}"))["labels"] == json!([])).then_some(())
        });

        // While the device is away, what is asked for waits; then all of it arrives.
        server.post(&format!("/devices/{}/disconnect", place.device), json!({}));
        let urgent = server.post(&labels, json!({"name": "Urgent"}));
        let urgent = urgent["id"].as_str().unwrap();
        assert_ne!(urgent, id);
        server.ok("PUT", &format!("/chats/{chat}/labels/{urgent}"), None);
        server.post(&format!("/devices/{}/connect", place.device), json!({}));
        until("the phone has both", || (place.on_phone() == json!(["Urgent"])).then_some(()));
        server.ok("DELETE", &format!("{labels}/{urgent}"), None);
        assert_eq!(server.get(&format!("/chats/{chat}"))["labels"], json!([]));
        until("it is gone on the second device", || {
            let items = server.get(&format!("/devices/{}/labels", place.second))["items"].clone();
            (items.as_array()?.len() == 1).then_some(())
        });
        let events = server.get(&server.log_path())["items"].clone();
        let told = |kind: &str, device: &str| {
            let one = |event: &&Value| event["type"] == kind && event["deviceId"] == device;
            events.as_array().unwrap().iter().filter(one).count()
        };
        // Made twice and renamed once, on each device; nothing is told twice.
        assert_eq!(told("label.updated", &place.device), 3);
        assert_eq!(told("label.updated", &place.second), 3);
        assert_eq!(told("label.deleted", &place.device), 1);

        for (name, color) in [("", 0), ("a\nb", 0), ("x", 20), (&*"x".repeat(101), 0)] {
            let body = json!({"name": name, "color": color});
            assert_eq!(place.refused("POST", &labels, Some(&body)), (400, "invalid".to_owned()), "{body}");
        }
        let unknown = |path: &str| assert_eq!(place.refused("PUT", path, None).0, 404, "{path}");
        unknown(&format!("/chats/{chat}/labels/99"));
        let path = format!("/devices/{}/chats?label=a%2Cb", place.device);
        assert_eq!(place.refused("GET", &path, None), (400, "invalid".to_owned()));
    });
}

#[test]
fn a_draft_is_its_writers_on_every_device_and_goes_with_its_message() {
    Place::each(|place| {
        let (server, chat) = (&place.server, &place.chat);
        let path = format!("/chats/{chat}/draft");
        let key = server.post("/api-keys", json!({"name": "Another", "permission": "send"}));
        let key = key["key"].as_str().unwrap();
        let as_another = |method: &str, path: &str, body: Option<&Value>| {
            let request = ureq::http::Request::builder().method(method).header("x-api-key", key);
            let request = request.uri(format!("{}/api/v1{path}", server.url));
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let answer = match body {
                Some(body) => {
                    let request = request.header("content-type", "application/json");
                    agent.run(request.body(serde_json::to_vec(body).unwrap()).unwrap())
                }
                None => agent.run(request.body(()).unwrap()),
            };
            let mut response = answer.unwrap();
            let text = response.body_mut().read_to_string().unwrap();
            (response.status().as_u16(), serde_json::from_str::<Value>(&text).unwrap())
        };
        let mut stream = Stream::open(server, "");
        stream.send(json!({"type": "hello"}));
        stream.next(&["hello"]);

        let set = server.ok("PUT", &path, Some(&json!({"text": "Dear Ana,"})));
        assert_eq!(set["draft"]["text"], "Dear Ana,");
        assert_eq!(
            server.ok("PUT", &path, Some(&json!({"text": "Dear Ana,"}))),
            set,
            "to repeat it is nothing"
        );
        assert_eq!(server.get(&format!("/chats/{chat}"))["draft"], set["draft"]);
        let listed = server.get(&format!("/devices/{}/chats", place.device))["items"][0].clone();
        assert_eq!(listed["draft"], set["draft"]);
        let snapshot = server.get("/snapshot")["chats"].clone();
        let first = snapshot.as_array().unwrap().iter().find(|one| one["id"] == json!(chat)).unwrap();
        assert_eq!(first["draft"], set["draft"]);
        let told = |stream: &mut Stream| loop {
            let event = stream.next(&["event"])["event"].clone();
            if event["type"] == "draft.updated" {
                return event["data"]["draft"]["text"].clone();
            }
        };
        assert_eq!(told(&mut stream), "Dear Ana,");

        // Nobody else has it, and nobody else hears of it.
        let (_, seen) = as_another("GET", &format!("/chats/{chat}"), None);
        assert_eq!((&seen["id"], &seen["draft"]), (&json!(chat), &Value::Null));
        let (_, events) = as_another("GET", &server.log_path(), None);
        let drafts = |events: &Value| {
            events["items"].as_array().unwrap().iter().filter(|one| one["type"] == "draft.updated").count()
        };
        assert_eq!(drafts(&events), 0);
        let (status, theirs) = as_another("PUT", &path, Some(&json!({"text": "Theirs"})));
        assert_eq!((status, &theirs["draft"]["text"]), (200, &json!("Theirs")));
        assert_eq!(server.get(&format!("/chats/{chat}"))["draft"], set["draft"]);

        // Changed over the stream; another text that is sent leaves it, the same ends it.
        let command = json!({"type": "set_draft", "chatId": chat, "text": "Dear Ana, see you"});
        let mut other_window = Stream::open(server, "");
        other_window.send(json!({"type": "hello"}));
        other_window.next(&["hello"]);
        assert!(other_window.command("draft-1", command)["ok"].is_object());
        assert_eq!(told(&mut stream), "Dear Ana, see you");
        server.post(&format!("/chats/{chat}/messages"), json!({"text": "Something else"}));
        assert_eq!(server.get(&format!("/chats/{chat}"))["draft"]["text"], "Dear Ana, see you");
        server.post(&format!("/chats/{chat}/messages"), json!({"text": "Dear Ana, see you"}));
        assert_eq!(server.get(&format!("/chats/{chat}"))["draft"], Value::Null);
        assert_eq!(told(&mut stream), Value::Null);
        let (_, seen) = as_another("GET", &format!("/chats/{chat}"), None);
        assert_eq!(seen["draft"]["text"], "Theirs", "what others began is theirs still");

        server.ok("PUT", &path, Some(&json!({"text": "Again"})));
        server.ok("DELETE", &path, None);
        server.ok("DELETE", &path, None);
        assert_eq!(server.get(&format!("/chats/{chat}"))["draft"], Value::Null);
        assert_eq!(drafts(&server.get(&server.log_path())), 5);
        let long = json!({"text": "ñ".repeat(65_537)});
        assert_eq!(place.refused("PUT", &path, Some(&long)), (400, "invalid".to_owned()));
        server.ok("PUT", &path, Some(&json!({"text": "ñ".repeat(65_536)})));
    });
}
