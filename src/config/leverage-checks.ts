/** The leverage of accounts against the distance to a liquidation at which positions are reduced; read as written. */
import { decimal, divide, maximum, one, roundTo, zero, type Decimal } from '../domain/decimal.ts';
import { figure } from '../domain/figures.ts';
import type { ConfigIssue } from './cross-checks.ts';
import { node, number, string, type Node } from './nodes.ts';
import type { MarketKinds } from './universe.ts';

/** Exchanges have their own, by contract and size; this one covers most of what is traded here. */
const maintenanceRate = decimal('0.025');
/** In percent: nearer to the distance than this, the next small move would reduce what was just opened. */
const roomPct = decimal('5');

/**
 * A short whose account holds its margin and no more is liquidated (1/leverage − m) / (1 + m) over its opening. Defaults
 * are written out here as in the schema: a default can contradict a field that is given.
 */
export function leverageIssues(root: Node, kindsOf: MarketKinds): ConfigIssue[] {
  const distance = number(node(root['strategy'])['liquidationDistancePct'] ?? '10');
  if (!distance || distance.lte(zero)) return [];
  return Object.entries(node(root['accounts'])).flatMap(([name, written]) => {
    const account = node(written);
    const leverage = number(account['leverage'] ?? '3');
    if (!leverage || leverage.lt(one) || kindsOf(string(account['venue']) ?? '')?.includes('perpetual') === false)
      return [];
    const opensAt = openingDistancePct(leverage);
    if (opensAt.gte(distance.plus(roomPct))) return [];
    const highest = highestLeverage(distance.plus(roomPct));
    const allowed = highest.lt(one) ? 'none is low enough' : `at most ${highest.toFixed()}`;
    const reduced = `it is reduced under ${distance.toFixed()} % (liquidationDistancePct)`;
    const message = `a position would open ${figure(opensAt, 1)} % from its liquidation, and ${reduced}: ${allowed}`;
    return [{ path: `accounts.${name}.leverage`, message }];
  });
}

function openingDistancePct(leverage: Decimal): Decimal {
  const left = maximum(zero, divide(one, leverage).minus(maintenanceRate));
  return divide(left, one.plus(maintenanceRate)).times(decimal('100'));
}

/** At which a position opens so far away, rounded down. */
function highestLeverage(distancePct: Decimal): Decimal {
  const needed = distancePct.times(decimal('0.01')).times(one.plus(maintenanceRate)).plus(maintenanceRate);
  return roundTo(divide(one, needed), 1, 'down');
}
