/** Documented replies of Bybit's v5 interface, spot. */
import { startFakeVenue, type FakeVenue, type Route } from './fake-venue.ts';

export function bybitOk(result: unknown): Record<string, unknown> {
  return { retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: Date.now() };
}

export const bybitInstrument = {
  symbol: 'USDCUSDT',
  baseCoin: 'USDC',
  quoteCoin: 'USDT',
  innovation: '0',
  status: 'Trading',
  marginTrading: 'none',
  lotSizeFilter: {
    basePrecision: '0.01',
    quotePrecision: '0.000001',
    minOrderQty: '1',
    maxOrderQty: '9000000',
    minOrderAmt: '1',
    maxOrderAmt: '9000000',
  },
  priceFilter: { tickSize: '0.0001' },
};

export function bybitOrder(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    symbol: 'USDCUSDT',
    orderType: 'Limit',
    timeInForce: 'IOC',
    side: 'Buy',
    price: '1.0002',
    qty: '100',
    cumExecQty: '0',
    cumExecValue: '0',
    cumExecFee: '0',
    avgPrice: '',
    leavesQty: '0',
    orderStatus: 'Cancelled',
    createdTime: String(Date.now()),
    updatedTime: String(Date.now()),
    positionIdx: 0,
    ...fields,
  };
}

export function bybitExecution(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    symbol: 'USDCUSDT',
    side: 'Buy',
    orderLinkId: '',
    execPrice: '1.0001',
    execQty: '60',
    execFee: '0.06',
    execValue: '60.006',
    execType: 'Trade',
    execTime: String(Date.now()),
    isMaker: false,
    feeCurrency: '',
    ...fields,
  };
}

const routes: Readonly<Record<string, Route>> = {
  'GET /v5/market/instruments-info': () => bybitOk({ category: 'spot', list: [bybitInstrument] }),
  'GET /v5/market/time': () =>
    bybitOk({ timeSecond: String(Math.floor(Date.now() / 1000)), timeNano: `${Date.now()}000000` }),
  'GET /v5/market/orderbook': () =>
    bybitOk({ s: 'USDCUSDT', b: [['0.9999', '10.5']], a: [['1.0001', '11.25']], ts: Date.now(), u: 1, seq: 1 }),
  'GET /v5/user/query-api': () => bybitOk({ uta: 1, unified: 0, userID: 1 }),
  'GET /v5/account/info': () => bybitOk({ unifiedMarginStatus: 6, marginMode: 'REGULAR_MARGIN', updatedTime: '1' }),
  'GET /v5/account/wallet-balance': () =>
    bybitOk({
      list: [
        {
          accountType: 'UNIFIED',
          coin: [
            { coin: 'USDT', walletBalance: '1000.50', locked: '0.25', totalOrderIM: '0', totalPositionIM: '0' },
            { coin: 'USDC', walletBalance: '20', locked: '0', totalOrderIM: '', totalPositionIM: '' },
          ],
        },
      ],
    }),
  'GET /v5/order/realtime': () => bybitOk({ category: 'spot', nextPageCursor: '', list: [] }),
  'GET /v5/order/history': () => bybitOk({ category: 'spot', nextPageCursor: '', list: [] }),
  'GET /v5/execution/list': () => bybitOk({ category: 'spot', nextPageCursor: '', list: [] }),
  'POST /v5/order/create': (request) => bybitOk({ orderId: '7001', orderLinkId: request.params['orderLinkId'] }),
  'POST /v5/order/cancel': (request) => bybitOk({ orderId: '7001', orderLinkId: request.params['orderLinkId'] }),
};

export function startFakeBybit(): Promise<FakeVenue> {
  return startFakeVenue(routes);
}
