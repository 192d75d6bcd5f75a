// The panel behind `?debug`: what comes over the stream, how long each hop takes, and where the client stands.
// Kinds and positions only: no text of a message is shown or kept.

const MOST = 200;

const make = (tag, name, parent, text = '') => {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  parent?.append(element);
  return element;
};
// What the client may gather until the next paint; it takes everything else in as it comes.
const GATHERED = ['event', 'live', 'cursor'];
const ms = (value) => (value === undefined ? '–' : `${Math.round(value)} ms`);

/** @param live Whether the stream said hello already. */
export function start(live) {
  const panel = make('aside', 'debug', document.body);
  panel.setAttribute('aria-label', 'Debug');
  const head = make('div', 'debug__head', panel);
  const facts = make('output', 'debug__facts', head);
  const close = make('button', 'debug__close', head, '×');
  close.type = 'button';
  close.setAttribute('aria-label', 'Close the debug panel');
  close.onclick = () => panel.remove();
  const log = make('ol', 'debug__log', panel);
  log.tabIndex = 0;
  log.setAttribute('aria-label', 'Frames');

  const state = { line: live ? 'live' : navigator.onLine ? 'connecting' : 'offline', cursor: '–', frames: 0 };
  const show = () => {
    facts.textContent = `${state.line} · cursor ${state.cursor} · ${state.frames} frames · server to here ${ms(state.wire)} · applied ${ms(state.applied)} · painted ${ms(state.painted)}`;
  };
  show();
  addEventListener('switchboard:line', ({ detail }) => { state.line = detail ? 'live' : 'down'; show(); });
  // When the first frame came that is not taken in yet.
  let waiting;
  const taken = (came) => {
    state.applied = performance.now() - came;
    requestAnimationFrame(() => setTimeout(() => { state.painted = performance.now() - came; show(); }));
  };
  addEventListener('switchboard:applied', () => {
    if (waiting !== undefined) taken(waiting);
    waiting = undefined;
  });
  addEventListener('switchboard:frame', ({ detail }) => {
    const came = performance.now();
    const at = Date.now();
    const frame = JSON.parse(detail);
    const inner = frame.event ?? {};
    state.frames += 1;
    if (frame.type === 'hello') state.line = 'live';
    state.cursor = inner.cursor ?? frame.cursor ?? state.cursor;
    // By two clocks: of a server elsewhere it is true up to their difference.
    if (frame.type === 'event') state.wire = at - inner.at;
    const kind = [frame.type, inner.type].filter(Boolean).join(' ');
    const row = make('li', 'debug__row', null, `${new Date(at).toISOString().slice(11, 23)} ${kind} ${inner.cursor ?? frame.cursor ?? ''}`);
    log.prepend(row);
    while (log.childElementCount > MOST) log.lastElementChild.remove();
    if (GATHERED.includes(frame.type)) waiting ??= came;
    // Within this very task: after it comes the first microtask.
    else queueMicrotask(() => taken(came));
  });
}
