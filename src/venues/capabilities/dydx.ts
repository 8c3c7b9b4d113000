/**
 * dYdX v4, perpetuals quoted and settled in USDC: public data only. Orders are refused, for what ccxt 4.5.84 makes of
 * them; each point is shown by a test.
 *
 * - Its sizes are computed from numbers that the venue sends as numbers and ccxt takes for text: it throws.
 * - The signed order goes out by HTTP GET, in the address: what may repeat a GET may repeat the order, addresses are
 *   written to logs, and a connector that lets only reads pass twice cannot tell it from a read.
 * - The order's id is computed here and returned whatever the node answers, so that an empty reply looks accepted.
 * - Each order first costs a request for the block height, and the first one a request for the account.
 * - A client order id is a number of 32 bits. It cannot name an intent for good: of 10,000 orders two share one with a
 *   probability of 1 %.
 * - An IOC order is a short-term order. Validators refuse it past the block `goodTilBlock`, so that it would be
 *   exactly once; but a block height is no time, blocks may stop, and nothing that is read says from when on it is past.
 *   The indexer keeps no short-term order that was not filled.
 * - There is no list of fills and none of funding payments, from which a position is booked.
 *
 * docs/adr/0013 says which of these a file like this could put right, which it could not, and what serving orders takes.
 *
 * Funding: hourly, at the full hour; a rate is a fraction for the hour. Fees in USDC.
 */
import { VenueError } from '../../ports/venue.ts';
import { adaptDydx, dydxFailure } from './dydx-exchange.ts';
import { list, record, text, timeMs } from './raw.ts';
import { usual } from './usual.ts';
import type { Paging, VenueDialect } from './venue-dialect.ts';

const reason =
  'dydx is served for its public data only: ccxt 4.5.84 fails to size its orders, sends a signed one in the address of an ' +
  'HTTP GET, reports it as placed whatever the node answers, and has no lists of fills and funding payments, so that an order could neither be ' +
  'sent exactly once nor be found again';

function refused(): never {
  throw new VenueError('bad_request', reason);
}

/** The indexer gives the newest first, up to a time: a window of hours that fits into one reply. */
const byHour: Paging = {
  kind: 'newest',
  takesUntil: true,
  timesOf: (body) =>
    list(record(body, 'reply')['historicalFunding'], 'rates').map((row) =>
      timeMs(Date.parse(text(record(row, 'rate')['effectiveAt'], 'time of a rate')), 'time of a rate'),
    ),
  pageSize: 100,
  windowMs: 90 * 3_600_000,
};

export const dydx: VenueDialect = {
  ...usual,
  capabilities: {
    venue: 'dydx',
    clientOrderIdForm: 'alphanumeric',
    clientOrderIdScope: 'none',
    requestExpiry: null,
    visibilityLagMs: 0,
    spotFeeCurrency: 'quote',
    fundingDelayMs: 60_000,
    orderKinds: [],
    ordersRefused: reason,
  },
  kinds: ['perpetual'],
  exchangeOptions: {},
  // 100 requests in 10 s an address.
  pace: {
    orders: { unitsPerSecond: 1, burstUnits: 1 },
    reads: { unitsPerSecond: 8, burstUnits: 15 },
  },
  readsCountedBy: 'address',
  adapt: adaptDydx,

  failure: ({ body }) => dydxFailure(body),
  rejections: {},
  isDuplicate: () => false,
  fundingInterval: { source: 'rate', fallbackHours: 1, nextSettlement: 'named' },
  fundingRatePaging: byHour,

  orderKinds: {},
  cancelByClientId: null,
  readByClientId: { kind: 'lists', params: refused },
  closedOrders: 'fetchOrders',
  rawStatus: refused,
  statuses: {},
  closedOrderPaging: byHour,
  tradePaging: byHour,
  fundingPaymentPaging: byHour,
  tradesOfOrder: null,
  fundingPaymentSign: '1',
  balances: refused,
  freeMargin: refused,
};
