/** What differs between venues in how they treat orders: read by the core, stated by each venue's profile. */
import type { Decimal } from '../domain/decimal.ts';
import type { InstrumentKind } from '../domain/instrument.ts';

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
}

export interface FeeSchedule {
  readonly makerBps: Decimal;
  readonly takerBps: Decimal;
}

export type FeesOf = (account: string, kind: InstrumentKind) => FeeSchedule;
