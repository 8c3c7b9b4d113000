/** OKX's lists and switches, where ccxt asks for less than there is. */
import type { ExactExchange } from '../exchange.ts';
import { list, record } from './raw.ts';
import { callEndpoint } from './usual.ts';

/**
 * Orders that ended are one list, filled or not; funding is asked for by time; `until` is no parameter of rates. The
 * position mode is only switched when it is another: OKX refuses that while anything is open. Margin has no switch:
 * each order says that it is crossed.
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
  const fundingHistory = exchange.fetchFundingHistory.bind(exchange);
  exchange.fetchFundingHistory = (symbol, sinceMs, limit, params = {}) => {
    const { until, ...rest } = params;
    return fundingHistory(symbol, sinceMs, limit, { ...timesOf(sinceMs, until), ...rest });
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

function timesOf(sinceMs: number | undefined, until: unknown): Readonly<Record<string, number>> {
  return {
    ...(sinceMs === undefined ? {} : { begin: sinceMs }),
    ...(typeof until === 'number' ? { end: until } : {}),
  };
}
