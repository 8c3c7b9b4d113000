/** Who may import whom, held against every source file. Type imports are erased first: they bind nobody at run time. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';

interface Layer {
  /** Folders of the project that it may import, itself included. */
  readonly folders: readonly string[];
  readonly packages: readonly string[];
  /** Node's own modules. */
  readonly node: boolean;
}

const adapters = ['pino', 'zod'];
const layers: Readonly<Record<string, Layer>> = {
  'src/domain': { folders: ['src/domain'], packages: ['big.js'], node: false },
  'src/strategy': { folders: ['src/strategy', 'src/domain'], packages: [], node: false },
  'src/metrics': { folders: ['src/metrics', 'src/domain'], packages: [], node: false },
  'src/ports': { folders: ['src/ports', 'src/domain'], packages: [], node: true },
  'src/config': { folders: ['src/config', 'src/domain'], packages: ['zod', 'yaml'], node: true },
  'src/venues': { folders: ['src/venues', 'src/ports', 'src/domain'], packages: ['ccxt', ...adapters], node: true },
  'src/ledger': {
    folders: ['src/ledger', 'src/ports', 'src/domain'],
    packages: ['kysely', 'kysely/migration', 'pg', 'ulid', ...adapters],
    node: true,
  },
  'src/alerts': { folders: ['src/alerts', 'src/ports', 'src/domain'], packages: adapters, node: true },
  'src/clock': { folders: ['src/clock', 'src/ports', 'src/domain'], packages: [], node: true },
  'src/sim': { folders: ['src/sim', 'src/domain'], packages: ['ws'], node: true },
  'src/stack': {
    folders: ['src/stack', 'src/config', 'src/ledger', 'src/domain'],
    packages: ['@temporalio/client', 'pg'],
    node: true,
  },
  'src/cli': {
    folders: [
      'src/cli',
      'src/config',
      'src/domain',
      'src/strategy',
      'src/metrics',
      'src/stack',
      'workers/wiring.ts',
      'workers/without-temporal.ts',
    ],
    packages: ['@temporalio/client', '@temporalio/envconfig', 'commander', ...adapters],
    node: true,
  },
  workflows: {
    folders: ['workflows', 'src/domain', 'src/strategy'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
    node: false,
  },
  activities: {
    folders: ['activities', 'src/ports', 'src/domain', 'src/strategy', 'src/metrics'],
    packages: ['@temporalio/activity'],
    node: true,
  },
  workers: {
    folders: [
      'workers',
      'activities',
      'src/venues',
      'src/ledger',
      'src/alerts',
      'src/clock',
      'src/config',
      'src/ports',
      'src/domain',
      'src/strategy',
    ],
    packages: ['@temporalio/worker', '@temporalio/client', '@temporalio/envconfig', ...adapters],
    node: true,
  },
};

const files = globSync('{src,workflows,activities,workers}/**/*.ts').sort();

describe('layers', () => {
  test('every source file belongs to a layer', () => {
    assert.deepEqual(
      files.filter((file) => layerOf(file) === null),
      [],
    );
    assert.ok(files.length > 100, 'the glob finds the sources');
  });

  test('each file imports only what its layer may', () => {
    const breaches = files.flatMap((file) => importsOf(file).flatMap((specifier) => breachOf(file, specifier)));
    assert.deepEqual(breaches, []);
  });

  test('imports run one way: no file needs, by whatever detour, itself, types included', () => {
    const imports = new Map(files.map((file) => [file, localImportsOf(file)]));
    const inCircles = files.filter((file) => {
      const reached = new Set<string>();
      const ahead = [...(imports.get(file) ?? [])];
      for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
        if (reached.has(next)) continue;
        reached.add(next);
        ahead.push(...(imports.get(next) ?? []));
      }
      return reached.has(file);
    });
    assert.deepEqual(inCircles, []);
  });

  test('adapters are built in one place', () => {
    const builders = /\b(createPostgresLedger|createCcxtVenue|createMarketData|createAlerts|createAlertOutbox)\(/;
    const defined = /^src\/(ledger|venues|alerts)\//;
    const callers = files.filter((file) => !defined.test(file) && builders.test(readFileSync(file, 'utf8')));
    assert.deepEqual(callers, ['workers/wiring.ts']);
  });

  test('only the wiring is imported from the workers by a command, and only when it is needed', () => {
    const eager = files
      .filter((file) => file.startsWith('src/cli/'))
      .filter((file) => /^import [^;]*workers\//m.test(stripTypeScriptTypes(readFileSync(file, 'utf8'))));
    assert.deepEqual(eager, []);
  });
});

describe('habits', () => {
  test('pure code reads no clock and rolls no dice', () => {
    const pure = files.filter((file) => /^src\/(domain|strategy|metrics)\//.test(file));
    const impure = pure.filter((file) => /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/.test(code(file)));
    assert.deepEqual(impure, []);
  });

  test('wall time is read through the clock port, but by who makes it or waits for it', () => {
    const adapters = files.filter((file) => file.startsWith('activities/'));
    assert.deepEqual(
      adapters.filter((file) => /\bDate\.now\(/.test(code(file))),
      [],
    );
  });

  test('a file stays readable in one sitting', () => {
    const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 400);
    assert.deepEqual(long, []);
  });

  test('nothing is silenced and nothing is left for later', () => {
    const all = [...files, ...globSync('{test,bench}/**/*.ts')].filter(
      (file) => !file.endsWith('architecture.test.ts'),
    );
    const marks =
      /@ts-ignore|@ts-nocheck|\bas any\b|oxlint-disable|eslint-disable|\bTODO\b|\bFIXME\b|\b(it|test|describe)\.only\(/;
    assert.deepEqual(
      all.filter((file) => marks.test(readFileSync(file, 'utf8'))),
      [],
    );
  });
});

function localImportsOf(file: string): string[] {
  const statements = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^;]*? from '(\.[^']+)';/gm);
  return [...statements].map(([, specifier = '']) => normalize(join(dirname(file), specifier)));
}

function layerOf(file: string): Layer | null {
  const name = Object.keys(layers).find((folder) => file.startsWith(`${folder}/`));
  return name === undefined ? null : (layers[name] ?? null);
}

/** Specifiers of value imports, static and dynamic. */
function importsOf(file: string): string[] {
  const found = code(file).matchAll(
    /(?:^|[\s;])(?:import|export)\s+(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  );
  return [...found].map(([, fixed, dynamic]) => fixed ?? dynamic ?? '');
}

function breachOf(file: string, specifier: string): string[] {
  const layer = layerOf(file);
  if (layer === null) return [];
  const breach = [`${file} imports ${specifier}`];
  if (specifier.startsWith('node:')) return layer.node ? [] : breach;
  if (!specifier.startsWith('.')) return layer.packages.includes(specifier) ? [] : breach;
  const target = normalize(join(dirname(file), specifier));
  return layer.folders.some((folder) => target === folder || target.startsWith(`${folder}/`)) ? [] : breach;
}

/** The source without types and comments. */
function code(file: string): string {
  return stripTypeScriptTypes(readFileSync(file, 'utf8')).replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}
