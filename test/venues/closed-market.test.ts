/** A market is closed for a while, or its lots change, while the service runs: neither stays as it was at the start. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { staleness } from '../../src/domain/freshness.ts';
import type { Venue } from '../../src/ports/venue.ts';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { createCcxtVenue } from '../../src/venues/ccxt-venue.ts';
import { createMarketData } from '../../src/venues/markets/market-data.ts';
import { order, plantedKey, plantedSecret } from './support/connect.ts';
import { binanceContract, startFakeBinanceusdm } from './support/fake-binanceusdm.ts';
import { breakages, type FakeVenue } from './support/fake-venue.ts';

const symbol = 'USDC/USDT:USDT';
const listPath = '/fapi/v1/exchangeInfo';
const notFound = breakages.json(400, { code: -2013, msg: 'Order does not exist.' });

interface Story {
  readonly fake: FakeVenue;
  /** What the list of markets says of the contract from now on. */
  list(changes: object): void;
  /** It has left the list, which holds another one. */
  unlist(): void;
  /** Lets so much time pass for us. */
  pass(durationMs: number): void;
  readonly clock: { nowMs(): number };
}

const other = { ...binanceContract, symbol: 'ETHUSDT', pair: 'ETHUSDT', baseAsset: 'ETH' };

async function begin(t: TestContext, changes: object): Promise<Story> {
  const fake = await startFakeBinanceusdm();
  t.after(() => fake.close());
  let passedMs = 0;
  const list = (now: object): void =>
    fake.route('GET', listPath, () => ({ symbols: [{ ...binanceContract, ...now }] }));
  list(changes);
  return {
    fake,
    list,
    unlist: () => fake.route('GET', listPath, () => ({ symbols: [other] })),
    pass: (durationMs) => (passedMs += durationMs),
    clock: { nowMs: () => Date.now() + passedMs },
  };
}

async function connectTo(t: TestContext, { fake, clock }: Story): Promise<Venue> {
  const venue = await createCcxtVenue({
    account: 'main',
    venue: 'binanceusdm',
    credentials: { apiKey: plantedKey, secret: plantedSecret },
    endpoint: { rest: fake.address, ws: '' },
    clock,
  });
  t.after(() => venue.close());
  return venue;
}

function marketOf(t: TestContext, { fake, clock }: Story) {
  const log = { info: () => undefined, warn: () => undefined };
  const market = createMarketData({ endpoints: { binanceusdm: { rest: fake.address, ws: '' } }, clock, log });
  t.after(() => market.close());
  return market;
}

const listsRead = (story: Story, count: number): Promise<void> =>
  waitUntil(
    async () => story.fake.to('GET', listPath).length === count,
    5_000,
    () => `the list was read ${story.fake.to('GET', listPath).length} times`,
    10,
  );

test('an account in a market that is closed at the start is read, and takes openings soon after it opens', async (t) => {
  const story = await begin(t, { status: 'SETTLING' });
  const venue = await connectTo(t, story);
  await assert.rejects(venue.instruments([symbol]), { kind: 'bad_symbol', message: /not open for trading/ });
  assert.equal((await venue.reading([symbol])).positions[0]?.quantityBase, '-100');
  story.list({});
  await venue.reading([symbol]);
  assert.equal(story.fake.to('GET', listPath).length, 1, 'not at once');
  story.pass(10_000);
  await venue.reading([symbol]);
  await listsRead(story, 2);
  await waitUntil(
    () =>
      venue.instruments([symbol]).then(
        () => true,
        () => false,
      ),
    5_000,
    () => 'it never opened',
    10,
  );
});

test('what reduces goes to a closed market, whose venue may take it; and what became of it is read there', async (t) => {
  const story = await begin(t, { status: 'SETTLING' });
  const venue = await connectTo(t, story);
  const reducing = order('binanceusdm', { reduceOnly: true, limitPrice: '1' });
  assert.equal((await venue.submit(reducing)).kind, 'accepted');
  const claimedAtMs = Date.now() - 20_000;
  story.fake.breakEndpoint('GET', '/fapi/v1/order', notFound);
  const { clientOrderId } = reducing;
  const query = { clientOrderId, symbol, venueOrderId: null, claimedAtMs, sendByMs: claimedAtMs + 2_000 };
  assert.deepEqual(await venue.lookUp(query), { kind: 'absent' });
});

test('lots that change while an account is watched are those of its orders within the hour', async (t) => {
  const story = await begin(t, {});
  const venue = await connectTo(t, story);
  const lotsOfTen = binanceContract.filters.map((filter) =>
    filter.filterType === 'LOT_SIZE' ? { ...filter, stepSize: '10' } : filter,
  );
  story.list({ filters: lotsOfTen });
  story.pass(3_600_000);
  await venue.reading([symbol]);
  await listsRead(story, 2);
  const sendByMs = story.clock.nowMs() + 3_000;
  await waitUntil(
    async () => {
      await venue.submit(order('binanceusdm', { quantityBase: '105', limitPrice: '1', sendByMs }));
      return story.fake.to('POST', '/fapi/v1/order').at(-1)?.params['quantity'] === '100';
    },
    3_000,
    () => 'the old lots stayed',
    10,
  );
});

test('the order book of a closed market can be read for a close, and nothing is decided on it', async (t) => {
  const story = await begin(t, { status: 'SETTLING' });
  const market = marketOf(t, story);
  const closed = await market.orderBook('binanceusdm', symbol);
  assert.deepEqual([closed.bids[0]?.price, closed.isClosed], ['0.9999', true]);
  const { bids, asks, aliveAtMs } = closed;
  const spot = { venue: 'bybit', symbol: 'USDC/USDT', bids, asks, aliveAtMs };
  assert.equal(staleness(spot, closed, aliveAtMs), `binanceusdm ${symbol} is not open for trading now`);
  story.list({});
  story.pass(10_000);
  await market.orderBook('binanceusdm', symbol);
  await listsRead(story, 2);
  await waitUntil(
    async () => (await market.orderBook('binanceusdm', symbol)).isClosed === undefined,
    5_000,
    () => 'it never opened',
    10,
  );
});

test('a market that has left the list is read and closed in as before, opened no more, and open again with the list', async (t) => {
  const story = await begin(t, {});
  const venue = await connectTo(t, story);
  story.unlist();
  story.pass(3_600_000);
  await venue.reading([symbol]);
  await listsRead(story, 2);
  const isOpen = (): Promise<boolean> =>
    venue.instruments([symbol]).then(
      () => true,
      (error: unknown) => {
        assert.match(String(error), /exists but is not open for trading/);
        return false;
      },
    );
  await waitUntil(
    async () => !(await isOpen()),
    5_000,
    () => 'it stayed open',
    10,
  );
  assert.equal((await venue.reading([symbol])).positions[0]?.quantityBase, '-100');
  const sendByMs = story.clock.nowMs() + 3_000;
  const reducing = order('binanceusdm', { reduceOnly: true, limitPrice: '1', sendByMs });
  assert.equal((await venue.submit(reducing)).kind, 'accepted');
  assert.equal((await venue.instruments(['ETH/USDT:USDT']))[0]?.base, 'ETH', 'what has come into the list is there');
  story.list({});
  story.pass(10_000);
  await venue.reading([symbol]);
  await waitUntil(isOpen, 5_000, () => 'it never opened', 10);
});

test('a market that stays closed is looked for ever less often, up to ten minutes, and anew when it closes again', async (t) => {
  const story = await begin(t, { status: 'SETTLING' });
  const venue = await connectTo(t, story);
  const lists = (): number => story.fake.to('GET', listPath).length;
  let read = 1;
  const nextAfter = async (seconds: number): Promise<void> => {
    // Later than the wait before it, and early enough for a slow machine.
    story.pass(seconds * 600);
    await venue.reading([symbol]);
    assert.equal(lists(), read, `not before ${seconds} s`);
    story.pass(seconds * 400);
    await venue.reading([symbol]);
    await listsRead(story, (read += 1));
    // For the list to be taken in.
    await venue.reading([symbol]);
  };
  for (const seconds of [10, 20, 40, 80, 160, 320, 600, 600]) await nextAfter(seconds);
  story.list({});
  await nextAfter(600);
  story.list({ status: 'SETTLING' });
  story.pass(3_600_000);
  await venue.reading([symbol]);
  await listsRead(story, (read += 1));
  await venue.reading([symbol]);
  for (const seconds of [10, 20]) await nextAfter(seconds);
});
