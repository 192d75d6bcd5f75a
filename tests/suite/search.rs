//! What was written is found by its words, through the real binary on both databases.

use crate::support::{Server, databases, until};
use serde_json::json;

const OWN: &str = "34600111222";
const OTHER: &str = "34600999333";

/// The texts that a search finds.
fn found(server: &Server, query: &str) -> Vec<String> {
    let page = server.get(&format!("/search?{query}"));
    let text = |message: &serde_json::Value| message["text"].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn what_was_sent_and_what_came_is_found_and_goes_with_its_device() {
    for environment in databases() {
        let mut server = Server::start_with(&environment);
        // A phone that does not answer by itself.
        server.post("/sandbox/phones", json!({"name": "Ana López", "number": OTHER}));
        let device = server.linked_device(OWN);
        let path = format!("/devices/{device}/chats/{OTHER}/messages");
        let sent = server.post(&path, json!({"text": "¿Vienes mañana a Sevilla?"}));
        let chat = sent["chatId"].as_str().unwrap().to_owned();
        server
            .post(&format!("/sandbox/phones/{OTHER}/messages"), json!({"to": OWN, "text": "A SEVILLA, SÍ"}));
        until("both", || (found(&server, "q=sevilla").len() == 2).then_some(()));
        assert_eq!(found(&server, "q=MANANA%20sev"), ["¿Vienes mañana a Sevilla?"]);
        assert_eq!(found(&server, "q=sevilla&from=me"), ["¿Vienes mañana a Sevilla?"]);
        assert_eq!(found(&server, &format!("q=sevilla&from=%2B{OTHER}&kind=text")), ["A SEVILLA, SÍ"]);
        assert_eq!(found(&server, &format!("q=sevilla%20si&chat={chat}&device={device}")), ["A SEVILLA, SÍ"]);
        assert!(found(&server, "q=evilla").is_empty());
        assert_eq!(found(&server, "q=sevilla&chatKind=direct&archived=false").len(), 2);
        assert!(found(&server, "q=sevilla&chatKind=group").is_empty());
        assert!(found(&server, &format!("q=sevilla&device={device}&label=7")).is_empty());
        assert!(found(&server, "q=sevilla&chat=cht_nothing").is_empty());
        let at = sent["timestamp"].as_i64().unwrap();
        assert!(found(&server, &format!("q=sevilla&until={at}")).iter().all(|text| !text.contains("mañana")));
        // By more than the text, and by other things alone.
        server.post(&path, json!({"poll": {"name": "When?", "options": ["Domingo", "Lunes"]}}));
        server.post(&path, json!({"contact": {"name": "Carla Ruiz", "phoneNumbers": ["34600333444"]}}));
        server.post(&path, json!({"location": {"latitude": 1.0, "longitude": 1.0, "name": "Plaza", "address": "Calle Mayor"}}));
        assert_eq!(found(&server, "q=domingo"), ["When?"]);
        assert_eq!(found(&server, "q=ruiz").len(), 1);
        assert_eq!(found(&server, "q=34600333444").len(), 1);
        assert_eq!(found(&server, "q=mayor&kind=location").len(), 1);
        assert_eq!(found(&server, &format!("kind=poll&chat={chat}")), ["When?"]);
        assert_eq!(found(&server, &format!("q=&kind=poll&device={device}")), ["When?"]);
        assert!(found(&server, "kind=poll&from=%2B34600999333").is_empty());
        let (mut paged, mut after) = (Vec::new(), String::new());
        loop {
            let page = server.get(&format!("/search?chat={chat}&limit=2{after}"));
            paged.extend(page["items"].as_array().unwrap().iter().map(|one| one["id"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        let thread = server.get(&format!("/chats/{chat}/messages?limit=200"));
        let ids: Vec<_> =
            thread["items"].as_array().unwrap().iter().rev().map(|one| one["id"].clone()).collect();
        assert_eq!(paged, ids, "everything of a chat, newest first");
        // Page by page.
        let first = server.get("/search?q=sevilla&limit=1");
        let next = first["next"].as_str().unwrap();
        let second = server.get(&format!("/search?q=sevilla&limit=1&after={next}"));
        assert_ne!(first["items"], second["items"]);
        assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (1, &json!(null)));
        // The history that the phone brought along is found as well, and all of it after a restart.
        server.kill();
        server.run();
        assert_eq!(found(&server, "q=sevilla").len(), 2);
        // Chats by name and number.
        let chats = |q: &str| {
            let page = server.get(&format!("/chats?q={q}"));
            page["items"].as_array().unwrap().iter().filter(|one| one["id"] == chat.as_str()).count()
        };
        let name = server.get(&format!("/chats/{chat}"))["name"].as_str().unwrap().to_uppercase();
        assert_eq!(chats(&name.replace('+', "%2B").replace(' ', "%20")), 1, "{name}");
        assert_eq!((chats("600999"), chats("nobody-is-called-so")), (1, 0));
        server.ok("DELETE", &format!("/devices/{device}"), None);
        assert!(found(&server, "q=sevilla").is_empty());
    }
}
