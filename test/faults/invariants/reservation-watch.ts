/** Invariant 6, watched while it could be broken: what is reserved between two exchanges never exceeds its limit. */
import { setTimeout as pause } from 'node:timers/promises';
import { decimal, sum, toText } from '../../../src/domain/decimal.ts';
import { exchangePair } from '../../../src/domain/exchange-of.ts';
import type { Arena } from '../arena/arena.ts';
import type { Violation } from './violation.ts';

const everyMs = 400;

export interface ReservationWatch {
  /** Ends it. */
  violations(): Promise<Violation[]>;
}

export function watchReservations(arena: Arena): ReservationWatch {
  const worst = new Map<string, string>();
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      await look(arena, worst).catch(() => undefined);
      await pause(everyMs);
    }
  })();
  return {
    async violations() {
      over.abort();
      await watching;
      return [...worst].map(([pair, total]) => ({
        invariant: 6,
        positionKey: null,
        detail: `${total} USD were reserved between ${pair}, over ${arena.field.maxPairUsd}`,
      }));
    },
  };
}

/** One statement is one moment. The database may be down for a while. */
async function look(arena: Arena, worst: Map<string, string>): Promise<void> {
  const rows = await arena.query<{ spot: string; perp: string; total: string }>(
    `select plan->'spot'->'instrument'->>'venue' as spot, plan->'perp'->'instrument'->>'venue' as perp,
       sum(notional_usd) as total
     from positions join reservations using (key) where not released group by 1, 2`,
  );
  const pairs = Map.groupBy(rows, ({ spot, perp }) => exchangePair(spot, perp));
  for (const [pair, reserved] of pairs) {
    const total = toText(sum(reserved.map((row) => decimal(row.total))));
    if (decimal(total).lte(decimal(arena.field.maxPairUsd))) continue;
    if (decimal(worst.get(pair) ?? '0').lt(decimal(total))) worst.set(pair, total);
  }
}
