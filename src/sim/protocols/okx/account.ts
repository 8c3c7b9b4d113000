/** OKX's endpoints under `/api/v5/account` and `/api/v5/asset`. */
import { decimal, divide, floorToStep, maximum, toText, zero } from '../../../domain/decimal.ts';
import type { Decimal } from '../../../domain/decimal.ts';
import { bracketOf } from '../../position.ts';
import { freeBalance, leverageOf, marginSummary, positionOf } from '../../funds.ts';
import type { SimAccount, SimMarket } from '../../state.ts';
import { accountOf } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { balanceView, heldMarkets, positionView } from './account-views.ts';
import { billInstrument, billInstrumentType, billSubType, billType, billView } from './bill-views.ts';
import type { OkxBody, OkxCall, OkxHandler } from './call.ts';
import { amountOrNull, answer, choice, instrumentTypeOf, marketNamed, required, requiredMarket } from './call.ts';
import { wireSizeText } from './contracts.ts';
import { missingParameter, OkxError, parameterError, unknownInstrument } from './errors.ts';
import type { Ledgers } from './ledger.ts';
import { isolatedUnsupported } from './orders.ts';
import { page, timeWindow } from './paging.ts';

const dayMs = 86_400_000;
const rateOfBps = decimal('0.0001');

export function accountHandlers(context: ProtocolContext, ledgers: Ledgers): Readonly<Record<string, OkxHandler>> {
  return {
    'GET account/config': (call) => answer([configView(context, call)]),
    'GET account/balance': (call) =>
      answer([balanceView(context, holderOf(context, call), call.params.get('ccy')?.split(',') ?? null, call.nowMs)]),
    'GET account/positions': (call) => positions(context, ledgers, call),
    'GET account/positions-history': () => answer([]),
    'GET account/trade-fee': (call) => answer([feeView(context, call)]),
    'GET account/bills': (call) => bills(context, ledgers, call, 7 * dayMs),
    'GET account/bills-archive': (call) => bills(context, ledgers, call, 90 * dayMs),
    'GET account/leverage-info': (call) => {
      marginMode(call);
      const account = holderOf(context, call);
      const ids = required(call.params, 'instId').split(',');
      return answer(ids.map((id) => leverageView(account, marketNamed(context, id))));
    },
    'POST account/set-leverage': (call) => setLeverage(context, call),
    'POST account/set-position-mode': (call) => {
      const mode = choice(call.params, 'posMode', ['net_mode', 'long_short_mode']);
      if (mode === null) throw missingParameter('posMode');
      if (mode !== 'net_mode') throw new OkxError('50062', 'This feature is currently unavailable.');
      return answer([{ posMode: mode }]);
    },
    'GET account/max-size': (call) => answer([maximumSize(context, call)]),
    'GET account/max-avail-size': (call) => answer([availableSize(context, call)]),
    'GET asset/balances': () => answer([]),
    'GET asset/currencies': (call) => answer(currencies(context, call)),
  };
}

function holderOf(context: ProtocolContext, { account }: OkxCall): SimAccount {
  return accountOf(context.exchange.state, account);
}

/** A number for each account, in the order in which they were opened. */
export function userId(context: ProtocolContext, account: string): string {
  return String(44_700_000_000_000_000n + BigInt([...context.exchange.state.accounts.keys()].indexOf(account) + 1));
}

/** Multi-currency margin: spot with or without borrowing, and cross-margined swaps, in one account. */
function configView(context: ProtocolContext, { account, permissions }: OkxCall): Record<string, unknown> {
  const id = userId(context, account);
  const names = [
    ...(permissions.has('read') ? ['read_only'] : []),
    ...(permissions.has('trade') ? ['trade'] : []),
    ...(permissions.has('withdraw') ? ['withdraw'] : []),
  ];
  return {
    uid: id,
    mainUid: id,
    acctLv: '3',
    acctStpMode: 'cancel_maker',
    posMode: 'net_mode',
    autoLoan: true,
    greeksType: 'PA',
    feeType: '0',
    level: 'Lv1',
    levelTmp: '',
    ctIsoMode: 'automatic',
    mgnIsoMode: 'automatic',
    spotOffsetType: '',
    stgyType: '0',
    roleType: '0',
    traderInsts: [],
    spotRoleType: '0',
    spotTraderInsts: [],
    opAuth: '0',
    kycLv: '3',
    label: account,
    ip: '',
    perm: names.join(','),
    liquidationGear: '-1',
    enableSpotBorrow: true,
    spotBorrowAutoRepay: true,
    settleCcy: '',
    settleCcyList: [],
    type: '0',
  };
}

function positions(context: ProtocolContext, ledgers: Ledgers, call: OkxCall): OkxBody {
  const type = instrumentTypeOf(call.params);
  const ids = call.params.get('instId')?.split(',');
  const account = holderOf(context, call);
  const found = heldMarkets(context, account).filter(
    ({ instrument }) => (type === null || type === 'SWAP') && (ids?.includes(instrument.id) ?? true),
  );
  const ledger = ledgers.of(account);
  const wanted = call.params.get('posId')?.split(',');
  const views = found.map((market) => positionView(context, account, market, ledger, call.nowMs));
  return answer(views.filter(({ posId }) => wanted?.includes(String(posId)) ?? true));
}

/** Rates are negative when charged. */
function feeView(context: ProtocolContext, { params, account, nowMs }: OkxCall): Record<string, unknown> {
  const type = instrumentTypeOf(params);
  if (type === null) throw missingParameter('instType');
  const id = params.get('instId');
  if (id !== undefined) marketNamed(context, id);
  const fees = context.exchange.feesOf(account, type === 'SPOT' || type === 'MARGIN' ? 'spot' : 'perpetual');
  const maker = toText(fees.makerBps.times(rateOfBps).neg());
  const taker = toText(fees.takerBps.times(rateOfBps).neg());
  const isSwap = type === 'SWAP';
  return {
    instType: type,
    level: 'Lv1',
    maker,
    taker,
    makerU: isSwap ? maker : '',
    takerU: isSwap ? taker : '',
    makerUSDC: maker,
    takerUSDC: taker,
    delivery: '',
    exercise: '',
    category: '1',
    ruleType: 'normal',
    feeGroup: [{ groupId: '1', maker, taker }],
    fiat: [],
    ts: String(nowMs),
  };
}

/** Newest first, of the last seven days or three months of market time. */
function bills(context: ProtocolContext, ledgers: Ledgers, call: OkxCall, agesMs: number): OkxBody {
  const { params } = call;
  const type = instrumentTypeOf(params);
  const wanted = ['type', 'subType', 'ccy', 'instId'].map((name) => params.get(name));
  choice(params, 'mgnMode', ['isolated', 'cross', 'cash']);
  choice(params, 'ctType', ['linear', 'inverse']);
  const { fromMs, toMs } = timeWindow(params, call.nowMs, agesMs);
  const view = context.exchange.viewOf(call.account);
  const rows = ledgers.of(holderOf(context, call)).bills.filter((bill) => {
    const values = [billType(bill), billSubType(bill), bill.currency, billInstrument(bill)];
    return (
      bill.atMs >= fromMs &&
      bill.atMs <= toMs &&
      (type === null || billInstrumentType(bill) === type) &&
      wanted.every((value, index) => value === undefined || values[index] === value) &&
      params.get('ctType') !== 'inverse' &&
      // A fill of an order that is not shown yet has no bill yet either.
      (!('trade' in bill.cause) || view.order(bill.cause.trade.order.id) !== null)
    );
  });
  return answer(page(params, rows, ({ id }) => id).map(billView));
}

function leverageView(account: SimAccount, { instrument }: SimMarket): Record<string, unknown> {
  return {
    instId: instrument.id,
    ccy: '',
    mgnMode: 'cross',
    posSide: 'net',
    lever: instrument.kind === 'spot' ? '1' : String(leverageOf(account, instrument.id)),
  };
}

function marginMode({ params }: OkxCall): 'cross' {
  const mode = choice(params, 'mgnMode', ['cross', 'isolated']);
  if (mode === null) throw missingParameter('mgnMode');
  if (mode === 'isolated') throw isolatedUnsupported();
  return mode;
}

/** @throws OkxError 59102 beyond the instrument's most, 59104 beyond the position's tier, 59108 when margin is short */
function setLeverage(context: ProtocolContext, call: OkxCall): OkxBody {
  const { params } = call;
  const text = required(params, 'lever');
  if (!/^\d{1,3}(\.0+)?$/.test(text) || Number(text) < 1) throw parameterError('lever');
  const leverage = Math.trunc(Number(text));
  marginMode(call);
  const market = requiredMarket(context, params);
  const { instrument } = market;
  if (instrument.kind === 'spot') throw unknownInstrument();
  const side = params.get('posSide') ?? 'net';
  if (side !== 'net') throw parameterError('posSide');
  if (leverage > (instrument.brackets[0]?.maximumLeverage ?? 1)) {
    throw new OkxError('59102', 'Leverage exceeds the maximum limit. Please lower the leverage.');
  }
  const account = holderOf(context, call);
  const mark = context.exchange.markPrice(market) ?? zero;
  const notional = positionOf(account, instrument.id).quantity.times(mark).abs();
  if (leverage > bracketOf(instrument.brackets, notional).maximumLeverage) {
    throw new OkxError('59104', 'The position has exceeded the maximum position of this leverage.');
  }
  const more = marginAt(notional, leverage).minus(marginAt(notional, leverageOf(account, instrument.id)));
  if (more.gt(zero) && more.gt(marginSummary(context.exchange.state, account, instrument.quote).available)) {
    throw new OkxError('59108', 'Low leverage and insufficient margin, please adjust the leverage.');
  }
  context.exchange.setLeverage(call.account, instrument.id, leverage);
  return answer([{ lever: String(leverage), mgnMode: 'cross', instId: instrument.id, posSide: 'net' }]);
}

function marginAt(notional: Decimal, leverage: number): Decimal {
  return divide(notional, decimal(String(leverage)), 8, 'up');
}

/** @throws OkxError 50014, 51000, 51001 */
function sizingOf(context: ProtocolContext, call: OkxCall): { market: SimMarket; price: Decimal; account: SimAccount } {
  const market = requiredMarket(context, call.params);
  const mode = choice(call.params, 'tdMode', ['cash', 'cross', 'isolated']);
  if (mode === null) throw missingParameter('tdMode');
  if (mode === 'isolated') throw isolatedUnsupported();
  const price = amountOrNull(call.params, 'px') ?? context.exchange.markPrice(market) ?? zero;
  if (price.lte(zero)) throw parameterError('px');
  return { market, price, account: holderOf(context, call) };
}

/** In base units for spot, in contracts for swaps, without fees. */
function maximumSize(context: ProtocolContext, call: OkxCall): Record<string, unknown> {
  const { market, price, account } = sizingOf(context, call);
  const { instrument } = market;
  const { state } = context.exchange;
  const text = (quantity: Decimal): string =>
    wireSizeText(instrument, floorToStep(maximum(zero, quantity), instrument.quantityStep));
  if (instrument.kind === 'spot') {
    const quote = freeBalance(state, account, instrument.quote);
    const base = freeBalance(state, account, instrument.base);
    return { instId: instrument.id, ccy: '', maxBuy: text(divide(quote, price, 24, 'down')), maxSell: text(base) };
  }
  const leverage = decimal(String(leverageOf(account, instrument.id)));
  const available = marginSummary(state, account, instrument.quote).available;
  const openable = divide(available.times(leverage), price, 24, 'down');
  const { quantity } = positionOf(account, instrument.id);
  // Against the position the same margin opens as much the other way, once it has been closed.
  const opposite = quantity.abs().times(decimal('2'));
  return {
    instId: instrument.id,
    ccy: instrument.quote,
    maxBuy: text(quantity.lt(zero) ? openable.plus(opposite) : openable),
    maxSell: text(quantity.gt(zero) ? openable.plus(opposite) : openable),
  };
}

/** In the coin that would be spent; margin for swaps. */
function availableSize(context: ProtocolContext, call: OkxCall): Record<string, unknown> {
  const { market, account } = sizingOf(context, call);
  const { instrument } = market;
  const { state } = context.exchange;
  const free = (currency: string): string => toText(maximum(zero, freeBalance(state, account, currency)));
  if (instrument.kind === 'spot') {
    return { instId: instrument.id, availBuy: free(instrument.quote), availSell: free(instrument.base) };
  }
  const margin = toText(marginSummary(state, account, instrument.quote).available);
  return { instId: instrument.id, availBuy: margin, availSell: margin };
}

/** One chain a coin: transfers in and out of the exchange are not modelled. */
function currencies(context: ProtocolContext, { params }: OkxCall): Record<string, unknown>[] {
  const wanted = params.get('ccy')?.split(',');
  const names = new Set(
    [...context.exchange.state.markets.values()].flatMap(({ instrument }) => [instrument.base, instrument.quote]),
  );
  return [...names]
    .filter((name) => wanted?.includes(name) ?? true)
    .map((name) => ({
      ccy: name,
      name,
      chain: `${name}-${name === 'BTC' ? 'Bitcoin' : 'ERC20'}`,
      ctAddr: '',
      logoLink: '',
      mainNet: true,
      canDep: false,
      canWd: false,
      canInternal: false,
      needTag: false,
      minDep: '0',
      minDepArrivalConfirm: '1',
      minWdUnlockConfirm: '1',
      minWd: '0',
      maxWd: '0',
      wdTickSz: '8',
      wdQuota: '0',
      usedWdQuota: '0',
      fee: '0',
      minFee: '0',
      maxFee: '0',
      burningFeeRate: '',
      depQuotaFixed: '',
      usedDepQuotaFixed: '',
      depQuoteDailyLayer2: '',
    }));
}
