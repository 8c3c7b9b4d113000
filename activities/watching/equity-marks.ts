/**
 * Marks what the book is worth: once a market hour, and when a position has closed. Fire and forget: positions are
 * evaluated and heartbeats sent whatever becomes of a mark, and what cannot be marked now is tried at the next pass.
 */
import { decimal, toText, zero } from '../../src/domain/decimal.ts';
import { closeMark, hourMark, marketHourMs, type EquityMark, type Transfer } from '../../src/domain/equity/mark.ts';
import { coinPrice, valueHoldings, type Market, type Prices } from '../../src/domain/equity/valuation.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Quote } from '../../src/domain/quote.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import { messageOf } from '../failures.ts';
import { createTransfers, type AccountTruth, type Transfers, type TransfersLedger } from './transfers.ts';

/** Whose equity it is. */
export interface EquityTerms {
  /** Every configured account, whether it trades or not. */
  readonly accounts: readonly { readonly account: string; readonly venue: string; readonly paysFunding: boolean }[];
  /** Those whose order books the watcher follows. */
  readonly markets: readonly Market[];
}

export type EquityLedger = TransfersLedger & Pick<Ledger, 'writeEquity' | 'latestEquity' | 'unmarkedCloses'>;

export interface EquityPorts {
  readonly ledger: EquityLedger;
  readonly clock: Clock;
  readonly terms: EquityTerms;
  readonly book: string;
  readonly anchor: ClockAnchor;
  readonly quote: (venue: string, symbol: string) => Quote | undefined;
  readonly warn: (message: string) => void;
}

export interface EquityMarks {
  /** Marks what is due. Never throws, and does nothing while an earlier pass is on. */
  pass(): Promise<void>;
  /** What the book is worth at this moment; a text says why that is not known. */
  now(): Promise<Omit<EquityMark, 'mark'> | string>;
}

/** Wall time between two looks at the readings: they come every 10 s. */
const observeIntervalMs = 2_000;
/** A close this long ago (wall, or a market hour) is not marked any more: the mark would not be of its moment. */
const closeMarkedWithinMs = 60_000;
/** Wall time for which a missing mark is nothing to speak of: at a start accounts are read and books come first. */
const complainAfterMs = 30_000;

export function createEquityMarks(ports: EquityPorts): EquityMarks {
  const { ledger, clock, terms, book, anchor, quote, warn } = ports;
  let accounts: readonly { readonly name: string; readonly venue: string; readonly transfers: Transfers }[] | null =
    null;
  let observedAtMs = 0;
  let lastHour: string | null = null;
  let running = false;
  let failingSinceMs: number | null = null;
  let complained = false;

  return {
    async now() {
      accounts ??= await firstAccounts();
      return valueNow();
    },
    async pass() {
      if (running) return;
      running = true;
      try {
        complain(await markWhatIsDue());
      } catch (error) {
        complain(messageOf(error));
      } finally {
        running = false;
      }
    },
  };

  /** Why it could not be marked; null when it was, or nothing was due. */
  async function markWhatIsDue(): Promise<string | null> {
    accounts ??= await firstAccounts();
    const nowWallMs = clock.nowMs();
    if (nowWallMs - observedAtMs >= observeIntervalMs) {
      observedAtMs = nowWallMs;
      for (const { transfers } of accounts) await transfers.observe(nowWallMs);
    }
    const atMarketMs = marketTimeMs(anchor, nowWallMs);
    const hour = hourMark(atMarketMs);
    const withinMs = Math.max(marketHourMs, closeMarkedWithinMs * anchor.scale);
    const closes = await ledger.unmarkedCloses(book, atMarketMs - withinMs);
    const due = [...closes.map(closeMark), ...(hour === lastHour ? [] : [hour])];
    if (due.length === 0) return null;
    const marked = await valueNow();
    if (typeof marked === 'string') return marked;
    for (const mark of due) await ledger.writeEquity({ ...marked, mark });
    lastHour = hour;
    return null;
  }

  async function valueNow(): Promise<Omit<EquityMark, 'mark'> | string> {
    const held: { account: string; venue: string; truth: AccountTruth }[] = [];
    for (const { name, venue, transfers } of accounts ?? []) {
      const truth = await transfers.truth();
      if (truth === null) return `${name} has not been read yet`;
      held.push({ account: name, venue, truth });
    }
    // After the reads: the quotes are those of the moment that the mark is stamped with.
    const nowWallMs = clock.nowMs();
    const prices: Prices = { markets: terms.markets, quote, nowWallMs };
    const valuation = valueHoldings(
      held.map(({ account, venue, truth }) => ({ account, venue, holdings: truth.holdings })),
      prices,
    );
    if (valuation.kind === 'unknown') return valuation.reason;
    const transfers: Transfer[] = [];
    for (const { account, venue, truth } of held) {
      const found = transfersOf(account, venue, truth, prices);
      if (typeof found === 'string') return found;
      transfers.push(...found);
    }
    const { equityUsd, parts, unpriced } = valuation;
    const atMarketMs = marketTimeMs(anchor, nowWallMs);
    return { book, atWallMs: nowWallMs, atMarketMs, equityUsd, transfers, parts, unpriced };
  }

  async function firstAccounts() {
    const last = await ledger.latestEquity(book);
    return terms.accounts.map(({ account, venue, paysFunding }) => {
      const known = (last?.transfers ?? []).filter((transfer) => transfer.account === account);
      const transfers = createTransfers({
        ledger,
        account,
        anchor,
        paysFunding,
        known:
          known.length === 0
            ? null
            : new Map(known.map(({ currency, amount }) => [currency, decimal(amount)] as const)),
      });
      return { name: account, venue, transfers };
    });
  }

  /** Once, when nothing could be marked for a while. */
  function complain(reason: string | null): void {
    if (reason === null) {
      failingSinceMs = null;
      complained = false;
      return;
    }
    failingSinceMs ??= clock.nowMs();
    if (complained || clock.nowMs() - failingSinceMs < complainAfterMs) return;
    complained = true;
    warn(`the equity of ${book} cannot be marked: ${reason}`);
  }
}

/** A text says why a price cannot be known now. */
function transfersOf(
  account: string,
  venue: string,
  { transferred }: AccountTruth,
  prices: Prices,
): Transfer[] | string {
  const transfers: Transfer[] = [];
  for (const [currency, amount] of transferred) {
    const price = coinPrice(venue, currency, amount, prices);
    if (typeof price === 'string') return price;
    transfers.push({ account, currency, amount: toText(amount), priceUsd: toText(price ?? zero) });
  }
  return transfers;
}
