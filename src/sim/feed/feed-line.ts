/** A line of the live feed: an order book, a trade, or figures of a perpetual. Parsed and checked, without any state. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal, decimalFromFloat, zero } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import type { HouseLevel } from '../exchange/book.ts';
import { isObject, isPlainNumber } from '../json.ts';

interface FeedPlace {
  readonly venue: string;
  /** Unified symbol. */
  readonly symbol: string;
}

export type FeedLine =
  | (FeedPlace & {
      readonly kind: 'book';
      /** Best first, whole: not a difference. */
      readonly bids: readonly HouseLevel[];
      readonly asks: readonly HouseLevel[];
      /** Of the exchange, epoch milliseconds. */
      readonly atMs: number;
    })
  | (FeedPlace & {
      readonly kind: 'trade';
      readonly price: Decimal;
      /** Base units. */
      readonly quantity: Decimal;
      /** Of the taker. */
      readonly side: OrderSide;
      readonly atMs: number;
    })
  | (FeedPlace & { readonly kind: 'prices'; readonly mark?: Decimal; readonly index?: Decimal })
  | (FeedPlace & {
      readonly kind: 'funding';
      readonly rate: Decimal;
      readonly settlesAtMs: number;
      /** Between two settlements; null: as before. */
      readonly intervalHours: number | null;
    });

export class FeedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FeedError';
  }
}

type Fields = Readonly<Record<string, unknown>>;

const maximumLevels = 5000;
const forms = 'bids and asks, trade, mark or index, or fundingRate';

/** @throws FeedError saying which field is wrong, and what it must be */
export function parseFeedLine(text: string): FeedLine {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new FeedError('not JSON');
  }
  if (!isObject(parsed)) throw new FeedError('must be an object');
  const place = { venue: textOf(parsed, 'venue'), symbol: textOf(parsed, 'symbol') };
  if ('bids' in parsed || 'asks' in parsed) return { ...place, ...bookOf(parsed) };
  if ('trade' in parsed) return { ...place, ...tradeOf(parsed) };
  if ('mark' in parsed || 'index' in parsed) return { ...place, ...pricesOf(parsed) };
  if ('fundingRate' in parsed) return { ...place, ...fundingOf(parsed) };
  throw new FeedError(`must have ${forms}`);
}

function bookOf(fields: Fields): Omit<FeedLine & { kind: 'book' }, 'venue' | 'symbol'> {
  onlyNames(fields, ['venue', 'symbol', 'bids', 'asks', 'atMs']);
  const bids = levelsOf(fields, 'bids', 'highest', (price, before) => price.lt(before));
  const asks = levelsOf(fields, 'asks', 'lowest', (price, before) => price.gt(before));
  const [bid, ask] = [bids[0], asks[0]];
  if (bid !== undefined && ask !== undefined && bid.price.gte(ask.price)) {
    throw new FeedError('bids, asks: the best bid must be below the best ask');
  }
  return { kind: 'book', bids, asks, atMs: timeOf(fields, 'atMs') };
}

function levelsOf(
  fields: Fields,
  name: string,
  first: string,
  follows: (price: Decimal, before: Decimal) => boolean,
): HouseLevel[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new FeedError(`${name}: must be a list of [price, quantity]`);
  if (value.length > maximumLevels) throw new FeedError(`${name}: at most ${maximumLevels} levels`);
  const levels: HouseLevel[] = [];
  for (const [index, level] of value.entries()) {
    const place = `${name}[${index}]`;
    if (!Array.isArray(level) || level.length !== 2) throw new FeedError(`${place}: must be [price, quantity]`);
    const pair: readonly unknown[] = level;
    const price = positive(pair[0], `${place}[0]`);
    const before = levels.at(-1)?.price;
    if (before !== undefined && !follows(price, before)) throw new FeedError(`${place}: the ${first} price goes first`);
    levels.push({ price, quantity: positive(pair[1], `${place}[1]`) });
  }
  return levels;
}

function tradeOf(fields: Fields): Omit<FeedLine & { kind: 'trade' }, 'venue' | 'symbol'> {
  onlyNames(fields, ['venue', 'symbol', 'trade']);
  const { trade } = fields;
  if (!isObject(trade)) throw new FeedError('trade: must be {price, quantity, side, atMs}');
  onlyNames(trade, ['price', 'quantity', 'side', 'atMs'], 'trade.');
  const { side } = trade;
  if (side !== 'buy' && side !== 'sell') throw new FeedError('trade.side: must be "buy" or "sell"');
  return {
    kind: 'trade',
    price: positive(trade['price'], 'trade.price'),
    quantity: positive(trade['quantity'], 'trade.quantity'),
    side,
    atMs: timeOf(trade, 'atMs', 'trade.'),
  };
}

function pricesOf(fields: Fields): Omit<FeedLine & { kind: 'prices' }, 'venue' | 'symbol'> {
  onlyNames(fields, ['venue', 'symbol', 'mark', 'index', 'atMs']);
  return {
    kind: 'prices',
    ...('mark' in fields ? { mark: positive(fields['mark'], 'mark') } : {}),
    ...('index' in fields ? { index: positive(fields['index'], 'index') } : {}),
  };
}

function fundingOf(fields: Fields): Omit<FeedLine & { kind: 'funding' }, 'venue' | 'symbol'> {
  onlyNames(fields, ['venue', 'symbol', 'fundingRate', 'settlesAtMs', 'intervalHours', 'atMs']);
  return {
    kind: 'funding',
    rate: amount(fields['fundingRate'], 'fundingRate'),
    settlesAtMs: timeOf(fields, 'settlesAtMs'),
    intervalHours: 'intervalHours' in fields ? hoursOf(fields['intervalHours']) : null,
  };
}

function hoursOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 24) return value;
  throw new FeedError('intervalHours: must be a whole number from 1 to 24');
}

function onlyNames(fields: Fields, known: readonly string[], prefix = ''): void {
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) throw new FeedError(`${prefix}${name}: unknown; known here: ${known.join(', ')}`);
  }
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new FeedError(`${name}: must be text`);
  return value;
}

function timeOf(fields: Fields, name: string, prefix = ''): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new FeedError(`${prefix}${name}: must be epoch milliseconds`);
}

function positive(value: unknown, place: string): Decimal {
  const number = amount(value, place);
  if (number.gt(zero)) return number;
  throw new FeedError(`${place}: must be above zero`);
}

/** Exact as text. A number is taken as it is written shortest, which is how exchanges' JSON usually has it. */
function amount(value: unknown, place: string): Decimal {
  if (typeof value === 'number' && Number.isFinite(value)) return decimalFromFloat(value);
  if (typeof value === 'string' && isPlainNumber(value.replace(/^-/, ''))) return decimal(value);
  throw new FeedError(`${place}: must be a decimal, such as "0.9996"`);
}
