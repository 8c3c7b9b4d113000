/** One finding of the doctor, and how each kind of it is made. */

/** `cannot_be_told`: nobody answered the question; it is not ok, and not known to be wrong. */
export type CheckStatus = 'ok' | 'warning' | 'failed' | 'cannot_be_told';

export interface Check {
  /** `service`, or the name of an account. */
  readonly subject: string;
  /** What was looked at: `clock`, `fees`. */
  readonly check: string;
  /** Null where it is not about one instrument. */
  readonly symbol: string | null;
  readonly status: CheckStatus;
  readonly finding: string;
  /** What to do about it; null when it is ok. */
  readonly advice: string | null;
}

export interface Checker {
  ok(finding: string): Check;
  warning(finding: string, advice: string): Check;
  failed(finding: string, advice: string): Check;
  cannotBeTold(reason: string, advice: string): Check;
}

/** Makes the check of one name about one subject. */
export function about(subject: string, check: string, symbol: string | null = null): Checker {
  const made = (status: CheckStatus, finding: string, advice: string | null): Check => ({
    subject,
    check,
    symbol,
    status,
    finding,
    advice,
  });
  return {
    ok: (finding) => made('ok', finding, null),
    warning: (finding, advice) => made('warning', finding, advice),
    failed: (finding, advice) => made('failed', finding, advice),
    cannotBeTold: (reason, advice) => made('cannot_be_told', reason, advice),
  };
}

/** Told as soon as it is known, for whoever shows progress. */
export type Tell = (check: Check) => void;
