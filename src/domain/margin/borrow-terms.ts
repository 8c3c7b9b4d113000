/** What a loan costs and ties up, as it was when a position was planned. */
import type { DecimalText } from '../decimal.ts';

/** Terms of a loan as they were when a position was planned. */
export interface BorrowTerms {
  /** Interest per hour, as a fraction of the debt. */
  readonly hourlyRate: DecimalText;
  /** Of what is owed, the part that the account must be worth. */
  readonly collateralRate: DecimalText;
}
