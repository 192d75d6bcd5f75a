//! Seed 1: contacts, history, sending and hearing.

use crate::chat_socket::client::Client;
use crate::chat_socket::{phone, texts_on, write};
use crate::support::{API_KEY, Server, until};
use serde_json::{Value, json};

fn contents(answer: &Value) -> Vec<&str> {
    let list = answer["data"].as_array().unwrap_or_else(|| panic!("no list: {answer}"));
    list.iter().map(|message| message["content"].as_str().unwrap()).collect()
}

#[test]
fn two_numbers_talk() {
    let server = Server::start();
    let (own, other) = (phone(&server, "La Bodega"), phone(&server, "Ana"));
    let device = server.linked_device(&own);
    let (mut client, mut window) = (Client::new(&server), Client::new(&server));

    write(&server, &other, &own, "Hola");
    let new = client.any("new_message");
    assert_eq!((&new["content"], &new["isOutgoing"]), (&json!("Hola"), &json!(false)));
    assert_eq!((&new["fromNumber"], &new["toNumber"]), (&json!(other), &json!(own)));
    let conversation = new["conversationId"].clone();

    let joined = client.ask("join_conversation", conversation.clone());
    assert_eq!(joined, json!({ "success": true, "conversationId": conversation }));
    assert_eq!(client.any("conversation_joined"), joined);
    assert_eq!(client.ask("join_conversation", json!({ "conversationId": format!("+{other}") })), joined);

    let sent = client.ask(
        "send_message",
        json!({ "to": format!("+{other}"), "message": "Qué tal", "idempotencyKey": "once-1" }),
    );
    let (success, echo) = client.both("message_sent_success", "new_message");
    assert_eq!(success, sent);
    assert_eq!((&sent["success"], &sent["status"]), (&json!(true), &json!("queued")), "{sent}");
    assert_eq!(sent["conversationId"], conversation);
    assert!(sent["timestamp"].is_i64());
    assert_eq!((&echo["id"], &echo["isOutgoing"]), (&sent["messageId"], &json!(true)));
    assert_eq!(echo["clientId"], "once-1");
    client.wait("message_status_update", |update| {
        update["messageId"] == sent["messageId"] && update["status"] == "delivered"
    });
    let twice = client.ask(
        "send_message",
        json!({ "to": format!("{other}@s.whatsapp.net"), "message": "Qué tal", "idempotencyKey": "once-1" }),
    );
    assert_eq!(twice["messageId"], sent["messageId"]);
    let mismatch =
        client.ask("send_message", json!({ "to": other, "message": "Else", "idempotencyKey": "once-1" }));
    assert_eq!((&mismatch["code"], &mismatch["to"]), (&json!("idempotency_mismatch"), &json!(other)));
    let by_conversation =
        client.ask("send_message", json!({ "conversationId": conversation, "message": "Adiós" }));
    assert_eq!(by_conversation["success"], true, "{by_conversation}");
    let foreign = client
        .ask("send_message", json!({ "to": other, "message": "P.D.", "conversationId": "their-own-name" }));
    assert_eq!(foreign["conversationId"], "their-own-name");
    assert_eq!(foreign["chatId"], conversation);
    let expected = ["Hola", "Qué tal", "Adiós", "P.D."];
    until("everything is on the phone", || (texts_on(&server, &other) == expected).then_some(()));

    // Another window hears each message once, in order.
    let mut heard = Vec::new();
    while heard.len() < expected.len() {
        heard.push(window.any("new_message")["content"].as_str().unwrap().to_owned());
    }
    assert_eq!(heard, expected);
    assert!(window.so_far().iter().all(|heard| heard.name != "new_message"));

    // History, by every spelling and from either side.
    for (from, to) in [
        (own.clone(), other.clone()),
        (format!("+{other}"), own.clone()),
        (format!("{own}@s.whatsapp.net"), format!("{other}@c.us")),
    ] {
        let answer = client.ask("get_messages_between", json!({ "fromNumber": from, "toNumber": to }));
        assert_eq!(client.any("messages_between_response"), answer);
        assert_eq!(contents(&answer), expected, "{from} {to}");
        assert_eq!(answer["conversationId"], conversation);
        assert_eq!(
            (&answer["pagination"]["total"], &answer["pagination"]["hasMore"]),
            (&json!(4), &json!(false))
        );
    }
    let page = |client: &mut Client, limit: Value, offset: Value| {
        let ask = json!({ "fromNumber": own, "toNumber": other, "limit": limit, "offset": offset });
        client.ask("get_messages_between", ask)
    };
    let newest = page(&mut client, json!(3), json!(null));
    assert_eq!((contents(&newest), &newest["pagination"]["hasMore"]), (expected[1..].to_vec(), &json!(true)));
    let oldest = page(&mut client, json!(3), json!(3));
    assert_eq!(
        (contents(&oldest), &oldest["pagination"]["hasMore"]),
        (expected[..1].to_vec(), &json!(false))
    );
    assert_eq!(contents(&page(&mut client, json!(1_000_000), json!("4"))), Vec::<&str>::new());
    for (limit, offset) in [
        (json!(0), json!(0)),
        (json!(-1), json!(0)),
        (json!("x"), json!(0)),
        (json!(5), json!(-1)),
        (json!(1.5), json!(0)),
        (json!({}), json!(0)),
    ] {
        let answer = page(&mut client, limit.clone(), offset.clone());
        assert_eq!(
            (&answer["success"], &answer["code"]),
            (&json!(false), &json!("invalid")),
            "{limit} {offset}"
        );
    }

    let contacts = client.ask("get_contacts", json!({}));
    assert_eq!(client.any("contacts_response"), contacts);
    let ana =
        contacts["data"].as_array().unwrap().iter().find(|contact| contact["phoneNumber"] == json!(other));
    let ana = ana.unwrap_or_else(|| panic!("not there: {contacts}"));
    assert_eq!((&ana["name"], &ana["conversationId"]), (&json!("Ana"), &conversation));
    assert_eq!((&ana["ownNumber"], &ana["deviceId"]), (&json!(own), &json!(device)));
    let one = client.ask("get_contacts", json!({ "limit": 1 }));
    assert_eq!((one["data"].as_array().unwrap().len(), &one["pagination"]["hasMore"]), (1, &json!(true)));

    // Typing reaches the members of the conversation's room only.
    window.so_far();
    server.post(&format!("/sandbox/phones/{other}/typing"), json!({ "to": own, "state": "composing" }));
    let typing = client.any("user_typing");
    assert_eq!((&typing["conversationId"], &typing["isTyping"]), (&conversation, &json!(true)));
    assert!(window.so_far().iter().all(|heard| heard.name != "user_typing"));
    assert_eq!(client.ask("leave_conversation", json!({ "conversationId": conversation })), joined);

    legacy_routes_answer_the_same(&server, &mut client, &own, &other);
}

/// Of a linked device with messages.
fn legacy_routes_answer_the_same(server: &Server, client: &mut Client, own: &str, other: &str) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let deprecated = |response: &ureq::http::Response<ureq::Body>| {
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("deprecation").strip_prefix('@').is_some_and(|at| at.parse::<i64>().is_ok()));
        assert!(header("link").contains("rel=\"successor-version\""));
    };
    let get = |path: &str| {
        let url = format!("{}/api/whatsapp{path}", server.url);
        let mut response = agent.get(url).header("x-api-key", API_KEY).call().unwrap();
        deprecated(&response);
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str::<Value>(&text).unwrap())
    };
    let asked = |client: &mut Client, event: &str, argument: Value| (200, client.ask(event, argument));
    assert_eq!(get("/contacts"), asked(client, "get_contacts", json!({})));
    let numbers = json!({ "fromNumber": own, "toNumber": other, "limit": 2, "offset": 1 });
    assert_eq!(
        get(&format!("/messages/between?fromNumber=%2B{own}&toNumber={other}&limit=2&offset=1")),
        asked(client, "get_messages_between", numbers)
    );
    assert_eq!(get("/qr?forceNew=true"), asked(client, "get_qr_code", json!({ "forceNew": true })));
    let (status, refused) = get("/messages/between?fromNumber=1");
    assert_eq!((status, &refused["success"], &refused["code"]), (400, &json!(false), &json!("invalid")));
    assert_eq!(get("/contacts?limit=x").0, 400);

    let post = |body: Value, key: &str| {
        let mut response = agent
            .post(format!("{}/api/whatsapp/send-message", server.url))
            .header("x-api-key", API_KEY)
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .send(body.to_string())
            .unwrap();
        deprecated(&response);
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str::<Value>(&text).unwrap())
    };
    let (status, first) = post(json!({ "to": other, "message": "By REST" }), "legacy-1");
    assert_eq!((status, &first["success"]), (200, &json!(true)), "{first}");
    assert_eq!(
        post(json!({ "to": other, "message": "By REST" }), "legacy-1").1["messageId"],
        first["messageId"]
    );
    client.wait("new_message", |new| new["id"] == first["messageId"]);
    let (status, refused) = post(json!({ "to": other }), "legacy-2");
    assert_eq!(
        (status, &refused["error"], &refused["to"]),
        (400, &json!("message is missing."), &json!(other))
    );
    let (status, mismatch) = post(json!({ "to": other, "message": "Else" }), "legacy-1");
    assert_eq!((status, &mismatch["code"]), (409, &json!("idempotency_mismatch")));
}

#[test]
fn bad_arguments_are_answered_and_end_nothing() {
    let server = Server::start();
    let mut client = Client::new(&server);
    let odd = [
        json!(7),
        json!("text"),
        json!([]),
        json!(true),
        json!({ "to": 7, "message": "x" }),
        json!({ "to": "34600111222" }),
        json!({ "message": "nobody" }),
        json!({ "to": "34600111222", "message": "" }),
        json!({ "to": "34600111222", "message": "   " }),
        json!({ "to": "34600111222", "message": { "text": "x" } }),
        json!({ "to": "not a number", "message": "x" }),
        json!({ "to": "x".repeat(1_000), "message": "x" }),
        json!({ "to": "34600111222", "message": "x".repeat(65_537) }),
        json!({ "to": "34600111222", "message": "x", "idempotencyKey": "not a key!" }),
        json!({ "to": "34600111222", "message": "x", "clientId": "y".repeat(65) }),
        json!({ "to": "34600111222", "message": "x", "conversationId": [] }),
        json!({ "to": "34600111222", "message": "x", "deviceId": "dev_nobody" }),
        json!({ "to": "34600111222", "message": "x", "fromNumber": "34600111222" }),
        json!({ "to": "34600111222", "message": "no device" }),
        json!({ "conversationId": "cht_nobody", "message": "x" }),
        json!("nothing at all"),
    ];
    for argument in odd {
        let answer = client.ask("send_message", argument.clone());
        assert_eq!(answer["success"], false, "{argument}");
        assert!(answer["error"].as_str().is_some_and(|text| !text.is_empty()), "{argument}");
        assert!(answer["to"].is_string(), "{argument}");
        assert_eq!(client.any("message_send_error"), answer, "{argument}");
    }
    for (event, response, argument) in [
        ("get_contacts", "contacts_response", json!("x")),
        ("get_contacts", "contacts_response", json!({ "limit": "many" })),
        ("get_contacts", "contacts_response", json!({ "deviceId": {} })),
        ("get_messages_between", "messages_between_response", json!({})),
        ("get_messages_between", "messages_between_response", json!([1, 2])),
        ("get_messages_between", "messages_between_response", json!({ "fromNumber": 7, "toNumber": 8 })),
        ("get_messages_between", "messages_between_response", json!({ "fromNumber": "x", "toNumber": "y" })),
        (
            "get_messages_between",
            "messages_between_response",
            json!({ "fromNumber": "34600111222", "toNumber": "34600333444" }),
        ),
        ("get_qr_code", "qr_code_response", json!({ "forceNew": "perhaps" })),
        ("get_qr_code", "qr_code_response", json!({ "deviceId": "dev_nobody" })),
        ("get_connection_status", "connection_status", json!({ "fromNumber": "x" })),
        ("join_conversation", "conversation_error", json!("cht_nobody")),
        ("join_conversation", "conversation_error", json!({})),
        ("leave_conversation", "conversation_error", json!(5)),
    ] {
        let answer = client.ask(event, argument.clone());
        assert_eq!(answer["success"], false, "{event} {argument}: {answer}");
        assert_eq!(client.any(response), answer, "{event} {argument}");
    }
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 0, "nothing was made");
    assert_eq!(client.ask("get_contacts", json!({}))["data"], json!([]));
    assert_eq!(client.ask("get_contacts", json!("nothing at all"))["success"], true);
}
