/** What people copy is accepted: example.yaml names every key, and what the documents tell to write is what the schema takes. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../../src/config/schema.ts';
import { alertEvent, alertKeys } from '../../src/domain/alert-keys.ts';

const example = readFileSync('config/example.yaml', 'utf8');
const { simulation, ...sections } = partsOf(configSchema).shape;
const keys = new Set([...Object.keys(sections), ...Object.values(sections).flatMap(keysOf)]);

test("example.yaml names every key; those of the simulation are the demo's", () => {
  assert.ok(simulation !== undefined && keys.has('flattenOrphans') && keys.has('boundPct'), 'nested keys are found');
  const missing = [...keys].filter((key) => !new RegExp(`\\b${key}:`).test(example));
  assert.deepEqual(missing, ['startingBalances'], 'balances are what simulated accounts begin with');
});

test('every alert has its line in operations.md, and no line is of an alert that there is not', () => {
  const operations = readFileSync('docs/operations.md', 'utf8');
  const [, list = ''] = /^### What each says\n(.*?)^## /ms.exec(operations) ?? [];
  const heads = [...list.matchAll(/^- ([^:]*):/gm)].map(([, head = '']) => head);
  const told = heads.flatMap((head) => [...head.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key));
  assert.deepEqual([...new Set(told.map(alertEvent))].sort(), Object.keys(alertKeys).sort());
});

test('the key of an alert begins with the name of its event', () => {
  for (const [event, keyOf] of Object.entries<(...subject: string[]) => string>(alertKeys)) {
    assert.equal(alertEvent(keyOf('A', 'B')), event);
  }
});

describe('what the documents tell to write', () => {
  const files = ['README.md', ...globSync('docs/**/*.md')];
  const snippets = files.flatMap((file) => snippetsOf(file).map((snippet) => ({ file, snippet })));

  test('is found', () => {
    const found = snippets.map(({ snippet }) => snippet);
    assert.ok(found.includes('execution.style: maker_hedge') && found.some((one) => one.startsWith('reconcile: {')));
  });

  test('is accepted by the configuration', () => {
    for (const { file, snippet } of snippets) assert.deepEqual(refusalOf(snippet), null, `${file}: ${snippet}`);
  });

  test('would be refused with another word for yes', () => {
    assert.match(refusalOf('reconcile: { flattenOrphans: yes }') ?? '', /must be one of: true, false/);
  });
});

/** `key: value` in code, where the key, or the last of a path of them, is the configuration's. */
function snippetsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/`(([a-zA-Z.]+): [^`]+)`/g)]
    .filter(([, , path = '']) => path.split('.').every((key) => keys.has(key)))
    .map(([, snippet = '']) => snippet);
}

/** Sections that a snippet may be meant for, when it does not say. */
const places = ['', 'strategy', 'strategy.depeg', 'limits', 'execution', 'accounts.bybit', 'pairs.0'];

/** Null where some section takes it, else what the last one says that knows the key. */
function refusalOf(snippet: string): string | null {
  const [, path = '', value = ''] = /^([\w.]+): (.*)$/s.exec(snippet) ?? [];
  const content: unknown = parse(value, { schema: 'failsafe' });
  let told: string | null = `${path} is no key of ${places.join(', ')}`;
  for (const place of places) {
    const at = [...place.split('.'), ...path.split('.')].filter((key) => key !== '');
    const document: unknown = parse(example, { schema: 'failsafe' });
    put(document, at, content);
    const issues = configSchema.safeParse(document).error?.issues ?? [];
    const unknown = issues.some(
      (issue) => issue.code === 'unrecognized_keys' || /is not a key here/.test(issue.message),
    );
    if (unknown) continue;
    const here = issues.find((issue) => at.every((key, index) => String(issue.path[index]) === key));
    if (here === undefined) return null;
    told = here.message;
  }
  return told;
}

function put(holder: unknown, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (typeof holder !== 'object' || holder === null) return;
  const inner: unknown = Reflect.get(holder, key);
  const section = typeof inner === 'object' && inner !== null ? inner : {};
  Reflect.set(holder, key, rest.length === 0 ? value : section);
  if (rest.length > 0) put(section, rest, value);
}

interface Parts {
  /** Fields of a section; none of anything else. */
  readonly shape: Readonly<Record<string, z.core.$ZodType>>;
  readonly inside: readonly z.core.$ZodType[];
}

/** zod's wrappers, as far as the schema uses them. */
function partsOf(type: z.core.$ZodType): Parts {
  if (type instanceof z.ZodObject) return { shape: type.shape, inside: Object.values(type.shape) };
  if (type instanceof z.ZodPipe) return partsOf(type.in);
  if (type instanceof z.ZodPrefault || type instanceof z.ZodOptional) return partsOf(type.unwrap());
  if (type instanceof z.ZodArray) return partsOf(type.element);
  if (type instanceof z.ZodRecord) return partsOf(type.valueType);
  if (type instanceof z.ZodUnion) return { shape: {}, inside: type.options };
  return { shape: {}, inside: [] };
}

/** All keys at and under a field. */
function keysOf(type: z.core.$ZodType): string[] {
  const { shape, inside } = partsOf(type);
  // `off, or a section` shows zod nothing; it lists its keys to who writes something else.
  const told = /section with the keys: ([\w, ]+)$/.exec(z.safeParse(type, 'none').error?.issues[0]?.message ?? '');
  return [...Object.keys(shape), ...(told?.[1]?.split(', ') ?? []), ...inside.flatMap(keysOf)];
}
