// Reads the sentences for the person from the sources: the first argument of every call of `t` that comes from `l10n`.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import ts from 'typescript';

/** What takes a sentence as its first value. */
const FUNCTIONS = new Set(['t', 'pieces']);
const root = join(import.meta.dirname, '../..');

/** The sentences of a source text in their order; a call that cannot be collected is a problem. */
export function sentencesOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const problems = [];
  const imported = source.statements.some(
    (each) =>
      ts.isImportDeclaration(each) &&
      /(^|\/)l10n$/.test(each.moduleSpecifier.text) &&
      each.importClause?.namedBindings?.elements?.some((name) => FUNCTIONS.has(name.name.text)),
  );
  const visit = (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && FUNCTIONS.has(node.expression.text)) {
      const where = `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
      const [sentence, ...values] = node.arguments;
      if (sentence === undefined || !ts.isStringLiteralLike(sentence)) {
        problems.push(`${where}: the sentence is no literal`);
      } else {
        found.push(sentence.text);
        const named = new Set([...sentence.text.matchAll(/\{(\d+)\}/g)].map(([, at]) => Number(at)));
        const spread = values.some((each) => ts.isSpreadElement(each));
        if (!spread && values.some((_, at) => !named.has(at))) {
          problems.push(`${where}: a value stands nowhere in "${sentence.text}"`);
        }
        if (!spread && values.length > 0 && Math.max(-1, ...named) >= values.length) {
          problems.push(`${where}: a value is missing in "${sentence.text}"`);
        }
        // A page knows its language from the beginning.
        if (!file.startsWith('webview/') && isOnImport(node)) {
          problems.push(`${where}: said on import, when the language is not known`);
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  if (imported) {
    visit(source);
  }
  return { found, problems };
}

/** Not in a function, nor in a field of a class, which is set when an object is made. */
function isOnImport(node) {
  for (let above = node.parent; above; above = above.parent) {
    if (ts.isFunctionLike(above) || ts.isClassLike(above)) {
      return false;
    }
  }
  return true;
}

/** All sentences of the sources, sorted, each once; and what is wrong with their calls. */
export function collect() {
  const files = ['src', 'webview'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.ts$/.test(file))
      .map((file) => join(root, folder, file)),
  );
  const all = files.map((file) => sentencesOf(relative(root, file).split(sep).join('/'), readFileSync(file, 'utf8')));
  return {
    sentences: [...new Set(all.flatMap(({ found }) => found))].sort(),
    problems: all.flatMap(({ problems }) => problems),
  };
}
