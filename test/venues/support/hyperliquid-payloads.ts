/** Replies in the shapes of Hyperliquid's documents, for an account that is short 100 of a stablecoin's perpetual. */
import { list, record, text, type RawRecord } from '../../../src/venues/capabilities/raw.ts';

export const zeroHash = `0x${'0'.repeat(64)}`;

/** `metaAndAssetCtxs`: the universe, and for each of it what the market says now. */
export const perpetuals = [
  {
    universe: [
      { szDecimals: 5, name: 'BTC', maxLeverage: 40, marginTableId: 56 },
      { szDecimals: 0, name: 'USDE', maxLeverage: 3, marginTableId: 3 },
      { szDecimals: 1, name: 'OLD', maxLeverage: 3, marginTableId: 3, isDelisted: true },
      { szDecimals: 0, name: 'kPEPE', maxLeverage: 10, marginTableId: 52 },
    ],
  },
  [
    context('97000.0', '0.0000125'),
    context('0.9999', '-0.00003'),
    context('1.0', '0.0'),
    context('0.0205', '0.0000125'),
  ],
];

function context(markPx: string, funding: string): RawRecord {
  return {
    funding,
    openInterest: '688.11',
    prevDayPx: markPx,
    dayNtlVlm: '1169046.29',
    premium: '0.00031774',
    oraclePx: markPx,
    markPx,
    midPx: markPx,
    impactPxs: [markPx, markPx],
    dayBaseVlm: '1',
  };
}

const spots = [
  {
    tokens: [
      { name: 'USDC', szDecimals: 8, weiDecimals: 8, index: 0, tokenId: '0x6d1e', isCanonical: true, fullName: null },
      { name: 'PURR', szDecimals: 0, weiDecimals: 5, index: 1, tokenId: '0xc1fb', isCanonical: true, fullName: null },
    ],
    universe: [{ name: 'PURR/USDC', tokens: [1, 0], index: 0, isCanonical: true }],
  },
  [{ dayNtlVlm: '8906.0', markPx: '0.14', midPx: '0.209265', prevDayPx: '0.20432', coin: 'PURR/USDC' }],
];

/** `orderStatus`, also a row of `historicalOrders`; `fields` go into the order itself. */
export function orderReport(status: string, fields: RawRecord = {}): Record<string, unknown> {
  const order = {
    coin: 'USDE',
    side: 'B',
    limitPx: '1.0002',
    sz: '0.0',
    oid: 77_738_308,
    timestamp: Date.now() - 1_000,
    triggerCondition: 'N/A',
    isTrigger: false,
    triggerPx: '0.0',
    children: [],
    isPositionTpsl: false,
    reduceOnly: false,
    orderType: 'Limit',
    origSz: '100.0',
    tif: 'Ioc',
    cloid: '0x00112233445566778899aabbccddeeff',
    ...fields,
  };
  return { order, status, statusTimestamp: order.timestamp };
}

/** A row of `userFills` and `userFillsByTime`. */
export function fill(fields: RawRecord = {}): Record<string, unknown> {
  return {
    closedPnl: '0.0',
    coin: 'USDE',
    crossed: true,
    dir: 'Open Long',
    hash: '0xa166e3fa63c25663',
    oid: 77_738_308,
    px: '1.0001',
    side: 'B',
    startPosition: '0.0',
    sz: '60.0',
    time: Date.now() - 900,
    fee: '0.027003',
    feeToken: 'USDC',
    tid: 118_906_512_037_719,
    ...fields,
  };
}

/** A row of `userFunding`: a position of −100 at a rate of −0.00003 an hour pays 0.003. */
export function fundingPayment(fields: RawRecord = {}, delta: RawRecord = {}): Record<string, unknown> {
  return {
    time: 1_734_026_400_057,
    hash: zeroHash,
    ...fields,
    delta: {
      type: 'funding',
      coin: 'USDE',
      usdc: '-0.003',
      szi: '-100.0',
      fundingRate: '-0.00003',
      nSamples: null,
      ...delta,
    },
  };
}

export const clearinghouseState = {
  assetPositions: [
    {
      type: 'oneWay',
      position: {
        coin: 'USDE',
        cumFunding: { allTime: '514.08', sinceChange: '0.0', sinceOpen: '0.0' },
        entryPx: '1.0001',
        leverage: { type: 'cross', value: 2 },
        liquidationPx: '1.4',
        marginUsed: '50.0',
        maxLeverage: 3,
        positionValue: '99.99',
        returnOnEquity: '0.0',
        szi: '-100.0',
        unrealizedPnl: '0.02',
      },
    },
  ],
  crossMaintenanceMarginUsed: '16.0',
  crossMarginSummary: {
    accountValue: '1000.52',
    totalMarginUsed: '50.0',
    totalNtlPos: '99.99',
    totalRawUsd: '1100.51',
  },
  marginSummary: { accountValue: '1000.52', totalMarginUsed: '50.0', totalNtlPos: '99.99', totalRawUsd: '1100.51' },
  time: 1_708_622_398_623,
  withdrawable: '950.52',
};

export const infoReplies: Readonly<Record<string, (request: RawRecord) => unknown>> = {
  metaAndAssetCtxs: () => perpetuals,
  spotMetaAndAssetCtxs: () => spots,
  exchangeStatus: () => ({ specialStatuses: null, time: Date.now() }),
  userAbstraction: () => 'default',
  clearinghouseState: () => clearinghouseState,
  spotClearinghouseState: () => ({
    balances: [
      { coin: 'USDC', token: 0, hold: '100.5', total: '1481.844', entryNtl: '0.0' },
      { coin: 'PURR', token: 1, hold: '0', total: '2000', entryNtl: '1234.56' },
    ],
  }),
  frontendOpenOrders: () => [],
  historicalOrders: () => [],
  userFillsByTime: () => [],
  userFunding: () => [],
  fundingHistory: () => [],
  orderStatus: () => ({ status: 'unknownOid' }),
  userRole: ({ user }) =>
    user === '0x5e9ee1089755c3435139848e47e6635505d5a13a'
      ? { role: 'user' }
      : { role: 'agent', data: { user: '0x5e9ee1089755c3435139848e47e6635505d5a13a' } },
  l2Book: ({ coin }) => ({
    coin,
    time: Date.now(),
    levels: [
      [
        { px: '0.9999', sz: '19113.0', n: 1 },
        { px: '0.9998', sz: '500.0', n: 2 },
      ],
      [{ px: '1.0001', sz: '60.0', n: 3 }],
    ],
  }),
};

/** What `/exchange` answers to an action that it takes. */
export function exchangeReply(action: RawRecord): unknown {
  const type = text(action['type'], 'type of an action');
  if (type === 'order') {
    const size = record(list(action['orders'], 'orders')[0], 'order')['s'];
    return reply(type, { filled: { totalSz: size, avgPx: '1.0001', oid: 77_738_308 } });
  }
  if (type === 'cancel' || type === 'cancelByCloid') return reply('cancel', 'success');
  return { status: 'ok', response: { type: 'default' } };
}

export function reply(type: string, status: unknown): unknown {
  return { status: 'ok', response: { type, data: { statuses: [status] } } };
}
