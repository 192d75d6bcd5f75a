//! The page of the documentation: everything in it, and nothing from elsewhere.

use crate::rest_contract::anonymous;
use crate::support::Server;
use crate::support::api::{document, operations};
use std::collections::BTreeSet;

#[test]
fn every_operation_has_its_place_and_nothing_comes_from_elsewhere() {
    let server = Server::start();
    let page = anonymous(&server, "GET", "/docs", &[], b"");
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html"));
    let html = String::from_utf8(page.body).unwrap();
    let mut anchors = BTreeSet::new();
    for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(anchors.insert(id), "two places are called {id}");
    }
    for operation in operations(&document(&server)) {
        let anchor = format!("op-{}", operation.says["operationId"].as_str().unwrap());
        assert!(anchors.contains(anchor.as_str()), "{anchor} has no place");
    }
    for target in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(anchors.contains(target), "#{target} leads nowhere");
    }
    for code in ["not_found", "idempotency_mismatch", "not_acceptable", "timeout"] {
        assert!(anchors.contains(format!("problem-{code}").as_str()), "{code}");
    }
    for never in ["<script", "style=", "<style", "src=", "href=\"http", " onclick", "javascript:"] {
        assert!(!html.contains(never), "the page has {never}");
    }
    assert!(
        html.starts_with("<!DOCTYPE html><html lang=\"en\"><head>") && html.contains("width=device-width")
    );
    let dark = anonymous(&server, "GET", "/docs", &[("cookie", "theme=dark")], b"");
    assert!(String::from_utf8(dark.body).unwrap().contains("data-theme=\"dark\""));
}
