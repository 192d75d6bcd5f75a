// Pictures of every screen, to be looked at: `npx playwright test --config pictures.config.ts`.
import { devices } from '@playwright/test';
import base from './playwright.config.ts';

const { launchOptions } = base.use!;
const size = (name: string, device: any, width: number, height: number) => [
  { name: `${name}-light`, use: { ...device, viewport: { width, height }, colorScheme: 'light' as const, launchOptions } },
  { name: `${name}-dark`, use: { ...device, viewport: { width, height }, colorScheme: 'dark' as const, launchOptions } },
];

export default {
  ...base,
  testDir: './pictures',
  workers: 1,
  timeout: 180_000,
  projects: [...size('desktop', devices['Desktop Chrome'], 1280, 800), ...size('phone', { ...devices['Pixel 7'], deviceScaleFactor: 2 }, 390, 844)],
};
