//! The build trusts nobody whom it should not: no dependency has a feature on that switches
//! verification off. Such features hold for the whole binary, whoever turned them on.

use serde_json::Value;
use std::process::Command;

/// What Cargo makes of our manifest, for this machine and with every feature of ours.
fn resolved() -> Value {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--all-features"])
        .args(["--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn no_feature_that_switches_verification_off_is_on() {
    let resolved = resolved();
    let offered = resolved["packages"].as_array().unwrap().iter().any(|package| {
        package["features"].as_object().unwrap().keys().any(|feature| feature.starts_with("danger"))
    });
    assert!(offered, "if no package offers such a feature any more, this test proves nothing");
    let nodes = resolved["resolve"]["nodes"].as_array().unwrap();
    assert!(nodes.iter().any(|node| node["id"].as_str().unwrap().contains("#whatsapp-rust@")));
    for node in nodes {
        for feature in node["features"].as_array().unwrap() {
            let feature = feature.as_str().unwrap();
            assert!(!feature.starts_with("danger"), "{} has {feature} on", node["id"]);
        }
    }
}

#[test]
fn our_manifest_names_no_such_feature() {
    let manifest = include_str!("../../Cargo.toml");
    for line in manifest.lines().filter(|line| !line.trim_start().starts_with('#')) {
        assert!(!line.contains("danger"), "{line}");
    }
}
