// Official clients against every wire: no page of ours is loaded, so no web client has to be built.
// SWITCHBOARD_BINARY chooses the server, SWITCHBOARD_PYTHON the interpreter that has python-socketio.
import base from './playwright.config.ts';

export default {
  ...base,
  testDir: './wires',
  timeout: 90_000,
  use: { ...base.use, trace: 'off' as const },
  projects: [base.projects![0]],
};
