/** The venues' truth against the whole ledger. */
import {
  compareWithVenues,
  type ComparedAccount,
  type Comparison,
  type Finding,
} from '../../src/domain/reconciliation/comparison.ts';
import { givenUpAt } from '../../src/domain/reconciliation/given-up.ts';
import type { Baseline, Ledger } from '../../src/ports/ledger.ts';
import type { VenueTruth } from './venue-truth.ts';

/** An account that has declared nothing yet has nothing to be held against: it is not compared. */
export async function compareTruths(ledger: Ledger, truths: readonly VenueTruth[]): Promise<Comparison> {
  const baselines = await ledger.baselines();
  const undeclared: Finding[] = [];
  const accounts: ComparedAccount[] = [];
  for (const truth of truths) {
    const { account } = truth.reading;
    const baseline = baselines.find((declared) => declared.account === account);
    if (baseline !== undefined) accounts.push(await comparedAccount(ledger, truth, baseline));
    else undeclared.push({ kind: 'not_compared', account, positionKey: null, detail: 'it has declared nothing yet' });
  }
  const names = new Set(accounts.map(({ account }) => account));
  // With the fills of one account alone a position would seem one-legged.
  const positions = await ledger.positions({});
  const both = positions.filter(({ plan }) => [plan.spot, plan.perp].every(({ account }) => names.has(account)));
  const compared = compareWithVenues(
    accounts.map((one) => ({ ...one, givenUp: givenUpAt(one.account, positions) })),
    both,
  );
  return { ...compared, findings: [...compared.findings, ...undeclared] };
}

async function comparedAccount(
  ledger: Ledger,
  { reading, fills, fillsFromMs }: VenueTruth,
  baseline: Baseline,
): Promise<ComparedAccount> {
  const { account } = reading;
  const [ledgerFills, funding, charges, interest, expectedOrderIds] = await Promise.all([
    ledger.fillsOfAccount(account),
    ledger.fundingPaymentsOfAccount(account),
    ledger.liquidationChargesOf(account),
    ledger.interestOfAccount(account),
    ledger.unresolvedOrderIds(account),
  ]);
  const since = baseline.declaredAtMarketMs;
  return {
    account,
    balancesBefore: baseline.balances,
    balancesNow: reading.balances,
    perpetualsBefore: baseline.positions,
    perpetualsNow: reading.positions,
    venueFills: fills.filter((fill) => fill.executedAtMs >= since),
    ledgerFills,
    ...(fillsFromMs === undefined || fillsFromMs <= since ? {} : { fillsFromMs }),
    openOrderIds: reading.openOrderIds,
    expectedOrderIds,
    paid: [
      ...funding.filter((payment) => payment.settledAtMs > since),
      ...charges.filter((charge) => charge.chargedAtMs > since),
    ],
    interest: interest.filter((charge) => charge.chargedAtMs > since),
  };
}
