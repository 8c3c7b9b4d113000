/** What a venue says of an account: its balances and positions now, and everything that filled. */
import type { VenueFill } from '../src/domain/fill.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import type { AccountReading, Venue } from '../src/ports/venue.ts';
import { bookLiquidationCharges, type ChargePorts } from './liquidation-charges.ts';
import { settlementIntervalMs } from './funding-book.ts';
import { bookInterest, type InterestPorts } from './interest.ts';

export interface TruthPorts {
  readonly venue: Pick<Venue, 'account' | 'reading' | 'fillsSince' | 'fundingPaymentsSince' | 'interestSince'> &
    ChargePorts['venue'];
  readonly ledger: Pick<Ledger, 'writeReading' | 'fundingPaymentsOfAccount' | 'recordFundingPayments'> &
    ChargePorts['ledger'] &
    InterestPorts['ledger'];
}

export interface TruthRequest {
  readonly symbols: readonly string[];
  /** Those of the symbols that pay funding. */
  readonly perpetuals: readonly string[];
  /** When the account declared what it held; 0: it has not yet, and nothing there is ours. */
  readonly sinceMarketMs: number;
}

export interface VenueTruth {
  readonly reading: AccountReading;
  readonly fills: readonly VenueFill[];
}

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
 * All fills since a market time, and a fresh reading. Funding is booked from an interval before the last payment
 * in the ledger: the account's watch has read the rest.
 *
 * The fills are read week by week, one request a week at least: its limits are those of one week (200 pages) and
 * the activity's time. At binanceusdm's pace of reads 30 s are enough for about four years of one symbol.
 */
export async function readVenueTruth(ports: TruthPorts, input: TruthRequest): Promise<VenueTruth> {
  const { venue, ledger } = ports;
  if (input.sinceMarketMs === 0) return { reading: await readAccount(ports, input.symbols), fills: [] };
  const booked = await ledger.fundingPaymentsOfAccount(venue.account);
  for (const symbol of input.perpetuals) {
    const last = booked.findLast((payment) => payment.symbol === symbol);
    const sinceMs = Math.max(input.sinceMarketMs, (last?.settledAtMs ?? 0) - settlementIntervalMs);
    await ledger.recordFundingPayments(venue.account, await venue.fundingPaymentsSince(symbol, sinceMs));
  }
  await bookLiquidationCharges(ports);
  const lists = await Promise.all(input.symbols.map((symbol) => venue.fillsSince(symbol, input.sinceMarketMs)));
  return { reading: await explainedReading(ports, input.symbols), fills: lists.flat() };
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
