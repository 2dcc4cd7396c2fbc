// Cases recorded from a real API server, replayed against ours by their own runner. The score by group is written to docs/kubernetes-conformance.md
// when PHAROS_WRITE_DOCS is set. The suite fails below the score reached so far.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { startCluster } from '#server/cluster';
import type { Cluster } from '#server/cluster';
import { createKubeClient, createLog, kubeConfig } from '#server/lib';
import { findKubectl } from '../lib/kubectl.ts';
import { sharedDir } from './shared-dir.ts';

const KUBE = `${sharedDir}/checks/kube`;
const DOC = new URL('../../docs/kubernetes-conformance.md', import.meta.url);
/** Per cent of the cases in scope: what was reached, less one case whose timing a busy machine may change; it may only grow. */
const EXACT_MIN = 90;
const WITHOUT_TEXTS_MIN = 98;
const KUBECTL_EXACT_MIN = 46;

/** Kinds and groups this product does not serve yet. */
const NOT_SERVED = /\/(?:statefulsets|daemonsets|jobs|cronjobs|ingresses|ingressclasses|networkpolicies|persistentvolumes|persistentvolumeclaims|poddisruptionbudgets|podtemplates|priorityclasses|replicationcontrollers|resourcequotas|limitranges|horizontalpodautoscalers|storageclasses|validatingadmissionpolicies|validatingadmissionpolicybindings|controllerrevisions)\b|\/apis\/(?:batch|policy|autoscaling|scheduling|networking\.k8s\.io|storage)/;
const NOT_SERVED_NAMED = /batch|StatefulSet|statefulsets|daemonsets|poddisruptionbudgets|horizontalpodautoscalers|priorityclasses|ingressclasses|validatingadmissionpolicies/;
type Step = { readonly type?: string | undefined; readonly path?: string | undefined; readonly extract?: unknown | undefined; readonly during?: readonly Step[] | undefined };
const step: z.ZodType<Step> = z.lazy(() => z.looseObject({ type: z.string().optional(), path: z.string().optional(), extract: z.unknown().optional(), during: z.array(step).optional() }));
const caseFile = z.looseObject({ group: z.string(), cases: z.array(z.looseObject({ id: z.string(), steps: z.array(step) })) });
const report = z.array(z.looseObject({ group: z.string(), total: z.number(), pass: z.number(), res: z.array(z.looseObject({ id: z.string(), pass: z.boolean(), soft: z.boolean(), stat: z.boolean() })) }));
type Report = z.infer<typeof report>;

const isApply = (one: Step): boolean => one.type === 'apply' || (one.during ?? []).some(isApply);
const isNotServed = (one: Step): boolean => NOT_SERVED.test(one.path ?? '') || NOT_SERVED_NAMED.test(JSON.stringify(one.extract ?? '')) || (one.during ?? []).some(isNotServed);
/** Ids of the cases that use only what is served: no server-side apply, no kind that comes later. */
function inScope(group: string): ReadonlySet<string> {
  const path = `${KUBE}/cases/${group}.json`;
  if (group === 'apply' || !existsSync(path)) return new Set();
  const { cases } = caseFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  return new Set(cases.filter((one) => !one.steps.some((s) => isApply(s) || isNotServed(s))).map((one) => one.id));
}

let cluster: Cluster;
const dir = mkdtempSync(`${tmpdir()}/pharos-conformance-`);
let token = '';
beforeAll(async () => {
  // Without controllers: the cases were made neutral to them, and a paused Deployment that a controller touches differs by chance.
  cluster = await startCluster({ dataDir: `${dir}/data`, host: '127.0.0.1', port: 0, serviceCidr: '127.108.0.0/16', kubeletToken: 'unused', log: createLog('conformance'), controllers: false });
  writeFileSync(`${dir}/kubeconfig`, cluster.adminKubeconfig);
  writeFileSync(`${dir}/ca.crt`, Buffer.from(/certificate-authority-data: (\S+)/.exec(cluster.adminKubeconfig)?.[1] ?? '', 'base64'));
  const client = createKubeClient(await kubeConfig({ kubeconfigPath: `${dir}/kubeconfig` }));
  const post = (path: string, body: object): Promise<unknown> => client.request({ method: 'POST', path, body });
  await post('/api/v1/namespaces/kube-system/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'checker' } });
  await post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'checker' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'ServiceAccount', name: 'checker', namespace: 'kube-system' }],
  });
  const answer = z.object({ status: z.object({ token: z.string() }) }).parse(await post('/api/v1/namespaces/kube-system/serviceaccounts/checker/token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 36_000 } }));
  token = answer.status.token;
  client.close();
});
afterAll(async () => {
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs the recorded cases; their runner exits with 1 below 100 %, so only its report counts. */
function replay(name: string, more: readonly string[]): Promise<Report> {
  const file = `${dir}/${name}.json`;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [`${KUBE}/run.mjs`, '--server', cluster.url, '--ca', `${dir}/ca.crt`, '--token', token, '--json', file, ...more], { maxBuffer: 64 * 1024 * 1024 }, (_error, _stdout, stderr) => {
      if (existsSync(file)) resolve(report.parse(JSON.parse(readFileSync(file, 'utf8'))));
      else reject(new Error(`the runner left no report: ${stderr}`));
    });
  });
}
const percent = (part: number, whole: number): number => (whole === 0 ? 0 : (100 * part) / whole);
const shown = (part: number, whole: number): string => `${part}/${whole}`;

test('the recorded cases of what is served', async () => {
  const groups = await replay('http', []);
  const rows = groups.map((group) => {
    const ids = inScope(group.group);
    const cases = group.res.filter((one) => ids.has(one.id));
    return { group: group.group, all: group.total, total: cases.length, exact: cases.filter((one) => one.pass).length, soft: cases.filter((one) => one.soft).length, codes: cases.filter((one) => one.stat).length };
  });
  const sum = (field: 'total' | 'exact' | 'soft' | 'codes'): number => rows.reduce((n, row) => n + row[field], 0);
  const kubectl = await findKubectl();
  const kubectlGroups = await replay('kubectl', ['--kubectl', kubectl, '--kubeconfig', `${dir}/kubeconfig`]);
  const kubectlExact = kubectlGroups.reduce((n, group) => n + group.pass, 0);
  const total = { exact: percent(sum('exact'), sum('total')), soft: percent(sum('soft'), sum('total')) };
  if (process.env['PHAROS_WRITE_DOCS'] !== undefined) writeFileSync(DOC, page(rows, sum, kubectlGroups, versionOf(kubectl)));
  expect(sum('total')).toBeGreaterThan(300);
  expect(total.exact).toBeGreaterThanOrEqual(EXACT_MIN);
  expect(total.soft).toBeGreaterThanOrEqual(WITHOUT_TEXTS_MIN);
  expect(kubectlExact).toBeGreaterThanOrEqual(KUBECTL_EXACT_MIN);
});

const versionOf = (kubectl: string): string => /Client Version: v(\d+\.\d+)/.exec(execFileSync(kubectl, ['version', '--client'], { encoding: 'utf8' }))?.[1] ?? '';

type Row = { readonly group: string; readonly all: number; readonly total: number; readonly exact: number; readonly soft: number; readonly codes: number };
function page(rows: readonly Row[], sum: (field: 'total' | 'exact' | 'soft' | 'codes') => number, kubectlGroups: Report, kubectlVersion: string): string {
  const served = rows.filter((row) => row.total > 0);
  const left = rows.filter((row) => row.total === 0).map((row) => row.group);
  const line = (row: Row): string => `| ${row.group} | ${shown(row.exact, row.total)} | ${shown(row.soft, row.total)} | ${shown(row.codes, row.total)} |${row.all === row.total ? '' : ` ${row.all - row.total}`} |`;
  const kubectlLine = (group: Report[number]): string => `| ${group.group} | ${shown(group.pass, group.total)} |`;
  return `# Conformance of the Kubernetes API

Cases recorded from a real API server (1.36) and the real kubectl (1.32, 1.35), replayed against \`server/cluster\`. *Exact*: every byte that is not a time, a uid or an
address agrees. *Without texts*: messages and descriptions left out. *Codes*: HTTP codes alone. Cases that use server-side apply or a kind that is not served yet are left out;
the last column counts them.

Made by \`PHAROS_SHARED=... PHAROS_WRITE_DOCS=1 npx vitest run --project conformance e2e/conformance/kubernetes.test.ts\`.

| group | exact | without texts | codes | left out |
|---|---|---|---|---|
${served.map(line).join('\n')}
| **all** | **${shown(sum('exact'), sum('total'))} (${percent(sum('exact'), sum('total')).toFixed(1)} %)** | **${shown(sum('soft'), sum('total'))} (${percent(sum('soft'), sum('total')).toFixed(1)} %)** | **${shown(sum('codes'), sum('total'))} (${percent(sum('codes'), sum('total')).toFixed(1)} %)** | |

Groups wholly left out: ${left.join(', ')}.

## kubectl ${kubectlVersion}, all commands (also of kinds not served)

| group | exact |
|---|---|
${kubectlGroups.map(kubectlLine).join('\n')}

## What differs and why

- Tables: column descriptions are our own words; titles, types, priorities and cells agree.
- \`managedFields\` are not kept until server-side apply is served; messages that print a whole object lack them.
- EndpointSlices may hold loopback addresses: pods of the local mesh live in 127.0.0.0/8.
- The \`not-ready\` taint of a new Node goes with the write that makes it ready, not a moment later.
- Discovery lists only what is answered: exec, attach, port-forward, ephemeral containers and resizing are refused with a Status and not listed.
- The OpenAPI v2 document is empty; v3 documents are whole, with our own descriptions.
`;
}
