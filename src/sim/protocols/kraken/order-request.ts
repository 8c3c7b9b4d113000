/** An order as Kraken's clients write it, read into the exchange's own request. */
import type { Decimal } from '../../../domain/decimal.ts';
import type { TimeInForce } from '../../exchange/events.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { KrakenError, invalidArguments, refusalError } from './errors.ts';
import type { Parameters } from './parameters.ts';
import { flag, requiredDecimal, requiredText, textOrNull } from './parameters.ts';
import { clientOrderIdOf } from './references.ts';
import type { OrderRequest } from '../../exchange/order-request.ts';

const timesInForce: ReadonlyMap<string, TimeInForce> = new Map([
  ['GTC', 'gtc'],
  ['IOC', 'ioc'],
  ['FOK', 'fok'],
]);
const flags = new Set(['post', 'fcib', 'fciq', 'viqc', 'nompp']);
/** Fields of orders that the simulated exchange does not have, with the values that mean "none". */
const notModelled: readonly (readonly [field: string, none: readonly string[]])[] = [
  ['price2', ['0']],
  ['trigger', []],
  ['leverage', ['none', '0', '1']],
  ['displayvol', ['0']],
  ['stptype', []],
  ['starttm', ['0']],
  ['expiretm', ['0']],
  ['close', []],
];

/** @throws KrakenError naming the field that is malformed or not modelled */
export function parseOrder(market: SimMarket, params: Parameters, orderNumber: number): OrderRequest {
  refuseNotModelled(params);
  const side = requiredText(params, 'type');
  if (side !== 'buy' && side !== 'sell') throw invalidArguments('type');
  const type = requiredText(params, 'ordertype');
  if (type !== 'limit' && type !== 'market') throw invalidArguments('ordertype');
  // Only positions of margin trading can be reduced, and there is none here.
  if (flag(params, 'reduce_only')) throw new KrakenError('EOrder:Reduce only:No position exists');
  const orderFlags = parseFlags(params);
  if (orderFlags.has('viqc') && (type !== 'market' || side !== 'buy')) throw invalidArguments('viqc');
  if (orderFlags.has('post') && type !== 'limit') throw invalidArguments('oflags');
  return {
    instrument: market.instrument.id,
    clientOrderId: clientOrderIdOf(params, orderNumber),
    side,
    type,
    timeInForce: parseTimeInForce(params, orderFlags),
    price: type === 'limit' ? limitPrice(params) : null,
    quantity: requiredDecimal(params, 'volume'),
    quantityUnit: orderFlags.has('viqc') ? 'quote' : 'base',
    reduceOnly: false,
    ...(orderFlags.has('fcib') ? { feeIn: 'base' } : orderFlags.has('fciq') ? { feeIn: 'quote' } : {}),
  };
}

/** Fields in brackets, `close[ordertype]`, count as the field before the bracket. */
function refuseNotModelled(params: Parameters): void {
  for (const [name] of params) {
    const field = name.split('[', 1)[0] ?? name;
    const none = notModelled.find(([known]) => known === field)?.[1];
    if (none === undefined) continue;
    const text = textOrNull(params, name);
    if (text !== null && !none.includes(text)) throw invalidArguments(field);
  }
}

/** Relative prices, `+1%` or `#0.1`, are not modelled. */
function limitPrice(params: Parameters): Decimal {
  const price = requiredDecimal(params, 'price');
  if (price.eq('0')) throw refusalError('price_not_positive');
  return price;
}

function parseFlags(params: Parameters): ReadonlySet<string> {
  const given = textOrNull(params, 'oflags')?.split(',') ?? [];
  const found = new Set(given.map((name) => name.trim()));
  const unknown = [...found].some((name) => !flags.has(name));
  if (unknown || (found.has('fcib') && found.has('fciq'))) throw invalidArguments('oflags');
  return found;
}

function parseTimeInForce(params: Parameters, orderFlags: ReadonlySet<string>): TimeInForce {
  const timeInForce = timesInForce.get(textOrNull(params, 'timeinforce') ?? 'GTC');
  if (timeInForce === undefined) throw invalidArguments('timeinforce');
  if (!orderFlags.has('post')) return timeInForce;
  if (timeInForce !== 'gtc') throw invalidArguments('timeinforce');
  return 'post_only';
}
