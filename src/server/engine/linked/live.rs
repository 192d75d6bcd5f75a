//! WhatsApp itself: its address, over TLS, with every certificate checked.

use super::endpoint::{Endpoint, Endpoints};
use crate::protocol::DeviceId;
use std::sync::Arc;
use whatsapp_rust::http::UreqHttpClient;
use whatsapp_rust::transport::{TokioWebSocketTransportFactory, default_tls_connector};
use whatsapp_rust::wacore::net::WHATSAPP_WEB_WS_URL;

/// The largest answer that is read, in bytes. The largest thing that is asked for is a part of the
/// history, which has some megabytes.
const MAX_BODY: u64 = 256 << 20;

/// How every device reaches WhatsApp.
pub struct LiveEndpoints {
    http: Arc<UreqHttpClient>,
}

impl LiveEndpoints {
    #[must_use]
    pub fn new() -> Self {
        Self { http: Arc::new(UreqHttpClient::new().with_max_body_bytes(MAX_BODY)) }
    }
}

impl Default for LiveEndpoints {
    fn default() -> Self {
        Self::new()
    }
}

/// The transport to this address, with the certificates of the public authorities and no others.
fn transport(url: &str) -> TokioWebSocketTransportFactory {
    TokioWebSocketTransportFactory::new().with_url(url).with_connector(default_tls_connector())
}

impl Endpoints for LiveEndpoints {
    fn endpoint(&self, _: &DeviceId) -> Endpoint {
        // No seed: WhatsApp's servers are vouched for by its root key.
        Endpoint { transport: Arc::new(transport(WHATSAPP_WEB_WS_URL)), http: self.http.clone(), trust: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use whatsapp_rust::transport::{Connector, TransportFactory as _};

    #[test]
    fn the_address_is_whatsapps_own_over_tls() {
        assert_eq!(WHATSAPP_WEB_WS_URL, "wss://web.whatsapp.com/ws/chat");
        let endpoint = LiveEndpoints::new().endpoint(&"dev_1".parse().unwrap());
        assert!(endpoint.trust.is_none(), "nothing is trusted in advance");
    }

    #[test]
    fn certificates_are_checked_against_the_public_authorities() {
        let Connector::Rustls(connector) = default_tls_connector() else { panic!("TLS is spoken") };
        let config = format!("{:?}", connector.config());
        assert!(config.contains("WebPkiServerVerifier"), "{config}");
        assert!(!config.contains("NoVerifier"), "{config}");
    }

    #[tokio::test]
    async fn it_greets_in_tls_and_leaves_whoever_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("wss://{}/ws/chat", listener.local_addr().unwrap());
        let plain = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut first = [0; 3];
            stream.read_exact(&mut first).await.unwrap();
            stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await.unwrap();
            first
        });
        assert!(transport(&url).create_transport().await.is_err());
        // A TLS handshake record of any version, not "GET".
        assert_eq!(plain.await.unwrap()[..2], [0x16, 0x03]);
    }

    /// A TLS server with a certificate that it made itself, where the machine has the tool for it.
    struct SelfSigned {
        server: Child,
        folder: std::path::PathBuf,
        port: u16,
    }

    impl SelfSigned {
        fn start() -> Option<Self> {
            let token = crate::server::source::Source::system().token(16);
            let folder = std::env::temp_dir().join(format!("switchboard_test_{token}"));
            std::fs::create_dir_all(&folder).unwrap();
            let made = Command::new("openssl")
                .args([
                    "req",
                    "-x509",
                    "-newkey",
                    "rsa:2048",
                    "-nodes",
                    "-days",
                    "1",
                    "-subj",
                    "/CN=localhost",
                ])
                .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"])
                .current_dir(&folder)
                .stderr(Stdio::null())
                .status();
            if !made.is_ok_and(|status| status.success()) {
                return None;
            }
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let server = Command::new("openssl")
                .args(["s_server", "-quiet", "-cert", "cert.pem", "-key", "key.pem"])
                .args(["-accept", &format!("127.0.0.1:{port}")])
                .current_dir(&folder)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            Some(Self { server, folder, port })
        }
    }

    impl Drop for SelfSigned {
        fn drop(&mut self) {
            let _ = self.server.kill();
            let _ = self.server.wait();
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    #[tokio::test]
    async fn a_certificate_that_nobody_vouches_for_is_refused() {
        let Some(server) = SelfSigned::start() else { return };
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        loop {
            let url = format!("wss://localhost:{}/ws/chat", server.port);
            let refused = transport(&url).create_transport().await.err().map(|error| error.to_string());
            let refused = refused.expect("nobody may be trusted who vouches for himself");
            if refused.contains("certificate") {
                break;
            }
            // The server is not up yet.
            assert!(tokio::time::Instant::now() < deadline, "{refused}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
