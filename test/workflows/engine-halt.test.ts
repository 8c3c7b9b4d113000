/** A halt that was written to the ledger while nobody could signal: the engine alone, with a ledger of this test. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Admission } from '../../activities/admitting.ts';
import { basisTaskQueue, workflowTypes } from '../../src/domain/names.ts';
import { prepareNamespace } from '../../src/stack/servers/prepare-namespace.ts';
import type { EngineView } from '../../workflows/messages.ts';
import { pairOf } from '../support/pairs.ts';
import { testBundle, testTemporal } from '../support/services.ts';
import { eventually } from '../support/trading-service.ts';

/** What the engine asked of the ledger, in order. */
let asked: string[] = [];
let halt: string | null = null;
/** Of the ledger's row: another one with each halt. */
let version = 0;
const refusal = 'no capital is free';

const activities = {
  haltOf: (): Promise<string | null> => Promise.resolve(halt),
  recordHalt({ reason }: { reason: string | null }): Promise<void> {
    asked.push(`halt: ${reason}`);
    halt = reason;
    version += 1;
    return Promise.resolve();
  },
  endHalt({ seen }: { seen: string | null }): Promise<string | null> {
    asked.push(`end: ${seen}`);
    if (seen === String(version)) halt = null;
    return Promise.resolve(halt);
  },
  resetDrawdown: (): Promise<void> => Promise.resolve(void asked.push('reset')),
  admitCandidate({ candidate }: { candidate: { pair: { pairId: string } } }): Promise<Admission> {
    asked.push(`admit ${candidate.pair.pairId}`);
    const halted = halt === null ? {} : { haltReason: halt };
    return Promise.resolve({ kind: 'refused', reasons: [halt === null ? refusal : `halted: ${halt}`], ...halted });
  },
};

let client: Client;
let connection: NativeConnection;
let worker: Worker;
let running: Promise<void>;
before(async () => {
  const { address } = testTemporal();
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  await prepareNamespace({ address }, namespace);
  connection = await NativeConnection.connect({ address });
  client = new Client({ connection: await Connection.connect({ address }), namespace });
  worker = await Worker.create({
    connection,
    namespace,
    taskQueue: basisTaskQueue,
    activities,
    workflowBundle: { codePath: testBundle() },
  });
  running = worker.run();
});
after(async () => {
  worker.shutdown();
  await running;
  await client.connection.close();
  await connection.close();
});

function startEngine(book: string, haltReason: string | null = null): Promise<WorkflowHandle> {
  asked = [];
  const anchor = { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
  return client.workflow.start(workflowTypes.engine, {
    workflowId: `engine/${book}`,
    taskQueue: basisTaskQueue,
    args: [{ book, anchor, paused: false, pauseReason: null, haltReason }],
  });
}

/** Two pairs, in a report that does not grow old. */
async function report(engine: WorkflowHandle): Promise<void> {
  const candidates = ['first', 'second'].map((pairId) => ({
    pair: pairOf('10', '5', pairId),
    direction: 'long_spot_short_perp',
  }));
  await engine.signal('opportunities', { candidates, observedAtMs: Date.now() + 600_000 });
}

async function untilView(engine: WorkflowHandle, holds: (view: EngineView) => boolean): Promise<EngineView> {
  let view: EngineView | null = null;
  await eventually(
    async () => {
      view = await engine.query<EngineView>('engine');
      return holds(view);
    },
    () => JSON.stringify({ view, asked }),
  );
  assert.ok(view);
  return view;
}

test('is heard of from the first refusal, holds for the next pair, and ends before anything is asked for again', async () => {
  const engine = await startEngine('running');
  await report(engine);
  await untilView(engine, ({ recent }) => recent.length === 2);
  assert.deepEqual(asked, ['admit first', 'admit second'], 'each pair is refused for itself');

  asked = [];
  halt = 'Temporal was down';
  await report(engine);
  const { haltReason, recent } = await untilView(engine, (view) => view.recent.length === 4);
  assert.equal(haltReason, 'Temporal was down');
  assert.match(recent[0] ?? '', /refused first: halted: Temporal was down$/);
  assert.match(recent[1] ?? '', /halted, as the ledger says: Temporal was down$/);
  await report(engine);
  await engine.query('engine');
  assert.deepEqual(asked, ['admit first'], 'the second pair, and the next report, are not asked for');

  asked = [];
  await engine.signal('resume');
  await eventually(() => Promise.resolve(asked.includes('reset')));
  await report(engine);
  await untilView(engine, (view) => view.haltReason === null && view.recent.length === 6);
  assert.ok(asked.includes('halt: null'));
  assert.deepEqual(asked.slice(-3), ['reset', 'admit first', 'admit second']);
  await engine.terminate();
});

test('of which the engine has not heard is ended by a resume, not taken for a new one', async () => {
  halt = null;
  const engine = await startEngine('resumed');
  await untilView(engine, () => true);
  halt = 'Temporal was down';
  // Perhaps in one task: what the resume asks for comes first.
  await engine.signal('resume');
  await report(engine);
  const { haltReason } = await untilView(engine, ({ recent }) => recent.length === 2);
  assert.equal(haltReason, null);
  assert.deepEqual(asked, ['halt: null', 'reset', 'admit first', 'admit second']);
  await engine.terminate();
});

test('is read by an engine that begins', async () => {
  halt = 'before the start';
  const engine = await startEngine('new');
  await report(engine);
  const { haltReason, recent } = await untilView(engine, (view) => view.recent.length > 0);
  assert.equal(haltReason, 'before the start');
  assert.deepEqual([recent.length, asked], [1, []], 'nothing is asked for');
  await engine.terminate();
});

/** A resume by a person who has seen the ledger's halt of that version. */
async function resume(engine: WorkflowHandle, seenHalt: string | null): Promise<void> {
  asked = [];
  await engine.signal('resume', { seenHalt });
  await eventually(() => Promise.resolve(asked.includes('reset')));
}

test('is over for the engine and the ledger by a resume that has seen it', async () => {
  halt = null;
  const engine = await startEngine('seen');
  await engine.signal('halt', { reason: 'news' });
  await eventually(() => Promise.resolve(halt === 'news'));
  await resume(engine, String(version));
  assert.deepEqual(asked, [`end: ${version}`, 'reset']);
  assert.deepEqual([(await engine.query<EngineView>('engine')).haltReason, halt], [null, null]);
  await engine.terminate();
});

test('that another person writes while one resumes holds for the engine and the ledger', async () => {
  halt = null;
  const engine = await startEngine('raced');
  await engine.signal('halt', { reason: 'news' });
  await eventually(() => Promise.resolve(halt === 'news'));
  const seen = String(version);
  // Halted in the ledger; the signal to the engine is still to come, or never does.
  await activities.recordHalt({ reason: 'an exchange is in trouble' });
  await resume(engine, seen);
  assert.equal(asked.includes('halt: null'), false);
  const { haltReason } = await untilView(engine, (view) => view.haltReason !== null);
  assert.deepEqual([haltReason, halt], ['an exchange is in trouble', 'an exchange is in trouble']);
  await engine.terminate();
});

test('that is told right behind a resume is written again, whatever the resume ends in the ledger', async () => {
  halt = null;
  const engine = await startEngine('behind');
  await engine.signal('halt', { reason: 'news' });
  await eventually(() => Promise.resolve(halt === 'news'));
  const seen = String(version);
  await Promise.all([engine.signal('resume', { seenHalt: seen }), activities.endHalt({ seen })]);
  await engine.signal('halt', { reason: 'again' });
  await eventually(
    () => Promise.resolve(halt === 'again'),
    () => JSON.stringify({ halt, asked }),
  );
  assert.equal((await engine.query<EngineView>('engine')).haltReason, 'again');
  await engine.terminate();
});

test('that the ledger has lost is written there by an engine that begins with it', async () => {
  halt = null;
  const engine = await startEngine('lost', 'news');
  await eventually(() => Promise.resolve(halt === 'news'));
  await engine.terminate();
});
