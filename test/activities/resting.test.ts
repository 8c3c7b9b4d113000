/** An order that rests, as its watch sees it: what it books, what it tells, and when it tells a person instead. */
import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import type { VenueFill } from '../../src/domain/fill.ts';
import type { OrderLookUpResult } from '../../src/ports/venue.ts';
import { VenueError } from '../../src/ports/venue.ts';
import { watchResting, type RestingPorts } from '../../activities/execution/resting.ts';
import { attempt, sending, tell } from './support/account-story.ts';

const request = {
  clientOrderId: 'bk1',
  positionKey: sending.positionKey,
  baseCurrency: 'USDC',
  quoteCurrency: 'USDT',
  wakeAtBase: '10',
};

type Look = string | { readonly done: string } | Error;

interface Circumstances {
  readonly wasAlerted?: boolean;
  /** The venue's private stream rings as soon as it is followed, and in the middle of every look from then on. */
  readonly rings?: boolean;
}

/** Each look shows this much filled, in the venue's word. */
async function watched(looks: readonly Look[], { wasAlerted = false, rings = false }: Circumstances = {}) {
  const booked: string[] = [];
  const guarded: string[] = [];
  const alerted: string[] = [];
  let nowMs = 0;
  let filled = '0';
  let shown = '0';
  const left = [...looks];
  const ended = new AbortController();
  /** Of each pause, wall time; 0: a ring ended it before it began. */
  const paused: number[] = [];
  const following: AbortSignal[] = [];
  let ring = (): void => undefined;
  const ports: RestingPorts = {
    venue: {
      account: 'binance',
      async followOrders(symbol, onHint, signal) {
        assert.equal(symbol, sending.symbol);
        following.push(signal);
        if (rings) ring = onHint;
        ring();
      },
      lookUp: async () => {
        ring();
        const look = left.shift() ?? assert.fail('it looks once too often');
        if (left.length === 0) ended.abort();
        if (look instanceof Error) throw look;
        shown = typeof look === 'string' ? look : look.done;
        const order = {
          venueOrderId: 'V1',
          clientOrderId: 'bk1',
          symbol: sending.symbol,
          side: sending.side,
          quantityBase: '100',
          filledBase: shown,
          status: typeof look === 'string' ? 'open' : 'done',
        } as const;
        return { kind: 'found', order } satisfies OrderLookUpResult;
      },
      orderFills: async () => [fillOf(shown)],
      async guard({ symbol, ownOrderIds, timeoutMs }) {
        guarded.push(`${symbol} ${[...ownOrderIds].join()} ${timeoutMs}`);
        throw new VenueError('unavailable', 'the timer is a help, no condition');
      },
    },
    ledger: {
      order: async () => ({ ...sending, state: 'open', venueOrderId: 'V1', filledBase: filled }),
      unresolvedOrderIds: async () => ['bk1'],
      fillsOf: async () => [{ ...fillOf(filled), account: 'binance', clientOrderId: 'bk1', positionKey: 'P' }],
      async recordProgress(_id, progress) {
        filled = progress.filledBase;
        booked.push(`open ${filled}`);
      },
      async recordSettlement(_id, settlement) {
        booked.push(`done ${settlement.filledBase}`);
      },
    },
    alerts: {
      raise: async ({ key }) => void alerted.push(key.split('/')[0] ?? ''),
      resolve: async (key) => void alerted.push(`${key.split('/')[0]} over`),
    },
    clock: { nowMs: () => nowMs },
  };
  const pause = async (durationMs: number, signal: AbortSignal): Promise<void> => {
    paused.push(signal.aborted ? 0 : durationMs);
    if (!signal.aborted) nowMs += durationMs;
  };
  const watch = { ended: ended.signal, wasAlerted, pause };
  const progress = await watchResting(ports, request, watch).catch((error: unknown) =>
    error instanceof Error ? error.message : assert.fail(),
  );
  const told = progress === null || typeof progress === 'string' ? progress : summary(progress);
  return { booked, alerted, told, guarded, paused, following };
}

function told({ booked, alerted, told: last }: Awaited<ReturnType<typeof watched>>) {
  return { booked, alerted, told: last };
}

function summary(progress: { kind: string; filledBase?: string; receivedBase?: string }): string {
  return `${progress.kind} ${progress.filledBase} ${progress.receivedBase}`;
}

/** Sold, its fee in the quote coin. */
function fillOf(quantityBase: string): VenueFill {
  return {
    venueOrderId: 'V1',
    tradeId: `T${quantityBase}`,
    symbol: sending.symbol,
    side: 'sell',
    price: '1',
    quantityBase,
    fee: '0',
    feeCurrency: 'USDT',
    role: 'maker',
    executedAtMs: 1,
  };
}

describe('the watch of an order that rests', () => {
  test('books every fill, and tells when the other leg can follow', async () => {
    assert.deepEqual(told(await watched(['0', '4', '4', '10'])), {
      booked: ['open 4', 'open 10'],
      alerted: [],
      told: 'resting 10 -10',
    });
  });

  test('tells the end of the order, however little it filled', async () => {
    assert.deepEqual(told(await watched(['4', { done: '4' }])), {
      booked: ['open 4', 'done 4'],
      alerted: [],
      told: 'done 4 -4',
    });
  });

  test('alerts once the order has not been seen for ten seconds, and takes that back when it is', async () => {
    const silence = Array.from({ length: 12 }, () => new VenueError('unavailable', 'no answer'));
    const { alerted, told } = await watched([...silence, '12']);
    assert.deepEqual([alerted[0], alerted.at(-1)], ['unseen', 'unseen over']);
    assert.equal(told, 'resting 12 -12');
    assert.deepEqual(
      (await watched(['12'], { wasAlerted: true })).alerted,
      ['unseen over'],
      'raised by a worker that is gone',
    );
  });

  test('winds up the venue’s own timer for its order every ten seconds, and does without it', async () => {
    // 41 looks, 250 ms apart: at 0 s and at 10 s.
    const { guarded, told } = await watched([...Array.from({ length: 41 }, () => '0'), '10']);
    assert.deepEqual(
      guarded,
      Array.from({ length: 2 }, () => `${sending.symbol} bk1 30000`),
    );
    assert.equal(told, 'resting 10 -10');
  });

  test('looks at once when the private stream rings, even in the middle of a look, and every 250 ms without', async () => {
    const looks = ['0', '4', '10'];
    const [rung, polled] = [await watched(looks, { rings: true }), await watched(looks)];
    assert.deepEqual(
      [rung.paused, polled.paused],
      [
        [0, 0],
        [250, 250],
      ],
    );
    assert.deepEqual(told(rung), told(polled), 'a hint changes when it looks, and nothing that it sees');
    assert.deepEqual(
      rung.following.map(({ aborted }) => aborted),
      [true],
      'followed once, and no longer than the watch',
    );
  });

  test('waits as long as the venue has asked for, whatever rings', async () => {
    const busy = new VenueError('rate_limited', 'too many requests', 3_000);
    const { paused } = await watched(['0', busy, '10'], { rings: true });
    assert.deepEqual(paused, [0, 3_000]);
  });

  test('does nothing about a fill that shrinks, and tells a person', async () => {
    assert.deepEqual(told(await watched(['6', '5'])), {
      booked: ['open 6'],
      alerted: ['contradicted'],
      told: 'order bk1: its cumulative fill shrank from 6 to 5',
    });
  });
});

describe('a watch that takes its time', () => {
  /** Wall times from its start at which it was seen alive, and its answer. */
  async function alive(venue: Parameters<typeof tell>[0]['venue'], pausedMs = 0) {
    mock.timers.enable({ apis: ['setInterval'] });
    try {
      let filled = '0';
      const story = tell({
        venue: { ...venue, orderFills: () => slowly([fillOf('10')]) },
        ledger: {
          order: async () => ({ ...sending, state: 'open', venueOrderId: 'V1', filledBase: filled }),
          recordProgress: async (_id, progress) => void (filled = progress.filledBase),
          unresolvedOrderIds: async () => ['bk1'],
        },
        betweenPasses: () => mock.timers.tick(pausedMs),
      });
      const env = attempt();
      let beats = 0;
      env.on('heartbeat', () => (beats += 1));
      let answer = '';
      await env.run(async () => {
        answer = summary(await story.activities.watchOrder(request));
      });
      return { beats, told: answer };
    } finally {
      mock.timers.reset();
    }
  }

  /** As long as a request may take. */
  async function slowly<T>(answer: T): Promise<T> {
    mock.timers.tick(4_000);
    return answer;
  }

  const found: OrderLookUpResult = {
    kind: 'found',
    order: {
      venueOrderId: 'V1',
      clientOrderId: 'bk1',
      symbol: sending.symbol,
      side: sending.side,
      quantityBase: '100',
      filledBase: '10',
      status: 'open',
    },
  };

  // One that is silent for 6 s is replaced, and there are two.
  test('is seen alive in the middle of a look that takes 8 s', async () => {
    assert.deepEqual(await alive({ lookUp: () => slowly(found) }), { beats: 4, told: 'resting 10 -10' });
  });

  test('is seen alive for the half minute that the venue has asked for: nobody else asks it meanwhile', async () => {
    let looks = 0;
    const lookUp = async (): Promise<OrderLookUpResult> => {
      looks += 1;
      if (looks === 1) throw new VenueError('rate_limited', 'too many requests', 30_000);
      return found;
    };
    assert.deepEqual(await alive({ lookUp }, 30_000), { beats: 17, told: 'resting 10 -10' });
  });
});
