/** The leverage of accounts against the distance to a liquidation at which positions are reduced; read as written. */
import { decimal, divide, one, roundTo, zero, type Decimal } from '../domain/decimal.ts';
import { figure } from '../domain/figures.ts';
import { assumedMaintenanceRate, openingDistancePct } from '../domain/margin/opening-distance.ts';
import { node, number, string, type Node } from './nodes.ts';
import type { MarketKinds } from './universe.ts';
import type { ConfigIssue } from './issue.ts';

const maintenanceRate = assumedMaintenanceRate;
/** Defaults are written out here as in the schema: a default can contradict a field that is given. */
export function leverageIssues(root: Node, kindsOf: MarketKinds): ConfigIssue[] {
  const mayShort = perpetualAccounts(root, kindsOf);
  const distance = number(node(root['strategy'])['liquidationDistancePct'] ?? '10');
  if (!distance || distance.lte(zero)) return [];
  return Object.entries(node(root['accounts'])).flatMap(([name, written]) => {
    const account = node(written);
    const leverage = number(account['leverage'] ?? '3');
    if (!leverage || leverage.lt(one) || !mayShort(name, account)) return [];
    const opensAt = openingDistancePct(leverage, maintenanceRate);
    if (opensAt.gte(distance)) return [];
    const highest = highestLeverage(distance);
    const lowest = figure(openingDistancePct(one, maintenanceRate), 1);
    const allowed = highest.lt(one) ? `liquidationDistancePct at most ${lowest}` : `at most ${highest.toFixed()}`;
    const where = 'on an account that holds no more than its margin';
    const reduced = `it is reduced under ${distance.toFixed()} % (liquidationDistancePct)`;
    const assumed = `with a maintenance margin of ${figure(maintenanceRate.times(decimal('100')), 1)} %, which is assumed`;
    const opens = `a position would open ${figure(opensAt, 1)} % from its liquidation`;
    const message = `${where} ${opens}, and ${reduced}: ${allowed}, ${assumed}`;
    return [{ path: `accounts.${name}.leverage`, message }];
  });
}

/** Those of the pairs' perpetuals, and those that the universe may take. */
function perpetualAccounts(root: Node, kindsOf: MarketKinds): (name: string, account: Node) => boolean {
  const pairs = Array.isArray(root['pairs']) ? root['pairs'] : [];
  const paired = new Set(pairs.map((pair) => string(node(node(pair)['perp'])['account'])));
  const isGenerated = root['universe'] !== undefined && root['universe'] !== null;
  const listed = node(root['universe'])['perpAccounts'];
  const generated = Array.isArray(listed) ? listed.map(string) : null;
  return (name, account) => {
    if (paired.has(name)) return true;
    if (!isGenerated) return false;
    return generated?.includes(name) ?? kindsOf(string(account['venue']) ?? '')?.includes('perpetual') !== false;
  };
}

/** At which a position opens so far away, rounded down. */
function highestLeverage(distancePct: Decimal): Decimal {
  const needed = distancePct.times(decimal('0.01')).times(one.plus(maintenanceRate)).plus(maintenanceRate);
  return roundTo(divide(one, needed), 1, 'down');
}
