/** Bills in OKX's field names and numbers of types. */
import { toText, zero } from '../../../domain/decimal.ts';
import type { IncomeType, SimIncome, SimOrder, SimTrade } from '../../exchange/state.ts';
import { wireSizeText } from './contracts.ts';
import type { InstrumentType } from './contracts.ts';
import type { Bill } from './ledger.ts';
import { fillSubType, orderInstrumentType } from './order-views.ts';

const tradeTypes = { user: '2', liquidation: '5', adl: '9' } as const satisfies Record<SimOrder['origin'], string>;

/** Type, and subtype when money left and when it came. */
const incomeTypes: Readonly<Record<IncomeType, readonly [type: string, out: string, into: string]>> = {
  TRANSFER: ['1', '12', '11'],
  FUNDING_FEE: ['8', '173', '174'],
  INTEREST: ['7', '9', '9'],
  LIQUIDATION_FEE: ['5', '111', '110'],
  INSURANCE_CLEAR: ['5', '111', '110'],
  COMMISSION: ['2', '1', '2'],
  REALIZED_PNL: ['2', '1', '2'],
};

export function billType({ cause }: Bill): string {
  return 'trade' in cause ? tradeTypes[cause.trade.order.origin] : incomeTypes[cause.income.type][0];
}

export function billSubType(bill: Bill): string {
  const { cause } = bill;
  if ('trade' in cause) return fillSubType(cause.trade);
  const [, out, into] = incomeTypes[cause.income.type];
  return bill.change.lt(zero) ? out : into;
}

/** '' for what belongs to no instrument. */
export function billInstrumentType({ cause }: Bill): InstrumentType | '' {
  if ('trade' in cause) return orderInstrumentType(cause.trade.order);
  return cause.income.instrument === '' ? '' : 'SWAP';
}

export function billInstrument({ cause }: Bill): string {
  return 'trade' in cause ? cause.trade.order.instrument.id : cause.income.instrument;
}

export function billView(bill: Bill): Record<string, unknown> {
  const instrumentType = billInstrumentType(bill);
  return {
    ...('trade' in bill.cause ? tradeFields(bill.cause.trade) : incomeFields(bill.cause.income)),
    billId: bill.id,
    instType: instrumentType,
    instId: billInstrument(bill),
    type: billType(bill),
    subType: billSubType(bill),
    ccy: bill.currency,
    balChg: toText(bill.change),
    bal: toText(bill.balance),
    fee: toText(bill.fee),
    posBalChg: '0',
    posBal: '0',
    mgnMode:
      instrumentType === 'SWAP' || instrumentType === 'MARGIN' ? 'cross' : instrumentType === 'SPOT' ? 'cash' : '',
    from: '',
    to: '',
    notes: '',
    tag: '',
    interest: '0',
    earnAmt: '',
    earnApr: '',
    ts: String(bill.atMs),
  };
}

function tradeFields(trade: SimTrade): Record<string, string> {
  const { order } = trade;
  return {
    ordId: order.id,
    clOrdId: order.clientOrderId,
    tradeId: trade.tradeId,
    execType: trade.role === 'taker' ? 'T' : 'M',
    sz: wireSizeText(order.instrument, trade.quantityBase),
    px: toText(trade.price),
    pnl: toText(trade.realised),
    fillTime: String(trade.executedAtMs),
    fillIdxPx: toText(trade.price),
  };
}

function incomeFields(income: SimIncome): Record<string, string> {
  return {
    ordId: '',
    clOrdId: '',
    tradeId: '',
    execType: '',
    sz: '',
    px: '',
    pnl: income.type === 'FUNDING_FEE' ? toText(income.amount) : '0',
    fillTime: '',
    fillIdxPx: '',
  };
}
