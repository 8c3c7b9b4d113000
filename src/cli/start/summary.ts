/** What a run came to: totals, the report, its alerts, and the comparison of the ledger with the venues. */
import type { Client } from '@temporalio/client';
import type { Config } from '../../config/schema.ts';
import type { Comparison } from '../../domain/reconciliation/comparison.ts';
import { alertEvent } from '../../domain/alert-keys.ts';
import { decimal } from '../../domain/decimal.ts';
import type { ClockAnchor } from '../../domain/market-clock.ts';
import { basisTaskQueue, workflowTypes } from '../../domain/names.ts';
import type { PositionStatus } from '../../domain/position.ts';
import type { Performance } from '../../metrics/performance.ts';
import type { Severity } from '../../ports/alerts.ts';
import type { Ledger, PositionRow, RaisedAlert } from '../../ports/ledger.ts';
import { alertSummary } from '../alerts/alert-summary.ts';
import { accountSymbols } from './bootstrap.ts';
import { positionTable } from '../positions/position-table.ts';
import { readPerformance } from '../report/read.ts';
import { reportText } from '../report/text.ts';

export const unsettledStatuses: readonly PositionStatus[] = ['reserving', 'opening', 'closing', 'compensating'];

export interface SummaryDocument {
  readonly opened: number;
  readonly closed: number;
  readonly open: number;
  readonly aborted: number;
  readonly realisedPnlUsd: number;
  readonly orders: number;
  readonly fills: number;
  readonly oneLegged: number;
  readonly ledgerMatchesVenue: boolean;
  /** Of the run: raised since its start, or standing from before. */
  readonly alerts: readonly ShownAlert[];
  /** Without its single marks and days: `basis report --json` has those. */
  readonly report: Omit<Performance, 'curve' | 'daily'>;
}

/** Times are wall time. */
export interface ShownAlert {
  readonly event: string;
  readonly severity: Severity;
  readonly message: string;
  readonly raisedAtMs: number;
  readonly resolvedAtMs: number | null;
  readonly count: number;
}

export interface Summary {
  readonly document: SummaryDocument;
  readonly comparison: Comparison;
  readonly positions: readonly PositionRow[];
  readonly alerts: readonly RaisedAlert[];
  readonly performance: Performance;
}

/** @param sinceMs wall time of the run's start */
export async function summarise(
  client: Client,
  { ledger, config, anchor }: { readonly ledger: Ledger; readonly config: Config; readonly anchor: ClockAnchor },
  sinceMs: number,
): Promise<Summary> {
  const comparison = await compareNow(client, config, anchor).catch(notCompared);
  const performance = await readPerformance({ ledger, config, anchor }, { sinceMs: null, by: 'exit', rfApr: 0 });
  const alerts = await ledger.alertsSince(sinceMs);
  const { curve: _curve, daily: _daily, ...report } = performance;
  const { realisedPnlUsd, opened, closed, open, aborted, orders, fills } = await ledger.totals();
  const { oneLegged, ledgerMatchesVenue } = comparison;
  return {
    document: {
      opened,
      closed,
      open,
      aborted,
      // Shown, never traded on: cents of a cent are enough.
      realisedPnlUsd: Number(decimal(realisedPnlUsd).toFixed(6)),
      orders,
      fills,
      oneLegged,
      ledgerMatchesVenue,
      alerts: alerts.map(({ key, severity, message, raisedAtMs, resolvedAtMs, count }) => ({
        event: alertEvent(key),
        severity,
        message,
        raisedAtMs,
        resolvedAtMs,
        count,
      })),
      report,
    },
    comparison,
    positions: await ledger.positions({ limit: 20 }),
    alerts,
    performance,
  };
}

async function compareNow(client: Client, config: Config, anchor: ClockAnchor): Promise<Comparison> {
  return client.workflow.execute(workflowTypes.comparison, {
    workflowId: `comparison/${Date.now()}`,
    taskQueue: basisTaskQueue,
    workflowExecutionTimeout: '60s',
    staticSummary: 'the ledger against the venues',
    args: [{ accounts: accountSymbols(config), anchor }],
  });
}

/** A venue that does not answer proves nothing: the books then do not match, and it says why. */
function notCompared(error: unknown): Comparison {
  const reason =
    error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
  const detail = `the ledger could not be compared with the venues: ${reason}`;
  return {
    ledgerMatchesVenue: false,
    oneLegged: 0,
    findings: [{ kind: 'not_compared', account: null, positionKey: null, detail }],
  };
}

export function summaryText({ document, comparison, positions, alerts, performance }: Summary, config: Config): string {
  const { opened, closed, open, aborted, realisedPnlUsd, orders, fills, oneLegged, ledgerMatchesVenue } = document;
  return [
    positionTable(positions, []),
    '',
    alertSummary(alerts),
    '',
    reportText(performance),
    '',
    `${opened} opened, ${closed} closed, ${open} open, ${aborted} aborted; ${orders} orders, ${fills} fills`,
    `realised P&L ${realisedPnlUsd.toFixed(2)} USD after all fees and funding`,
    `${oneLegged} one-legged; the ledger ${ledgerMatchesVenue ? 'matches' : 'does NOT match'} the venues`,
    ...comparison.findings.map(
      ({ kind, account, positionKey, detail }) => `  ${kind} ${account ?? positionKey ?? ''}: ${detail}`,
    ),
    ...(config.mode === 'demo' ? ['', demoNote] : []),
  ].join('\n');
}

const demoNote = [
  'Thresholds of the demo, on recorded prices with modelled spread, depth and',
  "funding. At the article's (20 bps) and default fees this tape rightly trades",
  'nothing.',
].join('\n');
