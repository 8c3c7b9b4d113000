/**
 * Sees that a venue holds another position than our fills explain: a liquidation, an auto-deleveraging, or a person's
 * hand on the account. It alerts and changes nothing.
 */
import { alertKeys } from '../../src/domain/alert-keys.ts';
import { decimal, toText, zero, type Decimal } from '../../src/domain/decimal.ts';
import { givenUpAt, goneOf } from '../../src/domain/reconciliation/given-up.ts';
import type { Alerts } from '../../src/ports/alerts.ts';
import type { Baseline, Ledger } from '../../src/ports/ledger.ts';
import type { AccountReading, VenuePosition } from '../../src/ports/venue.ts';

export interface PositionDrift {
  /** Compares a reading with the ledger, which is read after it. */
  compare(reading: AccountReading): Promise<void>;
}

/** What the last pass concluded: `suspected` is drift seen once, with the quantity that our fills explained then. */
type Verdict =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'agreed' }
  | { readonly kind: 'suspected'; readonly explained: Decimal }
  /** What is missing was given up: so it stays while neither figure moves. */
  | { readonly kind: 'given_up'; readonly held: Decimal; readonly explained: Decimal };

/**
 * Drift counts when two passes in a row see it and our fills stood still between them: the ledger is read after the
 * venue, so a fill that was booked in between looks like drift once. While an order is unresolved nothing is concluded.
 */
export function createPositionDrift(
  { ledger, alerts }: { readonly ledger: Pick<Ledger, 'netFills' | 'positions'>; readonly alerts: Alerts },
  baseline: Baseline,
  perpetuals: readonly string[],
): PositionDrift {
  const verdicts = new Map<string, Verdict>();
  const { account } = baseline;

  async function judge(symbol: string, held: Decimal, explained: Decimal): Promise<Verdict> {
    const key = alertKeys.drift(account, symbol);
    const before = verdicts.get(symbol) ?? { kind: 'unknown' };
    if (held.eq(explained)) {
      // Also at the first look: the process that raised it may be gone.
      if (before.kind !== 'agreed') await alerts.resolve(key);
      return { kind: 'agreed' };
    }
    if (before.kind === 'given_up' && before.held.eq(held) && before.explained.eq(explained)) return before;
    if (before.kind === 'suspected' && before.explained.eq(explained)) {
      if (goneOf(explained.minus(held), symbol, givenUpAt(account, await ledger.positions({}))) !== null) {
        await alerts.resolve(key);
        return { kind: 'given_up', held, explained };
      }
      const message =
        `${account} holds ${toText(held)} in ${symbol}, but the ledger explains ${toText(explained)}: ` +
        'liquidated, deleveraged or traded by hand?';
      await alerts.raise({ key, severity: 'critical', message, positionKey: null });
    }
    return { kind: 'suspected', explained };
  }

  return {
    async compare(reading) {
      const moved = await ledger.netFills(account);
      for (const symbol of perpetuals) {
        const net = moved.find((one) => one.symbol === symbol);
        if (net !== undefined && net.unresolvedOrders > 0) {
          verdicts.set(symbol, { kind: 'unknown' });
          continue;
        }
        const explained = quantityIn(baseline.positions, symbol).plus(decimal(net?.quantityBase ?? '0'));
        verdicts.set(symbol, await judge(symbol, quantityIn(reading.positions, symbol), explained));
      }
    },
  };
}

function quantityIn(positions: readonly VenuePosition[], symbol: string): Decimal {
  const position = positions.find((one) => one.symbol === symbol);
  return position === undefined ? zero : decimal(position.quantityBase);
}
