/** Which part of a perpetual's funding payment belongs to which position of the account. */
import { decimal, divide, sum, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { VenueFill } from '../fill.ts';

/** Shares are cut to this many places; what is left over goes to the last, so that they add up exactly. */
const sharePlaces = 12;

export interface Holding {
  readonly key: string;
  /** Signed base units of the perpetual: long positive. */
  readonly quantityBase: Decimal;
}

/**
 * Splits a payment pro rata of the size that each position held at the settlement. The shares add up to the payment
 * exactly. Nothing held: no shares. One account's positions in one perpetual all have one direction; what a person has
 * accepted as nobody's may have the other, and must not make the shares larger than the payment.
 */
export function fundingShares(payment: Decimal, holdings: readonly Holding[]): ReadonlyMap<string, Decimal> {
  const holders = holdings.filter(({ quantityBase }) => !quantityBase.eq(zero));
  const total = sum(holders.map(({ quantityBase }) => quantityBase.abs()));
  const shares = new Map<string, Decimal>();
  let left = payment;
  for (const [index, { key, quantityBase }] of holders.entries()) {
    const isLast = index === holders.length - 1;
    const share = isLast ? left : divide(payment.times(quantityBase.abs()), total, sharePlaces, 'down');
    shares.set(key, share);
    left = left.minus(share);
  }
  return shares;
}

/** A fill of the account with the position that it belongs to. */
export interface AccountFill extends VenueFill {
  readonly positionKey: string;
}

/**
 * What each position held of the symbol at a settlement, by key. A fill at the very settlement comes after it: whoever
 * opens then is not charged, whoever closes then still is.
 */
export function holdingsAt(
  settledAtMs: number,
  symbol: string,
  accountFills: readonly AccountFill[],
): readonly Holding[] {
  const held = new Map<string, Decimal>();
  for (const fill of accountFills) {
    if (fill.symbol !== symbol || fill.executedAtMs >= settledAtMs) continue;
    const quantity = decimal(fill.quantityBase);
    const before = held.get(fill.positionKey) ?? zero;
    held.set(fill.positionKey, fill.side === 'buy' ? before.plus(quantity) : before.minus(quantity));
  }
  return [...held]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, quantityBase]) => ({ key, quantityBase }));
}

/** Holds what an account held before any position: no position has this key, and what it is paid is booked on none. */
export const nobody = '';

/**
 * The position's part of the account's payments for the symbol, in the settle currency. What was there before shares like
 * a position; so does what a person has accepted as no longer a position's, under the key of the one that has ended.
 * @param positionKey or `nobody`: with what the positions are paid, that comes to the payments exactly
 * @param besideBase what the account declared of the perpetual before any position: signed base units
 */
export function fundingOf(
  positionKey: string,
  symbol: string,
  payments: readonly { readonly symbol: string; readonly amount: DecimalText; readonly settledAtMs: number }[],
  accountFills: readonly AccountFill[],
  besideBase: Decimal,
): Decimal {
  return sum(
    payments
      .filter((payment) => payment.symbol === symbol)
      .map((payment) => {
        const holdings = holdingsAt(payment.settledAtMs, symbol, accountFills);
        return paymentShare(positionKey, decimal(payment.amount), holdings, besideBase);
      }),
  );
}

/** The position's part of one payment. @param holdings of all positions at its settlement, in the order of their keys */
export function paymentShare(
  positionKey: string,
  payment: Decimal,
  holdings: readonly Holding[],
  besideBase: Decimal,
): Decimal {
  return fundingShares(payment, withBeside(holdings, besideBase)).get(positionKey) ?? zero;
}

/** What was there the other way is gone: nothing is opened against it while it is there. */
function withBeside(holdings: readonly Holding[], besideBase: Decimal): readonly Holding[] {
  const ours = sum(holdings.map(({ quantityBase }) => quantityBase));
  return ours.times(besideBase).lt(zero) ? holdings : [...holdings, { key: nobody, quantityBase: besideBase }];
}
