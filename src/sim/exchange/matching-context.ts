/** What one command works on. */
import type { Decimal } from '../../domain/decimal.ts';
import type { SimEvent } from './events.ts';
import type { FundingSeries } from './funding.ts';
import type { FeesOf, VenueRules } from './rules.ts';
import type { SimMarket, VenueState } from './state.ts';

/** One command in progress: every event is applied as it is emitted, then written as one journal line. */
export interface MatchingContext {
  readonly state: VenueState;
  readonly wallMs: number;
  /** Market time. */
  readonly atMs: number;
  readonly fundingSeriesOf: (market: SimMarket) => FundingSeries | null;
  emit(event: SimEvent): void;
  nextTradeId(): string;
  nextOrderId(): string;
  readonly feesOf: FeesOf;
  readonly rules: VenueRules;
  /** Base units that the incoming order may still fill, when a test forces a partial fill; null: no limit. */
  fillLimit: Decimal | null;
  /** Whether prices have moved without an event: those of the tape are not journalled. */
  marksMoved: boolean;
}
