/**
 * Selling a coin that is borrowed: what it costs, how much is owed, and which position an account's interest belongs to.
 * Interest is charged by the hour, in the coin, and adds to the debt. Pure.
 */
import { decimal, roundTo, sum, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { receivedBase } from '../execution/received.ts';
import { fundingShares, nobody, type AccountFill, type Holding } from '../funding/funding-share.ts';
import { isPerpetual } from '../instrument.ts';
import type { Direction } from '../direction.ts';
import type { BorrowTerms } from './borrow-terms.ts';

const hourMs = 3_600_000;
/** Venues state interest to so many places. */
const coinPlaces = 8;

/** One coin of a margin account that may borrow. */
export interface CoinLoan {
  readonly currency: string;
  /** What the account owes, interest charged so far included. */
  readonly owed: DecimalText;
  /** Null where the venue names none: nothing is then borrowed. */
  readonly hourlyRate: DecimalText | null;
  /** Whether the venue lends the coin now. */
  readonly isLent: boolean;
  /** What more could be borrowed; null where the venue does not say. */
  readonly available: DecimalText | null;
}

/** A margin account as its venue shows it; values in USD. */
export interface MarginState {
  /** Net of what is owed. */
  readonly equityUsd: DecimalText;
  readonly maintenanceUsd: DecimalText;
  readonly owedUsd: DecimalText;
  /** Of what is owed, the part that the account must be worth to borrow more. */
  readonly collateralRate: DecimalText;
  /** Of the coins that the configuration borrows. */
  readonly loans: readonly CoinLoan[];
}

/** Interest that the venue has charged. Natural key: account, charge id. */
export interface InterestCharge {
  readonly chargeId: string;
  readonly currency: string;
  /** Positive: it was added to what is owed. */
  readonly amount: DecimalText;
  /** Market time of the venue. */
  readonly chargedAtMs: number;
}

/** Whether the position sells a coin that is lent to it, with the terms. */
export function loanOf(plan: { readonly direction: Direction; readonly borrow?: BorrowTerms }): BorrowTerms | null {
  return plan.direction === 'short_spot_long_perp' ? (plan.borrow ?? null) : null;
}

/** Simple interest over some hours, as a fraction of what is owed. */
export function interestOver(hourlyRate: DecimalText, hours: Decimal): Decimal {
  return decimal(hourlyRate).times(hours);
}

/** An hour that has begun is charged after its end, whoever has paid back by then: rounded up to what venues state. */
export function runningHour(soldBase: Decimal, { hourlyRate }: BorrowTerms): Decimal {
  return roundTo(soldBase.times(decimal(hourlyRate)), coinPlaces, 'up');
}

/**
 * The position's part of what its account was charged for the coin. Each charge is shared by what the positions owed
 * then; where they owe nothing any more it is for an hour that was begun, shared by the most that each owed in it. What the
 * account owed before any position shares like one.
 * @param positionKey or `nobody`
 * @param accountFills every fill of ours at the account
 * @param besideOwed what the account declared that it owed of the coin before any position
 */
export function interestOf(
  positionKey: string,
  coin: string,
  charges: readonly InterestCharge[],
  accountFills: readonly AccountFill[],
  besideOwed: Decimal,
): Decimal {
  const fills = accountFills
    .filter(({ symbol }) => isSpotOf(symbol, coin))
    .toSorted((one, other) => one.executedAtMs - other.executedAtMs);
  return sum(
    charges
      .filter(({ currency }) => currency === coin)
      .map(({ amount, chargedAtMs }) => {
        const before = fills.filter(({ executedAtMs }) => executedAtMs < chargedAtMs);
        const owing = mostOwed(before, coin, chargedAtMs);
        const holdings = owing.length > 0 ? owing : mostOwed(before, coin, chargedAtMs - hourMs);
        const beside = { key: nobody, quantityBase: besideOwed };
        return fundingShares(decimal(amount), [...holdings, beside]).get(positionKey) ?? zero;
      }),
  );
}

/** The most that each position has owed of the coin from a time on. @param fills oldest first */
function mostOwed(fills: readonly AccountFill[], coin: string, fromMs: number): Holding[] {
  const owed = new Map<string, Decimal>();
  const most = new Map<string, Decimal>();
  for (const fill of fills) {
    const { positionKey } = fill;
    const before = owed.get(positionKey) ?? zero;
    if (fill.executedAtMs > fromMs) raise(most, positionKey, before);
    owed.set(positionKey, before.minus(receivedBase([fill], coin)));
  }
  for (const [key, quantity] of owed) raise(most, key, quantity);
  return [...most]
    .filter(([, quantity]) => quantity.gt(zero))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, quantityBase]) => ({ key, quantityBase }));
}

function raise(most: Map<string, Decimal>, key: string, quantity: Decimal): void {
  if (quantity.gt(most.get(key) ?? zero)) most.set(key, quantity);
}

function isSpotOf(symbol: string, coin: string): boolean {
  return !isPerpetual(symbol) && symbol.split('/')[0] === coin;
}
