/** OKX's endpoints under `/api/v5/account` and `/api/v5/asset`. */
import { decimal, toText } from '../../../domain/decimal.ts';
import type { SimAccount } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { balanceView, heldMarkets, positionView } from './account-views.ts';
import { billInstrument, billInstrumentType, billSubType, billType, billView } from './bill-views.ts';
import type { OkxBody, OkxCall, OkxHandler } from './call.ts';
import { answer, choice, instrumentTypeOf, marketNamed } from './call.ts';
import { currencies } from './currencies.ts';
import { missingParameter } from './errors.ts';
import type { Ledgers } from './ledger.ts';
import { leverageHandlers } from './leverage.ts';
import { page, timeWindow } from './paging.ts';
import { availableSize, maximumSize } from './sizing.ts';

const dayMs = 86_400_000;
const rateOfBps = decimal('0.0001');

export function accountHandlers(context: ProtocolContext, ledgers: Ledgers): Readonly<Record<string, OkxHandler>> {
  return {
    'GET account/config': (call) => answer([configView(context, call)]),
    'GET account/balance': (call) =>
      answer([balanceView(context, holderOf(context, call), call.params.get('ccy')?.split(',') ?? null, call.nowMs)]),
    'GET account/positions': (call) => positions(context, ledgers, call),
    'GET account/trade-fee': (call) => answer([feeView(context, call)]),
    'GET account/bills': (call) => bills(context, ledgers, call, 7 * dayMs),
    'GET account/bills-archive': (call) => bills(context, ledgers, call, 90 * dayMs),
    ...leverageHandlers(context),
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
