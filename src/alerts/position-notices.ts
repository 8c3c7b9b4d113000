/** What people are told of a position when it opens and when it ends. */
import { decimal, zero } from '../domain/decimal.ts';
import { figure, signedFigure } from '../domain/figures.ts';
import type { Attribution } from '../domain/pnl.ts';
import type { ExitReason } from '../domain/position.ts';
import type { Notice } from '../ports/alert-outbox.ts';
import type { Severity } from '../ports/alerts.ts';
import type { BaselineChange, PositionRow } from '../ports/ledger.ts';

/** Reasons that a person did not ask for and the strategy did not hope for. */
const troubled: ReadonlySet<ExitReason> = new Set([
  'portfolio_halt',
  'adl',
  'liquidation_distance',
  'borrow_recalled',
  'depeg',
  'stop_loss',
  'venue_down',
  'funding_flip',
  'break_glass',
]);

/** None of a position that was aborted before anything was traded. */
export function positionNotices(position: PositionRow): Notice[] {
  const opened = position.openedAtMarketMs === null ? [] : [opening(position)];
  return [...opened, ...ending(position)];
}

function opening(position: PositionRow): Notice {
  const { plan, status, createdAtWallMs, updatedAtWallMs } = position;
  const legs = plan.direction === 'long_spot_short_perp' ? 'long spot, short perpetual' : 'short spot, long perpetual';
  const size = `${figure(decimal(plan.quantityBase), 2)} ${plan.asset}, ${figure(decimal(plan.notionalUsd), 2)} USD`;
  const message = `${plan.key}: opened, ${legs} at ${plan.spot.account} and ${plan.perp.account}, ${size}`;
  // The row keeps the time of its last change: the hedge, unless it has gone on since.
  return notice('opened', 'info', position, message, status === 'hedged' ? updatedAtWallMs : createdAtWallMs);
}

function ending(position: PositionRow): Notice[] {
  const { key, status, exitReason, abortReason, attribution, updatedAtWallMs, baselineChange } = position;
  if (status === 'closed') {
    const severity = exitReason !== null && troubled.has(exitReason) ? 'warning' : 'info';
    const message = `${key}: closed, ${exitReason ?? 'no reason on record'}, ${pnl(attribution)}${kept(baselineChange)}`;
    return [notice('closed', severity, position, message, updatedAtWallMs)];
  }
  if (status !== 'aborted' || attribution === null || decimal(attribution.realisedUsd).eq(zero)) return [];
  const message = `${key}: aborted after it had traded, ${abortReason ?? 'no reason on record'}, ${pnl(attribution)}`;
  return [notice('aborted', 'warning', position, message, updatedAtWallMs)];
}

/** Its inventory is smaller from now on. */
function kept(change: BaselineChange | undefined): string {
  if (change === undefined) return '';
  const sold = figure(decimal(change.quantityBase).abs(), 2);
  return `; the quote is kept, ${sold} ${change.currency} of ${change.account} stay sold`;
}

function notice(event: string, severity: Severity, position: PositionRow, message: string, atMs: number): Notice {
  return { key: `${event}/${position.key}`, severity, message, positionKey: position.key, atMs };
}

/** Its parts that are not zero, to the cent; they add up before they are rounded. */
function pnl(attribution: Attribution | null): string {
  if (attribution === null) return 'P&L not on record';
  const { realisedUsd, basisUsd, fundingUsd, feesUsd, slippageUsd, borrowUsd, quoteCurrencyUsd } = attribution;
  const parts = Object.entries({
    basis: basisUsd,
    funding: fundingUsd,
    fees: feesUsd,
    slippage: slippageUsd,
    borrow: borrowUsd,
    'quote currency': quoteCurrencyUsd,
  })
    .filter(([, amount]) => !decimal(amount).eq(zero))
    .map(([name, amount]) => `${name} ${signedFigure(decimal(amount), 2)}`);
  const shown = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
  return `P&L ${signedFigure(decimal(realisedUsd), 2)} USD${shown}`;
}
