//! Every kind of message, and everything that is done to messages, from one linked device to another: two
//! stock clients on the emulated network, each with its own phone.

use crate::support::{Server, databases, until};
use serde_json::{Value, json};

const ANA: &str = "34600111222";
const BEN: &str = "34600222333";

/// Two devices of one server that write to each other.
struct Pair {
    server: Server,
    ana: String,
    ben: String,
}

impl Pair {
    fn each(test: impl Fn(Self)) {
        let databases = databases();
        let by_lid = databases.first().map(|environment| (environment, "lid"));
        for (environment, addressing) in databases.iter().map(|one| (one, "pn")).chain(by_lid) {
            let server = Server::start_with(environment);
            for phone in [ANA, BEN] {
                let path = format!("/sandbox/phones/{phone}/addressing");
                server.ok("PUT", &path, Some(&json!({"addressing": addressing})));
            }
            let (ana, ben) = (server.linked_device(ANA), server.linked_device(BEN));
            test(Self { server, ana, ben });
        }
    }

    fn sends(&self, body: Value) -> Value {
        self.server.post(&format!("/devices/{}/chats/{BEN}/messages", self.ana), body)
    }

    fn answers(&self, body: Value) -> Value {
        self.server.post(&format!("/devices/{}/chats/{ANA}/messages", self.ben), body)
    }

    fn at(&self, device: &str, peer: &str, whatsapp_id: &Value) -> Option<Value> {
        let path = format!("/devices/{device}/chats/{peer}/messages?limit=200");
        let (status, page) = self.server.call("GET", &path, None).ok()?;
        let items = if status == 200 { page["items"].as_array()?.clone() } else { return None };
        items.into_iter().find(|message| message["whatsappId"] == *whatsapp_id)
    }

    /// What Ben has of a message, once it is as it should be.
    fn ben_sees(&self, sent: &Value, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        until(what, || self.at(&self.ben, ANA, &sent["whatsappId"]).filter(&is))
    }

    fn ana_sees(&self, sent: &Value, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        until(what, || self.at(&self.ana, BEN, &sent["whatsappId"]).filter(&is))
    }

    fn refused(&self, body: Value) -> (u16, String) {
        let path = format!("/devices/{}/chats/{BEN}/messages", self.ana);
        let (status, problem) = self.server.call("POST", &path, Some(&body)).unwrap();
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    }
}

#[test]
fn answers_places_cards_and_links_arrive_as_they_were_sent() {
    Pair::each(|pair| {
        let first = pair.sends(json!({"text": "Lunch?"}));
        let at_ben = pair.ben_sees(&first, "the question", |_| true);
        let reply =
            pair.answers(json!({"text": "Yes @34600111222", "quoted": at_ben["id"], "mentions": [ANA]}));
        assert_eq!(reply["quoted"]["messageId"], at_ben["id"]);
        let seen = pair.ana_sees(&reply, "the answer", |_| true);
        assert_eq!(seen["quoted"]["messageId"], first["id"], "{seen}");
        assert_eq!((&seen["quoted"]["text"], &seen["quoted"]["fromMe"]), (&json!("Lunch?"), &json!(true)));
        assert_eq!(seen["mentions"], json!([ANA]));

        let place = json!({"latitude": 40.4168, "longitude": -3.7038, "name": "Sol", "address": "Madrid"});
        let sent = pair.sends(json!({"location": place}));
        let seen = pair.ben_sees(&sent, "the place", |_| true);
        assert_eq!(
            (&seen["kind"], &seen["location"], &seen["text"]),
            (&json!("location"), &place, &json!("Sol"))
        );

        let cards = json!([{"name": "Carla", "phoneNumbers": ["+34 600 333 444"]}, {"name": "Dan", "phoneNumbers": ["34600444555"]}]);
        let sent = pair.sends(json!({"contacts": cards}));
        let seen = pair.ben_sees(&sent, "the cards", |_| true);
        assert_eq!(seen["kind"], "contact");
        assert_eq!(seen["contacts"][0]["name"], "Carla");
        assert_eq!(seen["contacts"][0]["phoneNumbers"], json!(["34600333444"]));
        assert_eq!(seen["contacts"][1]["phoneNumbers"], json!(["34600444555"]));
        let sent = pair.sends(json!({"contact": cards[1]}));
        let seen = pair.ben_sees(&sent, "the card", |_| true);
        assert_eq!(seen["contacts"].as_array().unwrap().len(), 1);

        let preview = json!({"url": "https://example.com/", "title": "Example", "description": "A page"});
        let sent = pair.sends(json!({"text": "see https://example.com/", "linkPreview": preview}));
        assert_eq!(pair.ben_sees(&sent, "the link", |_| true)["linkPreview"], preview);
    });
}

#[test]
fn reactions_edits_and_revocations_reach_the_other_side() {
    Pair::each(|pair| {
        let sent = pair.sends(json!({"text": "One"}));
        let at_ben = pair.ben_sees(&sent, "the text", |_| true);
        let id = at_ben["id"].as_str().unwrap();

        // Set, change, take back.
        let reacted = pair.answers(json!({"reaction": {"messageId": id, "emoji": "👍"}}));
        assert_eq!(reacted["reactions"][0]["emoji"], "👍");
        let seen = pair.ana_sees(&sent, "the reaction", |m| m["reactions"][0]["emoji"] == "👍");
        assert_eq!(
            (&seen["reactions"][0]["from"], &seen["reactions"][0]["fromMe"]),
            (&json!(BEN), &json!(false))
        );
        pair.server.ok("PUT", &format!("/messages/{id}/reaction"), Some(&json!({"emoji": "🎉"})));
        let seen = pair.ana_sees(&sent, "the other reaction", |m| m["reactions"][0]["emoji"] == "🎉");
        assert_eq!(seen["reactions"].as_array().unwrap().len(), 1);
        pair.server.ok("PUT", &format!("/messages/{id}/reaction"), Some(&json!({"emoji": ""})));
        pair.ana_sees(&sent, "no reaction", |m| m.get("reactions").is_none());

        // Who read it, and when.
        let (chat, own) = (at_ben["chatId"].as_str().unwrap(), sent["id"].as_str().unwrap());
        pair.server.post(&format!("/chats/{chat}/read"), json!({}));
        let read = until("the receipt", || {
            let receipts = pair.server.get(&format!("/messages/{own}/receipts"));
            receipts["items"].as_array()?.iter().find(|receipt| receipt["readAt"].is_i64()).cloned()
        });
        assert_eq!(read["person"], BEN);
        assert!(read["deliveredAt"].as_i64() <= read["readAt"].as_i64(), "{read}");

        // Twice, and what it said before is kept on both sides.
        pair.sends(json!({"edit": {"messageId": own, "text": "Two"}}));
        pair.ben_sees(&sent, "the edit", |m| m["text"] == "Two");
        pair.server.ok("PATCH", &format!("/messages/{own}"), Some(&json!({"text": "Three"})));
        let seen = pair.ben_sees(&sent, "the second edit", |m| m["text"] == "Three");
        assert!(seen["editedAt"].is_i64());
        for id in [own, id] {
            let texts = pair.server.get(&format!("/messages/{id}/edits"));
            let texts: Vec<_> =
                texts["items"].as_array().unwrap().iter().map(|edit| edit["text"].clone()).collect();
            assert_eq!(texts, [json!("One"), json!("Two")]);
        }

        pair.server.ok("DELETE", &format!("/messages/{own}"), None);
        let seen = pair.ben_sees(&sent, "the revocation", |m| m["revokedAt"].is_i64());
        assert_eq!(seen["text"], "");
        let shown = pair.server.get(&format!("/chats/{chat}"));
        let last = &shown["lastMessage"];
        assert_eq!((&last["id"], &last["revoked"]), (&json!(id), &json!(true)), "the list says so, too");
        assert_eq!(pair.server.get(&format!("/messages/{id}/edits"))["items"], json!([]), "gone for good");
        let again = json!({"revoke": {"messageId": own}});
        assert_eq!(pair.refused(again), (409, "conflict".into()));
    });
}

#[test]
fn votes_are_counted_on_both_sides() {
    Pair::each(|pair| {
        let poll = json!({"name": "Where?", "options": ["Here", "There", "Nowhere"], "selectable": 2});
        let sent = pair.sends(json!({"poll": poll}));
        let at_ben = pair.ben_sees(&sent, "the poll", |m| m["poll"]["options"][2]["text"] == "Nowhere");
        assert_eq!((&at_ben["text"], &at_ben["poll"]["selectable"]), (&json!("Where?"), &json!(2)));
        let vote = |options: Value| {
            let id = at_ben["id"].as_str().unwrap();
            pair.server
                .call("PUT", &format!("/messages/{id}/vote"), Some(&json!({"options": options})))
                .unwrap()
        };
        let (status, voted) = vote(json!(["Here", "There"]));
        assert_eq!((status, &voted["poll"]["options"][0]["voters"]), (202, &json!([BEN])));
        pair.ana_sees(&sent, "the vote", |m| m["poll"]["options"][1]["voters"] == json!([BEN]));
        assert_eq!(vote(json!(["Nowhere"])).0, 202);
        let seen =
            pair.ana_sees(&sent, "the other vote", |m| m["poll"]["options"][2]["voters"] == json!([BEN]));
        assert_eq!(seen["poll"]["options"][0]["voters"], json!([]));
        pair.sends(json!({"vote": {"messageId": sent["id"], "options": ["Here"]}}));
        pair.ben_sees(&sent, "the asker's own vote", |m| m["poll"]["options"][0]["voters"] == json!([ANA]));
        assert_eq!(vote(json!([])).0, 202);
        pair.ana_sees(&sent, "no vote", |m| m["poll"]["options"][2]["voters"] == json!([]));
        assert_eq!(vote(json!(["Elsewhere"])).0, 400);
        assert_eq!(vote(json!(["Here", "There", "Nowhere"])).0, 400);
    });
}

#[test]
fn what_is_passed_on_says_so_and_nothing_is_done_to_what_is_not_there() {
    Pair::each(|pair| {
        let sent = pair.sends(json!({"text": "Pass it on"}));
        let at_ben = pair.ben_sees(&sent, "the text", |_| true);
        let forwarded = pair.answers(json!({"forward": {"messageId": at_ben["id"]}}));
        assert_eq!((&forwarded["text"], &forwarded["forwards"]), (&json!("Pass it on"), &json!(1)));
        assert_eq!(pair.ana_sees(&forwarded, "the text again", |_| true)["forwards"], 1);
        let to = json!({"chatIds": [at_ben["chatId"]]});
        let path = format!("/messages/{}/forward", at_ben["id"].as_str().unwrap());
        let again = pair.server.ok("POST", &path, Some(&to));
        assert_eq!(again["items"][0]["forwards"], 1);

        // Ben's copy is in another chat than Ana's: each acts on what is theirs.
        for body in [
            json!({"text": "x", "quoted": at_ben["id"]}),
            json!({"reaction": {"messageId": at_ben["id"], "emoji": "👍"}}),
            json!({"edit": {"messageId": "msg_none", "text": "x"}}),
            json!({"forward": {"messageId": "msg_none"}}),
        ] {
            assert_eq!(pair.refused(body.clone()), (404, "not_found".into()), "{body}");
        }
        let of_ben = json!({"edit": {"messageId": at_ben["id"], "text": "x"}});
        let (status, _) = pair
            .server
            .call("POST", &format!("/devices/{}/chats/{ANA}/messages", pair.ben), Some(&of_ben))
            .unwrap();
        assert_eq!(status, 409, "only own messages are edited");
        for body in [
            json!({}),
            json!({"text": ""}),
            json!({"text": "x", "poll": {"name": "a", "options": ["b", "c"]}}),
            json!({"location": {"latitude": 91, "longitude": 0}}),
            json!({"kind": "location", "text": "x"}),
        ] {
            assert_eq!(pair.refused(body.clone()), (400, "invalid".into()), "{body}");
        }
    });
}
