/** All simulated exchanges in this process, without sockets: a clock that only the script moves, a journal in memory. */
import { parseConfig } from '../../../src/sim/config.ts';
import { memoryJournal } from '../../../src/sim/journal/journal.ts';
import type { Log } from '../../../src/sim/log.ts';
import { silentLog } from '../../../src/sim/log.ts';
import type { RestReply } from '../../../src/sim/protocols/protocol.ts';
import { encode, firstHalf } from '../../../src/sim/server/replies.ts';
import type { ReceivedRequest, RequestPath } from '../../../src/sim/server/request-path.ts';
import { createRequestPath } from '../../../src/sim/server/request-path.ts';
import { parseTape } from '../../../src/sim/feed/tape.ts';
import type { OpenVenues } from '../../../src/sim/venues.ts';
import { openVenues } from '../../../src/sim/venues.ts';
import { credentialsOf } from './simulator.ts';
import type { Wire } from '../../../src/sim/server/wire.ts';

export interface InProcess extends OpenVenues {
  /** Venues by their names, with their keys. */
  readonly credentials: ReturnType<typeof credentialsOf>[];
  wallMs(): number;
  /** Moves both clocks, and lets fall due what has waited. */
  pass(milliseconds: number): Promise<void>;
  /** What a client would get; null: the connection broke. Time passes when the venue makes the client wait. */
  request(venue: string, request: ReceivedRequest): Promise<RestReply | null>;
  /** The journal. */
  readonly lines: readonly string[];
  /** All replies so far, a line each. */
  readonly replies: readonly string[];
}

const startWallMs = Date.UTC(2026, 0, 5);
const tapeStartMs = Date.UTC(2025, 9, 9, 1);

export function startInProcess(options: {
  readonly venues: readonly string[];
  readonly tapeLines: readonly string[];
  readonly seed: number;
  readonly log?: Log;
}): InProcess {
  const config = parseConfig({ venues: Object.fromEntries(options.venues.map((venue) => [venue, {}])) }, []);
  const journal = memoryJournal();
  const log = options.log ?? silentLog;
  const timers = virtualTimers();
  const wallMs = (): number => startWallMs + timers.nowMs();
  const keys = Object.entries(config.venues).map(([venue, { accounts }]) => credentialsOf(venue, accounts));
  const open = openVenues({
    config,
    tape: parseTape(['time,venue,symbol,interval,open,high,low,close,volume', ...options.tapeLines].join('\n'), 'tape'),
    clock: { wallMs, marketMs: () => tapeStartMs + timers.nowMs() },
    journal,
    restored: [],
    credentials: new Map(options.venues.map((venue, index) => [venue, keys[index] ?? []])),
    seed: options.seed,
    log,
    onFatal(error) {
      throw error;
    },
  });
  const paths = new Map<string, RequestPath>();
  for (const [venue, served] of open.venues) {
    paths.set(venue, createRequestPath({ ...served, wait: (delayMs, until) => timers.wait(delayMs, until) }));
  }
  const replies: string[] = [];
  return {
    ...open,
    credentials: keys,
    wallMs,
    lines: journal.lines,
    replies,
    async pass(milliseconds) {
      await timers.pass(milliseconds);
      open.tick();
      await turn();
    },
    async request(venue, request) {
      const path = paths.get(venue);
      if (path === undefined) throw new Error(`no venue ${venue}`);
      const answer = recordingWire();
      path.receive(request, answer);
      await turn();
      while (!answer.over()) {
        await timers.passToNext();
        await turn();
      }
      const reply = answer.reply();
      replies.push(`${venue} ${request.method} ${request.path} ${JSON.stringify(reply)}`);
      return reply;
    },
  };
}

/** Everything that is ready to run has run: a turn for the journal, one for what waited for it. */
async function turn(): Promise<void> {
  for (let count = 0; count < 3; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

function recordingWire(): Wire & { over(): boolean; reply(): RestReply | null } {
  let isOver = false;
  let sent: RestReply | null = null;
  return {
    over: () => isOver,
    reply: () => sent,
    send(reply) {
      sent = { ...reply, body: encode(reply) };
      isOver = true;
    },
    sendHalf(reply, written) {
      sent = { ...reply, body: firstHalf(encode(reply)).toString('utf8') };
      setImmediate(written);
      return () => {
        sent = { ...reply, body: encode(reply) };
        isOver = true;
      };
    },
    cut() {
      sent = null;
      isOver = true;
    },
    ended: () => new Promise(() => undefined),
  };
}

interface VirtualTimers {
  nowMs(): number;
  wait(delayMs: number | null, until: readonly Promise<void>[]): Promise<boolean>;
  pass(milliseconds: number): Promise<void>;
  /** @throws Error when nothing waits: the client would wait for ever */
  passToNext(): Promise<void>;
}

function virtualTimers(): VirtualTimers {
  let nowMs = 0;
  let waiting: { readonly dueMs: number; readonly fire: () => void }[] = [];
  async function passTo(atMs: number): Promise<void> {
    for (;;) {
      const next = waiting.filter(({ dueMs }) => dueMs <= atMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      waiting = waiting.filter((timer) => timer !== next);
      nowMs = Math.max(nowMs, next.dueMs);
      next.fire();
      await turn();
    }
    nowMs = Math.max(nowMs, atMs);
  }
  return {
    nowMs: () => nowMs,
    wait: (delayMs, until) =>
      new Promise((resolve) => {
        if (delayMs !== null) waiting.push({ dueMs: nowMs + delayMs, fire: () => resolve(true) });
        for (const other of until) void other.then(() => resolve(true));
      }),
    pass: (milliseconds) => passTo(nowMs + milliseconds),
    passToNext() {
      const dueMs = Math.min(...waiting.map((timer) => timer.dueMs));
      if (!Number.isFinite(dueMs)) throw new Error('a client waits for ever');
      return passTo(dueMs);
    },
  };
}
