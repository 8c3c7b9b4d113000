/**
 * What a person puts into an account and takes out of it: what the venue's balances show beyond what fills, fees and
 * funding explain. One account, reading by reading.
 *
 * A reading is looked at only once all that it can contain is booked: payments are listed late, and what is filled
 * while its replies come in may be in it or not. Until then it changes nothing, so that what is on its way into the
 * ledger is never taken for a deposit.
 */
import { decimal, zero, type Decimal } from '../../src/domain/decimal.ts';
import {
  explainedHoldings,
  plus,
  unexplained,
  type Holdings,
  type Unexplained,
} from '../../src/domain/equity/holdings.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Baseline, Ledger } from '../../src/ports/ledger.ts';
import type { AccountReading } from '../../src/ports/venue.ts';

/** Wall time that the requests of a reading take at most. */
const readingTakesMs = 5_000;
/** Wall time by which a venue's clock may differ from ours. */
const clockSkewMs = 2_000;
/** Wall time after which a payment is listed at every venue served, and booked by the watch of its account. */
const fundingBookedMs = 75_000;

export type TransfersLedger = Pick<Ledger, 'baselines' | 'latestReading' | 'accountFlows' | 'isAccountQuiet'>;

export interface TransfersPorts {
  readonly ledger: TransfersLedger;
  readonly account: string;
  readonly anchor: ClockAnchor;
  readonly paysFunding: boolean;
  /** By currency, from the last mark of an earlier watcher: the account's declared balances in it. */
  readonly known: ReadonlyMap<string, Decimal> | null;
}

export interface AccountTruth {
  /** By currency: put in less taken out, what was declared at first included. */
  readonly transferred: ReadonlyMap<string, Decimal>;
  readonly holdings: Holdings;
}

export interface Transfers {
  /** Looks at the latest reading, or at one that was waiting to be looked at. */
  observe(nowWallMs: number): Promise<void>;
  /** What the account holds now; null before it has declared what it held at first. */
  truth(): Promise<AccountTruth | null>;
}

/** Moves that are no transfer: a liquidation, auto-deleveraging or a trade by hand that is not booked. */
interface Unbooked {
  readonly moves: Unexplained;
  /** What the ledger had traded then: once it says otherwise of a perpetual that moved, it has booked it. */
  readonly traded: Holdings['traded'];
}

export function createTransfers({ ledger, account, anchor, paysFunding, known }: TransfersPorts): Transfers {
  const settlesMs = readingTakesMs + (paysFunding ? fundingBookedMs : clockSkewMs);
  let baseline: Baseline | null = null;
  let waiting: AccountReading | null = null;
  let transferred: ReadonlyMap<string, Decimal> | null = null;
  let unbooked: Unbooked | null = null;

  return {
    async observe(nowWallMs) {
      waiting ??= await ledger.latestReading(account);
      const declared = await findBaseline();
      if (declared === null || waiting === null || nowWallMs < waiting.readAtMs + settlesMs) return;
      const reading = waiting;
      waiting = null;
      await compare(reading, declared);
    },
    async truth() {
      const declared = await findBaseline();
      if (declared === null || transferred === null) return null;
      const flows = await ledger.accountFlows(account, declared.declaredAtMarketMs, null);
      const outside = difference(transferred, balancesOf(declared));
      const booked = plus(explainedHoldings(declared, flows), { coins: outside });
      const holdings = unbooked !== null && isStillUnbooked(unbooked, booked) ? plus(booked, unbooked.moves) : booked;
      return { transferred, holdings };
    },
  };

  async function findBaseline(): Promise<Baseline | null> {
    baseline ??= (await ledger.baselines()).find((declared) => declared.account === account) ?? null;
    if (baseline !== null) transferred ??= known ?? balancesOf(baseline);
    return baseline;
  }

  async function compare(reading: AccountReading, declared: Baseline): Promise<void> {
    if (reading.readAtMs < declared.declaredAtWallMs || reading.positions.some(({ entryPrice }) => entryPrice === null))
      return;
    const fromMs = marketTimeMs(anchor, reading.readAtMs - clockSkewMs);
    const toMs = marketTimeMs(anchor, reading.readAtMs + readingTakesMs);
    if (!(await ledger.isAccountQuiet(account, fromMs, toMs))) return;
    const atMs = marketTimeMs(anchor, reading.readAtMs);
    const flows = await ledger.accountFlows(account, declared.declaredAtMarketMs, atMs);
    const before = transferred ?? balancesOf(declared);
    const explained = plus(explainedHoldings(declared, flows), { coins: difference(before, balancesOf(declared)) });
    const found = unexplained(reading, explained, flows.perpetualFills);
    if (found.perpetuals.size > 0) {
      unbooked = { moves: found, traded: explained.traded };
      return;
    }
    unbooked = null;
    transferred = new Map(before);
    for (const [currency, amount] of found.coins)
      transferred = new Map(transferred).set(currency, (before.get(currency) ?? zero).plus(amount));
  }
}

function isStillUnbooked({ moves, traded }: Unbooked, booked: Holdings): boolean {
  return [...moves.perpetuals.keys()].every((symbol) =>
    (traded.get(symbol) ?? zero).eq(booked.traded.get(symbol) ?? zero),
  );
}

function balancesOf({ balances }: Baseline): ReadonlyMap<string, Decimal> {
  return new Map(balances.map(({ currency, total }) => [currency, decimal(total)]));
}

function difference(all: ReadonlyMap<string, Decimal>, part: ReadonlyMap<string, Decimal>): Map<string, Decimal> {
  const names = new Set([...all.keys(), ...part.keys()]);
  return new Map([...names].map((name) => [name, (all.get(name) ?? zero).minus(part.get(name) ?? zero)]));
}
