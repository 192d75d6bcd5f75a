//! The document and the server name the same routes, and the document holds together.

use crate::rest_contract::call;
use crate::support::Server;
use crate::support::api::{Operation, document, operations};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// On each documented path the server takes the documented methods and no other, so that a method which
/// nobody documented cannot hide there; that no path hides is held by `tests/rooms.rs`.
#[test]
fn the_documented_methods_are_those_that_there_are() {
    let server = Server::start();
    let document = document(&server);
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations(&document) {
        paths.entry(operation.example_path()).or_default().insert(operation.method);
    }
    assert!(paths.len() > 30, "{paths:?}");
    for (path, mut methods) in paths {
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        let response = call(&server, "MADEUP", &path, &[], b"");
        assert_eq!(response.status, 405, "MADEUP {path}");
        let allow = response.header("allow");
        let allowed: BTreeSet<String> = allow.split(',').map(|method| method.trim().to_owned()).collect();
        assert_eq!(allowed, methods, "{path}");
        assert_eq!(response.code(), "method_not_allowed", "{path}");
    }
    for path in ["/api/v1/no-such-route", "/api/v2", "/api/v1", "/api"] {
        let nowhere = call(&server, "GET", path, &[], b"");
        assert_eq!((nowhere.status, nowhere.code().as_str()), (404, "not_found"), "{path}");
    }
}

#[test]
fn the_document_holds_together() {
    let server = Server::start();
    let document = document(&server);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Switchboard");
    let mut ids = BTreeSet::new();
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    for operation in operations(&document) {
        let Operation { method, path, says } = &operation;
        let name = format!("{method} {path}");
        let id = says["operationId"].as_str().unwrap_or_else(|| panic!("{name} has no id"));
        assert!(ids.insert(id.to_owned()), "{name}: the id {id} is taken");
        assert!(says["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name} has no summary");
        assert_eq!(says["tags"].as_array().map(Vec::len), Some(1), "{name}: one tag");
        assert!(tags.contains(says["tags"][0].as_str().unwrap()), "{name}: a tag that nobody described");
        let statuses = operation.statuses();
        assert!(statuses.iter().any(|status| *status < 400), "{name} never works: {statuses:?}");
        if !operation.is_public() {
            assert!(statuses.is_superset(&BTreeSet::from([401, 403, 429, 500, 503])), "{name}: {statuses:?}");
        }
        parameters_are_described(&name, &operation);
        for (status, response) in says["responses"].as_object().unwrap() {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {status}");
            if status.as_str() >= "400" && !operation.is_public() {
                let problem = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(problem, "#/components/schemas/Problem", "{name} {status}");
            }
        }
    }
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a reference into this document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn parameters_are_described(name: &str, operation: &Operation) {
    let mut seen = BTreeSet::new();
    let empty = Vec::new();
    for parameter in operation.says["parameters"].as_array().unwrap_or(&empty) {
        let (place, called) = (parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap());
        assert!(seen.insert((place, called)), "{name}: {place} {called} twice");
        assert!(
            parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
            "{name}: {place} {called} is not described"
        );
    }
    let in_path = seen.iter().filter(|(place, _)| *place == "path").map(|(_, called)| *called);
    let named = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    assert_eq!(in_path.collect::<BTreeSet<_>>(), named.collect(), "{name}: the path's parts");
}

fn collect_references<'d>(value: &'d Value, into: &mut BTreeSet<&'d str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                into.insert(reference);
            }
            fields.values().for_each(|value| collect_references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, into)),
        _ => {}
    }
}
