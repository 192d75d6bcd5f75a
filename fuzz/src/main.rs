//! libFuzzer feeds the codec of the Socket.IO server: no input may make it panic, and whatever it takes for a
//! packet must survive being sent and read again.

#![no_main]

mod socketio;

libfuzzer_sys::fuzz_target!(|input: &[u8]| socketio::try_everything(input));
