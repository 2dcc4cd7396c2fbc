// The arrows of docs/architecture.md as dependency-cruiser rules. Run by arrows.test.ts; planted/ holds the violations it must catch.
const levels = { base: 0, mesh: 1, telemetry: 1, xds: 1, compiler: 2, evaluator: 2, health: 2, analysis: 3, graph: 3, api: 4 };
const rule = (name, from, to) => ({ name, severity: 'error', from, to });
const levelRules = Object.entries(levels).map(([room, level]) => rule(`shared-level-${room}`, { path: `^shared/${room}/` }, {
  path: `^shared/(${Object.keys(levels).filter((other) => other !== room && levels[other] >= level).join('|')})/`,
}));
const rooms = 'cluster|runner|controller|proxy|metrics|traces|samples|dashboard';
const test = '[.]test[.]tsx?$';
module.exports = {
  forbidden: [
    rule('no-circular', {}, { circular: true }),
    rule('no-unresolvable', {}, { couldNotResolve: true }),
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: [test, '[.]d[.]ts$', '^e2e/', 'config[.]ts$', '^server/cli/', '^web/app/'] }, to: {} },
    rule('shared-is-pure', { path: '^shared/', pathNot: test }, { dependencyTypes: ['core'] }),
    rule('shared-npm-allow-list', { path: '^shared/', pathNot: test }, { dependencyTypes: ['npm', 'npm-dev'], pathNot: 'node_modules/(zod|re2js)/' }),
    rule('shared-imports-nothing-above', { path: '^shared/', pathNot: test }, { path: '^(web|server|e2e)/' }),
    ...levelRules,
    rule('web-only-shared', { path: '^web/' }, { path: '^(server|e2e)/' }),
    rule('web-no-node', { path: '^web/', pathNot: test }, { dependencyTypes: ['core'] }),
    rule('rooms-do-not-know-each-other', { path: `^server/(${rooms})/` }, { path: `^server/(${rooms})/`, pathNot: '^server/$1/' }),
    rule('rooms-not-cli', { path: '^server/(?!cli/)' }, { path: '^server/cli/' }),
    rule('wire-is-low', { path: '^server/wire/' }, { path: `^server/(${rooms})/` }),
    rule('lib-is-bottom', { path: '^server/lib/' }, { path: `^server/(${rooms}|wire)/` }),
    rule('front-door-only', { path: '^(web|server|shared)/([^/]+)/' }, {
      path: '^(web|server|shared)/[^/]+/.+', pathNot: ['^$1/$2/', '^(web|server|shared)/[^/]+/index[.]tsx?$', '^web/pages/[^/]+/index[.]tsx?$'],
    }),
    rule('pages-do-not-know-each-other', { path: '^web/pages/([^/]+)/' }, { path: '^web/pages/', pathNot: '^web/pages/$1/' }),
    rule('door-cytoscape', { path: '^(web|server|shared)/', pathNot: '^web/graph/' }, { path: 'node_modules/cytoscape' }),
    rule('door-mantine', { path: '^(web|server|shared)/', pathNot: '^web/kit/' }, { path: 'node_modules/@mantine/' }),
    rule('door-recharts', { path: '^(web|server|shared)/', pathNot: '^web/charts/' }, { path: 'node_modules/recharts/' }),
    rule('door-codemirror', { path: '^(web|server|shared)/', pathNot: '^web/editor/' }, { path: 'node_modules/@codemirror/' }),
    rule('door-sqlite', { path: '^server/', pathNot: '^server/lib/' }, { path: '^(node:)?sqlite$' }),
    rule('dashboard-three-clients', { path: '^server/dashboard/(?!sources/)', pathNot: test }, { path: '^(node:)?(http|https|http2|net|tls)$|node_modules/undici/' }),
    rule('no-production-to-test', { pathNot: `(${test}|^e2e/|^shared/fixtures/)` }, { path: `(${test}|^shared/fixtures/)` }),
    rule('no-dev-dependency', { path: '^(web|server|shared)/', pathNot: test }, { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|[.]cache|[.]pharos[^/]*)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
