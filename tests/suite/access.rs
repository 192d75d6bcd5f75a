//! Who gets in by what, as programs and pages of other sites meet it.

use crate::support::socketio::{By, Wire};
use crate::support::{API_KEY, Server};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tungstenite::client::IntoClientRequest as _;
use ureq::http::{Request, Response};

const SECRET: &str = "a secret of thirty-two bytes, or more";

fn send(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<ureq::Body> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into();
    let mut request = Request::builder().method(method).uri(format!("{}{path}", server.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    agent.run(request.body(()).unwrap()).unwrap()
}

fn status(server: &Server, path: &str, headers: &[(&str, &str)]) -> u16 {
    send(server, "GET", path, headers).status().as_u16()
}

fn header<'r>(response: &'r Response<ureq::Body>, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn jwt(changes: Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({"sub": "ana", "workspace": "wsp_ana", "exp": now + 600});
    changes.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes())).unwrap()
}

fn with_tokens(more: &[(&'static str, &str)]) -> Server {
    let mut environment = vec![
        ("SWITCHBOARD_JWT_SECRET", SECRET.to_owned()),
        ("SWITCHBOARD_PROVISION_USERS", "true".to_owned()),
    ];
    environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Server::start_with(&environment)
}

/// The status that a WebSocket is answered with: 101 where it opens.
fn upgrade(server: &Server, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request =
        format!("{}{path}", server.url.replacen("http", "ws", 1)).into_client_request().unwrap();
    for (name, value) in headers {
        let name = tungstenite::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    match tungstenite::connect(request) {
        Ok((_, response)) => response.status().as_u16(),
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_token_opens_what_it_may_and_stands_where_it_may() {
    let server = with_tokens(&[]);
    let token = jwt(json!({}));
    let bearer = format!("Bearer {token}");
    assert_eq!(status(&server, "/api/v1/me", &[("authorization", &bearer)]), 200);
    assert_eq!(status(&server, &format!("/api/v1/me?token={token}"), &[]), 401, "not in this address");
    for name in ["token", "access-token"] {
        assert_eq!(status(&server, &format!("/api/v1/events?{name}={token}"), &[]), 200);
        assert_eq!(upgrade(&server, &format!("/api/v1/stream?{name}={token}"), &[]), 101);
        assert_eq!(
            status(&server, &format!("/api/v1/events?{name}={API_KEY}"), &[]),
            401,
            "keys have their own name"
        );
    }
    let old = format!("Bearer {}", jwt(json!({"exp": 1_000_000})));
    assert_eq!(status(&server, "/api/v1/me", &[("authorization", &old)]), 401);
    assert_eq!(status(&server, "/api/v1/me", &[("authorization", "Bearer e30.e30.e30")]), 401);
    assert_eq!(status(&server, "/api/v1/me", &[("authorization", &format!("Bearer {API_KEY}"))]), 200);
    // Whoever shows a wrong key is not let in by what stands behind it.
    let both = [("x-api-key", "wrong"), ("authorization", bearer.as_str())];
    assert_eq!(status(&server, "/api/v1/me", &both), 401);
    // A token made for less does not open the rest by way of its user's password.
    let lowered = format!("Bearer {}", jwt(json!({"permission": "read"})));
    assert_eq!(send(&server, "POST", "/api/v1/devices", &[("authorization", &lowered)]).status(), 403);
    let form = [("authorization", lowered.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    assert!(send(&server, "POST", "/settings", &form).status().is_client_error());
}

#[test]
fn a_good_token_of_nobody_is_forbidden_unless_users_are_created() {
    let server = Server::start_with(&[("SWITCHBOARD_JWT_SECRET", SECRET.to_owned())]);
    let bearer = format!("Bearer {}", jwt(json!({})));
    assert_eq!(status(&server, "/api/v1/me", &[("authorization", &bearer)]), 403);
    let me = server.get("/me");
    let workspace = me["workspaceId"].as_str().unwrap();
    let added = server.post("/users", json!({"name": "Ana", "permission": "read", "externalId": "ana"}));
    assert_eq!((&added["permission"], &added["email"]), (&json!("read"), &Value::Null));
    let bearer = format!("Bearer {}", jwt(json!({"workspace": workspace})));
    assert_eq!(status(&server, "/api/v1/me", &[("authorization", &bearer)]), 200);
    // The link signs in, once.
    let link = added["signInLink"].as_str().unwrap();
    let cookie = server.session(link);
    assert_eq!(server.follow(link).status(), 401);
    assert_eq!(status(&server, "/api/v1/me", &[("cookie", &cookie)]), 200);
    assert_eq!(status(&server, "/api/v1/users", &[("cookie", &cookie)]), 403, "who may only read");
    // And another one, which only an admin makes, brings them back.
    let again = format!("/users/{}/sign-in-link", added["id"].as_str().unwrap());
    assert_eq!(send(&server, "POST", &format!("/api/v1{again}"), &[("cookie", &cookie)]).status(), 403);
    assert_eq!(server.call("POST", "/users/usr_nobody/sign-in-link", None).unwrap().0, 404);
    let (made, answer) = server.call("POST", &again, None).unwrap();
    assert_eq!(made, 201);
    let second = server.session(answer["signInLink"].as_str().unwrap());
    let mut me = send(&server, "GET", "/api/v1/me", &[("cookie", &second)]);
    let me: Value = serde_json::from_str(&me.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!((&me["userId"], &me["permission"]), (&added["id"], &json!("read")));
    assert_eq!(status(&server, "/api/v1/me", &[("cookie", &cookie)]), 200, "the first session goes on");
    let gone = server.call("DELETE", &format!("/users/{}", added["id"].as_str().unwrap()), None).unwrap();
    assert_eq!(gone.0, 204);
    assert_eq!(status(&server, "/api/v1/me", &[("cookie", &cookie)]), 401);
    assert_eq!(status(&server, "/api/v1/me", &[("authorization", &bearer)]), 403);
}

#[test]
fn pages_of_allowed_origins_may_call_and_others_may_not() {
    let server =
        with_tokens(&[("SWITCHBOARD_ALLOWED_ORIGINS", "https://shop.example,http://localhost:5173")]);
    let preflight = |origin: &str| {
        let asks = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,apikey,idempotency-key,content-type"),
        ];
        send(&server, "OPTIONS", "/api/v1/devices", &asks)
    };
    for origin in ["https://shop.example", "http://localhost:5173"] {
        let answer = preflight(origin);
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "access-control-allow-origin"), origin);
        assert_eq!(header(&answer, "access-control-allow-credentials"), "true");
        let headers = header(&answer, "access-control-allow-headers").to_owned();
        for name in
            ["authorization", "apikey", "x-api-key", "content-type", "idempotency-key", "last-event-id"]
        {
            assert!(headers.contains(name), "{name} in {headers}");
        }
        let answer = send(&server, "GET", "/api/v1/me", &[("origin", origin), ("x-api-key", API_KEY)]);
        assert_eq!((answer.status().as_u16(), header(&answer, "access-control-allow-origin")), (200, origin));
        assert!(header(&answer, "access-control-expose-headers").contains("retry-after"));
        let refused = send(&server, "GET", "/api/v1/me", &[("origin", origin)]);
        assert_eq!(
            (refused.status().as_u16(), header(&refused, "access-control-allow-origin")),
            (401, origin)
        );
        assert_eq!(upgrade(&server, "/api/v1/stream", &[("origin", origin), ("x-api-key", API_KEY)]), 101);
    }
    for origin in ["https://evil.example", "https://shop.example.evil", "http://shop.example", "null"] {
        assert_eq!(header(&preflight(origin), "access-control-allow-origin"), "", "{origin}");
        // Whatever it shows.
        let token = format!("Bearer {}", jwt(json!({})));
        assert_eq!(
            upgrade(&server, "/api/v1/stream", &[("origin", origin), ("x-api-key", API_KEY)]),
            403,
            "{origin}"
        );
        assert_eq!(upgrade(&server, "/api/v1/stream", &[("origin", origin), ("authorization", &token)]), 403);
    }
    assert_eq!(upgrade(&server, "/api/v1/stream", &[("x-api-key", API_KEY)]), 101);
    let own = server.url.clone();
    assert_eq!(upgrade(&server, "/api/v1/stream", &[("origin", &own), ("x-api-key", API_KEY)]), 101);
}

#[test]
fn nobody_takes_more_than_their_share() {
    let server = with_tokens(&[("SWITCHBOARD_RATE_LIMIT", "5"), ("SWITCHBOARD_AUTH_FAILURE_LIMIT", "4")]);
    let bearer = format!("Bearer {}", jwt(json!({})));
    let mut statuses = Vec::new();
    for _ in 0..40 {
        let answer = send(&server, "GET", "/api/v1/me", &[("authorization", &bearer)]);
        if answer.status() == 429 {
            assert!(header(&answer, "retry-after").parse::<u32>().unwrap() >= 1);
            assert_eq!(header(&answer, "content-type"), "application/problem+json");
        }
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses[..10], [200; 10], "a burst of two seconds");
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(
        status(&server, "/api/v1/me", &[("x-api-key", API_KEY)]),
        200,
        "somebody else is not disturbed"
    );

    let guesses: Vec<u16> =
        (0..8).map(|n| status(&server, "/api/v1/me", &[("x-api-key", &format!("guess-{n}"))])).collect();
    assert_eq!(guesses[..4], [401; 4]);
    assert_eq!(guesses[7], 429);
    let answer = send(&server, "GET", "/api/v1/me", &[("authorization", "Bearer e30.e30.e30")]);
    assert!(
        answer.status() == 429 && !header(&answer, "retry-after").is_empty(),
        "keys and tokens count together"
    );
    assert_eq!(status(&server, "/api/v1/me", &[]), 401, "who shows nothing guesses nothing");
    assert_eq!(status(&server, "/api/v1/me", &[("x-api-key", API_KEY)]), 200, "what is right is let in");
}

#[test]
fn a_key_is_shown_once_and_does_what_it_may() {
    let server = Server::start();
    let made = server.post("/api-keys", json!({"name": "till", "permission": "send"}));
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("swb_") && key.len() == 47, "{key}");
    let listed = server.get("/api-keys");
    assert!(!listed.to_string().contains(key), "never again");
    assert_eq!(listed["items"][0]["hint"], key[..8]);
    for place in ["x-api-key", "apikey"] {
        assert_eq!(status(&server, "/api/v1/me", &[(place, key)]), 200);
    }
    assert_eq!(status(&server, &format!("/api/v1/devices?apiKey={key}"), &[]), 200);
    assert_eq!(send(&server, "POST", "/api/v1/devices", &[("x-api-key", key)]).status(), 403);
    assert_eq!(status(&server, "/api/v1/api-keys", &[("x-api-key", key)]), 403);
    let path = format!("/api-keys/{}", made["id"].as_str().unwrap());
    let renamed = server.ok("PATCH", &path, Some(&json!({"name": "the till"})));
    assert_eq!((&renamed["name"], &renamed["permission"]), (&json!("the till"), &json!("send")));
    let more = server.call("PATCH", &path, Some(&json!({"name": "x", "permission": "admin"}))).unwrap();
    assert_eq!(more.0, 400, "rights do not change");
    for wrong in [
        json!({"name": "x"}),
        json!({"name": "", "permission": "read"}),
        json!({"name": "x", "permission": "owner"}),
        json!({"name": "x", "permission": "read", "deviceIds": []}),
        json!({"name": "x", "permission": "read", "expiresAt": 1}),
        json!({"name": "x", "permission": "read", "devices": ["y"]}),
    ] {
        assert_eq!(server.call("POST", "/api-keys", Some(&wrong)).unwrap().0, 400, "{wrong}");
    }
    assert_eq!(server.call("DELETE", &path, None).unwrap().0, 204);
    assert_eq!(status(&server, "/api/v1/me", &[("x-api-key", key)]), 401);
    assert_eq!(server.call("DELETE", &path, None).unwrap().0, 404);
}

#[test]
fn sockets_wait_for_their_turn_and_are_told_when_to_come_back() {
    let server = with_tokens(&[("SWITCHBOARD_RATE_LIMIT", "1")]);
    for (path, user, place, message) in [
        ("/socket.io", "ben", "token", "Too many requests"),
        ("/ws", "cleo", "access-token", "Server configuration error"),
    ] {
        let auth = json!({ place: jwt(json!({"sub": user})) });
        let entered: Vec<Result<Value, Value>> = std::thread::scope(|scope| {
            let enter = || Wire::open_on(&server, path, By::WebSocket, "", &[]).enter("/", &auth);
            let all: Vec<_> = (0..14).map(|_| scope.spawn(enter)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let refused: Vec<&Value> = entered.iter().filter_map(|entered| entered.as_ref().err()).collect();
        assert!((3..14).contains(&(14 - refused.len())), "{path}: more than a burst, not all: {entered:?}");
        for refusal in refused {
            assert_eq!(
                (&refusal["message"], &refusal["data"]["code"]),
                (&json!(message), &json!("rate_limited"))
            );
            assert!(refusal["data"]["retryAfter"].as_i64().is_some_and(|seconds| seconds >= 1), "{refusal}");
        }
    }
    let mut dora = Wire::open_on(&server, "/socket.io", By::WebSocket, "", &[]);
    dora.enter("/", &json!({"token": jwt(json!({"sub": "dora"}))})).unwrap();
    let began = Instant::now();
    for _ in 0..4 {
        let answer = dora.ask("/", &json!(["subscribe:instance", "dev_none"]));
        assert_eq!(answer[0]["code"], "not_found", "late, but not refused");
    }
    assert!(began.elapsed() > Duration::from_secs(2), "subscriptions count: {:?}", began.elapsed());
}

#[test]
fn wrong_texts_in_addresses_are_guesses_too() {
    let server = with_tokens(&[("SWITCHBOARD_AUTH_FAILURE_LIMIT", "4")]);
    let places = [
        "/api/v1/events?token=",
        "/api/v1/stream?access-token=",
        "/ws/connection-status?botId=b&userId=u&token=",
    ];
    let guesses: Vec<u16> = (0..8).map(|n| status(&server, &format!("{}{n}", places[n % 3]), &[])).collect();
    assert_eq!(guesses[..4], [401; 4]);
    assert_eq!(guesses[5..], [429; 3], "{guesses:?}");
    let device = "/ws/?EIO=4&transport=websocket&access-token=guess";
    let (mut socket, _) =
        tungstenite::connect(format!("{}{device}", server.url.replacen("http", "ws", 1))).unwrap();
    socket.read().unwrap();
    socket.send(tungstenite::Message::text("40")).unwrap();
    let refusal = socket.read().unwrap().to_string();
    let data: Value = serde_json::from_str(refusal.strip_prefix("44").expect("a refusal")).unwrap();
    assert_eq!(
        (&data["message"], &data["data"]["code"]),
        (&json!("API key is required"), &json!("rate_limited"))
    );
    assert!(data["data"]["retryAfter"].as_i64().is_some_and(|seconds| seconds >= 1), "{data}");
    assert_eq!(status(&server, &format!("/api/v1/events?token={}", jwt(json!({}))), &[]), 200);
}

#[test]
fn the_routes_of_old_are_marked_whatever_they_answer() {
    let server = with_tokens(&[("SWITCHBOARD_RATE_LIMIT", "1")]);
    let bearer = format!("Bearer {}", jwt(json!({})));
    let mut seen = std::collections::BTreeSet::new();
    for path in [
        "/api/whatsapp/contacts",
        "/api/whatsapp/messages/between",
        "/api/whatsapp/qr",
        "/api/whatsapp/send-message",
    ] {
        let headers = [("authorization", bearer.as_str())];
        for headers in [&headers[..], &[], &headers, &headers] {
            let answer = send(&server, "GET", path, headers);
            seen.insert(answer.status().as_u16());
            assert!(header(&answer, "deprecation").starts_with('@'), "{path}: {}", answer.status());
            assert!(header(&answer, "link").contains("successor-version"), "{path}");
        }
    }
    assert!(seen.contains(&401) && seen.contains(&429), "{seen:?}");
    assert_eq!(header(&send(&server, "GET", "/api/v1/me", &[]), "deprecation"), "");
}

#[test]
fn a_page_of_events_is_asked_for_within_limits() {
    let server = Server::start();
    let (status, page) = server.call("GET", "/events?since=", None).unwrap();
    assert_eq!(
        (status, &page["items"], page.get("resync")),
        (200, &json!([]), None),
        "an empty position is none"
    );
    for wrong in ["/events?limit=0", "/events?limit=1001&since=elsewhere-3", "/events?limit=x"] {
        assert_eq!(server.call("GET", wrong, None).unwrap().0, 400, "{wrong}");
    }
}
