/** What the simulator must know of a venue beyond its wire protocol: one object, exported by each protocol's folder. */
import type { DecimalText } from '../../domain/decimal.ts';
import type { SimInstrument } from '../exchange/instruments.ts';
import type { VenueRules } from '../exchange/rules.ts';
import type { CreateProtocol } from './protocol.ts';

export interface FeeText {
  /** Basis points. */
  readonly takerBps: DecimalText;
  readonly makerBps: DecimalText;
}

export interface ApiKeys {
  readonly apiKey: string;
  readonly secret: string;
  /** The passphrase, where the venue has one. */
  readonly password: string | null;
}

export interface VenueProfile {
  /** ccxt's id of the exchange: the name in the configuration. */
  readonly venue: string;
  readonly createProtocol: CreateProtocol;
  /** Everything that it can list: those `listedByDefault`, or those that the configuration names. */
  readonly instruments: readonly SimInstrument[];
  /** An account that the configuration leaves out. */
  readonly defaultAccount: {
    readonly balances: Readonly<Record<string, DecimalText>>;
    /** Null: the venue has no such instruments. */
    readonly spotFees: FeeText | null;
    readonly perpetualFees: FeeText | null;
  };
  /**
   * Of the modelled depth, unless configured; 1 when absent. Closes lie on the tick grid, so that an even number keeps the
   * best prices on it: needed where prices on the wire have a fixed number of places.
   */
  readonly spreadTicks?: DecimalText;
  /** Of the modelled depth, on each side, unless configured; 5 when absent. */
  readonly levels?: number;
  /** Between funding settlements, unless configured. */
  readonly fundingIntervalHours: number;
  /** Ids of the nth order and nth trade, from 1: pure, unique, in the venue's own form. */
  orderId(sequence: number): string;
  tradeId(sequence: number): string;
  /** New keys in the form that the venue's clients take. @param random so many random bytes */
  makeKeys(random: (bytes: number) => Buffer): ApiKeys;
  readonly rules: VenueRules;
}

/** Ids that count up from a first number. */
export function countedIds(first: bigint): (sequence: number) => string {
  return (sequence) => String(first + BigInt(sequence));
}

/** A key and secret of hexadecimal digits, without a passphrase. */
export function hexKeys(random: (bytes: number) => Buffer): ApiKeys {
  return { apiKey: random(16).toString('hex'), secret: random(32).toString('hex'), password: null };
}
