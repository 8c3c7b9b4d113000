/** What differs between venues in how they treat orders: read by the core, stated by each venue's profile. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal } from '../../domain/decimal.ts';
import type { InstrumentKind } from '../../domain/instrument.ts';

export interface VenueRules {
  /** A post-only order that would take becomes a cancelled order, or is refused. */
  readonly postOnlyKill: 'recorded' | 'refused';
  /** A fill-or-kill order that cannot fill becomes a cancelled order, or is refused. */
  readonly fillOrKill: 'recorded' | 'refused';
  /** Client order ids are unique among an account's open orders, or for good. */
  readonly clientIdScope: 'open' | 'ever';
  /** Spot fees are charged in the coin received, or always in the quote currency. */
  readonly spotFee: 'received' | 'quote';
  /** Of an instrument whose leverage the account has not set. */
  readonly defaultLeverage: number;
  /** Funding accrues through the interval, and is realised by each change of the position, too. Absent: at settlements alone. */
  readonly fundingOnTrades?: boolean;
  /** Fraction of the notional that a liquidation closes. Absent: `usualLiquidationFeeRate`. */
  readonly liquidationFeeRate?: Decimal;
  /** Absent or null: the venue lends nothing. */
  readonly borrow?: BorrowRules | null;
}

/** A model: no table of the exchange's is copied. */
export const usualLiquidationFeeRate: Decimal = decimal('0.005');

/** What a venue lends for spot orders that ask for it, against everything else in the account. */
export interface BorrowRules {
  /** Interest per hour, as a fraction of the debt. Only coins with a rate can be borrowed. */
  readonly hourlyRates: Readonly<Record<string, Decimal>>;
  /** The account's net worth must be at least this part of what it owes once an order has filled. */
  readonly initialCollateralRate: Decimal;
}

/** Rates of a venue that lends up to five times what an account is worth: a model, near 5 % a year for dollars. */
export const usualBorrow: BorrowRules = {
  hourlyRates: {
    USDT: decimal('0.000006'),
    USDC: decimal('0.000006'),
    BTC: decimal('0.000001'),
    ETH: decimal('0.000002'),
  },
  initialCollateralRate: decimal('0.2'),
};

export interface FeeSchedule {
  readonly makerBps: Decimal;
  readonly takerBps: Decimal;
}

export type FeesOf = (account: string, kind: InstrumentKind) => FeeSchedule;
