/** What each answer about an account means, and what to do about it. Pure: answers in, checks out. */
import type { Config } from '../../config/schema.ts';
import { decimal, zero, type Decimal, type DecimalText } from '../../domain/decimal.ts';
import { figure } from '../../domain/figures.ts';
import type { Instrument } from '../../domain/instrument.ts';
import { assumedMaintenanceRate, openingDistancePct } from '../../domain/margin/opening-distance.ts';
import type { AccountFees, Answer, ClockReading } from '../../ports/venue-diagnostics.ts';
import type { AccountReading, KeyPermissions } from '../../ports/venue.ts';
import type { DiagnosedAccount } from '../../../workers/wiring.ts';
import { money } from '../positions/position-table.ts';
import { about, type Check, type Checker } from './check.ts';

export interface CheckedAccount {
  readonly name: string;
  readonly venue: string;
  readonly terms: Config['accounts'][string];
  /** Of all configured pairs; perpetuals included. */
  readonly symbols: readonly string[];
  readonly perpetuals: readonly string[];
  /** Those of the symbols that only generated pairs have: an exchange may lack them. */
  readonly generated: readonly string[];
  /** Under which a position is reduced; 0: never. */
  readonly liquidationDistancePct: DecimalText;
}

/** Beyond this, after what the reading itself may be wrong by, wall time. Exchanges refuse a second ahead. */
const clockWarningMs = 500;
const clockFailureMs = 1_000;

export function reachable(account: CheckedAccount, answer: Answer<number>): Check {
  const here = about(account.name, 'reachable');
  if (answer.kind === 'told') return here.ok(`${account.venue}, in ${answer.value} ms`);
  return here.failed(
    answer.kind === 'failed' ? answer.message : answer.reason,
    `see whether ${account.venue} is up and reachable from here; simulated exchanges run while npm start does`,
  );
}

export function clock(account: CheckedAccount, answer: Answer<ClockReading>): Check {
  const here = about(account.name, 'clock');
  if (answer.kind !== 'told') return notTold(here, answer, 'see that this machine synchronises its clock');
  const aheadMs = Math.round(answer.value.aheadMs);
  const inexactMs = Math.ceil(answer.value.inexactMs);
  const finding = `${Math.abs(aheadMs)} ms ${aheadMs < 0 ? 'behind' : 'ahead'} of ours, within ${inexactMs} ms`;
  const offMs = Math.abs(aheadMs) - inexactMs;
  const advice = 'synchronise the clock of this machine (chrony, systemd-timesyncd)';
  if (offMs > clockFailureMs) return here.failed(finding, advice);
  return offMs > clockWarningMs ? here.warning(finding, advice) : here.ok(finding);
}

export function exactlyOnce({ name, venue, terms }: CheckedAccount, diagnosed: DiagnosedAccount): Check {
  const here = about(name, 'exactly once');
  const { requestExpiry } = diagnosed.diagnostics.capabilities;
  if (diagnosed.isExactlyOnce) {
    if (requestExpiry === null) return here.ok(`${venue} keeps client order ids unique for good`);
    return here.ok(`refused after ${requestExpiry.expiryMs / 1_000} s: ${requestExpiry.mechanism}`);
  }
  const finding = 'a late order is neither refused nor known again';
  if (terms.accepted.includes('not-exactly-once')) {
    return here.warning(`${finding}; accepted`, 'an order may be executed twice; the configuration accepts it');
  }
  return here.failed(finding, `do not trade at ${venue}, or accept it: accounts.${name}.accepted: [not-exactly-once]`);
}

export function instrument(account: CheckedAccount, symbol: string, answer: Answer<Instrument>): Check {
  const here = about(account.name, 'instrument', symbol);
  if (answer.kind === 'told') {
    const { priceTick, quantityStep, minimumQuantity } = answer.value;
    return here.ok(`${symbol} tick ${priceTick}, lot ${quantityStep}, least ${minimumQuantity}`);
  }
  const message = answer.kind === 'failed' ? answer.message : answer.reason;
  return here.failed(message, 'correct the symbol in the pairs of the configuration');
}

/** Of a generated pair: nothing is wrong, and nobody should have to guess. */
export function leftOut(
  { name }: CheckedAccount,
  symbol: string,
  answer: Exclude<Answer<Instrument>, { kind: 'told' }>,
) {
  const reason = answer.kind === 'failed' ? answer.message : answer.reason;
  return about(name, 'universe', symbol).ok(`left out: ${reason}`);
}

export function funding(account: CheckedAccount, symbol: string, answer: Answer<number>): Check {
  const here = about(account.name, 'funding', symbol);
  if (answer.kind === 'told') return here.ok(`${symbol} every ${answer.value} h`);
  return notTold(here, answer, 'look the interval up at the exchange: expected carry depends on it');
}

/** @param signed answers to signed requests: one that was answered proves the key */
export function key(
  { name, venue, terms }: CheckedAccount,
  issues: DiagnosedAccount['keyIssues'],
  signed: readonly Answer<unknown>[],
): Check {
  const here = about(name, 'key');
  if (issues.length > 0) {
    const told = issues.map(({ path, message }) => `${path} ${message}`);
    return here.failed(issues.map(({ path }) => path).join(', '), told.join('; '));
  }
  if (signed.some(({ kind }) => kind === 'told')) return here.ok('accepted');
  const failures = signed.flatMap((answer) => (answer.kind === 'failed' ? [answer] : []));
  const refusal = failures.find(({ error }) => error === 'unauthorised');
  const where = terms.sandbox ? `the testnet of ${venue}` : venue;
  if (refusal !== undefined) {
    return here.failed(
      refusal.message,
      `check key and secret, the key's address list, and that it belongs to ${where}`,
    );
  }
  const [failure] = failures;
  if (failure?.error === 'clock_skew') return here.cannotBeTold(failure.message, 'set the clock right first');
  return here.cannotBeTold(failure?.message ?? 'no signed request', `try again; see whether ${venue} has a problem`);
}

export function tradeRight(account: CheckedAccount, answer: Answer<KeyPermissions>): Check {
  const here = about(account.name, 'trade right');
  if (answer.kind !== 'told') return notTold(here, answer, lookUp(account, 'that it may trade'));
  const isSpot = (symbol: string): boolean => !account.perpetuals.includes(symbol);
  const needed = [
    ...(account.symbols.some(isSpot) ? (['spot'] as const) : []),
    ...(account.perpetuals.length > 0 ? (['perpetual'] as const) : []),
  ];
  const missing = needed.filter((kind) => !answer.value.trade.includes(kind));
  if (missing.length === 0) return here.ok(needed.length === 0 ? 'not needed: in no pair' : needed.join(', '));
  return here.failed(
    `may not trade ${missing.join(', ')}`,
    `give the key the right to trade ${missing.join(' and ')} at ${account.venue}`,
  );
}

export function withdrawRight(account: CheckedAccount, answer: Answer<KeyPermissions>): Check {
  const here = about(account.name, 'withdraw right');
  if (answer.kind !== 'told') return notTold(here, answer, lookUp(account, 'that it may not withdraw'));
  if (!answer.value.withdraw) return here.ok('absent');
  const thief = 'whoever gets this key can take the coins';
  if (account.terms.accepted.includes('withdraw-permission')) {
    return here.warning('present; accepted', `${thief}; the configuration accepts it`);
  }
  const accept = `accounts.${account.name}.accepted: [withdraw-permission]`;
  return here.failed('present', `${thief}: take the right away at ${account.venue}, or accept it: ${accept}`);
}

export function balances({ name, venue, perpetuals }: CheckedAccount, answer: Answer<AccountReading>): Check {
  const here = about(name, 'balances');
  if (answer.kind !== 'told') return unanswered(here, answer, `see whether the key may read at ${venue}`);
  const held = answer.value.balances.filter(({ total }) => !decimal(total).eq(zero));
  if (held.length === 0) return here.warning('none', `pay coins in at ${venue}: no position can be opened`);
  const settleCoins = new Set(perpetuals.map((symbol) => symbol.split(':')[1]));
  const [missing] = [...settleCoins].filter((coin) => !held.some(({ currency }) => currency === coin));
  if (missing !== undefined) {
    return here.warning(
      `none of ${missing}, in which its perpetuals settle`,
      `pay ${missing} in at ${venue}: other coins are not counted as margin, as the exchange converts them at a cost that is not booked`,
    );
  }
  return here.ok(`free: ${held.map(({ currency, free }) => `${money(free, 2)} ${currency}`).join(', ')}`);
}

export function fees(account: CheckedAccount, symbol: string, answer: Answer<AccountFees>): Check {
  const { name, venue, terms } = account;
  const here = about(name, 'fees', symbol);
  const place = `accounts.${name}.fees`;
  if (answer.kind !== 'told')
    return notTold(here, answer, `look the fees up at ${venue} and compare them with ${place}`);
  const { takerBps, makerBps } = answer.value;
  const isPerpetual = account.perpetuals.includes(symbol);
  const set = isPerpetual
    ? { taker: terms.fees.perpTakerBps, maker: terms.fees.perpMakerBps }
    : { taker: terms.fees.takerBps, maker: terms.fees.makerBps };
  const shown = `${symbol} ${takerBps}/${makerBps} bps`;
  const changes = [difference(takerBps, set.taker), difference(makerBps, set.maker)];
  if (changes.every((one) => one.eq(zero))) return here.ok(`${shown}, as set`);
  const finding = `${shown}, set are ${set.taker}/${set.maker}`;
  const [taker, maker] = isPerpetual ? ['perpTakerBps', 'perpMakerBps'] : ['takerBps', 'makerBps'];
  const advice = `set ${taker}: ${takerBps} and ${maker}: ${makerBps} in ${place}`;
  return changes.some((one) => one.gt(zero))
    ? here.failed(finding, `${advice}; as it is, the expected return is too high`)
    : here.warning(finding, `${advice}; as it is, the expected return is too low`);
}

/** Where the exchange has a coin of its own, or one is configured. */
export function spotFeeCoin(
  account: CheckedAccount,
  answer: Answer<string | null>,
  reading: Answer<AccountReading>,
): Check {
  const { name, venue, terms } = account;
  const here = about(name, 'fee coin');
  const place = `accounts.${name}.fees.spotFeeCoin`;
  const set = terms.fees.spotFeeCoin ?? null;
  if (answer.kind !== 'told')
    return notTold(here, answer, `look up at ${venue} in which coin it takes fees, and compare ${place}`);
  const finding = answer.value ?? 'of the order';
  if (answer.value !== null && holdsNone(reading, answer.value)) {
    // Without it the exchange takes the fee out of the order's coins, whatever it was told to do.
    const none = `${answer.value}, but none is held: of the order`;
    if (set === null) return here.warning(none, `set ${place}: ${answer.value} with the first ${answer.value} paid in`);
    if (set === answer.value) {
      return here.warning(none, `pay ${set} in at ${venue}; as it is, too little is bought for the fee`);
    }
  }
  if (answer.value === set) return here.ok(`${finding}, as set`);
  const advice =
    answer.value === null ? `take ${place} out, or pay in ${set} at ${venue}` : `set ${place}: ${answer.value}`;
  const wrong =
    set === null
      ? 'too much is bought for a fee that does not come out of it'
      : 'too little is bought for the fee that comes out of it';
  return here.failed(`${finding}, set is ${set ?? 'none'}`, `${advice}; as it is, ${wrong}`);
}

function holdsNone(reading: Answer<AccountReading>, coin: string): boolean {
  if (reading.kind !== 'told') return false;
  return !reading.value.balances.some(({ currency, total }) => currency === coin && decimal(total).gt(zero));
}

function difference(first: DecimalText, second: DecimalText): Decimal {
  return decimal(first).minus(decimal(second));
}

export function leverage({ name, venue, terms }: CheckedAccount, symbol: string, answer: Answer<DecimalText>): Check {
  const here = about(name, 'leverage', symbol);
  if (answer.kind !== 'told') return notTold(here, answer, `look it up at ${venue}`);
  if (decimal(answer.value).eq(decimal(terms.leverage))) return here.ok(`${symbol} ${answer.value}x, as set`);
  const finding = `${symbol} ${answer.value}x, set is ${terms.leverage}x`;
  return here.warning(finding, 'nothing: the worker of the account sets it when it starts');
}

/** On an account that holds no more than its margin. The configuration was held against an assumed maintenance margin. */
export function openingDistance(
  { name, venue, terms, liquidationDistancePct }: CheckedAccount,
  symbol: string,
  answer: Answer<DecimalText>,
): Check {
  const here = about(name, 'opening distance', symbol);
  const percent = (rate: Decimal): string => `${figure(rate.times(decimal('100')), 1)} %`;
  if (answer.kind !== 'told') {
    return notTold(here, answer, `look it up at ${venue}: ${percent(assumedMaintenanceRate)} is assumed`);
  }
  const rate = decimal(answer.value);
  const distance = openingDistancePct(decimal(terms.leverage), rate);
  const finding = `${symbol} opens ${figure(distance, 1)} % from its liquidation at ${terms.leverage}x`;
  if (distance.gte(decimal(liquidationDistancePct))) return here.ok(finding);
  return here.warning(
    `${finding}, and is reduced under ${liquidationDistancePct} %: its maintenance margin is ${percent(rate)}`,
    `lower accounts.${name}.leverage or liquidationDistancePct, or hold more than the margin at ${venue}`,
  );
}

export function positionMode(account: CheckedAccount, symbol: string, answer: Answer<'one_way' | 'hedge'>): Check {
  const here = about(account.name, 'position mode', symbol);
  if (answer.kind !== 'told') return notTold(here, answer, `see that it is one-way at ${account.venue}`);
  return answer.value === 'one_way'
    ? here.ok(`${symbol} one-way`)
    : here.failed(`${symbol} hedge mode`, close('one-way'));
}

export function marginMode(account: CheckedAccount, symbol: string, answer: Answer<string>): Check {
  const here = about(account.name, 'margin mode', symbol);
  if (answer.kind !== 'told') return notTold(here, answer, `see that it is cross margin at ${account.venue}`);
  return answer.value === 'cross'
    ? here.ok(`${symbol} cross`)
    : here.failed(`${symbol} ${answer.value}`, close('cross'));
}

function close(mode: string): string {
  return `close what is open there and choose ${mode} at the exchange; the worker does so too when it starts`;
}

function lookUp({ name, venue }: CheckedAccount, what: string): string {
  return `look at the key of ${name} on the web pages of ${venue}, ${what}`;
}

/** An answer that the exchange does not have is not known; so is one that failed, though for another reason. */
function notTold(here: Checker, answer: Exclude<Answer<unknown>, { kind: 'told' }>, advice: string): Check {
  return here.cannotBeTold(answer.kind === 'failed' ? answer.message : answer.reason, advice);
}

/** Without this answer nothing can be traded. */
function unanswered(here: Checker, answer: Exclude<Answer<unknown>, { kind: 'told' }>, advice: string): Check {
  return answer.kind === 'failed' ? here.failed(answer.message, advice) : here.cannotBeTold(answer.reason, advice);
}
