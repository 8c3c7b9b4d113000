/** Books what a venue charges for liquidations beside their fills: asked for where the venue has struck a position. */
import { isVenueMade } from '../../src/domain/reconciliation/venue-fills.ts';
import { chargedWithinMs } from '../../src/domain/margin/liquidation-charge.ts';
import { marketTimeMs, type ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ledger } from '../../src/ports/ledger.ts';
import type { Venue } from '../../src/ports/venue.ts';

export interface ChargePorts {
  readonly venue: Pick<Venue, 'account' | 'liquidationCharges'>;
  readonly ledger: Pick<Ledger, 'fillsOfAccount' | 'recordLiquidationCharges'>;
}

/** A charge comes with its fills, and may be listed later; market time. */
const listedWithinMs = 24 * 3_600_000;
/** Wall time between two reads of the account's watch. */
const readIntervalMs = 30_000;

/**
 * Reads around the newest fills that no order of ours made: those of a day, and a day on. Older ones have been read.
 * @param sinceMs market time before which fills are left alone
 */
export async function bookLiquidationCharges({ venue, ledger }: ChargePorts, sinceMs = 0): Promise<void> {
  if (venue.liquidationCharges === undefined) return;
  const struckAtMs = (await ledger.fillsOfAccount(venue.account))
    .filter(({ clientOrderId, symbol }) => isVenueMade(clientOrderId) && symbol.includes(':'))
    .map(({ executedAtMs }) => executedAtMs)
    .filter((atMs) => atMs >= sinceMs);
  if (struckAtMs.length === 0) return;
  const lastMs = Math.max(...struckAtMs);
  const firstMs = Math.min(...struckAtMs.filter((atMs) => atMs >= lastMs - listedWithinMs));
  const charges = await venue.liquidationCharges(firstMs - chargedWithinMs, lastMs + listedWithinMs);
  await ledger.recordLiquidationCharges(venue.account, charges);
}

/** While a live position was struck in the symbol: its close should not go without them. */
export async function bookChargesOfLive(
  ports: ChargePorts & { readonly ledger: Pick<Ledger, 'venueOrdersOfLive'> },
  symbol: string,
): Promise<void> {
  if (ports.venue.liquidationCharges === undefined) return;
  const live = await ports.ledger.venueOrdersOfLive(ports.venue.account);
  if (live.some(({ observation }) => observation.order.symbol === symbol)) await bookLiquidationCharges(ports);
}

export interface ChargeBook {
  /** Reads, now and then, for a day after the venue has struck. */
  bookNew(): Promise<void>;
}

export function createChargeBook(ports: ChargePorts & { readonly clock: Clock }, anchor: ClockAnchor): ChargeBook {
  const { clock } = ports;
  let readAtMs = -Infinity;
  return {
    async bookNew() {
      if (clock.nowMs() - readAtMs < readIntervalMs) return;
      await bookLiquidationCharges(ports, marketTimeMs(anchor, clock.nowMs()) - listedWithinMs);
      readAtMs = clock.nowMs();
    },
  };
}
