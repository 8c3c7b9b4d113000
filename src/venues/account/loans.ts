/** What an account that borrows coins owes and may borrow, and the interest it was charged, as its venue states them. */
import type { CoinLoan, InterestCharge, MarginState } from '../../domain/margin/borrow.ts';
import { decimal, maximum, minimum, toText, zero } from '../../domain/decimal.ts';
import { VenueError, type VenueBalance } from '../../ports/venue.ts';
import { record } from '../capabilities/raw.ts';
import type { LendingDialect, VenueDialect } from '../capabilities/venue-dialect.ts';
import { keyFrom, readAllPages } from '../calls/pages.ts';
import { read, type VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange, ExactLedgerEntry } from '../exact-exchange.ts';

/** Null: no coins are borrowed there. @throws VenueError `bad_request` where the venue lends none */
export async function coinLoans(
  exchange: ExactExchange,
  caller: VenueCaller,
  coins: readonly string[],
): Promise<CoinLoan[] | null> {
  if (coins.length === 0) return null;
  const lending = lendingOf(caller.dialect);
  return (await read(caller, 'loans', () => lending.loans(exchange, coins))).value;
}

/** @param info the raw balance reply */
export function marginState(dialect: VenueDialect, info: unknown, loans: CoinLoan[] | null): MarginState | null {
  if (loans === null) return null;
  const { collateralRate } = dialect.capabilities.lending ?? noLending(dialect);
  return { ...lendingOf(dialect).margin(info), collateralRate, loans };
}

/** Nothing is free beyond the account's worth that its debts do not take as collateral: what was sold is not its own. */
export function withinWorth(balances: VenueBalance[], margin: MarginState): VenueBalance[] {
  const owed = decimal(margin.owedUsd);
  if (owed.eq(zero)) return balances;
  const worth = maximum(zero, decimal(margin.equityUsd).minus(owed.times(decimal(margin.collateralRate))));
  return balances.map((balance) => ({
    ...balance,
    free: toText(maximum(zero, minimum(decimal(balance.free), worth))),
  }));
}

/** Every charge with a market time in [sinceMs, untilMs]. */
export async function interestBetween(
  exchange: ExactExchange,
  caller: VenueCaller,
  sinceMs: number,
  untilMs: number,
): Promise<InterestCharge[]> {
  const { interestPaging, interestParams, interestOf } = lendingOf(caller.dialect);
  const rows = await readAllPages<ExactLedgerEntry>(
    caller,
    {
      what: 'interest',
      paging: interestPaging,
      fetchPage: (since, limit, { until = untilMs, ...params }) =>
        exchange.fetchLedger(undefined, since, limit, { ...interestParams(until), ...params }),
      keyOf: ({ id }) => keyFrom('a charge', id),
    },
    sinceMs,
    untilMs,
  );
  return rows.map(({ info }) => interestOf(record(info, 'a charge')));
}

function lendingOf(dialect: VenueDialect): LendingDialect {
  return dialect.lending ?? noLending(dialect);
}

function noLending({ capabilities }: VenueDialect): never {
  throw new VenueError('bad_request', `${capabilities.venue} lends no coins to spot orders here`);
}
