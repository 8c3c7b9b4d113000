/** What a reservation takes of an account. */
import type { DecimalText } from '../decimal.ts';

/** What one account must have free for the opening orders. */
export interface CapitalNeed {
  readonly account: string;
  readonly currency: string;
  readonly amount: DecimalText;
}
