//! Files through the API: up, down, in parts, and never as something that a browser runs.

use crate::support;
use crate::support::{API_KEY, Server};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use ureq::http::{Request, Response};

struct Answer {
    status: u16,
    response: Response<()>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    #[track_caller]
    fn id(&self) -> String {
        assert_eq!(self.status, 201, "{}", String::from_utf8_lossy(&self.body));
        self.json()["id"].as_str().unwrap().to_owned()
    }
}

fn call(server: &Server, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let mut request = Request::builder().method(method).uri(format!("{}/api/v1{path}", server.url));
    if !headers.iter().any(|(name, _)| *name == "x-api-key") {
        request = request.header("x-api-key", API_KEY);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = match body {
        [] => agent.run(request.body(()).unwrap()),
        body => agent.run(request.body(body).unwrap()),
    };
    let (parts, mut body) = response.unwrap().into_parts();
    let body = body.read_to_vec().unwrap();
    Answer { status: parts.status.as_u16(), response: Response::from_parts(parts, ()), body }
}

fn upload(server: &Server, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    call(server, "POST", "/media", headers, body)
}

/// A picture of one colour.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![90; (width * height * 3) as usize]).unwrap();
    writer.finish().unwrap();
    out
}

#[test]
fn a_file_goes_up_and_comes_down_as_it_was() {
    let server = Server::start();
    // More than the limit of every other body.
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let name = [("content-type", "application/x-thing"), ("x-file-name", "Factura%20n%C2%BA%207.bin")];
    let up = upload(&server, &name, &bytes);
    let id = up.id();
    let info = up.json();
    assert_eq!(info["size"], 3_000_000);
    assert_eq!((&info["kind"], &info["state"]), (&json!("document"), &json!("available")));
    assert_eq!(info["contentType"], "application/x-thing");
    assert_eq!(info["fileName"], "Factura nº 7.bin");
    assert_eq!(info["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(server.get(&format!("/media/{id}")), info);

    let content = format!("/media/{id}/content");
    let whole = call(&server, "GET", &content, &[("accept-encoding", "gzip, br")], b"");
    assert_eq!(whole.status, 200);
    assert!(whole.body == bytes);
    assert_eq!(whole.header("content-length"), "3000000");
    assert_eq!(whole.header("content-type"), "application/octet-stream");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    assert_eq!(whole.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(
        whole.header("content-disposition"),
        "attachment; filename=\"Factura n_ 7.bin\"; filename*=UTF-8''Factura%20n%C2%BA%207.bin"
    );
    let tag = whole.header("etag").to_owned();

    let part = call(&server, "GET", &content, &[("range", "bytes=70000-199999")], b"");
    assert_eq!((part.status, part.header("content-range")), (206, "bytes 70000-199999/3000000"));
    assert!(part.body == bytes[70_000..200_000]);
    let end = call(&server, "GET", &content, &[("range", "bytes=-5")], b"");
    assert!(end.status == 206 && end.body == bytes[2_999_995..]);
    let beyond = call(&server, "GET", &content, &[("range", "bytes=3000000-")], b"");
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */3000000"));
    let stale = call(&server, "GET", &content, &[("range", "bytes=0-0"), ("if-range", "\"x\"")], b"");
    assert_eq!((stale.status, stale.body.len()), (200, bytes.len()));
    let known = call(&server, "GET", &content, &[("if-none-match", &tag)], b"");
    assert_eq!((known.status, known.body.len()), (304, 0));
    let head = call(&server, "HEAD", &content, &[], b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "3000000", 0));
    assert_eq!(call(&server, "GET", &format!("/media/{id}/thumbnail"), &[], b"").status, 404);
}

#[test]
fn a_form_is_taken_too() {
    let server = Server::start();
    let body = b"--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nfirst\r\n--x\r\nContent-Disposition: form-data; \
        name=\"file\"; filename=\"list.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\n1,2\n\r\n--x--\r\n";
    let form = [("content-type", "multipart/form-data; boundary=x")];
    let info = upload(&server, &form, body).json();
    assert_eq!((&info["fileName"], &info["contentType"]), (&json!("list.csv"), &json!("text/csv")));
    assert_eq!(info["size"], 8);
    let query = call(&server, "POST", "/media?fileName=%C3%B1.csv", &form, body).json();
    assert_eq!((&query["fileName"], &query["sha256"]), (&json!("ñ.csv"), &info["sha256"]));
    for wrong in [&b"--x--\r\n"[..], b"--x\r\n", b"nonsense", &body[..90], &body[..body.len() - 20]] {
        let answer = upload(&server, &form, wrong);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("invalid")), "{wrong:?}");
    }
}

#[test]
fn limits_are_held() {
    let server = Server::start_with(&[("SWITCHBOARD_MEDIA_LIMIT", "2000".into())]);
    assert_eq!(upload(&server, &[], &[7; 2_000]).status, 201);
    let large = upload(&server, &[], &[7; 2_001]);
    assert_eq!((large.status, large.json()["code"].as_str()), (413, Some("too_large")));
    let empty = upload(&server, &[], b"");
    assert_eq!((empty.status, empty.json()["code"].as_str()), (400, Some("invalid")));
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n{}\r\n--x--\r\n",
        "7".repeat(2_001)
    );
    let form = upload(&server, &[("content-type", "multipart/form-data; boundary=x")], form.as_bytes());
    assert_eq!(form.status, 413);
    assert_eq!(upload(&server, &[("x-file-name", "%FF")], b"x").status, 400);

    // Without a length, it is counted as it comes.
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let mut chunked = format!(
        "POST /api/v1/media HTTP/1.1\r\nhost: x\r\nx-api-key: {API_KEY}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    for _ in 0..3 {
        chunked.push_str(&format!("320\r\n{}\r\n", "7".repeat(800)));
    }
    stream.write_all(chunked.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");

    // Every other body keeps its limit.
    let json = [("content-type", "application/json")];
    let device = call(&server, "POST", "/devices", &json, &vec![b' '; 1_050_000]);
    assert_eq!(device.status, 413);
    let left: Vec<_> = std::fs::read_dir(server.folder.join("data/media/incoming")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn nothing_is_served_that_a_browser_runs() {
    let server = Server::start();
    let pages: [(&[u8], &str, &str); 5] = [
        (b"<!doctype html><script>alert(1)</script>", "image/png", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml", "image/svg+xml"),
        (b"<?xml version='1.0'?><x/>", "text/xml", "application/xml"),
        (b"alert(1)", "application/javascript", "application/javascript"),
        (b"x { }", "text/css", "text/css"),
    ];
    for (bytes, claim, kept) in pages {
        let up = upload(&server, &[("content-type", claim)], bytes);
        let id = up.id();
        assert_eq!((&up.json()["contentType"], &up.json()["kind"]), (&json!(kept), &json!("document")));
        let down = call(&server, "GET", &format!("/media/{id}/content"), &[], b"");
        assert_eq!(down.header("content-type"), "application/octet-stream", "{claim}");
        assert!(down.header("content-disposition").starts_with("attachment"), "{claim}");
        assert_eq!(call(&server, "GET", &format!("/media/{id}/thumbnail"), &[], b"").status, 404);
    }
    let pdf = upload(&server, &[], b"%PDF-1.7 ...").id();
    let pdf = call(&server, "GET", &format!("/media/{pdf}/content"), &[], b"");
    assert_eq!(
        (pdf.header("content-type"), pdf.header("content-disposition")),
        ("application/pdf", "attachment")
    );
}

#[test]
fn pictures_are_measured_and_made_small() {
    let server = Server::start();
    let up = upload(&server, &[("content-type", "text/plain"), ("x-file-name", "a.png")], &png(800, 200));
    let (id, info) = (up.id(), up.json());
    assert_eq!((&info["contentType"], &info["kind"]), (&json!("image/png"), &json!("image")));
    assert_eq!((&info["width"], &info["height"]), (&json!(800), &json!(200)));
    let down = call(&server, "GET", &format!("/media/{id}/content"), &[], b"");
    assert_eq!(down.header("content-type"), "image/png");
    assert!(down.header("content-disposition").starts_with("inline; filename=\"a.png\""));
    let path = format!("/media/{id}/thumbnail");
    let small = call(&server, "GET", &path, &[], b"");
    assert_eq!((small.status, small.header("content-type")), (200, "image/jpeg"));
    let size = imagesize(&small.body);
    assert_eq!(size, (320, 80));
    let tag = small.header("etag").to_owned();
    assert_eq!(call(&server, "GET", &path, &[("if-none-match", &tag)], b"").status, 304);

    // What says that it is huge is not even begun with.
    let mut bomb = png(1, 1);
    bomb[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let sum = crc(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&sum.to_be_bytes());
    let bomb = upload(&server, &[], &bomb).id();
    assert_eq!(call(&server, "GET", &format!("/media/{bomb}/thumbnail"), &[], b"").status, 404);
    let broken = upload(&server, &[], &png(50, 50)[..60]).id();
    assert_eq!(call(&server, "GET", &format!("/media/{broken}/thumbnail"), &[], b"").status, 404);
}

/// Width and height of a JPEG, from its frame header.
fn imagesize(jpeg: &[u8]) -> (u16, u16) {
    let mut at = 2;
    while !matches!(jpeg[at + 1], 0xc0..=0xc2) {
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    let side = |at: usize| u16::from_be_bytes([jpeg[at], jpeg[at + 1]]);
    (side(at + 7), side(at + 5))
}

/// CRC-32 as PNG has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 },
        )
    })
}

#[test]
fn those_who_may_only_read_send_nothing_and_others_see_nothing() {
    let server = Server::start();
    let id = upload(&server, &[], b"secret words").id();
    let key = |body: Value| server.post("/api-keys", body)["key"].as_str().unwrap().to_owned();
    let reader = key(json!({"name": "reader", "permission": "read"}));
    assert_eq!(upload(&server, &[("x-api-key", &reader)], b"x").status, 403);
    assert_eq!(
        call(&server, "GET", &format!("/media/{id}/content"), &[("x-api-key", &reader)], b"").body,
        b"secret words"
    );
    let devices: Vec<String> = ["A", "B"]
        .into_iter()
        .map(|name| server.post("/devices", json!({"name": name}))["id"].as_str().unwrap().to_owned())
        .collect();
    let of = |device: &str| key(json!({"name": "d", "permission": "send", "deviceIds": [device]}));
    let (of_a, of_b) = (of(&devices[0]), of(&devices[1]));
    let theirs = upload(&server, &[("x-api-key", &of_a)], b"words of a").id();
    for end in ["", "/content", "/thumbnail"] {
        for (who, id) in [(&of_a, &id), (&of_b, &id), (&of_b, &theirs)] {
            let answer = call(&server, "GET", &format!("/media/{id}{end}"), &[("x-api-key", who)], b"");
            let nowhere =
                call(&server, "GET", &format!("/media/med_nothing{end}"), &[("x-api-key", who)], b"");
            assert_eq!((answer.status, answer.json()), (404, nowhere.json()));
        }
    }
    let own = call(&server, "GET", &format!("/media/{theirs}/content"), &[("x-api-key", &of_a)], b"");
    assert_eq!((own.status, own.body.as_slice()), (200, &b"words of a"[..]));
}

#[test]
fn files_outlive_the_server() {
    for environment in support::databases() {
        let mut server = Server::start_with(&environment);
        let id = upload(&server, &[], b"still here").id();
        server.kill();
        server.run();
        assert_eq!(call(&server, "GET", &format!("/media/{id}/content"), &[], b"").body, b"still here");
    }
}
