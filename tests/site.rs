//! `Leptos.toml` is what the server reads, `Cargo.toml` is what the build reads: they must agree.

#![cfg(feature = "ssr")]

fn leptos_table(text: &str) -> toml::Table {
    let file: toml::Table = text.parse().unwrap();
    file["package"]["metadata"]["leptos"].as_table().unwrap().clone()
}

#[test]
fn both_files_tell_the_same_of_the_client() {
    let build = leptos_table(include_str!("../Cargo.toml"));
    let server = leptos_table(include_str!("../Leptos.toml"));
    for (name, value) in &server {
        assert_eq!(build.get(name), Some(value), "{name}");
    }
    for name in ["output-name", "site-root", "site-pkg-dir"] {
        assert!(server.contains_key(name), "{name}");
    }
}
