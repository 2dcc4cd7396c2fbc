import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
const COMPONENT_LINES_MAX = 120;
/** Functions that may be longer, as `file:name`. The list is empty and stays so. */
const EXCEPTIONS: readonly string[] = [];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx', '*.mjs'], { cwd: root, encoding: 'utf8' })
  .split('\n').filter((file) => file !== '' && existsSync(`${root}${file}`) && !file.includes('/generated/') && !file.startsWith('e2e/house/planted/'));
const isTest = (file: string): boolean => /\.test\.tsx?$/.test(file) || file.startsWith('e2e/');

function longFunctions(file: string, text: string): readonly string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const from = source.getLineAndCharacterOfPosition(node.getStart()).line;
      const to = source.getLineAndCharacterOfPosition(node.getEnd()).line;
      const name = (node.name ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name : undefined))?.getText() ?? '(nameless)';
      const limit = file.endsWith('x') && /^[A-Z]/.test(name) ? COMPONENT_LINES_MAX : FUNCTION_LINES_MAX;
      if (to - from + 1 > limit && !EXCEPTIONS.includes(`${file}:${name}`)) found.push(`${file}:${name} has ${to - from + 1} lines (limit ${limit})`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('files and functions stay within their limits', () => {
  const long = files.flatMap((file) => {
    const text = readFileSync(`${root}${file}`, 'utf8');
    const lines = text.split('\n').length;
    const tooLong = lines > FILE_LINES_MAX + 1 ? [`${file} has ${lines} lines (limit ${FILE_LINES_MAX})`] : [];
    return isTest(file) ? tooLong : [...tooLong, ...longFunctions(file, text)];
  });
  expect(long).toEqual([]);
});

test('the limit counts a function that is too long', () => {
  expect(longFunctions('a.ts', `function long() {\n${'x();\n'.repeat(80)}}`)).toEqual(['a.ts:long has 82 lines (limit 70)']);
});

test('shared asks no clock and throws no dice', () => {
  const found = files.filter((file) => file.startsWith('shared/') && !isTest(file)).filter((file) => /\bDate\.now\b|\bMath\.random\b|\bnew Date\(\)|\bperformance\b\./.test(readFileSync(`${root}${file}`, 'utf8')));
  expect(found).toEqual([]);
});

test('server code takes node:http by #server/lib: its ES module loads undici into every process', () => {
  const found = files.filter((file) => file.startsWith('server/') && !isTest(file) && !file.includes('/testing/') && /^import (?!type )[^;]*from 'node:https?'/m.test(readFileSync(`${root}${file}`, 'utf8')));
  expect(found).toEqual([]);
});

test('colours stand in one file', () => {
  const found = files.filter((file) => file.startsWith('web/') && !isTest(file) && /#[0-9a-f]{6}\b/i.test(readFileSync(`${root}${file}`, 'utf8')));
  expect(found).toEqual([]);
});

test('every room has a README with its four lines and a front door', () => {
  const missing: string[] = [];
  for (const zone of ['shared', 'server', 'web']) {
    for (const room of readdirSync(`${root}${zone}`, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
      const dir = `${root}${zone}/${room.name}`;
      const readme = existsSync(`${dir}/README.md`) ? readFileSync(`${dir}/README.md`, 'utf8') : '';
      for (const word of ['Job', 'Imports', 'Standard', 'Alone']) if (!new RegExp(`\\b${word}\\b`, 'i').test(readme)) missing.push(`${zone}/${room.name}/README.md has no line "${word}:"`);
      const doors = ['index.ts', 'index.tsx', 'main.tsx'];
      if (!(zone === 'web' && room.name === 'pages') && !doors.some((door) => existsSync(`${dir}/${door}`))) missing.push(`${zone}/${room.name} has no index.ts`);
    }
  }
  expect(missing).toEqual([]);
});

test('links in the documents lead somewhere', () => {
  const docs = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' }).split('\n').filter((file) => file !== '' && existsSync(`${root}${file}`));
  const broken = docs.flatMap((file) => [...readFileSync(`${root}${file}`, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].filter((match) => !existsSync(new URL(match[1] ?? '', `file://${root}${file}`))).map((match) => `${file}: ${match[1]}`));
  expect(broken).toEqual([]);
});
