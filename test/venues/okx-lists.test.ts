/** Lists of okx: recent fills come late to that of three months, and a page of other instruments' rows is no end. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createExchange } from '../../src/venues/exchange.ts';
import { fillsBetween, fillsOfOrder, fundingPaymentsBetween } from '../../src/venues/orders/fills.ts';
import { createHttpTransport, type HttpTransport } from '../../src/venues/calls/http-transport.ts';
import { venueDialect } from '../../src/venues/registry.ts';
import type { VenueCaller } from '../../src/venues/calls/venue-call.ts';
import { startFakeVenue, type FakeVenue, type SeenRequest } from './support/fake-venue.ts';
import { clock } from './support/subjects.ts';
import type { ExactExchange } from '../../src/venues/exact-exchange.ts';

const dayMs = 86_400_000;
const symbol = 'USDC/USDT:USDT';
const instId = 'USDC-USDT-SWAP';
const dialect = venueDialect('okx');
const recentPath = '/api/v5/trade/fills';
const archivePath = '/api/v5/trade/fills-history';
const nowMs = Date.now();

const swap = {
  instType: 'SWAP',
  instId,
  instFamily: 'USDC-USDT',
  uly: 'USDC-USDT',
  settleCcy: 'USDT',
  baseCcy: '',
  quoteCcy: '',
  ctVal: '10',
  ctMult: '1',
  ctValCcy: 'USDC',
  ctType: 'linear',
  listTime: '1600000000000',
  expTime: '',
  lever: '50',
  tickSz: '0.0001',
  lotSz: '1',
  minSz: '1',
  state: 'live',
};

interface Row {
  readonly billId: string;
  readonly ordId: string;
  readonly instId: string;
  readonly ts: string;
}

function row(billId: number, ageMs: number, ordId: string, of = instId): Row {
  const figures = { side: 'sell', fillSz: '10', fillPx: '1', fee: '-0.05', feeCcy: 'USDT', execType: 'T' };
  const rest = { tradeId: `trade ${billId}`, instType: 'SWAP', posSide: 'net', clOrdId: '' };
  return { ...figures, ...rest, billId: String(billId), ordId, instId: of, ts: String(nowMs - ageMs) };
}

/** As the exchange pages: newest first, a hundred rows, older than `after`. */
function answered(rows: readonly Row[], { params }: SeenRequest): unknown {
  const { after: before = 'Infinity', ordId, begin = '0', end = 'Infinity' } = params;
  const data = rows
    .filter((one) => Number(one.billId) < Number(before) && (ordId === undefined || one.ordId === ordId))
    .filter((one) => params['instId'] === undefined || one.instId === params['instId'])
    .filter(({ ts }) => Number(ts) >= Number(begin) && Number(ts) <= Number(end))
    .toSorted((left, right) => Number(right.billId) - Number(left.billId))
    .slice(0, 100);
  return { code: '0', msg: '', data };
}

let server: FakeVenue;
let transport: HttpTransport;
let exchange: ExactExchange;
let caller: VenueCaller;
let rows: Row[];
/** What has happened so lately is not yet in the list of three months. */
const archiveLagMs = 60_000;

before(async () => {
  const isAged = (fromMs: number, toMs: number) => (one: Row) => {
    const ageMs = nowMs - Number(one.ts);
    return ageMs >= fromMs && ageMs <= toMs;
  };
  server = await startFakeVenue({
    'GET /api/v5/public/instruments': ({ params }) => ({
      code: '0',
      data: params['instType'] === 'SWAP' ? [swap] : [],
    }),
    [`GET ${recentPath}`]: (request) => answered(rows.filter(isAged(0, 3 * dayMs)), request),
    [`GET ${archivePath}`]: (request) => answered(rows.filter(isAged(archiveLagMs, 90 * dayMs)), request),
    // As ccxt's source takes it: whatever the exchange makes of `instId`, rows of others may come.
    'GET /api/v5/account/bills-archive': (request) => {
      const { instId: _instId, ...params } = request.params;
      return answered(rows, { ...request, params });
    },
  });
  transport = createHttpTransport(server.address, clock);
  const credentials = { apiKey: 'key', secret: 'secret', password: 'word' };
  const pace = { unitsPerSecond: 1_000, burstUnits: 1_000 };
  exchange = createExchange({ dialect, use: 'reads', credentials, endpoint: null, transport, clock, pace });
  caller = { dialect, credentials, clock, deadlineMs: 4_000 };
  await exchange.loadMarkets();
});
beforeEach(() => void server.seen.splice(0));
after(async () => {
  transport.close();
  await server.close();
});

const ids = (fills: readonly { readonly tradeId: string }[]): string[] => fills.map(({ tradeId }) => tradeId);

describe('fills of an order', () => {
  test('that has just filled are read where they are at once, and nowhere else', async () => {
    rows = [row(1, 5_000, 'order'), row(2, 5_000, 'other')];
    const fills = await fillsOfOrder(exchange, caller, { venueOrderId: 'order', symbol });
    assert.deepEqual(ids(fills), ['trade 1']);
    assert.deepEqual([fills[0]?.quantityBase, fills[0]?.fee, fills[0]?.feeCurrency], ['100', '0.05', 'USDT']);
    assert.deepEqual([server.to('GET', recentPath).length, server.to('GET', archivePath).length], [1, 0]);
  });

  test('of more than a page are all read, and so are those of one that is older than three days', async () => {
    rows = Array.from({ length: 100 }, (_, index) => row(index + 1, 5_000, 'order'));
    assert.equal((await fillsOfOrder(exchange, caller, { venueOrderId: 'order', symbol })).length, 100);
    rows = [row(1, 5 * dayMs, 'old')];
    assert.deepEqual(ids(await fillsOfOrder(exchange, caller, { venueOrderId: 'old', symbol })), ['trade 1']);
  });
});

test('fills since a time are those of both lists, each once', async () => {
  rows = [row(1, 40 * dayMs, 'a'), row(2, dayMs, 'b'), row(3, 5_000, 'c')];
  const fills = await fillsBetween(exchange, caller, symbol, nowMs - 60 * dayMs, nowMs + 60_000);
  assert.deepEqual(ids(fills), ['trade 1', 'trade 2', 'trade 3']);
});

test('a whole page of another instrument’s funding is no end of ours, and ours alone is asked for', async () => {
  const funding = { type: '8', balChg: '-0.1', ccy: 'USDT' };
  rows = [
    { ...row(1, 3 * dayMs, ''), ...funding },
    ...Array.from({ length: 100 }, (_, index) => ({ ...row(index + 2, dayMs, '', 'BTC-USDT-SWAP'), ...funding })),
  ];
  const payments = await fundingPaymentsBetween(exchange, caller, symbol, nowMs - 5 * dayMs, nowMs);
  assert.deepEqual(
    payments.map(({ paymentId }) => paymentId),
    ['1'],
  );
  assert.deepEqual(
    server.to('GET', '/api/v5/account/bills-archive').map(({ params }) => params['instId']),
    [instId, instId],
  );
});
