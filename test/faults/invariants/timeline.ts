/** What happened to one position, in order of time: its orders and fills, the venues' orders and trades, its history. */
import { positionWorkflowId } from '../../../src/domain/names.ts';
import { historyEvents } from '../history-events.ts';
import type { Arena } from '../arena/arena.ts';
import { venues } from '../arena/configuration.ts';
import type { Violation } from './violation.ts';
import type { RoundResult } from '../rounds/round-result.ts';

interface Line {
  readonly atMs: number;
  readonly text: string;
}

const mostLines = 200;

export async function explain(arena: Arena, result: RoundResult, { positionKey: key }: Violation): Promise<string[]> {
  const general = result.plan.events
    .filter(({ kind }) => kind !== 'trade')
    .map(({ atMs, ...event }) => `planned at ${atMs} ms: ${JSON.stringify(event)}`);
  if (key === null) return general;
  const lines: Line[] = [
    ...venueLines(result, key),
    ...(await historyLines(arena, key)),
    ...arena.outages
      .all()
      .map(({ name, fromMs, toMs }) => ({ atMs: fromMs, text: `outage of ${name} until ${stamp(toMs)}` })),
  ].toSorted((left, right) => left.atMs - right.atMs);
  const run = result.runs.find((one) => one.key === key);
  const from = (run?.startedAtMs ?? 0) - 5_000;
  const until = (run?.endedAtMs ?? Infinity) + 5_000;
  const shown = lines.filter(({ atMs }) => atMs >= from && atMs <= until).slice(0, mostLines);
  return [
    `scenario ${JSON.stringify(run?.scenario)}`,
    ...general,
    ...rowLines(result, key),
    ...shown.map(({ atMs, text }) => `${stamp(atMs)} ${text}`),
  ];
}

function stamp(atMs: number): string {
  return Number.isFinite(atMs) ? new Date(atMs).toISOString().slice(11, 23) : 'now';
}

function rowLines({ truth }: RoundResult, key: string): string[] {
  const position = truth.ledger.positions.find((one) => one.key === key);
  return [
    `ledger: position ${position?.status ?? 'absent'} ${position?.exit_reason ?? position?.abort_reason ?? ''}`,
    ...truth.ledger.orders
      .filter((order) => order.position_key === key)
      .map(
        (order) =>
          `ledger: ${order.client_order_id} ${order.leg} ${order.purpose} ${order.step}.${order.attempt} ${order.side} ${order.quantity_base} @ ${order.limit_price} ${order.state} filled ${order.filled_base} claimed ${stamp(Number(order.claimed_at_wall_ms ?? Infinity))} ${order.reason ?? ''}`,
      ),
    ...truth.ledger.alerts.filter((alert) => alert.position_key === key).map((alert) => `alert: ${alert.message}`),
  ];
}

function venueLines({ truth }: RoundResult, key: string): Line[] {
  const ids = new Set(truth.ledger.orders.filter((one) => one.position_key === key).map((one) => one.client_order_id));
  return venues.flatMap((venue) => [
    ...truth.venues[venue].orders
      .filter(({ clientOrderId }) => ids.has(clientOrderId))
      .map((order) => ({
        atMs: order.createdAtMs,
        text: `${venue}: order ${order.clientOrderId} ${order.side} ${order.quantity} ${order.status}, filled ${order.filledBase}`,
      })),
    ...truth.venues[venue].trades
      .filter(({ clientOrderId }) => ids.has(clientOrderId))
      .map((trade) => ({
        atMs: trade.executedAtMs,
        text: `${venue}: trade ${trade.tradeId} of ${trade.clientOrderId} ${trade.side} ${trade.quantityBase} @ ${trade.price}`,
      })),
  ]);
}

async function historyLines(arena: Arena, key: string): Promise<Line[]> {
  const history = await arena.client.workflow
    .getHandle(positionWorkflowId(key))
    .fetchHistory()
    .catch(() => null);
  return history === null ? [] : historyEvents(history);
}
