/**
 * Fee schedules. The public list has one schedule for all contracts; an account finds its tier by its volume. Accounts
 * here have fees of their own, so each different pair of fees is a tier, and an account's volume is the one of its tier.
 */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { KrakenCall } from './call.ts';
import { accountName, wireNumber } from './call.ts';
import { feeScheduleId } from './ids.ts';

/** Apart enough that no tier is mistaken for another. */
const usdBetweenTiers = 1_000_000;

interface Tier {
  readonly makerBps: Decimal;
  readonly takerBps: Decimal;
}

function tiersOf({ exchange, credentials }: ProtocolContext): Tier[] {
  const tiers: Tier[] = [];
  for (const { account } of credentials) {
    const fees = exchange.feesOf(account, 'perpetual');
    if (tierIndex(tiers, fees) < 0) tiers.push(fees);
  }
  return tiers;
}

function tierIndex(tiers: readonly Tier[], fees: Tier): number {
  return tiers.findIndex(({ makerBps, takerBps }) => makerBps.eq(fees.makerBps) && takerBps.eq(fees.takerBps));
}

/** In percent. */
function percent(bps: Decimal): number {
  return wireNumber(bps.times(decimal('0.01')));
}

export function feeSchedules(context: ProtocolContext): Record<string, unknown> {
  const tiers = tiersOf(context).map(({ makerBps, takerBps }, index) => ({
    makerFee: percent(makerBps),
    takerFee: percent(takerBps),
    usdVolume: index * usdBetweenTiers,
  }));
  return { feeSchedules: [{ uid: feeScheduleId, name: 'Simulated', tiers }] };
}

export function feeVolumes(context: ProtocolContext, call: KrakenCall): Record<string, unknown> {
  const index = tierIndex(tiersOf(context), context.exchange.feesOf(accountName(call), 'perpetual'));
  return { volumesByFeeSchedule: { [feeScheduleId]: Math.max(0, index) * usdBetweenTiers } };
}
