// Writes the emoji's names and what else they are found by, public/emoji/LANGUAGE.json, out of Unicode CLDR. Which emoji
// there are, and in which order, stands in public/emoji/faces.json: those of Unicode's emoji-test.txt without tones of
// skin, group by group. A group of names is `group|name;words|name;words…`, one name for each face.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const VERSION = '48.2.0';
const PACKAGES = { 'cldr-annotations-full': 'annotations', 'cldr-annotations-derived-full': 'annotationsDerived' };
const FOLDER = resolve(import.meta.dirname, '../public/emoji');
// CLDR names single characters, and the groups not as emoji-test.txt has them.
const GROUPS = {
  en: ['Smileys & Emotion', 'People & Body', 'Animals & Nature', 'Food & Drink', 'Travel & Places', 'Activities', 'Objects', 'Symbols', 'Flags'],
  es: ['Caras y emociones', 'Personas y cuerpo', 'Animales y naturaleza', 'Comida y bebida', 'Viajes y lugares', 'Actividades', 'Objetos', 'Símbolos', 'Banderas'],
  pt: ['Rostos e emoções', 'Pessoas e corpo', 'Animais e natureza', 'Comida e bebida', 'Viagens e lugares', 'Atividades', 'Objetos', 'Símbolos', 'Bandeiras'],
  de: ['Smileys und Gefühle', 'Menschen und Körper', 'Tiere und Natur', 'Essen und Trinken', 'Reisen und Orte', 'Aktivitäten', 'Gegenstände', 'Symbole', 'Flaggen'],
  ar: ['الوجوه والمشاعر', 'الأشخاص والجسم', 'الحيوانات والطبيعة', 'الطعام والشراب', 'السفر والأماكن', 'الأنشطة', 'الأشياء', 'الرموز', 'الأعلام'],
};
// What the client takes away from what is typed and from names (`model::found`): the marks of Latin letters and the
// hamza. Words are written without all the others, too, so that an Arabic name with vowels is found without.
const TAKEN = /[\u0300-\u036f\u0653-\u0655]/g;

const folded = (text, marks) => text.normalize('NFKD').replace(marks, '').toLowerCase();
const words = (text) => text.split(/[\s,:;|()"“”„’]+/).filter((word) => word.length > 1 || /\d/.test(word));

/** The name, and the words that it is found by beside those that the name or another word begins with. */
function entry(face, annotations) {
  // The character that asks for a coloured picture is no part of the keys.
  const { tts: [name] = [], default: more = [] } = annotations[face] ?? annotations[face.replaceAll('\ufe0f', '')] ?? {};
  if (!name || /[|;]/.test(name)) throw new Error(`${face} has no name, or one that cannot be kept: ${name}`);
  const said = words(folded(name, TAKEN));
  const all = [...new Set(words(folded([name, ...more].join(' '), /\p{M}/gu)))];
  const begins = (others, word) => others.some((other) => other !== word && other.startsWith(word));
  const kept = all.filter((word) => !said.includes(word) && !begins(said, word) && !begins(all, word));
  return kept.length ? `${name};${kept.join(' ')}` : name;
}

const temporary = mkdtempSync(join(tmpdir(), 'switchboard-emoji.'));
try {
  for (const name of Object.keys(PACKAGES)) {
    const [archive] = execFileSync('npm', ['pack', '--silent', `${name}@${VERSION}`], { cwd: temporary, encoding: 'utf8' }).split('\n');
    execFileSync('tar', ['-xzf', archive, '--one-top-level=' + name, '--strip-components=1'], { cwd: temporary });
  }
  const faces = JSON.parse(readFileSync(join(FOLDER, 'faces.json'), 'utf8')).map((group) => group.split(' '));
  for (const [language, groups] of Object.entries(GROUPS)) {
    const annotations = {};
    for (const [name, kind] of Object.entries(PACKAGES)) {
      const file = JSON.parse(readFileSync(join(temporary, name, kind, language, 'annotations.json'), 'utf8'));
      Object.assign(annotations, file[kind].annotations);
    }
    const lines = faces.map((group, place) => JSON.stringify([groups[place], ...group.map((face) => entry(face, annotations))].join('|')));
    writeFileSync(join(FOLDER, `${language}.json`), `[\n${lines.join(',\n')}\n]\n`);
  }
  const licence = readFileSync(join(temporary, 'cldr-annotations-full', 'LICENSE'), 'utf8');
  writeFileSync(join(FOLDER, 'LICENSE.txt'), `The names of emoji in this folder come from Unicode CLDR ${VERSION}.\n\n${licence}`);
} finally {
  rmSync(temporary, { recursive: true });
}
