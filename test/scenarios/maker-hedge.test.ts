/**
 * Openings by quotes that rest on binance's perpetual (maker 2 bps against taker 5; bybit charges 10 either way), hedged
 * by selling USDC at bybit. The order books are the test's own, and nothing refills them.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { decimal, sum, toText } from '../../src/domain/decimal.ts';
import type { MakerStyle, PositionPlan } from '../../src/domain/position.ts';
import type { OrderRow } from '../../src/ports/ledger.ts';
import {
  eventually,
  startTradingService,
  type PositionHandle,
  type TradingService,
} from '../support/trading-service.ts';

const clean = { ledgerMatchesVenue: true, oneLegged: 0, findings: [] };
/** The best bid of 0.999 × 1.0001 is 0.9990999, and 0.999099 on the tick of 0.000001. */
const quotePrice = '0.999099';

let service: TradingService;
before(async () => {
  service = await startTradingService({
    change: (yaml) =>
      yaml
        .replace('fees: { takerBps: 0.5, makerBps: 0.5 }', 'fees: { takerBps: 10, makerBps: 10 }')
        .replace('fees: { takerBps: 0.5, makerBps: 0.5 }', 'fees: { takerBps: 5, makerBps: 2 }')
        .replace('refillMs: 1000', 'refillMs: 86400000')
        .replace('style: taker_taker', 'style: maker_hedge\n  maxUnhedgedUsd: 1000\n  makerDeadlineMs: 120000'),
  });
});
after(() => service.stop());
beforeEach(async () => {
  await setSpot();
  await setPerp();
});
afterEach(() => service.control('DELETE', '/faults'));

describe('a quote that is filled', () => {
  test('in parts: each part is booked while the rest stays, hedged at once, and the maker fee is what was charged', async () => {
    const { handle, key } = await open('2000');
    const first = await untilResting(key);
    assert.deepEqual(
      [first.leg, first.side, first.quantityBase, first.limitPrice, first.state],
      ['perp', 'buy', '1000', quotePrice, 'open'],
    );
    await fillQuote('400');
    await untilHedges(key, ['400']);
    assert.deepEqual(await orderState(key, first), ['open', '400']);
    await fillQuote('600');
    await untilHedges(key, ['400', '600']);
    const second = await untilResting(key, first);
    await fillQuote('1000');
    const view = await service.untilStatus(handle, 'hedged');
    assert.ok(view.state.kind === 'hedged');
    assert.deepEqual([view.state.legs.spotBase, view.state.legs.perpBase], ['2000', '2000']);
    assert.deepEqual(await orderState(key, second), ['done', '1000']);

    // 2,000 × 0.999099 at 2 bps; as a taker at the ask of 0.9992 it had been 2,000 × 0.9992 at 5 bps = 0.9992.
    const fills = (await service.ledger.fillsOf(key)).filter(({ symbol }) => symbol === 'USDC/USDT:USDT');
    assert.deepEqual(
      new Set(fills.map(({ role, price }) => `${role} at ${price}`)),
      new Set([`maker at ${quotePrice}`]),
    );
    const fees = sum(fills.map(({ fee }) => decimal(fee)));
    assert.equal(toText(fees), '0.3996396');
    assert.equal(toText(decimal('0.9992').minus(fees)), '0.5995604', 'saved on one leg in');
    assert.deepEqual(await service.compare(), clean);
    await close(handle);

    // Two quotes and three hedges. docs/adr/0010 says what each may cost.
    const { events } = await handle.fetchHistory();
    const allowed = eventsOfAnyPosition + 2 * eventsOfQuote + 3 * eventsOfHedge;
    assert.ok((events?.length ?? 0) <= allowed, `${events?.length} events, over ${allowed}`);
  });

  test('while its cancel is on its way: the final state counts, and the fill is hedged', async () => {
    const { handle, key } = await open('1000', { makerDeadlineMs: 8_000 });
    const quote = await untilResting(key);
    // The deadline's cancel does not arrive the first time, and somebody fills the quote meanwhile.
    await service.control('POST', '/faults', { kind: 'drop_before', ...perpOrders, method: 'DELETE', count: 2 });
    // What rests is not seen either, so that the fill is news to the look after the cancel.
    await service.control('POST', '/faults', { kind: 'http_5xx', ...perpOrders, method: 'GET', count: 8 });
    await fillQuote('700');
    const view = await service.untilStatus(handle, 'hedged');
    assert.ok(view.state.kind === 'hedged');
    assert.deepEqual([view.state.legs.spotBase, view.state.legs.perpBase], ['700', '700']);
    assert.deepEqual(await orderState(key, quote), ['done', '700']);
    await close(handle);
  });
});

describe('a quote whose hedge venue asks to be left alone for two minutes', () => {
  test('is ended at once, and what it received is taken back at the deadline of its hedge', async () => {
    const { handle, key } = await open('2000', {}, '-1000', { hedgeDeadlineMs: 6_000 });
    const quote = await untilResting(key);
    const spotOrders = { venue: 'bybit', method: 'POST', path: '/v5/order/create' };
    await service.control('POST', '/faults', { kind: 'rate_limited', ...spotOrders, retryAfterMs: 120_000 });
    await fillQuote('400');
    const result = await handle.result();
    assert.deepEqual(result, { kind: 'aborted', reason: 'one leg did not fill' });
    assert.deepEqual(await orderState(key, quote), ['done', '400']);
    const orders = await service.ledger.ordersOf(key);
    assert.deepEqual(
      orders.map(({ leg, purpose, state, filledBase }) => `${leg} ${purpose} ${state} ${filledBase}`),
      ['perp open done 400', 'spot hedge rejected 0', 'perp unwind done 400'],
    );
    assert.deepEqual(await service.compare(), clean);
  });
});

describe('a quote that is not filled', () => {
  test('follows its price: it is cancelled, and another rests where the best bid is now', async () => {
    const { handle, key } = await open('1000');
    const first = await untilResting(key);
    await setPerp('0.9985');
    // 0.9985 × 1.0001 = 0.99859985.
    const second = await untilResting(key, first);
    assert.equal(second.limitPrice, '0.998599');
    assert.deepEqual(await orderState(key, first), ['done', '0']);
    await setPerp('0.9985', [
      ['0.998599', '1000'],
      ['0.9992', '90000'],
    ]);
    await service.untilStatus(handle, 'hedged');
    await close(handle);
  });

  test('is taken away when the gap is gone, and comes back with it', async () => {
    // s·B of the quote is (0.9996 − 0.999099) / 0.9996 = 5.01 bps.
    const { handle, key } = await open('1000', {}, '4');
    const first = await untilResting(key);
    await setSpot('0.9994');
    await eventually(async () => (await orderState(key, first))[0] === 'done');
    await setSpot();
    const second = await untilResting(key, first);
    assert.equal(second.limitPrice, quotePrice);
    await fillQuote('1000');
    await service.untilStatus(handle, 'hedged');
    await close(handle);
  });

  test('ends with its deadline where that says stop: the position is as large as what was filled', async () => {
    const { handle, key } = await open('3000', { makerDeadlineMs: 8_000 });
    await untilResting(key);
    await fillQuote('1000');
    const view = await service.untilStatus(handle, 'hedged');
    assert.ok(view.state.kind === 'hedged');
    assert.deepEqual([view.state.legs.spotBase, view.state.legs.perpBase], ['1000', '1000']);
    assert.ok((await quotes(key)).every(({ state }) => state === 'done'));
    await close(handle);
  });

  test('ends aborted where nothing was filled by then', async () => {
    const { handle, key } = await open('1000', { makerDeadlineMs: 2_000 });
    const result = await handle.result();
    assert.equal(result.kind, 'aborted');
    assert.deepEqual((await service.ledger.fillsOf(key)).length, 0);
    assert.deepEqual(await service.compare(), clean);
  });

  test('is converted at its deadline where that says convert: what is missing is taken on both legs', async () => {
    const { handle, key } = await open('3000', { makerDeadlineMs: 8_000, atMakerDeadline: 'convert' });
    await untilResting(key);
    await fillQuote('1000');
    const view = await service.untilStatus(handle, 'hedged');
    assert.ok(view.state.kind === 'hedged');
    assert.deepEqual([view.state.legs.spotBase, view.state.legs.perpBase], ['3000', '3000']);
    const orders = await service.ledger.ordersOf(key);
    const taken = orders.filter(({ purpose, timeInForce }) => purpose === 'open' && timeInForce === 'ioc');
    assert.deepEqual(taken.map(({ leg, side, filledBase }) => `${leg} ${side} ${filledBase}`).sort(), [
      'perp buy 2000',
      'spot sell 2000',
    ]);
    await close(handle);
  });

  test('is cancelled when a person closes, and what it had filled is closed with it', async () => {
    const { handle, key } = await open('2000');
    const quote = await untilResting(key);
    await fillQuote('300');
    await untilHedges(key, ['300']);
    await handle.signal('forceClose');
    const result = await handle.result();
    assert.equal(result.kind, 'closed');
    assert.deepEqual(await orderState(key, quote), ['done', '300']);
    assert.deepEqual(await service.compare(), clean);
  });
});

describe('nobody looks while a quote rests', () => {
  test('because its worker is gone: the next one begins with what was filled, and it is hedged', async () => {
    const { handle, key } = await open('1000');
    const quote = await untilResting(key);
    await service.replaceReads('binance', async () => {
      await fillQuote('600');
      assert.deepEqual(await orderState(key, quote), ['open', '0'], 'nobody has seen it');
    });
    await untilHedges(key, ['600']);
    assert.deepEqual(await orderState(key, quote), ['open', '600']);
    await fillQuote('400');
    await service.untilStatus(handle, 'hedged');
    await close(handle);
  });

  test('because its venue is down: a person is told, and what was filled meanwhile is hedged when it is back', async () => {
    const { handle, key } = await open('1000');
    const quote = await untilResting(key);
    await service.control('POST', '/faults', { kind: 'venue_down', venue: 'binanceusdm' });
    await fillQuote('1000');
    const told = `unseen/${key}`;
    const settling = `unresolved/${quote.clientOrderId}`;
    await eventually(async () =>
      (await service.ledger.openAlerts()).some((alert) => alert.key === told || alert.key === settling),
    );
    await service.control('DELETE', '/faults');
    await service.untilStatus(handle, 'hedged');
    await untilHedges(key, ['1000']);
    assert.equal((await service.ledger.openAlerts()).filter(({ positionKey }) => positionKey === key).length, 0);
    await close(handle);
  });
});

/** Workflow history events: of a position without its opening orders, of a quote, and of a fill with its hedge. */
const eventsOfAnyPosition = 90;
const eventsOfQuote = 24;
const eventsOfHedge = 36;

const perpOrders = { venue: 'binanceusdm', path: '/fapi/v1/order' };

async function open(
  quantityBase: string,
  style: Partial<MakerStyle> = {},
  minimumEntryBps = '-1000',
  change: Partial<PositionPlan> = {},
): Promise<{ handle: PositionHandle; key: string }> {
  const handle = await service.openPosition('short_spot_long_perp', (input) => {
    const planned = input.plan.style;
    assert.ok(planned?.kind === 'maker_hedge');
    assert.equal(planned.makerLeg, 'perp');
    return {
      ...input,
      plan: { ...input.plan, ...change, quantityBase, minimumEntryBps, style: { ...planned, ...style } },
    };
  });
  return { handle, key: handle.workflowId.slice('position/'.length) };
}

async function close(handle: PositionHandle): Promise<void> {
  await setSpot();
  await setPerp();
  await handle.signal('forceClose');
  const result = await handle.result();
  assert.equal(result.kind, 'closed');
  assert.deepEqual(await service.compare(), clean);
}

async function quotes(key: string): Promise<OrderRow[]> {
  return (await service.ledger.ordersOf(key)).filter(({ timeInForce }) => timeInForce === 'post_only');
}

/** The quote that rests, other than those that are known. */
async function untilResting(key: string, ...known: readonly OrderRow[]): Promise<OrderRow> {
  let found: OrderRow | undefined;
  await eventually(
    async () => {
      const ids = known.map(({ clientOrderId }) => clientOrderId);
      found = (await quotes(key)).find(({ clientOrderId, state }) => state === 'open' && !ids.includes(clientOrderId));
      return found !== undefined;
    },
    () => `no quote of ${key} rests`,
  );
  return found ?? assert.fail();
}

async function untilHedges(key: string, sizes: readonly string[]): Promise<void> {
  const hedges = async (): Promise<string[]> =>
    (await service.ledger.ordersOf(key))
      .filter(({ purpose, state }) => purpose === 'hedge' && state === 'done')
      .map(({ leg, side, filledBase }) => `${leg} ${side} ${filledBase}`);
  let seen: string[] = [];
  await eventually(
    async () => (seen = await hedges()).length >= sizes.length,
    () => `hedges are ${seen.join(', ')}`,
  );
  assert.deepEqual(
    seen,
    sizes.map((size) => `spot sell ${size}`),
  );
}

async function orderState(key: string, { clientOrderId }: OrderRow): Promise<[string, string]> {
  const row = (await quotes(key)).find((one) => one.clientOrderId === clientOrderId);
  return [row?.state ?? 'none', row?.filledBase ?? 'none'];
}

/** Somebody sells this much at the quote's price, and is gone. */
async function fillQuote(quantityBase: string, price = quotePrice): Promise<void> {
  await setPerp('0.999', [
    [price, quantityBase],
    ['0.9992', '90000'],
  ]);
  await setPerp();
}

async function setPerp(bid = '0.999', asks: readonly [string, string][] = [['0.9992', '90000']]): Promise<void> {
  const prices = { symbol: 'USDC/USDT:USDT', centre: bid, bids: [[bid, '90000']], asks };
  await service.control('POST', '/venues/binanceusdm/prices', prices);
}

async function setSpot(bid = '0.9996'): Promise<void> {
  const asks = [[toText(decimal(bid).plus(decimal('0.0001'))), '90000']];
  await service.control('POST', '/venues/bybit/prices', {
    symbol: 'USDC/USDT',
    centre: bid,
    bids: [[bid, '90000']],
    asks,
  });
}
