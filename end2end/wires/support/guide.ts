// The integrator's guide: its examples, and what each of them has to print.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../docs/', import.meta.url));

export const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith('.md')).sort();

/** One line of an example's notes, such as `prints: hello`. */
export type Step = { what: string; value: string };
export type Example = { page: string; line: number; language: string; code: string; steps: Step[] };

/** The blocks of a page in `sh`, `js` and `python`. Each has notes in a comment above it; one without is an error. */
export function examples(page: string): Example[] {
  const text = readFileSync(FOLDER + page, 'utf8');
  const found: Example[] = [];
  for (const block of text.matchAll(/(?:<!-- test\n([^]*?)-->\n)?```(\w*)\n([^]*?)```/g)) {
    const [, notes, language, code] = block;
    const line = text.slice(0, block.index).split('\n').length;
    if (!notes) throw new Error(`${page}:${line}: an example that no test runs`);
    const steps = notes.trim().split('\n').map((note) => {
      const [, what, value] = /^([\w ]+): (.*)$/.exec(note) ?? [];
      if (!what) throw new Error(`${page}:${line}: ${note}`);
      return { what, value };
    });
    found.push({ page, line, language, code, steps });
  }
  return found;
}

/** The files and parts of pages that a page points at. */
export function links(page: string): string[] {
  return [...readFileSync(FOLDER + page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
}

/** The headings of a page, as they are pointed at. */
export function anchors(page: string): string[] {
  const headings = [...readFileSync(FOLDER + page, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
  return headings.map((heading) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replace(/ /g, '-'));
}
