/** The demo as a user runs it: recorded prices, real protocols, and a summary that is computed. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { z } from 'zod';
import { serviceHome } from '../support/service-process.ts';
import { eventually } from '../support/trading-service.ts';

const home = serviceHome();
after(() => home.remove());

/** All of the last line, and nothing else: scripts rely on it. */
const summarySchema = z.strictObject({
  opened: z.number(),
  closed: z.number(),
  open: z.number(),
  aborted: z.number(),
  realisedPnlUsd: z.number(),
  orders: z.number(),
  fills: z.number(),
  oneLegged: z.number(),
  ledgerMatchesVenue: z.boolean(),
});

/** A busy machine misses gaps that last a second: it may take most of the tape. */
const longestRun = '240s';

test(
  'the engine opens and closes at least two positions on the October tape, and the books agree',
  {
    timeout: 360_000,
  },
  async () => {
    const service = home.start('--for', longestRun, '--json', '--port-base', '17230');
    const ended = service.end();
    let isOver = false;
    void ended.then(() => (isOver = true));
    const closedLines = (): number => service.lines().filter((line) => / closed {2,}/.test(line)).length;
    await eventually(
      async () => isOver || closedLines() >= 2,
      () => `not two positions:\n${service.lines().slice(-60).join('\n')}`,
      330_000,
    );
    if (!isOver) process.kill(service.pid, 'SIGINT');
    const { code, lastLine } = await ended;
    assert.equal(code, 0, service.lines().slice(-30).join('\n'));
    const summary = summarySchema.parse(JSON.parse(lastLine));
    const seen = `${lastLine}\n${service.lines().slice(-60).join('\n')}`;
    assert.ok(summary.opened >= 2 && summary.closed >= 2, seen);
    assert.ok(summary.open >= 0 && summary.opened >= summary.closed, seen);
    assert.equal(summary.oneLegged, 0, seen);
    assert.equal(summary.ledgerMatchesVenue, true, seen);
    // Two legs in and two legs out of whatever closed.
    assert.ok(summary.orders >= summary.closed * 4, seen);
    assert.deepEqual(home.children(), {}, 'nothing is left running');
  },
);
