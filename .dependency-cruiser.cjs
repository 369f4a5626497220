// The floors of docs/architecture.md: imports run down only, and the science runs in a browser.
const floors = [
  ['errors', 'channel', 'language', 'process'],
  ['graph', 'random'],
  ['checkpoint', 'runtime', 'pictures'],
  ['models', 'schedulers', 'text'],
  ['corpus', 'encoders', 'hub', 'lora'],
  ['evaluation', 'distillation', 'generation'],
  ['catalog'],
  ['conformance', 'cli', 'server', 'web', 'index'],
];

const path = (names) => `^src/(${names.join('|')})(/|\\.ts$)`;

/** A floor may not import any floor above it. */
const downOnly = floors.slice(0, -1).map((floor, level) => ({
  name: `down-only-${floor[0]}`,
  comment: 'Imports run one way: down the floors drawn in docs/architecture.md.',
  severity: 'error',
  from: { path: path(floor) },
  to: { path: path(floors.slice(level + 1).flat()) },
}));

module.exports = {
  forbidden: [
    ...downOnly,
    {
      name: 'science-knows-no-files',
      comment: 'models, schedulers and text are pure: no weights from disk, no sessions, no file system.',
      severity: 'error',
      from: { path: path(['models', 'schedulers', 'text']), pathNot: '\\.test\\.ts$' },
      to: { path: path(['checkpoint', 'runtime', 'pictures']) },
    },
    {
      name: 'runs-in-a-browser',
      comment: 'These folders run unchanged in a browser: no module of Node.',
      severity: 'error',
      from: {
        path: path(['errors', 'language', 'graph', 'random', 'models', 'schedulers', 'text']),
        pathNot: '\\.test\\.ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sampling-runs-in-a-browser',
      comment: 'Only opening folders, saving pictures and drawing grids need Node.',
      severity: 'error',
      from: { path: '^src/generation/', pathNot: '/(open|models|picture|compare|previewDecoder|quantize|safety)\\.ts$|/testing/|\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'page-knows-the-contract-only',
      comment: 'The page is a client: of the server it has the types of the contract, and the class of errors.',
      severity: 'error',
      from: { path: '^web/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(server/contract/|errors\\.ts$)' },
    },
    {
      name: 'page-bundles-no-schemas',
      comment: 'Schemas would bring their library into the page.',
      severity: 'error',
      from: { path: '^web/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/server/', dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-orphans-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
    exclude: { path: '_pb\\.ts$|/testing/[^/]+\\.mjs$' },
  },
};
