import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { decodeAny, encodeAny } from '#server/wire';
import { TYPE_URL } from '#shared/xds';
import { sharedDir } from './shared-dir.ts';

const KINDS: Readonly<Record<string, string>> = { 'cds.json': TYPE_URL.cluster, 'eds.json': TYPE_URL.endpoint, 'lds.json': TYPE_URL.listener, 'rds.json': TYPE_URL.route };

test('every resource a real istiod sent survives JSON -> protobuf -> JSON', () => {
  let resources = 0;
  for (const file of globSync(`${sharedDir}/fixtures/istiod/*/*/*.json`)) {
    const type = KINDS[basename(file)];
    const list: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (type === undefined || !Array.isArray(list)) continue;
    for (const resource of list) {
      const any = { '@type': type, ...resource };
      expect(JSON.parse(JSON.stringify(decodeAny(type, encodeAny(any))))).toEqual(any);
      resources += 1;
    }
  }
  expect(resources).toBeGreaterThan(400);
});
