/** Documented replies of Binance's USDⓈ-M futures interface. */
import { startFakeVenue, type FakeVenue, type Route } from './fake-venue.ts';

export const binanceContract = {
  symbol: 'USDCUSDT',
  pair: 'USDCUSDT',
  contractType: 'PERPETUAL',
  deliveryDate: 4133404800000,
  onboardDate: 1569398400000,
  status: 'TRADING',
  baseAsset: 'USDC',
  quoteAsset: 'USDT',
  marginAsset: 'USDT',
  pricePrecision: 7,
  quantityPrecision: 0,
  orderTypes: ['LIMIT', 'MARKET'],
  timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
  filters: [
    { filterType: 'PRICE_FILTER', minPrice: '0.000001', maxPrice: '100', tickSize: '0.000001' },
    { filterType: 'LOT_SIZE', minQty: '1', maxQty: '9000000', stepSize: '1' },
    { filterType: 'MARKET_LOT_SIZE', minQty: '1', maxQty: '2000000', stepSize: '1' },
    { filterType: 'MIN_NOTIONAL', notional: '5' },
  ],
};

export function binanceOrder(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    symbol: 'USDCUSDT',
    orderId: 9001,
    clientOrderId: '',
    price: '1.000100',
    origQty: '100',
    executedQty: '0',
    cumQuote: '0',
    avgPrice: '0',
    status: 'EXPIRED',
    timeInForce: 'IOC',
    type: 'LIMIT',
    side: 'SELL',
    reduceOnly: false,
    positionSide: 'BOTH',
    closePosition: false,
    time: Date.now(),
    updateTime: Date.now(),
    ...fields,
  };
}

export function binanceTrade(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    symbol: 'USDCUSDT',
    id: 1,
    orderId: 9001,
    side: 'SELL',
    price: '1.000100',
    qty: '60',
    quoteQty: '60.006',
    realizedPnl: '0',
    commission: '0.030003',
    commissionAsset: 'USDT',
    time: Date.now(),
    positionSide: 'BOTH',
    buyer: false,
    maker: false,
    ...fields,
  };
}

const routes: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/exchangeInfo': () => ({ symbols: [binanceContract] }),
  'GET /fapi/v1/time': () => ({ serverTime: Date.now() }),
  'GET /fapi/v1/depth': () => ({
    lastUpdateId: 100,
    bids: [['0.999900', '10']],
    asks: [['1.000100', '11']],
    E: Date.now(),
    T: Date.now(),
  }),
  'GET /fapi/v1/leverageBracket': () => [
    {
      symbol: 'USDCUSDT',
      brackets: [
        { bracket: 1, initialLeverage: 50, notionalCap: 5000, notionalFloor: 0, maintMarginRatio: 0.006, cum: 0 },
      ],
    },
  ],
  'GET /fapi/v3/account': () => ({
    totalWalletBalance: '1000',
    assets: [
      {
        asset: 'USDT',
        walletBalance: '1000.5',
        availableBalance: '900.25',
        initialMargin: '100',
        marginBalance: '1003',
        maintMargin: '0',
        updateTime: Date.now(),
      },
    ],
    positions: [],
  }),
  'GET /fapi/v3/positionRisk': () => [
    {
      symbol: 'USDCUSDT',
      positionSide: 'BOTH',
      positionAmt: '-100',
      entryPrice: '1.0001',
      breakEvenPrice: '1.0001',
      markPrice: '1.0',
      unRealizedProfit: '0.01',
      liquidationPrice: '1.4',
      isolatedMargin: '0',
      notional: '-100',
      marginAsset: 'USDT',
      isolatedWallet: '0',
      initialMargin: '50',
      maintMargin: '0.6',
      positionInitialMargin: '50',
      openOrderInitialMargin: '0',
      adl: 0,
      updateTime: Date.now(),
      leverage: '2',
      marginType: 'cross',
    },
  ],
  'GET /fapi/v1/openOrders': () => [],
  'GET /fapi/v1/allOrders': () => [],
  'GET /fapi/v1/userTrades': () => [],
  'GET /fapi/v1/income': () => [],
  'POST /fapi/v1/order': (request) =>
    binanceOrder({ clientOrderId: request.params['newClientOrderId'], status: 'NEW' }),
  'POST /fapi/v1/leverage': (request) => ({
    leverage: Number(request.params['leverage']),
    maxNotionalValue: '1000000',
    symbol: 'USDCUSDT',
  }),
  'POST /fapi/v1/marginType': () => ({ code: 200, msg: 'success' }),
  'POST /fapi/v1/positionSide/dual': () => ({ code: 200, msg: 'success' }),
};

export function startFakeBinanceusdm(): Promise<FakeVenue> {
  return startFakeVenue(routes);
}
