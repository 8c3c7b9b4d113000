/**
 * What an account holds, as the ledger explains it: what it declared at first, and every fill, fee and payment since.
 *
 * Every trade counts as paid for in full, a perpetual's too: its quantity is held at no cost, and the coins moved by
 * quantity × price. So a spot coin and a perpetual are valued alike, and what both are worth needs no entry price.
 */
import { decimal, sum, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { isPerpetual } from '../instrument.ts';
import type { Money } from '../money.ts';

export interface Balance {
  readonly currency: string;
  readonly total: DecimalText;
}

export interface PerpetualQuantity {
  readonly symbol: string;
  /** Signed base units. */
  readonly quantityBase: DecimalText;
  readonly entryPrice: DecimalText | null;
}

/** What fills, fees and payments of an account come to, up to a moment. */
export interface AccountFlows {
  /** Base units received less those given, and the quote coin likewise; a spot fee in the base coin is taken off. */
  readonly traded: readonly {
    readonly symbol: string;
    readonly quantityBase: DecimalText;
    readonly quoteAmount: DecimalText;
  }[];
  /** Other fees, funding and interest, by currency, signed for us. */
  readonly paid: readonly Money[];
  /** Each may be rounded by the venue to one unit of its balances. */
  readonly perpetualFills: number;
}

export interface Holdings {
  /** By currency, without what was bought and sold on spot. */
  readonly coins: ReadonlyMap<string, Decimal>;
  /** By symbol, spot and perpetual: signed base units. */
  readonly traded: ReadonlyMap<string, Decimal>;
}

export function explainedHoldings(
  declared: { readonly balances: readonly Balance[]; readonly positions: readonly PerpetualQuantity[] },
  flows: AccountFlows,
): Holdings {
  return addUp([
    ...declared.balances.map(({ currency, total }) => ({ coin: currency, amount: decimal(total) })),
    ...declared.positions.flatMap(paidInFull),
    ...flows.traded.flatMap(({ symbol, quantityBase, quoteAmount }) => [
      { symbol, amount: decimal(quantityBase) },
      { coin: quoteOf(symbol), amount: decimal(quoteAmount) },
    ]),
    ...flows.paid.map(({ currency, amount }) => ({ coin: currency, amount: decimal(amount) })),
  ]);
}

/** What the venue shows beyond what the ledger explains. */
export interface Unexplained {
  /** Absent where it is no more than the venue's rounding. */
  readonly coins: ReadonlyMap<string, Decimal>;
  /** Perpetuals whose quantity the ledger does not explain: then the coins are not explained by transfers either. */
  readonly perpetuals: ReadonlyMap<string, Decimal>;
}

/** One unit of the venues' balance precision. */
const balanceUnit = decimal('0.00000001');

/** @param perpetualFills those that the holdings come from: each may be rounded by a unit */
export function unexplained(
  reading: { readonly balances: readonly Balance[]; readonly positions: readonly PerpetualQuantity[] },
  holdings: Holdings,
  perpetualFills: number,
): Unexplained {
  const seen = addUp([
    ...reading.balances.map(({ currency, total }) => ({ coin: currency, amount: decimal(total) })),
    ...reading.positions.flatMap(paidInFull),
  ]);
  const tolerance = balanceUnit
    .times(decimal(String(1 + perpetualFills)))
    .plus(sum(reading.positions.map(entryRounding)));
  const spot = [...holdings.traded].filter(([symbol]) => !isPerpetual(symbol));
  const explained = addUp([
    ...[...holdings.coins].map(([coin, amount]) => ({ coin, amount })),
    ...spot.map(([symbol, amount]) => ({ coin: baseOf(symbol), amount })),
  ]).coins;
  const perpetuals = new Map([...holdings.traded].filter(([symbol]) => isPerpetual(symbol)));
  return {
    coins: difference(seen.coins, explained, tolerance),
    perpetuals: difference(seen.traded, perpetuals, zero),
  };
}

export function plus(holdings: Holdings, more: Pick<Unexplained, 'coins'> & Partial<Unexplained>): Holdings {
  const list = ({ coins, traded }: Holdings): Change[] => [
    ...[...coins].map(([coin, amount]) => ({ coin, amount })),
    ...[...traded].map(([symbol, amount]) => ({ symbol, amount })),
  ];
  return addUp([...list(holdings), ...list({ coins: more.coins, traded: more.perpetuals ?? new Map() })]);
}

export function baseOf(symbol: string): string {
  return symbol.split('/')[0] ?? '';
}

/** The coin that trades of the symbol are paid in: of a perpetual the one that it settles in. */
export function quoteOf(symbol: string): string {
  const [pair = '', settle] = symbol.split(':');
  return settle ?? pair.split('/')[1] ?? '';
}

type Change = { readonly amount: Decimal } & ({ readonly coin: string } | { readonly symbol: string });

function addUp(changes: readonly Change[]): Holdings {
  const [coins, traded] = [new Map<string, Decimal>(), new Map<string, Decimal>()];
  for (const change of changes) {
    const [book, name] = 'coin' in change ? [coins, change.coin] : [traded, change.symbol];
    book.set(name, (book.get(name) ?? zero).plus(change.amount));
  }
  return { coins, traded };
}

function paidInFull({ symbol, quantityBase, entryPrice }: PerpetualQuantity): Change[] {
  const quantity = decimal(quantityBase);
  if (entryPrice === null) return quantity.eq(zero) ? [] : [{ symbol, amount: quantity }];
  return [
    { symbol, amount: quantity },
    { coin: quoteOf(symbol), amount: zero.minus(quantity.times(decimal(entryPrice))) },
  ];
}

/** A venue states the entry price of what is open rounded: one unit of its last digit, for the whole quantity. */
function entryRounding({ quantityBase, entryPrice }: PerpetualQuantity): Decimal {
  const places = entryPrice?.split('.')[1]?.length ?? 0;
  return decimal(quantityBase)
    .abs()
    .times(decimal(`1e-${places}`));
}

function difference(
  seen: ReadonlyMap<string, Decimal>,
  explained: ReadonlyMap<string, Decimal>,
  tolerance: Decimal,
): ReadonlyMap<string, Decimal> {
  const names = [...new Set([...seen.keys(), ...explained.keys()])].sort();
  const found = names.map((name) => [name, (seen.get(name) ?? zero).minus(explained.get(name) ?? zero)] as const);
  return new Map(found.filter(([, amount]) => amount.abs().gt(tolerance)));
}

/** For payloads and rows. */
export function amounts(coins: ReadonlyMap<string, Decimal>): Money[] {
  return [...coins].map(([currency, amount]) => ({ currency, amount: toText(amount) }));
}
