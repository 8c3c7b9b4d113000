/**
 * What can be asked about an account before it trades. Reads only: nothing here sends an order or changes a setting.
 * Every answer is a value, so that one question that fails leaves the others standing.
 */
import type { DecimalText } from '../domain/decimal.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { AccountReading, KeyPermissions, VenueCapabilities, VenueErrorKind } from './venue.ts';

export type Answer<T> =
  | { readonly kind: 'told'; readonly value: T }
  /** The venue has no such answer, and never will: what it says must be looked up by a person. */
  | { readonly kind: 'cannot_tell'; readonly reason: string }
  /** It was asked, and failed. The message holds no key and no signature. */
  | { readonly kind: 'failed'; readonly error: VenueErrorKind; readonly message: string };

/** Of the best of some requests, wall time. */
export interface ClockReading {
  /** The venue's clock minus ours. */
  readonly aheadMs: number;
  /** The reading may be wrong by this: half of the request's time, and of a second where the venue tells seconds. */
  readonly inexactMs: number;
}

/** Basis points of a fill; negative: a rebate. */
export interface AccountFees {
  readonly takerBps: DecimalText;
  readonly makerBps: DecimalText;
}

export interface VenueDiagnostics {
  readonly account: string;
  readonly venue: string;
  readonly capabilities: VenueCapabilities;
  /** Whether the venue has a coin of its own for fees, and tells of it. */
  readonly tellsSpotFeeCoin: boolean;
  /** Whether the venue's list of markets says the maintenance margin. */
  readonly tellsMaintenance: boolean;
  /** Loads the public list of markets; told: how long it took, wall time. Everything else needs it first. */
  reach(): Promise<Answer<number>>;
  clock(): Promise<Answer<ClockReading>>;
  instrument(symbol: string): Promise<Answer<Instrument>>;
  /** Hours between two settlements. */
  fundingIntervalHours(symbol: string): Promise<Answer<number>>;
  /** Of a small position in a perpetual, as the list of markets says it: a fraction of its value. */
  maintenanceRate(symbol: string): Promise<Answer<DecimalText>>;
  // With keys from here on.
  permissions(): Promise<Answer<KeyPermissions>>;
  reading(symbols: readonly string[]): Promise<Answer<AccountReading>>;
  fees(symbol: string): Promise<Answer<AccountFees>>;
  /** The coin of its own in which the venue takes the account's spot fees; null: one of the order's coins. */
  spotFeeCoin(): Promise<Answer<string | null>>;
  leverage(symbol: string): Promise<Answer<DecimalText>>;
  positionMode(symbol: string): Promise<Answer<'one_way' | 'hedge'>>;
  /** In the venue's words where it is neither. */
  marginMode(symbol: string): Promise<Answer<string>>;
  close(): Promise<void>;
}
