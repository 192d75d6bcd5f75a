// Measurements, not tests: they print figures and fail only where something does not work at all.
import base from './playwright.config.ts';

export default { ...base, testDir: './bench', workers: 1, timeout: 900_000, projects: [base.projects![0]] };
