/** What ccxt 4.5.84 lacks or gets wrong in dYdX's public data, put right on an instance. */
import { VenueError } from '../../ports/venue.ts';
import { decimalText, isRecord, record, text, textOrNull } from './raw.ts';
import { callEndpoint } from './usual.ts';
import type { ExactExchange } from '../exact-exchange.ts';

const hourMs = 3_600_000;

export function adaptDydx(exchange: ExactExchange): void {
  // The reply has seconds with a fraction, of which ccxt makes 1,700,000,000 milliseconds.
  exchange.fetchTime = async () => {
    const { iso } = await callEndpoint(exchange, 'indexerGetTime');
    const atMs = Date.parse(text(iso, 'time'));
    if (!Number.isSafeInteger(atMs)) throw new VenueError('malformed_reply', 'dydx: no time in the reply');
    return atMs;
  };

  // ccxt has no current rate; the market list does: a fraction for the hour, settled at its end.
  exchange.fetchFundingRate = async (symbol) => {
    const ticker = text(exchange.markets?.[symbol]?.id, `${symbol}: name at the venue`);
    const { markets } = await callEndpoint(exchange, 'indexerGetPerpetualMarkets', { ticker });
    const market = record(record(markets, 'markets')[ticker], ticker);
    const fundingRate = decimalText(market['nextFundingRate'], `${ticker}: funding rate`);
    const fundingTimestamp = (Math.floor(exchange.nonce() / hourMs) + 1) * hourMs;
    return { fundingRate, fundingTimestamp, interval: '1h' };
  };

  // `until` is no parameter of the venue, which has one of another name.
  const fetchFundingRateHistory = exchange.fetchFundingRateHistory.bind(exchange);
  exchange.fetchFundingRateHistory = (symbol, sinceMs, limit, params = {}) => {
    const { until, ...rest } = params;
    const end = typeof until === 'number' ? { effectiveBeforeOrAt: new Date(until).toISOString() } : {};
    return fetchFundingRateHistory(symbol, sinceMs, limit, { ...rest, ...end });
  };
}

/** `{errors: [{msg}]}` from the indexer, `{code, message}` or `{result: {code, log}}` from a node. */
export function dydxFailure(body: unknown): { readonly code: string; readonly message: string } | null {
  if (!isRecord(body)) return null;
  const errors = body['errors'];
  if (Array.isArray(errors)) {
    const [first] = errors as readonly unknown[];
    return { code: 'indexer', message: (isRecord(first) ? textOrNull(first['msg']) : null) ?? 'without words' };
  }
  const said = isRecord(body['result']) ? body['result'] : body;
  const code = textOrNull(said['code']);
  if (code === null || code === '0') return null;
  return { code, message: textOrNull(said['log']) ?? textOrNull(said['message']) ?? '' };
}
