// node test/l10n/collect.mjs: writes the sentences of the sources to l10n/bundle.l10n.json, and says which a language lacks.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect } from './sentences.mjs';

const folder = join(import.meta.dirname, '../../l10n');
const { sentences, problems } = collect();
const english = Object.fromEntries(sentences.map((each) => [each, each]));
writeFileSync(join(folder, 'bundle.l10n.json'), `${JSON.stringify(english, undefined, 2)}\n`);

for (const file of readdirSync(folder).filter((each) => /^bundle\.l10n\..+\.json$/.test(each))) {
  const texts = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const lacking = sentences.filter((each) => texts[each] === undefined);
  const left = Object.keys(texts).filter((each) => english[each] === undefined);
  for (const each of lacking) {
    process.stdout.write(`${file} lacks ${JSON.stringify(each)}\n`);
  }
  for (const each of left) {
    process.stdout.write(`${file} has what is no longer said: ${JSON.stringify(each)}\n`);
  }
}
for (const problem of problems) {
  process.stderr.write(`${problem}\n`);
}
process.exitCode = problems.length > 0 ? 1 : 0;
