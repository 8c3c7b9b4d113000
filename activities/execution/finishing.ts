/** The end of a position: what it came to, booked, and its capital given back. */
import { alertKeys, resolvedAtEnd } from '../../src/domain/alert-keys.ts';
import { loanOf } from '../../src/domain/margin/borrow.ts';
import { toText } from '../../src/domain/decimal.ts';
import { declaredPerpetual } from '../../src/domain/reconciliation/declared.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Money } from '../../src/domain/money.ts';
import { positionPnl, type Attribution, type PositionPnl } from '../../src/domain/pnl.ts';
import type { ExitReason, PositionPlan } from '../../src/domain/position.ts';
import type { LegPrices } from '../../src/domain/watch.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { chargedInterest } from '../records/interest.ts';

export interface FinishRequest {
  readonly key: string;
  readonly status: 'closed' | 'aborted';
  readonly exitReason: ExitReason | null;
  readonly abortReason: string | null;
  readonly anchor: ClockAnchor;
  readonly nowWallMs: number;
  /** Executable prices at the decision to close, for the slippage line; null when none were read. */
  readonly closePrices: LegPrices | null;
}

export interface FinishingPorts {
  readonly ledger: Ledger;
  readonly alerts: Alerts;
}

/** Withdraws what was never sent, computes what the position came to, and books it, which gives the capital back. */
export async function finishPosition({ ledger, alerts }: FinishingPorts, request: FinishRequest): Promise<Attribution> {
  const { key, status, nowWallMs, anchor } = request;
  const position = await ledger.position(key);
  if (position === null) return notReserved();
  const orders = await ledger.ordersOf(key);
  for (const order of orders) {
    if (order.state === 'prepared') await ledger.withdrawOrder(order.clientOrderId, `the position is ${status}`);
  }
  const { plan, baselineChange } = position;
  const { account, instrument } = plan.perp;
  const [fills, accountFills, funding, baselines] = await Promise.all([
    ledger.fillsOf(key),
    ledger.fillsOfAccount(account),
    ledger.fundingPaymentsOfAccount(account),
    ledger.baselines(),
  ]);
  const { feesAtRates, unpricedFees, assumedAtPar, ...attribution } = positionPnl({
    plan,
    fills,
    accountFills,
    funding,
    besidePerpBase: toText(declaredPerpetual(baselines, account, instrument.symbol)),
    closePrices: request.closePrices,
    purposes: new Map(orders.map(({ clientOrderId, purpose }) => [clientOrderId, purpose])),
    ...(baselineChange === undefined ? {} : { keptSpotPrice: baselineChange.price }),
    borrow: await interestPaid(ledger, plan),
  });
  await alertUnpriced(alerts, key, { feesAtRates, unpricedFees, assumedAtPar });
  await ledger.disarmWatch(key);
  await ledger.updatePosition({
    key,
    status,
    nowWallMs,
    attribution,
    closedAtMarketMs: marketTimeMs(anchor, nowWallMs),
    ...(request.exitReason === null ? {} : { exitReason: request.exitReason }),
    ...(request.abortReason === null ? {} : { abortReason: request.abortReason }),
  });
  await resolveAlertsOf(alerts, key);
  // With what the venue charged for liquidations, which the ledger shares out.
  return (await ledger.position(key))?.attribution ?? attribution;
}

/** What stands of a position only until it ends. */
export async function resolveAlertsOf(alerts: Alerts, key: string): Promise<void> {
  for (const event of resolvedAtEnd) await alerts.resolve(alertKeys[event](key));
}

/** What the position was charged for its loan. */
async function interestPaid(ledger: Ledger, plan: PositionPlan): Promise<Money[]> {
  if (loanOf(plan) === null) return [];
  const currency = plan.spot.instrument.base;
  return [{ amount: toText(await chargedInterest(ledger, plan)), currency }];
}

/**
 * The position is settled all the same: its capital must not wait for a price. Told once: there will be no better figure,
 * and nothing for a person to put right.
 */
async function alertUnpriced(
  alerts: Alerts,
  key: string,
  { feesAtRates, unpricedFees, assumedAtPar }: Pick<PositionPnl, 'feesAtRates' | 'unpricedFees' | 'assumedAtPar'>,
): Promise<void> {
  const parts = [
    ...feesAtRates.map(({ amount, currency }) => `${amount} ${currency} of fees booked at the configured rates`),
    ...unpricedFees.map(({ amount, currency }) => `${amount} ${currency} of fees booked as zero`),
    ...assumedAtPar.map((currency) => `${currency} counted at a dollar`),
  ];
  if (parts.length === 0) return;
  const message = `${key}: its P&L lacks prices: ${parts.join(', ')}`;
  const severity = unpricedFees.length > 0 ? 'warning' : 'info';
  await alerts.raise({ key: alertKeys.unpriced(key), severity, message, positionKey: key, isNotice: true });
}

/** A position that was refused before it was reserved has no row, and cost nothing. */
function notReserved(): Attribution {
  return {
    basisUsd: '0',
    fundingUsd: '0',
    feesUsd: '0',
    slippageUsd: '0',
    borrowUsd: '0',
    quoteCurrencyUsd: '0',
    realisedUsd: '0',
  };
}
