/** The orders of a symbol that the venue shows as open. */
import { VenueError } from '../../ports/venue.ts';
import type { NativeParams, Paging } from '../capabilities/venue-dialect.ts';
import { read, type VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange, ExactOrder } from '../exact-exchange.ts';

/** More than any account may have open. */
const mostPages = 50;

/** All open orders of a symbol; ccxt may add closed ones when narrowed. */
export async function openOrders(
  exchange: ExactExchange,
  caller: VenueCaller,
  symbol: string,
  narrowed: NativeParams,
): Promise<ExactOrder[]> {
  const paging = caller.dialect.openOrderPaging;
  const limit = paging?.pageSize;
  const orders: ExactOrder[] = [];
  let pages = 0;
  for (let cursor: NativeParams | null = {}; cursor !== null;) {
    if (pages >= mostPages) throw new VenueError('malformed_reply', `open orders: more than ${mostPages} pages`);
    pages += 1;
    const params: NativeParams = { ...narrowed, ...cursor };
    const page = await read(caller, `open orders of ${symbol}`, () =>
      exchange.fetchOpenOrders(symbol, undefined, limit, params),
    );
    orders.push(...page.value);
    cursor = nextCursor(paging, cursor, page.context.lastReply?.body);
  }
  return orders;
}

function nextCursor(paging: Paging | null, current: NativeParams, body: unknown): NativeParams | null {
  if (paging?.kind !== 'cursor') return null;
  const next = paging.nextCursor(body);
  if (next !== null && next === current[paging.parameter]) {
    throw new VenueError('malformed_reply', 'open orders: the cursor stands still');
  }
  return next === null ? null : { [paging.parameter]: next };
}
