/** What a venue says of an account: its balances and positions now, and everything that filled. */
import type { VenueFill } from '../../src/domain/fill.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { AccountReading, Venue } from '../../src/ports/venue.ts';
import { bookLiquidationCharges, type ChargePorts } from '../records/liquidation-charges.ts';
import { settlementIntervalMs } from '../records/funding-book.ts';
import { bookInterest, type InterestPorts } from '../records/interest.ts';

export interface TruthPorts {
  readonly venue: Pick<Venue, 'account' | 'reading' | 'fillsSince' | 'fundingPaymentsSince' | 'interestSince'> &
    ChargePorts['venue'];
  readonly ledger: Pick<Ledger, 'writeReading' | 'fundingPaymentsOfAccount' | 'recordFundingPayments'> &
    ChargePorts['ledger'] &
    InterestPorts['ledger'];
  readonly clock: Clock;
}

export interface TruthRequest {
  readonly symbols: readonly string[];
  /** Those of the symbols that pay funding. */
  readonly perpetuals: readonly string[];
  /** When the account declared what it held; 0: it has not yet, and nothing there is ours. */
  readonly sinceMarketMs: number;
  /** Workflows of older code do not tell it: all fills since the declaration are read. */
  readonly anchor?: ClockAnchor;
}

export interface VenueTruth {
  readonly reading: AccountReading;
  readonly fills: readonly VenueFill[];
  /** Market time from which the list of fills is whole; since the declaration unless given. */
  readonly fillsFromMs?: number;
}

/**
 * Fills of so long are compared one by one; wall time. Every run does so, and what is older was compared when it was
 * new: exchanges forget (okx after three months, hyperliquid after 10,000 fills), and binance lists a day a request.
 * Quantities and balances are held against all fills of the ledger.
 */
const comparedForMs = 2 * 86_400_000;
/** Lists begin a little earlier, whether the first moment belongs to them or not; market time. */
const listMarginMs = 60_000;

/** Balances, positions and open orders, stored as the account's latest reading. */
export async function readAccount(
  { venue, ledger }: { venue: Pick<Venue, 'reading'>; ledger: Pick<Ledger, 'writeReading'> },
  symbols: readonly string[],
): Promise<AccountReading> {
  const reading = await venue.reading(symbols);
  await ledger.writeReading(reading);
  return reading;
}

/**
 * The fills of the last two days, or since the declaration, and a fresh reading. Funding of that time is booked, from
 * an interval before the last payment in the ledger: the account's watch has read the rest.
 */
export async function readVenueTruth(ports: TruthPorts, input: TruthRequest): Promise<VenueTruth> {
  const { venue, ledger } = ports;
  if (input.sinceMarketMs === 0) return { reading: await readAccount(ports, input.symbols), fills: [] };
  const fillsFromMs = comparedFromMs(ports.clock, input);
  const fromMs = Math.max(input.sinceMarketMs, fillsFromMs - listMarginMs);
  const booked = await ledger.fundingPaymentsOfAccount(venue.account);
  for (const symbol of input.perpetuals) {
    const last = booked.findLast((payment) => payment.symbol === symbol);
    const sinceMs = Math.max(fromMs, (last?.settledAtMs ?? 0) - settlementIntervalMs);
    await ledger.recordFundingPayments(venue.account, await venue.fundingPaymentsSince(symbol, sinceMs));
  }
  await bookLiquidationCharges(ports);
  const lists = await Promise.all(input.symbols.map((symbol) => venue.fillsSince(symbol, fromMs)));
  return { reading: await explainedReading(ports, input.symbols), fills: lists.flat(), fillsFromMs };
}

function comparedFromMs(clock: Clock, { sinceMarketMs, anchor }: TruthRequest): number {
  if (anchor === undefined) return sinceMarketMs;
  return Math.max(sinceMarketMs, marketTimeMs(anchor, clock.nowMs() - comparedForMs));
}

/** Interest that is charged while an account is read may be in its balances or not: then it is read again. */
const mostReadings = 5;

async function explainedReading(ports: TruthPorts, symbols: readonly string[]): Promise<AccountReading> {
  for (let readings = 1; ; readings += 1) {
    const before = await bookInterest(ports);
    const reading = await readAccount(ports, symbols);
    if ((await bookInterest(ports)) === before || readings === mostReadings) return reading;
  }
}
