/** The venues' truth against the whole ledger. */
import { compareWithVenues, type ComparedAccount, type Comparison } from '../src/domain/comparison.ts';
import type { Ledger } from '../src/ports/ledger.ts';
import type { VenueTruth } from './venue-truth.ts';

export async function compareTruths(ledger: Ledger, truths: readonly VenueTruth[]): Promise<Comparison> {
  const accounts = await Promise.all(truths.map((truth) => comparedAccount(ledger, truth)));
  return compareWithVenues(accounts, await ledger.positions({}));
}

async function comparedAccount(ledger: Ledger, { reading, fills }: VenueTruth): Promise<ComparedAccount> {
  const { account } = reading;
  const baseline = (await ledger.baselines()).find((declared) => declared.account === account);
  const [ledgerFills, funding, expectedOrderIds] = await Promise.all([
    ledger.fillsOfAccount(account),
    ledger.fundingPaymentsOfAccount(account),
    ledger.unresolvedOrderIds(account),
  ]);
  const since = baseline?.declaredAtMarketMs ?? 0;
  return {
    account,
    balancesBefore: baseline?.balances ?? [],
    balancesNow: reading.balances,
    perpetualsBefore: baseline?.positions ?? [],
    perpetualsNow: reading.positions,
    venueFills: fills.filter((fill) => fill.executedAtMs >= since),
    ledgerFills,
    openOrderIds: reading.openOrderIds,
    expectedOrderIds,
    funding: funding.filter((payment) => payment.settledAtMs > since),
  };
}
