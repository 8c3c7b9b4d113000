/** Market data pushed over the feed port: what clients see of it, what orders take of it, and what is refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { Row } from './support/json.ts';
import { row } from './support/json.ts';
import { watchedUntil } from './support/patience.ts';
import type { Client, RunningSimulator, VenueId } from './support/simulator.ts';
import { connectClient, startTestSimulator, symbols } from './support/simulator.ts';

interface Story {
  readonly simulator: RunningSimulator;
  readonly client: (venue: VenueId) => Client;
  /** Sends the lines on a connection of their own, and returns what was answered until its end. */
  readonly push: (...lines: readonly (object | string)[]) => Promise<Row[]>;
}

async function startStory(
  context: TestContext,
  wallMs: () => number = Date.now,
  options: { readonly feedMaxAgeMs?: number } = {},
): Promise<Story> {
  const simulator = await startTestSimulator(context, { fed: true, wallMs, ...options });
  return {
    simulator,
    client: (venue) => connectClient(context, simulator.address(venue), venue),
    async push(...lines) {
      const socket = dial(simulator);
      socket.end(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
      const answers: Row[] = [];
      for await (const line of createInterface(socket)) answers.push(row(JSON.parse(line)));
      return answers;
    },
  };
}

function dial({ ready }: RunningSimulator): Socket {
  assert.ok(ready.feed !== null);
  const { hostname, port } = new URL(ready.feed);
  return connect(Number(port), hostname);
}

const spot = { venue: 'bybit', symbol: symbols.bybit };
const perpetual = { venue: 'binanceusdm', symbol: symbols.binanceusdm };
const book = (place: object, bids: unknown, asks: unknown, atMs = Date.now()): object => ({
  ...place,
  bids,
  asks,
  atMs,
});

describe('the live feed', () => {
  it('shows the books as given, at wall time', async (context) => {
    const { client, push } = await startStory(context);
    const answers = await push(
      book(
        spot,
        [
          ['0.9995', '1200.5'],
          [0.9993, 30],
        ],
        [['0.9997', '80']],
      ),
      { ...spot, trade: { price: '0.9996', quantity: '12', side: 'sell', atMs: Date.now() } },
    );
    assert.deepEqual(answers, [{ lines: 2, bad: 0 }]);
    const shown = await client('bybit').fetchOrderBook(spot.symbol);
    assert.deepEqual(shown.bids, [
      [0.9995, 1200.5],
      [0.9993, 30],
    ]);
    assert.deepEqual(shown.asks, [[0.9997, 80]]);
    const [trade] = await client('bybit').fetchTrades(spot.symbol);
    assert.deepEqual([trade?.price, trade?.amount, trade?.side], [0.9996, 12, 'sell']);
    assert.equal((await client('bybit').fetchTicker(spot.symbol)).last, 0.9996);
    const placed = await client('bybit').createOrder(spot.symbol, 'limit', 'buy', 10, 0.99);
    const orders = await client('bybit').fetchOpenOrders(spot.symbol);
    const order = orders.find(({ id }) => id === placed.id);
    assert.ok(Math.abs((order?.timestamp ?? 0) - Date.now()) < 60_000);
  });

  it('keeps what orders consumed until the next book', async (context) => {
    let passedMs = 0;
    const { client, push } = await startStory(context, () => Date.now() + passedMs);
    const asks = [
      ['0.9997', '80'],
      ['0.9999', '500'],
    ];
    await push(book(spot, [['0.9995', '1000']], asks));
    await client('bybit').createOrder(spot.symbol, 'limit', 'buy', 100, 0.9999, { timeInForce: 'IOC' });
    const left = [[0.9999, 480]];
    assert.deepEqual((await client('bybit').fetchOrderBook(spot.symbol)).asks, left);
    // Not by the passing of time, as with a tape's modelled depth, whose pause is a second.
    passedMs = 3_600_000;
    assert.deepEqual((await client('bybit').fetchOrderBook(spot.symbol)).asks, left);
    await push(book(spot, [['0.9995', '1000']], asks));
    assert.deepEqual((await client('bybit').fetchOrderBook(spot.symbol)).asks, [
      [0.9997, 80],
      [0.9999, 500],
    ]);
  });

  it('fills resting orders that the market moves through, as maker, for no more than it offers', async (context) => {
    const { client, push, simulator } = await startStory(context);
    await push(book(spot, [['0.9995', '1000']], [['0.9997', '80']]));
    const { id } = await client('bybit').createOrder(spot.symbol, 'limit', 'buy', 100, 0.9996);
    await push(book(spot, [['0.9993', '1000']], [['0.9995', '60']]));
    const [trade, ...others] = await client('bybit').fetchMyTrades(spot.symbol);
    assert.deepEqual(others, []);
    assert.deepEqual([trade?.order, trade?.amount, trade?.price, trade?.takerOrMaker], [id, 60, 0.9996, 'maker']);
    // The fill is in the journal; the book is not.
    assert.ok(simulator.lines.some((line) => line.includes('"order_filled"')));
    assert.ok(!simulator.lines.some((line) => line.includes('levels_set') || line.includes('0.9993')));
  });

  it('takes mark and index prices and the rate of the next funding', async (context) => {
    const { client, push } = await startStory(context);
    const hours = 8 * 3_600_000;
    const settlesAtMs = (Math.floor(Date.now() / hours) + 1) * hours;
    const answers = await push(
      book(perpetual, [['0.9991', '1000']], [['0.9993', '1000']]),
      { ...perpetual, mark: '0.99915', index: '0.9994' },
      { ...perpetual, fundingRate: '-0.00021', settlesAtMs },
    );
    assert.deepEqual(answers, [{ lines: 3, bad: 0 }]);
    const funding = await client('binanceusdm').fetchFundingRate(perpetual.symbol);
    assert.deepEqual(
      [funding.markPrice, funding.indexPrice, funding.fundingRate, funding.fundingTimestamp],
      [0.99915, 0.9994, -0.00021, settlesAtMs],
    );
  });

  it('follows a venue that settles more often than before', async (context) => {
    const { client, push, simulator } = await startStory(context);
    const settlesAtMs = (hours: number): number =>
      (Math.floor(Date.now() / (hours * 3_600_000)) + 1) * hours * 3_600_000;
    const named = { ...perpetual, fundingRate: '0.0004', settlesAtMs: settlesAtMs(4), intervalHours: 4 };
    const wrong = { ...named, intervalHours: 0 };
    assert.deepEqual(await push(book(perpetual, [['0.9991', '1']], [['0.9993', '1']]), named, wrong), [
      { line: 3, error: 'intervalHours: must be a whole number from 1 to 24' },
      { lines: 3, bad: 1 },
    ]);
    const funding = await client('binanceusdm').fetchFundingRate(perpetual.symbol);
    assert.deepEqual([funding.fundingRate, funding.fundingTimestamp], [0.0004, settlesAtMs(4)]);
    const intervals = await client('binanceusdm').fetchFundingIntervals([perpetual.symbol]);
    assert.equal(intervals[perpetual.symbol]?.interval, '4h');
    // Settlements depend on it, so a restart must know it.
    assert.ok(simulator.lines.some((line) => line.includes('"funding_interval_set"')));
  });

  it('empties a book that no line has confirmed for too long, and fills it with the next', async (context) => {
    let passedMs = 0;
    const { client, push } = await startStory(context, () => Date.now() + passedMs, { feedMaxAgeMs: 600_000 });
    const bybit = client('bybit');
    const lines = [[['0.9995', '1000']], [['0.9997', '80']]] as const;
    await push(book(spot, ...lines));
    passedMs = 590_000;
    assert.deepEqual((await bybit.fetchOrderBook(spot.symbol)).asks, [[0.9997, 80]]);
    passedMs = 1_300_000;
    bybit.options['timeDifference'] = -passedMs;
    await watchedUntil(
      'an empty book',
      () => bybit.fetchOrderBook(spot.symbol),
      ({ bids, asks }) => bids.length + asks.length === 0,
    );
    const order = await bybit.createOrder(spot.symbol, 'limit', 'buy', 10, 0.9999, { timeInForce: 'IOC' });
    assert.deepEqual(await bybit.fetchMyTrades(spot.symbol), [], `${order.id} finds nothing to trade with`);
    await push(book(spot, ...lines, Date.now() + passedMs));
    assert.deepEqual((await bybit.fetchOrderBook(spot.symbol)).asks, [[0.9997, 80]]);
  });

  it('answers each bad line with its number and reason, and takes the good ones around it', async (context) => {
    const { client, push } = await startStory(context);
    const now = Date.now();
    const mistakes: readonly [line: object | string, reason: RegExp][] = [
      ['{"venue":', /^not JSON$/],
      ['[]', /^must be an object$/],
      [
        { venue: 'ftx', symbol: 'X', bids: [], asks: [], atMs: now },
        /^venue: no venue ftx; there are bybit, binanceusdm$/,
      ],
      [
        { ...spot, symbol: 'BTC/USDT', bids: [], asks: [], atMs: now },
        /^symbol: bybit does not list BTC\/USDT; it lists /,
      ],
      [spot, /^must have bids and asks, trade, /],
      [{ ...spot, bids: [['1', '1']], atMs: now }, /^asks: must be a list/],
      [book(spot, [['1', '-1']], []), /^bids\[0\]\[1\]: must be above zero$/],
      [book(spot, [['1', 'x']], []), /^bids\[0\]\[1\]: must be a decimal/],
      [book(spot, [['1']], []), /^bids\[0\]: must be \[price, quantity\]$/],
      [
        book(
          spot,
          [
            ['0.9', '1'],
            ['0.95', '1'],
          ],
          [],
        ),
        /^bids\[1\]: the highest price goes first$/,
      ],
      [book(spot, [['1', '1']], [['1', '1']]), /^bids, asks: the best bid must be below/],
      [book(spot, [], [], 1.5), /^atMs: must be epoch milliseconds$/],
      [{ ...spot, bids: [], asks: [], atMs: now, depth: 5 }, /^depth: unknown; known here: venue, symbol, bids/],
      [
        { ...spot, trade: { price: '1', quantity: '1', side: 'up', atMs: now } },
        /^trade\.side: must be "buy" or "sell"$/,
      ],
      [{ ...spot, mark: '1' }, /^mark: spot has none$/],
      [{ ...spot, fundingRate: '0.1', settlesAtMs: now }, /^fundingRate: spot has none$/],
      [{ ...perpetual, fundingRate: '0.1', settlesAtMs: 1 }, /^settlesAtMs: the venue settles every 8 hours/],
      [book(spot, [['0.9', '1']], [], now - 60_000), /^atMs: older than the book that is there$/],
    ];
    const good = book(spot, [['0.9995', '1']], [['0.9997', '2']], now);
    const last = book(spot, [['0.9994', '3']], [['0.9996', '4']], now);
    const answers = await push(good, ...mistakes.map(([line]) => line), '', last);
    const errors = answers.slice(0, -1);
    assert.deepEqual(
      errors.map(({ line }) => line),
      mistakes.map((_, index) => index + 2),
    );
    for (const [index, [, reason]] of mistakes.entries()) assert.match(String(errors[index]?.['error']), reason);
    assert.deepEqual(answers.at(-1), { lines: mistakes.length + 3, bad: mistakes.length });
    assert.deepEqual((await client('bybit').fetchOrderBook(spot.symbol)).bids, [[0.9994, 3]]);
  });

  it('answers at once on a connection that stays open, and turns a web page away', async (context) => {
    const { simulator } = await startStory(context);
    const socket = dial(simulator);
    const lines = createInterface(socket)[Symbol.asyncIterator]();
    socket.write('{"venue":1}\n');
    const answer = await lines.next();
    assert.deepEqual(JSON.parse(String(answer.value)), { line: 1, error: 'venue: must be text' });
    socket.destroy();

    const page = dial(simulator);
    page.write(`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${JSON.stringify(book(spot, [['2', '1']], [['3', '1']]))}\n`);
    page.resume();
    await once(page, 'close');
    const { bids } = await connectClient(context, simulator.address('bybit'), 'bybit').fetchOrderBook(spot.symbol);
    assert.deepEqual(bids, []);
  });
});
