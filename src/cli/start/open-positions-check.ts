/**
 * Before workers or the engine start: open positions are this service's own, and each needs both of its accounts, with a
 * worker for each. Its pair may have been taken out, and is watched all the same, except where what serves it is made from
 * the configured pairs.
 */
import { isConfigured } from '../../config/held-pairs.ts';
import type { Config } from '../../config/schema.ts';
import { loanOf } from '../../domain/margin/borrow.ts';
import { liveStatuses, type PositionPlan } from '../../domain/position.ts';
import type { Ledger } from '../../ports/ledger.ts';
import { Refused } from '../errors.ts';
import { shortKey } from '../positions/position-table.ts';

export interface LedgerUse {
  /** Another service may use it, under another book; a home's own ledger is this service's alone. */
  readonly isShared: boolean;
}

type Checked = Pick<Config, 'accounts' | 'book' | 'mode' | 'pairs' | 'strategy'>;

/**
 * Accounts, readings and watches are a ledger's, not a book's: of two services with a Temporal each, one would take the
 * other's positions for orphans, look for its orders on accounts of its own, and evaluate its exits.
 * @throws Refused when a shared ledger holds open positions of another book; or naming each open position with an account
 * that is not configured, or is at another exchange now, and each whose pair has to stay
 */
export async function checkOpenPositions(
  config: Checked,
  ledger: Pick<Ledger, 'positions'>,
  { isShared }: LedgerUse,
): Promise<void> {
  const open = await ledger.positions({ statuses: liveStatuses });
  const foreign = new Set(open.map(({ plan }) => plan.book).filter((other) => isShared && other !== config.book));
  if (foreign.size > 0) {
    const others = [...foreign].join(', ');
    const takeOver = foreign.size === 1 ? `, or, if it is to take them over, say book: ${others}` : '';
    throw new Refused([
      `the ledger holds open positions of the book ${others}, and this is the book ${config.book}`,
      `two services share no ledger: give this one a DATABASE_URL of its own${takeOver}`,
      'nothing was started',
    ]);
  }
  const reasons = open.flatMap(({ key, plan }) =>
    [...accountReasons(config, plan), ...pairReasons(config, plan)].map(
      (reason) => `position ${shortKey(key)} needs ${reason}`,
    ),
  );
  if (reasons.length === 0) return;
  throw new Refused([...reasons, 'nothing was started: configure it again, and close the position first']);
}

function accountReasons({ accounts }: Checked, { spot, perp }: PositionPlan): string[] {
  return [spot, perp].flatMap(({ account, instrument }) => {
    const venue = accounts[account]?.venue;
    if (venue === instrument.venue) return [];
    const why = venue === undefined ? 'is not configured' : `is at ${venue} now`;
    return [`the account ${account} at ${instrument.venue}, which ${why}`];
  });
}

const entries = 'keep it until the position has closed; npm run basis -- pause stops entries';

function pairReasons(config: Checked, plan: PositionPlan): string[] {
  const { asset, pairId, spot } = plan;
  if (loanOf(plan) !== null && !isBorrowed(config, asset, spot.account)) {
    return [
      `strategy.shortSpot: borrow and a pair with ${asset} sold at ${spot.account}, whose loan is read: ${entries}`,
    ];
  }
  // Only markets of configured pairs are fed to the simulated exchanges.
  if (config.mode === 'paper' && !isConfigured(config, plan)) {
    return [`the pair ${pairId}, which is not configured: ${entries}`];
  }
  return [];
}

function isBorrowed({ strategy, pairs }: Checked, asset: string, account: string): boolean {
  return strategy.shortSpot === 'borrow' && pairs.some((pair) => pair.spot.account === account && pair.asset === asset);
}
