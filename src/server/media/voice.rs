//! Voice: WhatsApp plays Opus in Ogg and nothing else, browsers record it in WebM.

use super::rows::{self, Probed};
use super::service::{Media, StoredMedia, blocking};
use super::{MediaError, remux, staging};
use crate::protocol::MediaId;
use crate::server::reach::Reach;
use crate::server::storage::query;
use std::fs::File;
use std::io::{BufReader, BufWriter};

/// What WhatsApp plays as a voice message.
const VOICE: &str = "audio/ogg";

impl Media {
    /// A file to be sent as a voice message. One that a browser recorded (Opus in WebM) is put into Ogg, packet by
    /// packet, without touching the sound; from then on it is that file.
    ///
    /// # Errors
    /// As [`Media::for_sending`], and [`MediaError::Invalid`] for what is neither Ogg nor WebM with Opus in it.
    /// It has a waveform then, reckoned from the recording if nobody gave one.
    pub async fn for_voice(&self, reach: &Reach, id: &MediaId) -> Result<StoredMedia, MediaError> {
        let stored = self.for_sending(reach, id).await?;
        match stored.content_type.as_str() {
            VOICE => return self.heard(stored).await,
            "audio/webm" | "video/webm" => {}
            _ => return Err(MediaError::Invalid("A voice message is Opus, in Ogg or WebM.".to_owned())),
        }
        let scratch = self.inner.blobs.scratch(self.inner.source.id("part"));
        let (from, serial) = (self.local(&stored).await?, u32::from_le_bytes(self.inner.source.bytes()));
        let (staged, duration_ms) = blocking(move || {
            let input = BufReader::new(File::open(from.path()).map_err(MediaError::disk)?);
            let output = BufWriter::new(File::create_new(&scratch.path).map_err(MediaError::disk)?);
            let duration = match remux::webm_to_ogg(input, output, serial) {
                Ok(duration) => duration,
                Err(remux::RemuxError::Io(error)) => return Err(MediaError::disk(error)),
                Err(error) => {
                    return Err(MediaError::Invalid(format!("The recording cannot be used: {error}.")));
                }
            };
            Ok((staging::take(scratch)?, duration))
        })
        .await?;
        let probed =
            Probed { content_type: VOICE.to_owned(), duration_ms: Some(duration_ms), ..Probed::default() };
        let placing = self.inner.placing.read().await;
        self.inner.blobs.keep(&staged.scratch, &stored.workspace, &staged.sha256).await?;
        // What was uploaded of it before was another file.
        let forget = query("DELETE FROM media_uploads WHERE media_id = $1").bind(id);
        self.inner.store.execute(forget).await?;
        self.inner.store.execute(rows::available(id, &staged.sha256, staged.size, &probed)).await?;
        drop(placing);
        let stored = self.for_sending(reach, id).await?;
        self.heard(stored).await
    }

    /// A voice message with its waveform.
    async fn heard(&self, mut stored: StoredMedia) -> Result<StoredMedia, MediaError> {
        if stored.waveform.as_ref().is_some_and(|waveform| !waveform.is_empty()) {
            return Ok(stored);
        }
        let file = self.local(&stored).await?;
        let waveform = blocking(move || {
            let input = BufReader::new(File::open(file.path()).map_err(MediaError::disk)?);
            let reckoned = remux::ogg_waveform(input).map_err(MediaError::disk)?;
            reckoned.ok_or_else(|| MediaError::Invalid("There is no Opus in this recording.".to_owned()))
        })
        .await?;
        self.inner.store.execute(rows::heard(&stored.id, &waveform)).await?;
        stored.waveform = Some(waveform);
        Ok(stored)
    }
}
