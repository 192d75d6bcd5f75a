// The program is compiled while the page is still being read and drawn. Stands behind the link that has it loaded, whose
// answer it takes. Where this fails, whoever asks for the program fetches it again.
window.switchboardWasm = WebAssembly.compileStreaming(fetch(document.querySelector('link[href$="/switchboard.wasm"]').href));
window.switchboardWasm.catch(() => {});
