/**
 * The keys of all alerts that stand for a while: when each is raised, and when it is over. Up to the first `/` a key
 * names the event, which is the name of its function here. What each asks of a person is in `docs/operations.md`.
 *
 * Notices, which are told once and do not stand, are in `src/alerts/position-notices.ts`.
 */
export const alertKeys = {
  // Of a position.

  /** Raised when it cannot close or unwind; over when it ends. */
  stuck: (positionKey: string) => `stuck/${positionKey}`,
  /** Raised when an exit is due for long and nothing closes; over when the position ends. */
  exit_ignored: (positionKey: string) => `exit_ignored/${positionKey}`,
  /** Raised when nobody has evaluated its watch; over when it ends. */
  unwatched: (positionKey: string) => `unwatched/${positionKey}`,
  /** Raised when its workflow cannot evaluate the exits by itself; over when it ends. */
  watchdog: (positionKey: string) => `watchdog/${positionKey}`,
  /** Raised when its exit rules cannot be evaluated for long; over when they can, and when nobody watches any more. */
  not_evaluable: (positionKey: string) => `not_evaluable/${positionKey}`,
  /** Raised when a close waits for order books that cannot be read; over when the position ends. */
  no_prices: (positionKey: string) => `no_prices/${positionKey}`,
  /** Raised when a resting quote has not been seen for long; over when it is, and when the position ends. */
  unseen: (positionKey: string) => `unseen/${positionKey}`,
  /** Raised when its fills leave the legs unequal for too long; over when they are equal, and when it ends. */
  one_legged: (positionKey: string) => `one_legged/${positionKey}`,
  /** Raised when both legs were reduced near a liquidation; over when the position ends. */
  reduced: (positionKey: string) => `reduced/${positionKey}`,
  /** Raised when its funding could not be collected at the close; over when it ends. */
  funding: (positionKey: string) => `funding/${positionKey}`,
  /** Told once when its P&L lacks a price; does not stand. */
  unpriced: (positionKey: string) => `unpriced/${positionKey}`,
  /** Raised when the venue made a fill in it that is not ours; stays. */
  venue_fill: (positionKey: string) => `venue_fill/${positionKey}`,

  // Concerns of the exit rules: raised when one has lasted, over when it has been gone for a while, or nobody watches.

  /** The coin is off its peg, and closing costs too much. */
  depeg_held: (positionKey: string) => `depeg_held/${positionKey}`,
  /** A leg's market is silent. */
  venue_down: (positionKey: string) => `venue_down/${positionKey}`,
  /** The perpetual's distance to its liquidation is not known. */
  margin_unread: (positionKey: string) => `margin_unread/${positionKey}`,
  /** The distance of a loan's account to its liquidation is not known. */
  loan_unread: (positionKey: string) => `loan_unread/${positionKey}`,
  /** The position is expected to pay, and leaving would cost more. */
  funding_flip: (positionKey: string) => `funding_flip/${positionKey}`,

  // Of an order.

  /** Raised when it is not settled for long; over when it is. */
  unresolved: (clientOrderId: string) => `unresolved/${clientOrderId}`,
  /** Raised when the venue says other than what was proven of it; stays until a person resolves it. */
  contradicted: (clientOrderId: string) => `contradicted/${clientOrderId}`,

  // Of an account.

  /** Raised when its keys are refused; over when a read succeeds. */
  unauthorised: (account: string) => `unauthorised/${account}`,
  /** Raised when it refuses the read called `what`; over when that read succeeds. */
  refused: (account: string, what: string) => `refused/${account}/${what}`,
  /** Raised when nothing has been read of it for long; over when something is. */
  unread: (account: string) => `unread/${account}`,
  /** Raised when it holds what the ledger does not explain; over when both agree. */
  drift: (account: string, symbol: string) => `drift/${account}/${symbol}`,
  /** Raised when it has fills that are no position's; stays. */
  foreign_fill: (account: string, symbol: string) => `foreign_fill/${account}/${symbol}`,
  /** Raised when the clock here is off: the venue's of an account, or `market` for Temporal's. Over when it is right. */
  clock_off: (accountOrMarket: string) => `clock_off/${accountOrMarket}`,

  // Of a book, of a pair, of a coin.

  /** Raised when a person halts the engine; over when a person resumes it. */
  halted: (book: string) => `halted/${book}`,
  /** Raised when equity has fallen too far, and the engine is halted; over when it is counted from anew, or is back. */
  drawdown: (book: string) => `drawdown/${book}`,
  /** Raised when a mistake of ours keeps a pair from being admitted; over when it is admitted, or refused in order. */
  admission: (pairId: string) => `admission/${pairId}`,
  /** Raised when the coin is off its peg; over when it is back. */
  depeg: (coin: string) => `depeg/${coin}`,
  /** Raised when nothing tells the coin's price for long; over when something does, or when it is off its peg. */
  peg_unknown: (coin: string) => `peg_unknown/${coin}`,

  // Of a reconciliation: raised by the run that finds it; over with the first run that looked, and found it no more.

  /** @param kind of the finding, or `orphan`; @param subject an account (and `/` a symbol or a coin), or a position's key */
  reconcile: (kind: string, subject: string) => `reconcile/${kind}/${subject}`,
  /** Raised when none has ended for long; over when one does. */
  unreconciled: () => 'unreconciled',

  // Of the service itself: raised when it lasts, over when it does not.

  /** Temporal does not answer. */
  temporal_unreachable: () => 'temporal_unreachable',
  /** The ledger does not answer. Told past the ledger. */
  ledger_unreachable: () => 'ledger_unreachable',
  /** A target of alerts takes nothing. */
  alert_target: (target: string) => `alert_target/${target}`,
  /** A target's secret is missing or wrong. */
  alert_secrets: (target: string) => `alert_secrets/${target}`,
} as const;

/** What stands of a position only until it ends, and is resolved then. */
export const resolvedAtEnd = [
  'stuck',
  'unwatched',
  'watchdog',
  'exit_ignored',
  'not_evaluable',
  'no_prices',
  'unseen',
  'funding',
  'reduced',
] as const satisfies readonly (keyof typeof alertKeys)[];

/** What happened, by the key of its alert: `stuck/USDC-…` → `stuck`. */
export function alertEvent(key: string): string {
  return key.split('/', 1)[0] ?? key;
}
