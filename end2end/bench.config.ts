// Measurements, not tests: they print figures and fail only where something does not work at all, or grows.
import base from './playwright.config.ts';

export default {
  ...base,
  testDir: './bench',
  workers: 1,
  timeout: 900_000,
  // Whoever watches slows down.
  use: { ...base.use, trace: 'off' as const, actionTimeout: 30_000 },
  projects: [base.projects![0]],
};
