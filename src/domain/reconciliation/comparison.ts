/**
 * The venues' truth against the ledger, read only: quantities, fills, balances, and whether any position is one-legged.
 *
 * Spot holdings are balances, so the balance check covers their quantities exactly; perpetual quantities have a check
 * of their own. What happened before an account's baseline is no position's and is left out.
 */
import { interestOf, loanOf, runningHour, type InterestCharge } from '../margin/borrow.ts';
import { decimal, maximum, sum, toText, zero, type Decimal } from '../decimal.ts';
import { debtIn } from './declared.ts';
import { goneOf, type GivenUp } from './given-up.ts';
import { averagePrice, receivedBase } from '../execution/received.ts';
import type { VenueFill } from '../fill.ts';
import type { PositionPlan, PositionStatus } from '../position.ts';
import { coarserLot, leastOrder } from '../execution/quantity.ts';

export interface ComparedFill extends VenueFill {
  readonly account: string;
  readonly positionKey: string;
}

export interface ComparedAccount {
  readonly account: string;
  readonly balancesBefore: readonly { readonly currency: string; readonly total: string }[];
  readonly balancesNow: readonly { readonly currency: string; readonly total: string }[];
  readonly perpetualsBefore: readonly { readonly symbol: string; readonly quantityBase: string }[];
  readonly perpetualsNow: readonly {
    readonly symbol: string;
    readonly quantityBase: string;
    readonly entryPrice: string | null;
  }[];
  readonly venueFills: readonly VenueFill[];
  readonly ledgerFills: readonly ComparedFill[];
  /** Market time from which fills are compared one by one; all of them unless given. */
  readonly fillsFromMs?: number;
  /** Client ids of orders that are open at the venue; '' where it shows none. */
  readonly openOrderIds: readonly string[];
  /** Client ids of ours that may be open. */
  readonly expectedOrderIds: readonly string[];
  /** Funding and liquidation charges of the ledger, signed for us. */
  readonly paid: readonly { readonly currency: string; readonly amount: string }[];
  /** What it was charged for borrowed coins since its baseline. */
  readonly interest: readonly InterestCharge[];
  /** What people have accepted as no position's any more: it may still be there, or be gone. None unless given. */
  readonly givenUp?: readonly GivenUp[];
}

type LoanAccount = Pick<ComparedAccount, 'interest' | 'balancesBefore'>;

export interface ComparedPosition {
  readonly key: string;
  readonly status: PositionStatus;
  readonly plan: PositionPlan;
  /** What a person accepted as no longer its own: signed base units. */
  readonly acceptedSpotBase: string;
  readonly acceptedPerpBase: string;
  /** Of a spot leg that stays sold: what the account's inventory was declared to have changed by, signed base units. */
  readonly baselineChange?: { readonly quantityBase: string };
}

export interface Finding {
  readonly kind:
    | 'quantity'
    | 'fill_missing'
    | 'fill_unknown'
    | 'fill_differs'
    | 'balance'
    | 'order_unknown'
    | 'one_legged'
    | 'not_compared';
  readonly account: string | null;
  readonly positionKey: string | null;
  readonly detail: string;
  /** The perpetual, or the coin, where it is of one alone. */
  readonly of?: string;
  /** Of a quantity: what the venue holds beyond what the ledger explains, signed base units; it stays while both trade. */
  readonly beyondBase?: string;
}

export interface Comparison {
  readonly ledgerMatchesVenue: boolean;
  readonly oneLegged: number;
  readonly findings: readonly Finding[];
}

/** One unit of the venues' balance precision. */
const balanceUnit = decimal('0.00000001');

export function compareWithVenues(
  accounts: readonly ComparedAccount[],
  positions: readonly ComparedPosition[],
): Comparison {
  const mismatches = accounts.flatMap((account) => [
    ...quantityFindings(account),
    ...fillFindings(account),
    ...balanceFindings(account),
    ...orderFindings(account),
  ]);
  const fills = accounts.flatMap((account) => account.ledgerFills);
  const oneLegged = positions.flatMap((position) =>
    oneLeggedFinding(position, fills, loanAccountOf(accounts, position)),
  );
  return {
    ledgerMatchesVenue: mismatches.length === 0,
    oneLegged: oneLegged.length,
    findings: [...mismatches, ...oneLegged],
  };
}

interface PerpetualQuantity {
  readonly symbol: string;
  /** As the venue shows it. */
  readonly now: string;
  readonly expected: Decimal;
}

function perpetualQuantities(account: ComparedAccount): PerpetualQuantity[] {
  // A venue lists no position that is zero, so the symbols come from every side.
  const symbols = new Set(
    [...account.perpetualsNow, ...account.perpetualsBefore, ...account.ledgerFills.filter(isPerpetual)].map(
      ({ symbol }) => symbol,
    ),
  );
  return [...symbols].map((symbol) => {
    const now = account.perpetualsNow.find((perpetual) => perpetual.symbol === symbol)?.quantityBase ?? '0';
    const before = account.perpetualsBefore.find((perpetual) => perpetual.symbol === symbol)?.quantityBase ?? '0';
    const traded = sum(account.ledgerFills.filter((fill) => fill.symbol === symbol).map(signedQuantity));
    return { symbol, now, expected: decimal(before).plus(traded) };
  });
}

/** What was given up and is there no more; null where something else is missing, or too much. */
function goneFrom(
  { givenUp = [] }: ComparedAccount,
  { symbol, now, expected }: PerpetualQuantity,
): readonly GivenUp[] | null {
  return goneOf(expected.minus(decimal(now)), symbol, givenUp);
}

function quantityFindings(account: ComparedAccount): Finding[] {
  return perpetualQuantities(account).flatMap((quantity) => {
    if (goneFrom(account, quantity) !== null) return [];
    const { symbol, now, expected } = quantity;
    const detail = `${symbol}: the venue holds ${now}, the ledger explains ${toText(expected)}`;
    const beyondBase = toText(decimal(now).minus(expected));
    return [{ ...finding('quantity', account.account, null, detail), of: symbol, beyondBase }];
  });
}

/** A fill of the venue that shrank several positions is booked in pieces. */
function wholeFills(fills: readonly ComparedFill[]): ComparedFill[] {
  return [...Map.groupBy(fills, fillId).values()].flatMap((pieces) => {
    const [first] = pieces;
    if (first === undefined) return [];
    if (pieces.length === 1) return [first];
    const total = (part: (fill: ComparedFill) => string): string =>
      toText(sum(pieces.map((fill) => decimal(part(fill)))));
    return [{ ...first, quantityBase: total((fill) => fill.quantityBase), fee: total((fill) => fill.fee) }];
  });
}

function orderFindings({ account, openOrderIds, expectedOrderIds }: ComparedAccount): Finding[] {
  return openOrderIds
    .filter((id) => !expectedOrderIds.includes(id))
    .map((id) =>
      finding('order_unknown', account, null, `an order is open that is not ours: ${id || 'without a client id'}`),
    );
}

function fillFindings(account: ComparedAccount): Finding[] {
  const { fillsFromMs = 0 } = account;
  const isCompared = ({ executedAtMs }: VenueFill): boolean => executedAtMs >= fillsFromMs;
  const ledger = new Map(wholeFills(account.ledgerFills.filter(isCompared)).map((fill) => [fillId(fill), fill]));
  const venue = new Map(account.venueFills.filter(isCompared).map((fill) => [fillId(fill), fill]));
  const findings: Finding[] = [];
  for (const [id, fill] of venue) {
    const booked = ledger.get(id);
    if (booked === undefined)
      findings.push(finding('fill_missing', account.account, null, `the ledger lacks fill ${id}`));
    else if (!sameFill(fill, booked)) {
      findings.push(
        finding('fill_differs', account.account, booked.positionKey, `fill ${id} differs from the venue's`),
      );
    }
  }
  for (const [id, fill] of ledger) {
    if (!venue.has(id))
      findings.push(finding('fill_unknown', account.account, fill.positionKey, `the venue does not list fill ${id}`));
  }
  return findings;
}

/**
 * Every balance change must be explained by fills, fees, funding, liquidation charges and interest, to one unit of
 * precision for each rounded record.
 */
function balanceFindings(account: ComparedAccount): Finding[] {
  const explained = new Map<string, Decimal>();
  const add = (currency: string, amount: Decimal): void => {
    explained.set(currency, (explained.get(currency) ?? zero).plus(amount));
  };
  for (const fill of account.ledgerFills) {
    const [pair = '', settle] = fill.symbol.split(':');
    const [base = '', quote = ''] = pair.split('/');
    const quantity = signedQuantity(fill);
    add(fill.feeCurrency, zero.minus(decimal(fill.fee)));
    add(settle ?? quote, zero.minus(quantity.times(decimal(fill.price))));
    if (settle === undefined) add(base, quantity);
  }
  // A perpetual's open quantity is not paid for: the wallet moves by the realised part alone.
  for (const perpetual of account.perpetualsNow) {
    const settle = perpetual.symbol.split(':')[1] ?? '';
    if (perpetual.entryPrice !== null)
      add(settle, decimal(perpetual.quantityBase).times(decimal(perpetual.entryPrice)));
  }
  // What was given up and is gone has been closed at a price that nobody told: at its own, until the wallet says otherwise.
  for (const { positionKey, symbol, quantityBase } of perpetualQuantities(account).flatMap(
    (quantity) => goneFrom(account, quantity) ?? [],
  )) {
    const held = decimal(quantityBase);
    const built = account.ledgerFills.filter(
      (fill) => fill.positionKey === positionKey && fill.symbol === symbol && signedQuantity(fill).times(held).gt(zero),
    );
    add(symbol.split(':')[1] ?? '', held.times(decimal(averagePrice(built) ?? '0')));
  }
  for (const { currency, amount } of account.paid) add(currency, decimal(amount));
  for (const { currency, amount } of account.interest) add(currency, zero.minus(decimal(amount)));
  for (const { currency } of account.balancesNow) add(currency, zero);

  const tolerance = balanceUnit
    .times(decimal(String(1 + account.ledgerFills.filter(isPerpetual).length)))
    .plus(sum(account.perpetualsNow.map(entryRounding)));
  return [...explained].flatMap(([currency, change]) => {
    const before = totalOf(account.balancesBefore, currency);
    const now = totalOf(account.balancesNow, currency);
    const unexplained = now.minus(before).minus(change);
    if (unexplained.abs().lte(tolerance)) return [];
    const detail = `${currency} moved by ${toText(now.minus(before))}, of which ${toText(unexplained)} is not explained`;
    return [{ ...finding('balance', account.account, null, detail), of: currency }];
  });
}

/** A venue states the entry price of what is open rounded: one unit of its last digit, for the whole quantity. */
function entryRounding({ quantityBase, entryPrice }: ComparedAccount['perpetualsNow'][number]): Decimal {
  const places = entryPrice?.split('.')[1]?.length ?? 0;
  return decimal(quantityBase)
    .abs()
    .times(decimal(`1e-${places}`));
}

/** Where the position may owe; undefined when that account is not compared. */
function loanAccountOf(accounts: readonly ComparedAccount[], { plan }: ComparedPosition): LoanAccount | undefined {
  return accounts.find(({ account }) => account === plan.spot.account);
}

function oneLeggedFinding(
  position: ComparedPosition,
  fills: readonly ComparedFill[],
  loanAccount: LoanAccount | undefined,
): Finding[] {
  const { plan, status, key } = position;
  if (status === 'reserving' || status === 'opening' || status === 'closing' || status === 'compensating') return [];
  const own = fills.filter((fill) => fill.positionKey === key);
  const held = (leg: 'spot' | 'perp'): Decimal => {
    const { account, instrument } = plan[leg];
    return receivedBase(
      own.filter((fill) => fill.account === account && fill.symbol === instrument.symbol),
      instrument.base,
    );
  };
  const [spot, perp] = [
    held('spot')
      .minus(decimal(position.acceptedSpotBase))
      .minus(decimal(position.baselineChange?.quantityBase ?? '0')),
    held('perp').minus(decimal(position.acceptedPerpBase)),
  ];
  const lot = coarserLot(plan.spot, plan.perp);
  const open = status === 'hedged' || status === 'stuck';
  // Legs have opposite signs; a position that has ended holds nothing on either.
  const left = open ? zero : spot.minus(repaid(position, fills, loanAccount));
  const excess = open ? spot.plus(perp).abs() : maximum(left.abs(), perp.abs());
  if (excess.lte(lot)) return [];
  // What was bought beyond a debt is nobody's leg.
  if (!open && perp.abs().lte(lot) && left.gt(zero) && left.lte(leftOver(position, own))) return [];
  const detail = `${status} with ${toText(spot)} spot and ${toText(perp)} perpetual`;
  return [finding('one_legged', null, key, detail)];
}

/** Of a loan that has ended, the interest was bought with what had been sold. */
function repaid(
  { key, plan }: ComparedPosition,
  fills: readonly ComparedFill[],
  loanAccount: LoanAccount | undefined,
): Decimal {
  if (loanOf(plan) === null || loanAccount === undefined) return zero;
  const { account, instrument } = plan.spot;
  const atAccount = fills.filter((fill) => fill.account === account);
  const besideOwed = debtIn(loanAccount.balancesBefore, instrument.base);
  return interestOf(key, instrument.base, loanAccount.interest, atAccount, besideOwed);
}

/** A loan is bought back with the hour that was running and rounded up, to a whole order where less was left. */
function leftOver({ plan }: ComparedPosition, own: readonly ComparedFill[]): Decimal {
  const loan = loanOf(plan);
  if (loan === null) return zero;
  const sold = own.filter(({ side, symbol }) => side === 'sell' && symbol === plan.spot.instrument.symbol);
  const running = runningHour(sum(sold.map(({ quantityBase }) => decimal(quantityBase))), loan);
  return running.plus(leastOrder(plan.spot, decimal(plan.spotReferencePrice)));
}

function isPerpetual({ symbol }: { readonly symbol: string }): boolean {
  return symbol.includes(':');
}

function signedQuantity(fill: VenueFill): Decimal {
  const quantity = decimal(fill.quantityBase);
  return fill.side === 'buy' ? quantity : zero.minus(quantity);
}

function fillId(fill: VenueFill): string {
  return `${fill.symbol} ${fill.venueOrderId} ${fill.tradeId}`;
}

function sameFill(one: VenueFill, other: VenueFill): boolean {
  return (
    one.side === other.side &&
    one.feeCurrency === other.feeCurrency &&
    decimal(one.price).eq(decimal(other.price)) &&
    decimal(one.quantityBase).eq(decimal(other.quantityBase)) &&
    decimal(one.fee).eq(decimal(other.fee))
  );
}

function totalOf(balances: readonly { currency: string; total: string }[], currency: string): Decimal {
  return decimal(balances.find((balance) => balance.currency === currency)?.total ?? '0');
}

function finding(kind: Finding['kind'], account: string | null, positionKey: string | null, detail: string): Finding {
  return { kind, account, positionKey, detail };
}
