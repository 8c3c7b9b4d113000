/** The invariants of whole accounts: fills, perpetual quantities, balances and realised P&L, the venues' against the ledger's. */
import { decimal, sum, toText, zero, type Decimal } from '../../../src/domain/decimal.ts';
import { perpSymbol, spotSymbol, venues } from '../arena/configuration.ts';
import type { VenueTradeView } from '../arena/control.ts';
import type { LedgerFillRow, LedgerTruth, Truth } from './truth.ts';
import { signed, violation, type Violation } from './violation.ts';

/** 3 */
export function sameFills({ venues: states, ledger }: Truth): Violation[] {
  const booked = Map.groupBy(ledger.fills, (fill) =>
    [fill.account, fill.symbol, fill.venue_order_id, fill.trade_id].join(' '),
  );
  const found: Violation[] = [];
  for (const venue of venues) {
    for (const trade of states[venue].trades) {
      const id = [trade.account, trade.symbol, trade.orderId, trade.tradeId].join(' ');
      const pieces = booked.get(id);
      booked.delete(id);
      const difference = pieces === undefined ? 'is not in the ledger' : differenceOf(trade, pieces);
      if (difference !== null) found.push(violation(3, pieces?.[0]?.position_key ?? null, `trade ${id} ${difference}`));
    }
  }
  for (const [id, pieces] of booked)
    found.push(violation(3, pieces[0]?.position_key ?? null, `no venue knows fill ${id}`));
  return found;
}

function differenceOf(trade: VenueTradeView, pieces: readonly LedgerFillRow[]): string | null {
  const total = (part: (fill: LedgerFillRow) => string): Decimal => sum(pieces.map((fill) => decimal(part(fill))));
  if (!total((fill) => fill.quantity_base).eq(decimal(trade.quantityBase))) return 'has another quantity in the ledger';
  if (!total((fill) => fill.fee).eq(decimal(trade.fee))) return 'has another fee in the ledger';
  const same = pieces.every(
    (fill) =>
      decimal(fill.price).eq(decimal(trade.price)) &&
      fill.side === trade.side &&
      fill.fee_currency === trade.feeCurrency &&
      Number(fill.executed_at_ms) === trade.executedAtMs,
  );
  return same ? null : 'differs from the ledger';
}

/** 1, of an account: a perpetual's quantity is the sum of the ledger's fills. */
export function quantities({ venues: states, ledger }: Truth): Violation[] {
  const booked = new Map<string, Decimal>();
  for (const fill of ledger.fills.filter(({ symbol }) => symbol === perpSymbol)) {
    booked.set(fill.account, (booked.get(fill.account) ?? zero).plus(signed(fill.side, fill.quantity_base)));
  }
  const held = new Map(
    venues.flatMap((venue) => states[venue].positions.map((one) => [one.account, decimal(one.quantityBase)] as const)),
  );
  return [...new Set([...booked.keys(), ...held.keys()])].flatMap((account) => {
    const [expected, there] = [booked.get(account) ?? zero, held.get(account) ?? zero];
    if (expected.eq(there)) return [];
    return [
      violation(1, null, `${account} holds ${toText(there)} perpetuals, the ledger explains ${toText(expected)}`),
    ];
  });
}

/** 4: every change of a balance is explained by the ledger's fills, fees, funding and charges, and by the harness's transfers. */
export function balances(truth: Truth): Violation[] {
  const { ledger, venues: states } = truth;
  const now = venues.flatMap((venue) => states[venue].balances);
  return now.flatMap(({ account, currency, total }) => {
    const explained = explainedChange(truth, account, currency);
    const unexplained = decimal(total)
      .minus(baselineOf(ledger, account, currency))
      .minus(explained);
    const roundings = 2 + ledger.fills.filter((fill) => fill.account === account && fill.symbol === perpSymbol).length;
    if (unexplained.abs().lte(decimal('0.00000001').times(decimal(String(roundings))))) return [];
    return [violation(4, null, `${account}: ${toText(unexplained)} ${currency} of its balance is not explained`)];
  });
}

function baselineOf({ baselines }: LedgerTruth, account: string, currency: string): Decimal {
  const declared = baselines.find((one) => one.account === account)?.balances ?? [];
  return decimal(declared.find((one) => one.currency === currency)?.total ?? '0');
}

function explainedChange({ venues: states, ledger }: Truth, account: string, currency: string): Decimal {
  let change = zero;
  for (const fill of ledger.fills) {
    if (fill.account !== account) continue;
    const quantity = signed(fill.side, fill.quantity_base);
    if (currency === 'USDT') change = change.minus(quantity.times(decimal(fill.price)));
    if (currency === 'USDC' && fill.symbol === spotSymbol) change = change.plus(quantity);
    if (fill.fee_currency === currency) change = change.minus(decimal(fill.fee));
  }
  const paid = [...ledger.funding, ...ledger.charges].filter(
    (one) => one.account === account && one.currency === currency,
  );
  change = change.plus(sum(paid.map(({ amount }) => decimal(amount))));
  for (const venue of venues) {
    const own = states[venue].income.filter((one) => one.account === account && one.currency === currency);
    change = change.plus(sum(own.filter(({ type }) => type === 'TRANSFER').map(({ amount }) => decimal(amount))));
    // An open perpetual is not paid for: the wallet moves by the realised part alone.
    if (currency !== 'USDT') continue;
    for (const open of states[venue].positions.filter((one) => one.account === account)) {
      const notional = decimal(open.entryNotional).abs();
      change = decimal(open.quantityBase).gt(zero) ? change.plus(notional) : change.minus(notional);
    }
  }
  return change;
}

/** 4: with nothing open, the realised P&L is the change of all balances; dust is worth about a dollar a coin. */
export function realised(truth: Truth): Violation[] {
  const { ledger, venues: states } = truth;
  const ended = ledger.positions.every(({ status }) => status === 'closed' || status === 'aborted');
  if (!ended) return [];
  const changeIn = (currency: string): Decimal =>
    sum(
      venues.flatMap((venue) =>
        states[venue].balances
          .filter((one) => one.currency === currency)
          .map((one) => decimal(one.total).minus(baselineOf(ledger, one.account, currency))),
      ),
    );
  const transferred = sum(
    venues.flatMap((venue) =>
      states[venue].income.filter(({ type }) => type === 'TRANSFER').map(({ amount }) => decimal(amount)),
    ),
  );
  const dust = changeIn('USDC');
  const change = changeIn('USDT').plus(dust).minus(transferred);
  const pnl = sum(ledger.positions.map(({ realised_usd: usd }) => decimal(usd ?? '0')));
  const openPerpetuals = sum(
    venues.flatMap((venue) => states[venue].positions.map((one) => decimal(one.quantityBase).abs())),
  );
  // Each dust was valued at its own price, within two in a hundred of a dollar.
  const tolerance = decimal('0.01')
    .plus(decimal('0.02').times(dust.abs().plus(openPerpetuals)))
    .plus(decimal('0.02').times(decimal(String(ledger.positions.length))));
  if (pnl.minus(change).abs().lte(tolerance)) return [];
  return [violation(4, null, `positions realised ${toText(pnl)} USD, the balances moved by ${toText(change)}`)];
}
