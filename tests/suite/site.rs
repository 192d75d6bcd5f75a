//! The client's pages and files as they are served: what the build and the server agree on, and what browsers are
//! told that pages may do.

use crate::support::{API_KEY, Server};
use std::collections::BTreeSet;
use ureq::http::{HeaderMap, Request, Response};

fn leptos_table(text: &str) -> toml::Table {
    let file: toml::Table = text.parse().unwrap();
    file["package"]["metadata"]["leptos"].as_table().unwrap().clone()
}

#[test]
fn both_files_tell_the_same_of_the_client() {
    let build = leptos_table(include_str!("../../Cargo.toml"));
    let server = leptos_table(include_str!("../../Leptos.toml"));
    for (name, value) in &server {
        assert_eq!(build.get(name), Some(value), "{name}");
    }
    for name in ["output-name", "site-root", "site-pkg-dir"] {
        assert!(server.contains_key(name), "{name}");
    }
}

/// The answer, with the server's key or without.
fn ask(server: &Server, path: &str, key: bool) -> Response<ureq::Body> {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let mut request = Request::builder().uri(format!("{}{path}", server.url));
    if key {
        request = request.header("x-api-key", API_KEY);
    }
    agent.run(request.body(()).unwrap()).unwrap()
}

/// The answer's headers and body.
fn get(server: &Server, path: &str, key: bool) -> (HeaderMap, String) {
    let mut response = ask(server, path, key);
    (response.headers().clone(), response.body_mut().read_to_string().unwrap())
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
}

fn directives(headers: &HeaderMap) -> Vec<(String, String)> {
    let policy = header(headers, "content-security-policy").split(';').map(str::trim);
    policy
        .map(|one| one.split_once(' ').unwrap_or((one, "")))
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .collect()
}

fn directive(headers: &HeaderMap, name: &str) -> String {
    let found = directives(headers).into_iter().find(|(one, _)| one == name);
    found.unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn a_page_runs_its_own_scripts_and_no_other() {
    let server = Server::start();
    let mut nonces = BTreeSet::new();
    for path in ["/login", "/login", "/offline", "/chats", "/devices", "/settings", "/no/such/page"] {
        // Whoever is signed in has no business there, and is sent on.
        let (headers, html) = get(&server, path, path != "/login");
        assert!(header(&headers, "content-type").starts_with("text/html"), "{path}");
        let scripts = directive(&headers, "script-src");
        let nonce = scripts.strip_prefix("'nonce-").and_then(|rest| rest.split('\'').next()).unwrap();
        assert_eq!(scripts, format!("'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'"), "{path}");
        assert!(nonce.len() >= 22 && nonces.insert(nonce.to_owned()), "{path}: {nonce} was there before");
        for tag in html.split("<script").skip(1) {
            let tag = tag.split('>').next().unwrap();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        }
        assert!(html.split("<script").count() > 2, "{path} has no scripts");
        // Nothing in the page needs more than the policy grants.
        let before_scripts: String =
            html.split("<script").map(|part| part.split("</script>").last().unwrap()).collect();
        for never in [" style=\"", "<style", " onclick=", " onload=", "javascript:"] {
            assert!(!before_scripts.contains(never), "{path} has {never}");
        }
        for (name, value) in [
            ("default-src", "'none'"),
            ("style-src", "'self'"),
            ("connect-src", "'self'"),
            ("object-src", "'none'"),
            ("base-uri", "'none'"),
            ("form-action", "'self'"),
            ("frame-ancestors", "'none'"),
            ("require-trusted-types-for", "'script'"),
            ("trusted-types", "default"),
        ] {
            assert_eq!(directive(&headers, name), value, "{path}: {name}");
        }
    }
}

#[test]
fn an_address_that_leads_nowhere_is_answered_so() {
    let server = Server::start();
    for path in ["/chats", "/devices", "/sandbox", "/settings", "/settings/about", "/chats/cht_none"] {
        let mut known = ask(&server, path, true);
        assert_eq!(known.status(), 200, "{path}");
        assert!(known.body_mut().read_to_string().unwrap().contains("<h1"), "{path} has no title");
    }
    for path in ["/no/such/page", "/nowhere"] {
        let mut unknown = ask(&server, path, true);
        assert_eq!(unknown.status(), 404, "{path}");
        assert_eq!(header(unknown.headers(), "cache-control"), "no-store", "{path}");
        let html = unknown.body_mut().read_to_string().unwrap();
        assert!(html.contains("<h1") && html.contains("There is nothing here"), "{path}: {html}");
    }
}

#[test]
fn every_answer_says_what_it_may_be_used_for() {
    let server = Server::start();
    for path in ["/chats", "/login", "/docs", "/health", "/sw.js", "/api/v1/devices", "/api/v1/no-such-route"]
    {
        let (headers, _) = get(&server, path, true);
        assert_eq!(header(&headers, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&headers, "referrer-policy"), "same-origin", "{path}");
        assert_eq!(header(&headers, "cross-origin-opener-policy"), "same-origin", "{path}");
        let permissions = header(&headers, "permissions-policy");
        for allowed in ["microphone=(self)", "geolocation=(self)", "camera=()", "usb=()"] {
            assert!(permissions.contains(allowed), "{path}: {permissions}");
        }
        assert_eq!(directive(&headers, "default-src"), "'none'", "{path}");
        assert!(!header(&headers, "content-security-policy").contains("unsafe-inline"), "{path}");
    }
    let (data, _) = get(&server, "/api/v1/devices", true);
    assert!(directives(&data).iter().all(|(_, value)| value == "'none'"), "{data:?}");
    let (docs, _) = get(&server, "/docs", false);
    assert_eq!(directive(&docs, "style-src"), "'self'");
    let (page, _) = get(&server, "/chats", true);
    assert_eq!(header(&page, "cross-origin-resource-policy"), "same-origin");
    assert_eq!(header(&page, "cache-control"), "no-store");
}

#[test]
fn the_worker_and_the_page_for_no_network_are_for_everybody_and_of_nobody() {
    let server = Server::start();
    let (headers, script) = get(&server, "/sw.js", false);
    assert_eq!(header(&headers, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header(&headers, "cache-control"), "no-cache");
    assert_eq!(directive(&headers, "connect-src"), "'self'");
    assert!(script.starts_with("const BUILD = {"), "{script}");
    let (headers, html) = get(&server, "/offline", false);
    assert_eq!(header(&headers, "cache-control"), "no-cache");
    assert!(html.contains("data-offline") && html.contains("You are offline"), "{html}");
    assert!(!html.contains("workspaceName"), "{html}");
}

#[test]
fn programs_are_kept_at_the_address_of_their_content_and_nowhere_else() {
    let mut server = Server::start();
    let styles = |server: &Server| {
        let (_, page) = get(server, "/login", false);
        let (before, _) = page.split_once("/switchboard.css\"").expect("the page has styles");
        before.rsplit_once('"').unwrap().1.to_owned()
    };
    let before = styles(&server);
    std::fs::write(server.folder.join("site/pkg/switchboard.css"), "p { color: red }").unwrap();
    server.kill();
    server.restart_with(&[]);
    let folder = styles(&server);
    assert!(folder.starts_with("/pkg/") && folder != before, "{before}, {folder}");
    for (address, status, kept) in [
        (format!("{folder}/switchboard.css"), 200, true),
        (format!("{folder}/other.css"), 404, false),
        (format!("{before}/switchboard.css"), 404, false),
        ("/pkg/switchboard.css".to_owned(), 200, false),
    ] {
        let answer = ask(&server, &address, false);
        assert_eq!(answer.status(), status, "{address}");
        let cache = answer.headers().get("cache-control").map(|value| value.to_str().unwrap());
        assert_eq!(cache.is_some_and(|cache| cache.contains("immutable")), kept, "{address}: {cache:?}");
    }
}

#[test]
fn pages_bring_what_their_icons_are_drawn_of() {
    let server = Server::start();
    for path in ["/login", "/offline"] {
        let (_, page) = get(&server, path, false);
        let names = |before: &str| -> BTreeSet<String> {
            let behind = page.split(before).skip(1);
            behind.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let (drawn, wanted) = (names("<symbol id=\""), names("<use href=\"#"));
        assert!(!wanted.is_empty() && drawn.len() > 20, "{path}: {page}");
        assert!(wanted.is_subset(&drawn), "{path}: {wanted:?}");
    }
}
