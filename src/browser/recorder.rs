//! The microphone: what is said, and how loud it is meanwhile.

use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioContext, Blob, BlobEvent, BlobPropertyBag, MediaRecorder, MediaRecorderOptions, MediaStream,
    MediaStreamConstraints, MediaStreamTrack,
};

/// How often the loudness is looked at, in milliseconds.
const STEP: i32 = 100;
/// What is asked of the browser, the first that it can do.
const TYPES: [&str; 3] = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

/// What was recorded.
pub struct Recording {
    pub file: Blob,
    /// How loud it was at each step, from 0 to 100.
    pub levels: Vec<u8>,
}

/// A recording under way. Dropping it gives it up and lets go of the microphone.
pub struct Recorder {
    recorder: MediaRecorder,
    stream: MediaStream,
    context: Option<AudioContext>,
    interval: Option<i32>,
    parts: js_sys::Array,
    levels: Rc<RefCell<Vec<u8>>>,
    _data: Closure<dyn FnMut(BlobEvent)>,
    _look: Option<Closure<dyn FnMut()>>,
    stopped: Option<Closure<dyn FnMut()>>,
}

/// Whether this browser can record at all; never on a page that came over plain HTTP from elsewhere.
#[must_use]
pub fn can_record() -> bool {
    let devices = web_sys::window().and_then(|window| window.navigator().media_devices().ok());
    devices.is_some_and(|devices| !devices.is_undefined())
        && js_sys::Reflect::has(&js_sys::global(), &"MediaRecorder".into()).unwrap_or(false)
}

impl Recorder {
    /// Asks for the microphone and begins. `level` is told how loud it is, from 0 to 100.
    ///
    /// # Errors
    /// Where the browser or its user refuses.
    pub async fn start(level: impl Fn(u8) + 'static) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or(JsValue::NULL)?;
        let wanted = MediaStreamConstraints::new();
        wanted.set_audio_bool(true);
        let asked = window.navigator().media_devices()?.get_user_media_with_constraints(&wanted)?;
        let stream: MediaStream = JsFuture::from(asked).await?.unchecked_into();
        let options = MediaRecorderOptions::new();
        if let Some(kind) = TYPES.into_iter().find(|kind| MediaRecorder::is_type_supported(kind)) {
            options.set_mime_type(kind);
        }
        let recorder = MediaRecorder::new_with_media_stream_and_media_recorder_options(&stream, &options)?;
        let parts = js_sys::Array::new();
        let on_data = {
            let parts = parts.clone();
            Closure::<dyn FnMut(BlobEvent)>::new(move |event: BlobEvent| {
                if let Some(part) = event.data() {
                    parts.push(&part);
                }
            })
        };
        recorder.set_ondataavailable(Some(on_data.as_ref().unchecked_ref()));
        let levels = Rc::new(RefCell::new(Vec::new()));
        // Without a meter it is recorded all the same.
        let (context, look) = match meter(&stream, Rc::clone(&levels), level) {
            Ok((context, look)) => (Some(context), Some(look)),
            Err(_) => (None, None),
        };
        let interval = look.as_ref().and_then(|look| {
            let call = look.as_ref().unchecked_ref();
            window.set_interval_with_callback_and_timeout_and_arguments_0(call, STEP).ok()
        });
        recorder.start_with_time_slice(1_000)?;
        Ok(Self {
            recorder,
            stream,
            context,
            interval,
            parts,
            levels,
            _data: on_data,
            _look: look,
            stopped: None,
        })
    }

    /// Ends it. `then` gets what was recorded.
    pub fn finish(mut self, then: impl FnOnce(Recording) + 'static) {
        let (parts, levels) = (self.parts.clone(), self.levels.borrow().clone());
        // "audio/webm;codecs=opus" is what it is; what it says it is has no parameters.
        let kind = self.recorder.mime_type().split(';').next().unwrap_or_default().to_owned();
        let mut then = Some(then);
        let kept: Rc<RefCell<Option<Self>>> = Rc::default();
        let held = Rc::clone(&kept);
        let stopped = Closure::<dyn FnMut()>::new(move || {
            let bag = BlobPropertyBag::new();
            bag.set_type(&kind);
            let file = Blob::new_with_blob_sequence_and_options(&parts, &bag);
            let (then, recorder) = (then.take(), held.take());
            let levels = levels.clone();
            super::spawn(async move {
                // Only now: it has the very closure that runs here.
                drop(recorder);
                if let (Some(then), Ok(file)) = (then, file) {
                    then(Recording { file, levels });
                }
            });
        });
        self.recorder.set_onstop(Some(stopped.as_ref().unchecked_ref()));
        self.stopped = Some(stopped);
        let recorder = self.recorder.clone();
        kept.replace(Some(self));
        // Refused only for one that has ended: then there is nothing to be had of it.
        drop(recorder.stop());
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.recorder.set_ondataavailable(None);
        self.recorder.set_onstop(None);
        drop(self.recorder.stop());
        if let (Some(interval), Some(window)) = (self.interval, web_sys::window()) {
            window.clear_interval_with_handle(interval);
        }
        for track in self.stream.get_tracks().iter() {
            track.unchecked_into::<MediaStreamTrack>().stop();
        }
        if let Some(context) = &self.context {
            drop(context.close());
        }
    }
}

type Meter = (AudioContext, Closure<dyn FnMut()>);

fn meter(
    stream: &MediaStream,
    levels: Rc<RefCell<Vec<u8>>>,
    level: impl Fn(u8) + 'static,
) -> Result<Meter, JsValue> {
    let context = AudioContext::new()?;
    let analyser = context.create_analyser()?;
    analyser.set_fft_size(512);
    context.create_media_stream_source(stream)?.connect_with_audio_node(&analyser)?;
    let look = Closure::<dyn FnMut()>::new(move || {
        let mut wave = [128_u8; 512];
        analyser.get_byte_time_domain_data(&mut wave);
        let loud = crate::model::loudness(&wave);
        levels.borrow_mut().push(loud);
        level(loud);
    });
    Ok((context, look))
}
