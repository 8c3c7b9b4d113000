/** OKX's lists and switches, where ccxt asks for less than there is. */
import { list, record } from './raw.ts';
import { callEndpoint } from './usual.ts';
import type { ExactExchange, ExactTrade } from '../exact-exchange.ts';

/** Parameters of `fetchMyTrades` that choose the list of the last three days. */
export const recentTrades = { recent: true } as const;

/**
 * Orders that ended are one list, filled or not; funding is asked for by time and instrument; `until` is no parameter of
 * rates. The position mode is only switched when it is another: OKX refuses that while anything is open. Margin has no
 * switch: each order says that it is crossed.
 *
 * Fills are two lists: that of three months, which is all that ccxt reads, may come late for what has just happened; that
 * of three days does not, and has six times its limit. An order's fills are in the latter unless they are old.
 * https://www.okx.com/docs-v5/en/#order-book-trading-trade-get-transaction-details-last-3-days
 */
export function adaptOkx(exchange: ExactExchange): void {
  exchange.fetchOrders = async (symbol, sinceMs, limit, params = {}) => {
    const market = exchange.market(symbol);
    const { until, ...rest } = params;
    const reply = await callEndpoint(exchange, 'privateGetTradeOrdersHistory', {
      instType: market.spot === true ? 'SPOT' : 'SWAP',
      instId: market.id,
      ...timesOf(sinceMs, until),
      limit,
      ...rest,
    });
    return list(reply['data'], 'orders').map((row) => exchange.parseOrder(record(row, 'order'), market));
  };
  const archivedTrades = exchange.fetchMyTrades.bind(exchange);
  exchange.fetchMyTrades = async (symbol, sinceMs, limit, params = {}) => {
    const { recent, ...asked } = params;
    const isOfOrder = asked['ordId'] !== undefined;
    if (recent !== true && !isOfOrder) return archivedTrades(symbol, sinceMs, limit, asked);
    const trades = await tradesOfThreeDays(exchange, symbol, sinceMs, limit, asked);
    return isOfOrder && trades.length === 0 ? archivedTrades(symbol, sinceMs, limit, asked) : trades;
  };
  const fundingHistory = exchange.fetchFundingHistory.bind(exchange);
  exchange.fetchFundingHistory = (symbol, sinceMs, limit, params = {}) => {
    const { until, ...rest } = params;
    const instId = exchange.market(symbol).id;
    return fundingHistory(symbol, sinceMs, limit, { instId, ...timesOf(sinceMs, until), ...rest });
  };
  const rateHistory = exchange.fetchFundingRateHistory.bind(exchange);
  exchange.fetchFundingRateHistory = (symbol, sinceMs, limit, params = {}) => {
    const { until, ...rest } = params;
    const newest = typeof until === 'number' ? { after: until + 1 } : {};
    return rateHistory(symbol, sinceMs, limit, { ...newest, ...rest });
  };
  exchange.setPositionMode = async () => {
    const [config] = list((await callEndpoint(exchange, 'privateGetAccountConfig'))['data'], 'configuration');
    if (record(config, 'configuration')['posMode'] === 'net_mode') return;
    await callEndpoint(exchange, 'privatePostAccountSetPositionMode', { posMode: 'net_mode' });
  };
  exchange.setMarginMode = () => Promise.resolve();
}

async function tradesOfThreeDays(
  exchange: ExactExchange,
  symbol: string,
  sinceMs: number | undefined,
  limit: number | undefined,
  { until, ...rest }: Readonly<Record<string, unknown>>,
): Promise<ExactTrade[]> {
  const market = exchange.market(symbol);
  const reply = await callEndpoint(exchange, 'privateGetTradeFills', {
    instType: market.spot === true ? 'SPOT' : 'SWAP',
    instId: market.id,
    ...timesOf(sinceMs, until),
    limit,
    ...rest,
  });
  return list(reply['data'], 'fills').map((row) => exchange.parseTrade(record(row, 'fill'), market));
}

function timesOf(sinceMs: number | undefined, until: unknown): Readonly<Record<string, number>> {
  return {
    ...(sinceMs === undefined ? {} : { begin: sinceMs }),
    ...(typeof until === 'number' ? { end: until } : {}),
  };
}
