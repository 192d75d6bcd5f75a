// Programs written for a browser, bundled as their authors' own tools do and run in Chromium.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type { Site } from './index.ts';

const FOLDER = fileURLToPath(new URL('../', import.meta.url));

/** The text of an example. */
export const example = (name: string) => readFileSync(`${FOLDER}examples/${name}`, 'utf8');

/** Puts in what stands for the reader's own; each of them has to be there. */
export function filled(text: string, values: Record<string, string>): string {
  return Object.entries(values).reduce((filled, [from, to]) => {
    if (!filled.includes(from)) throw new Error(`the example does not say ${from}`);
    return filled.replaceAll(from, to);
  }, text);
}

/** One script of a program that names its packages. */
export async function bundle(program: string, packages: Record<string, string> = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: FOLDER, loader: 'jsx' },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [{
      name: 'packages',
      setup(build) {
        build.onResolve({ filter: /.*/ }, ({ path }) => (path in packages ? { path, namespace: 'given' } : undefined));
        build.onLoad({ filter: /.*/, namespace: 'given' }, ({ path }) => ({ contents: packages[path], loader: 'jsx', resolveDir: FOLDER }));
      },
    }],
  });
  return outputFiles[0].text;
}

/** Serves a page with these scripts from the site, opens it, and collects what it prints. */
export async function openPage(page: Page, site: Site, scripts: string[], body = ''): Promise<string[]> {
  const printed: string[] = [];
  page.on('console', (message) => printed.push(message.text()));
  page.on('pageerror', (error) => printed.push(`thrown: ${error.message}`));
  scripts.forEach((script, index) => site.put(`/${index}.js`, 'text/javascript; charset=utf-8', script));
  const tags = scripts.map((_, index) => `<script src="/${index}.js"></script>`).join('');
  site.put('/', 'text/html; charset=utf-8', `<!doctype html><title>Somebody’s page</title>${body}${tags}`);
  await page.goto(site.origin);
  return printed;
}
