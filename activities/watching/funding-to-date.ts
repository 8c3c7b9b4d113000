/** Funding that an open position has been paid so far: its share of the account's payments, as it will be booked. */
import { toText, type DecimalText } from '../../src/domain/decimal.ts';
import { declaredPerpetual, type Declared } from '../../src/domain/reconciliation/declared.ts';
import type { VenueFundingPayment } from '../../src/domain/fill.ts';
import { fundingOf, type AccountFill } from '../../src/domain/funding/funding-share.ts';
import type { Watch } from '../../src/domain/watch.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';

/**
 * In the settle currency. Positions that share the account's perpetual share each payment by what they held when it
 * was settled, whoever is still open now.
 * @param accountFills every fill of our orders at the perpetual's account
 * @param baselines what accounts declared before any position: its funding is nobody's
 */
export function fundingToDate(
  { key, plan }: Watch,
  payments: readonly VenueFundingPayment[],
  accountFills: readonly AccountFill[],
  baselines: readonly Declared[],
): DecimalText {
  const { account, instrument } = plan.perp;
  const { symbol } = instrument;
  const fills = accountFills.filter((fill) => fill.symbol === symbol);
  const own = fills.filter((fill) => fill.positionKey === key).map(({ executedAtMs }) => executedAtMs);
  const openedAtMs = Math.min(...own);
  const concerned = payments.filter((payment) => payment.settledAtMs > openedAtMs);
  return toText(fundingOf(key, symbol, concerned, fills, declaredPerpetual(baselines, account, symbol)));
}

/** The same, read for one position alone. */
export async function readFundingToDate(
  ledger: Pick<Ledger, 'fundingPaymentsOfAccount' | 'fillsOfAccount' | 'baselines'>,
  watch: Watch,
): Promise<DecimalText> {
  const { account } = watch.plan.perp;
  const [payments, fills, baselines] = await Promise.all([
    ledger.fundingPaymentsOfAccount(account),
    ledger.fillsOfAccount(account),
    ledger.baselines(),
  ]);
  return fundingToDate(watch, payments, fills, baselines);
}

/** Fills are read again at least this often: one that is recorded late changes the shares of payments before it. */
const fillsKeptMs = 60_000;

interface AccountBook {
  readonly payments: number;
  readonly watches: readonly Watch[];
  readonly readAtMs: number;
}

interface AccountRecords {
  readonly payments: readonly VenueFundingPayment[];
  readonly fills: readonly AccountFill[];
  readonly baselines: readonly Declared[];
}

export interface FundingToDate {
  /** What has changed since the last read, by key of the position. One read an account, however many positions. */
  read(watches: readonly Watch[]): Promise<ReadonlyMap<string, DecimalText>>;
}

/** Shares are computed again only when an account was paid, its watched positions changed, or a minute has passed. */
export function createFundingToDate(ports: {
  readonly ledger: Pick<Ledger, 'fundingPaymentsOfAccount' | 'fillsOfAccount' | 'baselines'>;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}): FundingToDate {
  const { ledger, clock, warn } = ports;
  const books = new Map<string, AccountBook>();

  return {
    async read(watches) {
      const found = new Map<string, DecimalText>();
      for (const [account, held] of Map.groupBy(watches, ({ plan }) => plan.perp.account)) {
        const payments = await ledger.fundingPaymentsOfAccount(account);
        const before = books.get(account);
        const isKnown =
          before?.payments === payments.length &&
          before.watches.length === held.length &&
          held.every((watch, index) => watch === before.watches[index]);
        if (isKnown && clock.nowMs() - before.readAtMs < fillsKeptMs) continue;
        const [fills, baselines] = await Promise.all([ledger.fillsOfAccount(account), ledger.baselines()]);
        for (const watch of held) share(watch, { payments, fills, baselines }, found);
        books.set(account, { payments: payments.length, watches: held, readAtMs: clock.nowMs() });
      }
      return found;
    },
  };

  /** A payment that cannot be shared leaves the last figure: the other positions' exits do not wait for it. */
  function share(watch: Watch, { payments, fills, baselines }: AccountRecords, found: Map<string, DecimalText>): void {
    try {
      found.set(watch.key, fundingToDate(watch, payments, fills, baselines));
    } catch (error) {
      warn(`${watch.key}: its funding is not known: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
