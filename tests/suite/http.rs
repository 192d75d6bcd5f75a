//! The door and the forms: who gets in, and what bad input is told.

use crate::support;
use crate::support::{API_KEY, Server, api, until};
use serde_json::json;
use std::time::Duration;
use ureq::http::{Request, Response};

fn send(request: Request<Vec<u8>>) -> Response<ureq::Body> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(20)))
        .build()
        .into();
    agent.run(request).unwrap()
}

fn request(method: &str, url: &str) -> ureq::http::request::Builder {
    Request::builder().method(method).uri(url)
}

fn form(server: &Server, path: &str, body: &str, headers: &[(&str, &str)]) -> Response<ureq::Body> {
    let mut builder = request("POST", &format!("{}{path}", server.url))
        .header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    send(builder.body(body.as_bytes().to_vec()).unwrap())
}

fn header<'r>(response: &'r Response<ureq::Body>, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// Every route that is not for everybody, with example ids in it: those that the API documents, and those
/// of the pages.
fn routes(server: &Server) -> Vec<String> {
    let documented = api::operations(&api::document(server));
    assert!(documented.len() > 30, "{} routes are few", documented.len());
    let closed = documented.iter().filter(|operation| !operation.is_public());
    let mut routes: Vec<String> = closed.map(api::Operation::example_path).collect();
    routes.dedup();
    let pages = include_str!("../../src/server/gateway/web/mod.rs").split(".route(").skip(1);
    routes.extend(pages.filter_map(|rest| rest.split('"').nth(1)).map(str::to_owned));
    routes
}

#[test]
fn strangers_get_nothing() {
    // So many wrong keys in a minute would be answered 429.
    let server = Server::start_with(&[("SWITCHBOARD_AUTH_FAILURE_LIMIT", "0".into())]);
    let public = ["/login", "/sign-in", "/offline", "/sw.js"];
    for path in routes(&server).into_iter().chain(
        ["/", "/chats", "/devices", "/sandbox", "/no/such/page", "/api/v1/no-such-route", "/api/v2"]
            .map(str::to_owned),
    ) {
        // They find out by themselves who asks, and refuse what is no watching at all before that.
        let own = ["/ws/connection-status", "/api/v1/whatsapp/connection-events"].contains(&path.as_str());
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if own {
                let response = send(request(method, &format!("{}{path}", server.url)).body(vec![]).unwrap());
                assert!([400, 401, 405].contains(&response.status().as_u16()), "{method} {path}");
                continue;
            }
            if public.contains(&path.as_str()) {
                continue;
            }
            let response = send(request(method, &format!("{}{path}", server.url)).body(vec![]).unwrap());
            assert_eq!(response.status(), 401, "{method} {path}");
            assert_eq!(header(&response, "content-type"), "application/problem+json", "{method} {path}");
            let wrong = send(
                request(method, &format!("{}{path}", server.url))
                    .header("x-api-key", "not-the-key-0123456789abc")
                    .body(vec![])
                    .unwrap(),
            );
            assert_eq!(wrong.status(), 401, "{method} {path} with a wrong key");
        }
        let page = send(
            request("GET", &format!("{}{path}", server.url))
                .header("accept", "text/html")
                .body(vec![])
                .unwrap(),
        );
        if own {
            assert!(page.status().is_client_error(), "{path}");
        } else if path.starts_with("/api/") {
            assert_eq!(page.status(), 401, "{path}");
        } else if !public.contains(&path.as_str()) {
            assert_eq!(page.status(), 303, "{path}");
            assert!(header(&page, "location").starts_with("/login"), "{path}");
        }
    }
    for path in ["/health", "/ready", "/docs", "/docs-json", "/login"] {
        assert_eq!(
            send(request("GET", &format!("{}{path}", server.url)).body(vec![]).unwrap()).status(),
            200,
            "{path}"
        );
    }
}

#[test]
fn the_link_signs_in_once_and_a_password_afterwards() {
    let server = Server::start();
    let link = server.sign_in.clone().expect("a link");
    // Whatever only looks at it does not use it up: it is a page with a button.
    for (method, name, value) in [
        ("HEAD", "user-agent", "Mozilla/5.0"),
        ("GET", "user-agent", "WhatsApp/2.23.20.0"),
        ("GET", "user-agent", "TelegramBot (like TwitterBot)"),
        ("GET", "sec-purpose", "prefetch;prerender"),
        ("GET", "purpose", "prefetch"),
        ("GET", "x-purpose", "preview"),
        ("GET", "x-moz", "prefetch"),
    ] {
        let look = request(method, &format!("{}{link}", server.url)).header(name, value);
        let mut looked = send(look.body(vec![]).unwrap());
        let said = (looked.status().as_u16(), header(&looked, "set-cookie"));
        assert_eq!(said, (200, ""), "{method} {name}: {value}");
        assert_eq!(header(&looked, "cache-control"), "no-store");
        let page = looked.body_mut().read_to_string().unwrap();
        assert!(method == "HEAD" || page.contains("Sign in as Owner"), "{page}");
    }
    // Nor does another site, which would sign somebody in as somebody else.
    let token = link.split_once('=').unwrap().1;
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let pressed = form(&server, "/sign-in", &format!("token={token}"), &[(name, value)]);
        assert_eq!((pressed.status().as_u16(), header(&pressed, "set-cookie")), (403, ""), "{name}: {value}");
    }
    let first = server.follow(&link);
    assert_eq!((first.status().as_u16(), header(&first, "location")), (303, "/welcome"));
    let cookie = header(&first, "set-cookie").to_owned();
    assert!(
        cookie.starts_with("__Host-switchboard=")
            && cookie.contains("; Secure")
            && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(server.follow(&link).status(), 401, "the link works once");
    let mut used = send(request("GET", &format!("{}{link}", server.url)).body(vec![]).unwrap());
    assert_eq!(used.status(), 401);
    assert!(used.body_mut().read_to_string().unwrap().contains("Ask an admin for a new link."));

    let me = |cookie: &str| {
        send(
            request("GET", &format!("{}/api/v1/me", server.url))
                .header("cookie", cookie)
                .body(vec![])
                .unwrap(),
        )
        .status()
        .as_u16()
    };
    assert_eq!(me(&cookie), 200);
    assert_eq!(me("__Host-switchboard=made-up"), 401);

    // Another site's page cannot act with the cookie, whatever it makes the browser send.
    for (name, value) in
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("origin", "null")]
    {
        let response = form(
            &server,
            "/welcome",
            "name=x&email=x@y.z&password=0123456789",
            &[("cookie", &cookie), (name, value)],
        );
        assert_eq!(response.status(), 403, "{name}: {value}");
    }
    let short =
        form(&server, "/welcome", "name=Ana&email=ana%40example.com&password=short", &[("cookie", &cookie)]);
    assert_eq!(short.status(), 400);
    let chosen = form(
        &server,
        "/welcome",
        "name=Ana&email=Ana%40example.com&password=correct+horse",
        &[("cookie", &cookie)],
    );
    assert_eq!((chosen.status().as_u16(), header(&chosen, "location")), (303, "/"));

    let signed_in =
        form(&server, "/login", "email=ana%40example.com&password=correct+horse&next=%2Fdevices", &[]);
    assert_eq!((signed_in.status().as_u16(), header(&signed_in, "location")), (303, "/devices"));
    let second = header(&signed_in, "set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(me(&second), 200);
    let elsewhere = form(
        &server,
        "/login",
        "email=ana%40example.com&password=correct+horse&next=https%3A%2F%2Fevil.example",
        &[],
    );
    assert_eq!(header(&elsewhere, "location"), "/");

    let out = form(&server, "/logout", "", &[("cookie", &second)]);
    assert_eq!(out.status(), 303);
    assert_eq!(me(&second), 401);
    assert_eq!(me(&cookie), 200, "the other session goes on");
}

/// An administrator who is signed in, and their cookie.
fn signed_in() -> (Server, String) {
    let server = Server::start_with(&[
        ("SWITCHBOARD_ADMIN_EMAIL", "ana@example.com".into()),
        ("SWITCHBOARD_ADMIN_PASSWORD", "correct horse".into()),
    ]);
    let signed_in = form(&server, "/login", "email=ana%40example.com&password=correct+horse", &[]);
    let cookie = header(&signed_in, "set-cookie").split(';').next().unwrap().to_owned();
    (server, cookie)
}

fn page(server: &Server, path: &str, cookie: &str) -> Response<ureq::Body> {
    let request = request("GET", &format!("{}{path}", server.url)).header("accept", "text/html");
    send(request.header("cookie", cookie).body(vec![]).unwrap())
}

#[test]
fn a_link_of_somebody_else_changes_nobody_without_asking() {
    let (server, ana) = signed_in();
    let added = server.post("/users", json!({"name": "Cleo", "permission": "admin"}));
    let another = || {
        let path = format!("/users/{}/sign-in-link", added["id"].as_str().unwrap());
        server.call("POST", &path, None).unwrap().1["signInLink"].as_str().unwrap().to_owned()
    };
    let link = added["signInLink"].as_str().unwrap();
    for _ in 0..2 {
        let mut asked = page(&server, link, &ana);
        assert_eq!((asked.status().as_u16(), header(&asked, "set-cookie")), (200, ""));
        let text = asked.body_mut().read_to_string().unwrap();
        assert!(text.contains("You are signed in as ana."), "{text}");
        assert!(text.contains("Sign in as Cleo"), "{text}");
    }
    let token = link.split_once('=').unwrap().1;
    let pressed = form(&server, "/sign-in", &format!("token={token}"), &[("cookie", &ana)]);
    assert_eq!((pressed.status().as_u16(), header(&pressed, "location")), (303, "/welcome"));
    let cleo = header(&pressed, "set-cookie").split(';').next().unwrap().to_owned();
    // The same user goes straight on, and so does whoever is nobody any more.
    assert_eq!(page(&server, &another(), &cleo).status(), 303);
    assert_eq!(page(&server, &another(), &ana).status(), 200, "she is still signed in there");
    assert_eq!(form(&server, "/logout", "", &[("cookie", &ana)]).status(), 303);
    assert_eq!(page(&server, &another(), &ana).status(), 303);
}

#[test]
fn a_session_that_is_used_goes_on_in_the_browser_too() {
    let (server, cookie) = signed_in();
    let get = |path: &str| {
        let request = request("GET", &format!("{}{path}", server.url)).header("cookie", &cookie);
        send(request.body(vec![]).unwrap())
    };
    // As if it had not been used for a day.
    let rest = || {
        let address = format!("sqlite:{}", server.folder.join("data/switchboard.db").display());
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let mut database =
                <sqlx::sqlite::SqliteConnection as sqlx::Connection>::connect(&address).await.unwrap();
            let update = sqlx::query(
                "UPDATE browser_sessions SET seen_at = seen_at - 86400000, expires_at = expires_at - 86400000",
            );
            assert_eq!(update.execute(&mut database).await.unwrap().rows_affected(), 1);
        });
    };
    assert_eq!(header(&get("/api/v1/me"), "set-cookie"), "", "it was used just now");
    let whole = format!("{cookie}; Secure; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000");
    rest();
    assert_eq!(header(&get("/api/v1/me"), "set-cookie"), whole);
    assert_eq!(header(&get("/api/v1/me"), "set-cookie"), "", "once an hour is enough");
    rest();
    assert_eq!(header(&page(&server, "/chats", &cookie), "set-cookie"), whole);
    // Signing out has the last word.
    rest();
    let out = form(&server, "/logout", "", &[("cookie", &cookie)]);
    let cookies: Vec<_> = out.headers().get_all("set-cookie").iter().collect();
    assert!(cookies.len() == 2 && cookies.iter().all(|value| value.to_str().unwrap().contains("Max-Age=0")));
}

#[test]
fn a_session_that_ended_is_said_so_and_leads_back() {
    let (server, cookie) = signed_in();
    let here = "/chats/cht_1?info=media&message=msg_1";
    let next = "next=/chats/cht_1%3Finfo%3Dmedia%26message%3Dmsg_1";
    let stranger = page(&server, here, "theme=dark");
    assert_eq!(header(&stranger, "location"), format!("/login?{next}"));
    assert_eq!(form(&server, "/logout", "", &[("cookie", &cookie)]).status(), 303);
    let ended = page(&server, here, &cookie);
    assert_eq!(header(&ended, "location"), format!("/login?{next}&ended"));
    let mut asked = page(&server, &format!("/login?{next}&ended"), &cookie);
    let text = asked.body_mut().read_to_string().unwrap();
    assert!(asked.status() == 200 && text.contains("Your session ended. What you wrote is kept."));
    assert!(!page(&server, "/login", "").body_mut().read_to_string().unwrap().contains("session ended"));
    // And the form leads back there, and nowhere else.
    let to = |next: &str| {
        let body = format!("email=ana%40example.com&password=correct+horse&next={next}");
        header(&form(&server, "/login", &body, &[]), "location").to_owned()
    };
    assert_eq!(to("%2Fchats%2Fcht_1%3Finfo%3Dmedia%26message%3Dmsg_1"), here);
    let hostile = [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%5C%5Cevil.example",
        "%2F%09%2Fevil.example",
        "%2F%0D%0Alocation%3A+https%3A%2F%2Fevil.example",
        "javascript%3Aalert(1)",
        "+%2F%2Fevil.example",
    ];
    for next in hostile {
        assert_eq!(to(next), "/", "{next}");
    }
    // Likewise for whoever is signed in already.
    let again = form(&server, "/login", "email=ana%40example.com&password=correct+horse", &[]);
    let cookie = header(&again, "set-cookie").split(';').next().unwrap().to_owned();
    for next in hostile {
        let led = page(&server, &format!("/login?next={next}&ended"), &cookie);
        assert_eq!((led.status().as_u16(), header(&led, "location")), (303, "/"), "{next}");
    }
}

#[test]
fn a_page_of_somebody_else_is_refused() {
    let (server, cookie) = signed_in();
    let get = |user: &str| {
        let request = request("GET", &format!("{}/api/v1/me", server.url)).header("cookie", &cookie);
        let request = if user.is_empty() { request } else { request.header("x-switchboard-user", user) };
        send(request.body(vec![]).unwrap())
    };
    let me: serde_json::Value = serde_json::from_str(&get("").body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(me["permission"], "admin");
    assert_eq!(get(me["userId"].as_str().unwrap()).status(), 200);
    assert_eq!(get("usr_somebody_else").status(), 401);
    // The stream says of itself whose it is.
    let mut request = server.url.replacen("http", "ws", 1) + "/api/v1/stream?since=";
    request.push_str(server.get("/events")["cursor"].as_str().unwrap());
    let mut request = tungstenite::client::IntoClientRequest::into_client_request(request).unwrap();
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    let (mut socket, _) = tungstenite::connect(request).unwrap();
    let hello: serde_json::Value = serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
    assert_eq!((&hello["type"], &hello["userId"]), (&json!("hello"), &me["userId"]));
    let mut program = support::native::Stream::open(&server, "");
    program.send(json!({"type": "hello"}));
    assert_eq!(program.next(&["hello"])["userId"], serde_json::Value::Null);
}

#[test]
fn a_plain_address_in_a_home_network_still_works() {
    let server = Server::start_with(&[
        ("SWITCHBOARD_ADMIN_EMAIL", "ana@example.com".into()),
        ("SWITCHBOARD_ADMIN_PASSWORD", "correct horse".into()),
    ]);
    assert_eq!(server.sign_in, None, "whoever has a password needs no link");
    let response = form(
        &server,
        "/login",
        "email=ana%40example.com&password=correct+horse",
        &[("host", "192.168.1.5:3000")],
    );
    assert_eq!(response.status(), 303);
    let cookie = header(&response, "set-cookie");
    assert!(cookie.starts_with("switchboard=") && !cookie.contains("Secure"), "{cookie}");
    let proxied = form(
        &server,
        "/login",
        "email=ana%40example.com&password=correct+horse",
        &[("host", "shop.example"), ("origin", "https://shop.example")],
    );
    assert!(header(&proxied, "set-cookie").starts_with("__Host-switchboard="));
}

#[test]
fn wrong_passwords_are_slowed_down() {
    let server = Server::start_with(&[
        ("SWITCHBOARD_ADMIN_EMAIL", "ana@example.com".into()),
        ("SWITCHBOARD_ADMIN_PASSWORD", "correct horse".into()),
    ]);
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(
            form(&server, "/login", "email=ana%40example.com&password=wrong+horse", &[]).status().as_u16(),
        );
    }
    assert_eq!(statuses[..5], [401; 5]);
    assert_eq!(statuses[7], 429);
    let blocked = form(&server, "/login", "email=ana%40example.com&password=correct+horse", &[]);
    assert_eq!(blocked.status(), 429, "also for the right one");
    assert!(header(&blocked, "retry-after").parse::<u32>().is_ok());
}

#[test]
fn bad_input_is_told_what_is_wrong() {
    let server = Server::start();
    let call = |method: &str, path: &str, content_type: &str, body: Vec<u8>, key: &str| {
        let builder = request(method, &format!("{}/api/v1{path}", server.url))
            .header("x-api-key", API_KEY)
            .header("content-type", content_type);
        let builder = if key.is_empty() { builder } else { builder.header("idempotency-key", key) };
        let mut response = send(builder.body(body).unwrap());
        let text = response.body_mut().read_to_string().unwrap();
        let problem: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        (response.status().as_u16(), problem["code"].as_str().unwrap_or("").to_owned())
    };
    let json = "application/json";
    let refused = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(call("POST", "/devices", json, b"{".to_vec(), ""), refused(400, "malformed"));
    assert_eq!(call("POST", "/devices", json, b"{\"name\": 5}".to_vec(), ""), refused(400, "malformed"));
    assert_eq!(call("POST", "/devices", json, vec![0xff, 0xfe], ""), refused(400, "malformed"));
    assert_eq!(
        call("POST", "/devices", "text/plain", b"{}".to_vec(), ""),
        refused(415, "unsupported_media_type")
    );
    assert_eq!(call("POST", "/devices", json, b"{\"name\": \"\"}".to_vec(), ""), refused(400, "invalid"));
    assert_eq!(
        call("POST", "/devices", json, json!({"name": "x".repeat(81)}).to_string().into_bytes(), ""),
        refused(400, "invalid")
    );
    assert_eq!(
        call("POST", "/devices", json, json!({"name": "x"}).to_string().into_bytes(), "no spaces, please"),
        refused(400, "invalid")
    );
    assert_eq!(
        call("POST", "/devices", json, json!({"name": "x"}).to_string().into_bytes(), &"k".repeat(256)),
        refused(400, "invalid")
    );
    assert_eq!(call("POST", "/devices", json, vec![b' '; 1024 * 1024 + 1], ""), refused(413, "too_large"));
    assert_eq!(call("DELETE", "/devices", json, vec![], ""), refused(405, "method_not_allowed"));
    assert_eq!(call("GET", "/devices/no-such-device", json, vec![], ""), refused(404, "not_found"));
    assert_eq!(call("GET", "/devices/b%00d", json, vec![], ""), refused(404, "not_found"));
    assert_eq!(call("GET", "/no-such-route", json, vec![], ""), refused(404, "not_found"));
    assert_eq!(call("GET", "/events?since=nonsense", json, vec![], ""), refused(400, "invalid"));
    assert_eq!(call("GET", "/events?limit=many", json, vec![], ""), refused(400, "invalid"));
    assert_eq!(call("GET", "/stream?since=nonsense", json, vec![], ""), refused(400, "invalid"));
    let device = server.post("/devices", json!({"name": "x"}))["id"].as_str().unwrap().to_owned();
    assert_eq!(call("GET", &format!("/devices/{device}/qr"), json, vec![], ""), refused(409, "not_pairing"));
    assert_eq!(
        call(
            "POST",
            &format!("/devices/{device}/pairing-code"),
            json,
            b"{\"phoneNumber\": \"12\"}".to_vec(),
            ""
        ),
        refused(400, "invalid")
    );
    assert_eq!(
        call(
            "POST",
            &format!("/devices/{device}/chats/34600111222/messages"),
            json,
            b"{\"text\": \"x\"}".to_vec(),
            ""
        ),
        refused(409, "not_connected")
    );
    // And it is all still there.
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_long_poll_waits_for_news_and_misses_none() {
    let server = Server::start();
    let cursor = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    let empty = server.get(&format!("/events?since={cursor}"));
    assert_eq!(empty["items"].as_array().unwrap().len(), 0);
    let waiting = std::thread::scope(|scope| {
        let poll = scope.spawn(|| server.get(&format!("/events?since={cursor}&wait=20")));
        std::thread::sleep(Duration::from_millis(200));
        server.post("/devices", json!({"name": "news"}));
        poll.join().unwrap()
    });
    assert_eq!(waiting["items"][0]["type"], "device.created");
    assert_eq!(waiting["items"][0]["data"]["device"]["name"], "news");
    let next = waiting["next"].as_str().unwrap();
    assert_eq!(server.get(&format!("/events?since={next}"))["items"].as_array().unwrap().len(), 0);
    let elsewhere = server.get("/events?since=elsewhere-5");
    assert_eq!(elsewhere["resync"], "epoch");
}

#[test]
fn a_backup_of_the_running_server_can_be_served() {
    let server = Server::start();
    server.post("/devices", json!({"name": "kept"}));
    let copy = server.folder.join("restored/switchboard.db");
    std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
    let run = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_switchboard"))
            .args(arguments)
            .env("SWITCHBOARD_DATA_DIR", server.folder.join("data"))
            // Of the tests, and no setting: the binary would say so.
            .env_remove("SWITCHBOARD_TEST_POSTGRES")
            .output()
            .unwrap()
    };
    let done = run(&["backup", copy.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let again = run(&["backup", copy.to_str().unwrap()]);
    assert!(!again.status.success());
    assert_eq!(String::from_utf8_lossy(&again.stderr).trim().lines().count(), 1, "one clear line");
    let link = run(&["sign-in-link"]);
    assert!(String::from_utf8_lossy(&link.stdout).contains("/sign-in?token="));
    let restored = Server::start_with(&[("SWITCHBOARD_DATABASE_URL", format!("sqlite:{}", copy.display()))]);
    let devices = until("the device", || restored.call("GET", "/devices", None).ok());
    assert_eq!(devices.1["items"][0]["name"], "kept");
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let server = Server::start();
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .env("SWITCHBOARD_ADDR", "127.0.0.1:0")
        .env("SWITCHBOARD_DATA_DIR", server.folder.join("data"))
        .env("LEPTOS_SITE_ROOT", server.folder.join("site"))
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another Switchboard already uses"));
}
