/**
 * The executions of an account, kept: the history service that lists them has a hundred requests in ten minutes for all
 * that is asked of it. The trading service lists the newest fills nearly for nothing, without their fees: the history
 * is asked only when one of them, or a part of what an order has filled, is not among what is kept. Kept are those from the
 * earliest time that was asked for within a day.
 */
import { currentCall, runUrgently } from '../calls/call-context.ts';
import { decimal, zero, type Decimal, type DecimalText } from '../../domain/decimal.ts';
import { VenueError } from '../../ports/venue.ts';
import { createHorizon } from './krakenfutures-horizon.ts';
import type { ExactTrade } from '../exact-exchange.ts';

export interface Execution extends ExactTrade {
  readonly id: string;
  readonly order: string;
  readonly amount: string;
  readonly timestamp: number;
  /** The venue's id of the contract, in capitals. */
  readonly marketId: string;
}

export interface RecentFill {
  readonly orderId: string;
  readonly quantity: DecimalText;
  /** Market time. */
  readonly atMs: number;
}

export interface ExecutionSource {
  /** A page of all contracts, oldest first, from a market time; `next` is the token of the one after it. */
  readonly page: (
    sinceMs: number,
    token: string | null,
  ) => Promise<{ readonly executions: readonly Execution[]; readonly next: string | null }>;
  /** The newest of all contracts, at most a hundred. */
  readonly recent: () => Promise<readonly RecentFill[]>;
  /** Wall time, of any origin. */
  readonly nowMs: () => number;
}

export interface ExecutionBook {
  /** Of one order, all that the history has told; it is asked again, less and less often, while that is less than `filled`. */
  ofOrder(orderId: string, placedAtMs: number, filled: DecimalText | null): Promise<readonly Execution[]>;
  /**
   * Of all contracts, from a market time.
   * @throws VenueError unavailable while the history has not told a fill of that time which the trading service shows, and
   *   where there is more than one call may read: the next one goes on
   */
  since(sinceMs: number): Promise<readonly Execution[]>;
  /** Executions in memory. */
  size(): number;
}

/** Of one order, market times of what is shown of it. */
interface MissingFills {
  readonly orderId: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

const recentShown = 100;
/** Read again before the newest that is known: what is listed later than it happened. Market time. */
const overlapMs = 120_000;
/** Whatever the fills say; wall time. */
const readAgainAfterMs = 600_000;
/** How soon what is missing is asked for again: twice as long each time, up to the longest. */
const firstRetryMs = 250;
/** As often as the history's pool is refilled. */
const longestUrgentRetryMs = 6_000;
const longestRetryMs = 60_000;
/** What is not listed after so many reads is left to the one that comes in any case. */
const mostTries = 10;
/** Orders whose tries are remembered. */
const mostTried = 1_000;
/** Of one call: half of what is not reserved for orders on their way. */
const mostPages = 20;

export function createExecutionBook(source: ExecutionSource): ExecutionBook {
  const kept = new Map<string, Execution>();
  const totals = new Map<string, Decimal>();
  const horizon = createHorizon(source.nowMs);
  /** Of orders whose fills are missing: how often the history was asked for them, and answered. */
  const tries = new Map<string, { readonly asked: number; readonly answered: number; readonly atMs: number }>();
  let coveredFromMs = Infinity;
  let newestMs = 0;
  let readAtMs = -Infinity;
  /** Of a long read that ended early: what came of it is kept. */
  let begun: { readonly fromMs: number; readonly reachedMs: number } | null = null;
  let underWay: { readonly urgency: number; readonly fromMs: number; readonly done: Promise<void> } | null = null;

  const totalOf = (orderId: string): Decimal => totals.get(orderId) ?? zero;

  function keep(executions: readonly Execution[]): void {
    for (const execution of executions) {
      if (kept.has(execution.id)) continue;
      kept.set(execution.id, execution);
      totals.set(execution.order, totalOf(execution.order).plus(decimal(execution.amount)));
      newestMs = Math.max(newestMs, execution.timestamp);
    }
  }

  async function readOn(sinceMs: number, reached: (atMs: number) => void = () => undefined): Promise<void> {
    const startedAtMs = source.nowMs();
    let token: string | null = null;
    let pages = 0;
    do {
      if (pages >= mostPages) {
        throw new VenueError('unavailable', `krakenfutures: more executions than the ${mostPages} pages of one call`);
      }
      pages += 1;
      const page: Awaited<ReturnType<ExecutionSource['page']>> = await source.page(sinceMs, token);
      keep(page.executions);
      const last = page.executions.at(-1);
      if (last !== undefined) reached(last.timestamp);
      const next = last === undefined ? null : page.next;
      if (next !== null && next === token) {
        throw new VenueError('malformed_reply', 'krakenfutures: its list of executions stands still');
      }
      token = next;
    } while (token !== null);
    readAtMs = startedAtMs;
  }

  async function cover(fromMs: number): Promise<void> {
    const start = begun !== null && begun.fromMs <= fromMs ? begun : { fromMs, reachedMs: fromMs };
    begun = start;
    // What others have read of it stays until it is whole.
    horizon.asked(start.fromMs);
    await readOn(start.reachedMs, (atMs) => (begun = { fromMs: start.fromMs, reachedMs: atMs }));
    begun = null;
    coveredFromMs = Math.min(coveredFromMs, start.fromMs);
  }

  /** What is dropped is read again by who asks for it. */
  function drop(): void {
    const fromMs = horizon.fromMs();
    coveredFromMs = Math.max(coveredFromMs, fromMs);
    if (begun !== null && begun.fromMs < fromMs) begun = null;
    for (const { id, order, amount, timestamp } of kept.values()) {
      if (timestamp >= fromMs - overlapMs) continue;
      kept.delete(id);
      const left = totalOf(order).minus(decimal(amount));
      if (left.eq(zero)) totals.delete(order);
      else totals.set(order, left);
    }
    for (const id of [...tries.keys()].slice(0, Math.max(tries.size - mostTried, 0))) tries.delete(id);
  }

  /**
   * Who comes while another reads as much, no less urgently, waits for that read instead; if it fails, perhaps by a
   * deadline that is not ours, our own follows. True if it was our own.
   */
  async function readNew(fromMs: number): Promise<boolean> {
    const urgency = currentCall()?.urgency ?? 0;
    while (underWay !== null && underWay.urgency >= urgency && underWay.fromMs <= fromMs) {
      const joined = underWay;
      const hasRead = await joined.done.then(
        () => true,
        () => false,
      );
      if (hasRead) return false;
      if (underWay === joined) underWay = null;
    }
    const mine = { urgency, fromMs, done: readOn(fromMs) };
    underWay = mine;
    try {
      await mine.done;
    } finally {
      if (underWay === mine) underWay = null;
    }
    return true;
  }

  const freshFromMs = (): number => Math.max(coveredFromMs, newestMs - overlapMs);

  function isDue(orderId: string, longestMs: number): boolean {
    const tried = tries.get(orderId);
    if (tried === undefined) return true;
    return source.nowMs() - tried.atMs >= Math.min(firstRetryMs * 2 ** tried.asked, longestMs);
  }

  const answersFor = (orderId: string): number => tries.get(orderId)?.answered ?? 0;

  /** A read that fails tells nothing of what is listed. */
  async function tryFor(orderIds: readonly string[], fromMs: number): Promise<void> {
    for (const id of orderIds) {
      tries.set(id, { asked: (tries.get(id)?.asked ?? 0) + 1, answered: answersFor(id), atMs: source.nowMs() });
    }
    if (!(await readNew(fromMs))) return;
    for (const id of orderIds) {
      const tried = tries.get(id);
      if (tried !== undefined) tries.set(id, { ...tried, answered: tried.answered + 1 });
    }
  }

  function missingOf(fills: readonly RecentFill[]): MissingFills[] {
    const shown = new Map<string, MissingFills & { readonly filled: Decimal }>();
    for (const { orderId, quantity, atMs } of fills) {
      if (atMs < coveredFromMs) continue;
      const { filled, firstAtMs, lastAtMs } = shown.get(orderId) ?? { filled: zero, firstAtMs: atMs, lastAtMs: atMs };
      shown.set(orderId, {
        orderId,
        filled: filled.plus(decimal(quantity)),
        firstAtMs: Math.min(firstAtMs, atMs),
        lastAtMs: Math.max(lastAtMs, atMs),
      });
    }
    return [...shown.values()].filter(({ orderId, filled }) => filled.gt(totalOf(orderId)));
  }

  /** What has been listed since the last read. */
  async function catchUp(fills: readonly RecentFill[]): Promise<void> {
    const missing = missingOf(fills);
    const due = missing.filter(({ orderId: id }) => answersFor(id) < mostTries && isDue(id, longestRetryMs));
    // Older ones than those shown may have come since.
    const isCut = fills.length >= recentShown && Math.min(...fills.map(({ atMs }) => atMs)) > newestMs;
    if (due.length === 0 && !isCut && source.nowMs() - readAtMs < readAgainAfterMs) return;
    const fromMs = Math.min(freshFromMs(), ...missing.map(({ firstAtMs }) => firstAtMs - overlapMs));
    const ids = missing.map(({ orderId }) => orderId);
    // It may be a liquidation: nothing is known of it until it is read.
    if (due.length > 0 || isCut) await runUrgently(() => tryFor(ids, fromMs));
    else await tryFor(ids, fromMs);
    const still = new Set(missingOf(fills).map(({ orderId }) => orderId));
    for (const id of ids) if (!still.has(id)) tries.delete(id);
  }

  return {
    async ofOrder(orderId, placedAtMs, filled) {
      const isWhole = (): boolean => filled !== null && totalOf(orderId).gte(decimal(filled));
      if (!isWhole() && isDue(orderId, longestUrgentRetryMs)) {
        await tryFor([orderId], Math.min(freshFromMs(), placedAtMs));
      }
      if (isWhole()) tries.delete(orderId);
      return [...kept.values()].filter(({ order }) => order === orderId);
    },

    async since(sinceMs) {
      horizon.asked(sinceMs);
      if (sinceMs < coveredFromMs) await cover(sinceMs);
      const fills = await source.recent();
      await catchUp(fills);
      const unlisted = missingOf(fills).find(
        ({ orderId, lastAtMs }) => lastAtMs >= sinceMs && answersFor(orderId) < mostTries,
      );
      if (unlisted !== undefined) {
        const { orderId } = unlisted;
        throw new VenueError('unavailable', `krakenfutures: the history does not list the fills of ${orderId} yet`);
      }
      drop();
      return [...kept.values()].filter(({ timestamp }) => timestamp >= sinceMs);
    },

    size: () => kept.size,
  };
}
