/** The state of one simulated exchange. Only `applyEvent` changes it, except for the house's depth, which is a model. */
import type { Decimal } from '../../domain/decimal.ts';
import type { OrderSide } from '../../domain/order.ts';
import type { DepthModel, HouseBook } from './book.ts';
import type {
  BookedType,
  DoneStatus,
  OpenedOrder,
  OrderFilled,
  OrderOrigin,
  OrderType,
  TimeInForce,
} from './events.ts';
import type { FundingChange } from './funding.ts';
import type { SimInstrument } from './instruments.ts';
import type { FeesOf, VenueRules } from './rules.ts';

export interface SimOrder {
  /** Position in the venue's order of arrival, from 1. */
  readonly sequence: number;
  readonly id: string;
  readonly clientOrderId: string;
  readonly account: string;
  readonly instrument: SimInstrument;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly price: Decimal | null;
  readonly quantity: Decimal;
  readonly quantityUnit: OpenedOrder['quantityUnit'];
  readonly reduceOnly: boolean;
  readonly origin: OrderOrigin;
  /** Where a spot fee is charged when the client chose it; null: as the venue does. */
  readonly feeIn: 'base' | 'quote' | null;
  /** Spot: may be paid with what the account does not have. */
  readonly borrow: boolean;
  readonly createdAtMs: number;
  updatedAtMs: number;
  status: 'open' | DoneStatus;
  doneReason: string;
  filledBase: Decimal;
  filledQuote: Decimal;
  /** Sum of fees, all in one currency. */
  feePaid: Decimal;
  feeCurrency: string | null;
  /** Wall time until which the venue's queries do not show it; not journalled. */
  hiddenUntilMs: number;
}

export interface SimTrade {
  /** Position in the account's trades, from 1. */
  readonly sequence: number;
  readonly tradeId: string;
  readonly order: SimOrder;
  readonly price: Decimal;
  readonly quantityBase: Decimal;
  readonly role: OrderFilled['role'];
  readonly fee: Decimal;
  readonly feeCurrency: string;
  readonly realised: Decimal;
  readonly counterparty: string;
  readonly executedAtMs: number;
}

export type IncomeType = 'FUNDING_FEE' | 'COMMISSION' | 'REALIZED_PNL' | 'TRANSFER' | BookedType;

/** What a funding payment was worked out from. */
export interface FundingDetail {
  /** Signed base units of the position. */
  readonly quantity: Decimal;
  readonly markPrice: Decimal;
  readonly rate: Decimal;
}

export interface SimIncome {
  readonly id: string;
  readonly type: IncomeType;
  /** Instrument id, '' for a transfer, interest and what the insurance fund paid. */
  readonly instrument: string;
  readonly currency: string;
  readonly amount: Decimal;
  readonly tradeId: string;
  readonly atMs: number;
  /** Null unless it is a funding payment. */
  readonly funding: FundingDetail | null;
}

export interface SimPosition {
  /** Signed base units. */
  quantity: Decimal;
  /** Signed: quantity · average entry price. Kept instead of the average so that no rounding creeps in. */
  entryNotional: Decimal;
  updatedAtMs: number;
  /** Until when its funding has been paid: its last settlement or change. Market time. */
  fundedToMs: number;
}

export interface SimAccount {
  readonly name: string;
  /** Total per currency; what orders hold is computed from the open orders. */
  readonly balances: Map<string, Decimal>;
  readonly positions: Map<string, SimPosition>;
  readonly leverage: Map<string, number>;
  /** Of instruments whose leverage it has not set. */
  readonly defaultLeverage: number;
  readonly openOrders: Set<SimOrder>;
  readonly orders: SimOrder[];
  /** The newest order of each client id. */
  readonly byClientId: Map<string, SimOrder>;
  readonly trades: SimTrade[];
  readonly income: SimIncome[];
  /** Wall time of the last end of a visibility lag; not journalled. */
  lagsUntilMs: number;
}

export interface PublicTrade {
  readonly id: string;
  readonly price: Decimal;
  readonly quantityBase: Decimal;
  readonly takerSide: OrderSide;
  readonly atMs: number;
}

export interface SimMarket {
  readonly instrument: SimInstrument;
  readonly model: DepthModel;
  readonly house: HouseBook;
  /** Resting orders of accounts: price priority, then time. Best first. */
  readonly restingBids: SimOrder[];
  readonly restingAsks: SimOrder[];
  readonly publicTrades: PublicTrade[];
  /** Raised with every change of the resting orders. */
  restingRevision: number;
  lastPrice: Decimal | null;
  /** Market time at which the control API last set the price; null while the tape has. */
  scriptedAtMs: number | null;
  /** Set by the control API; null: as the venue works them out. */
  scriptedMark: Decimal | null;
  scriptedIndex: Decimal | null;
  /** Of the tape or feed; null: it has none. What is set goes before it. */
  recordedMark: Decimal | null;
  recordedIndex: Decimal | null;
  /** Of the funding series. */
  readonly fundingChanges: FundingChange[];
}

export interface VenueState {
  readonly venue: string;
  readonly rules: VenueRules;
  readonly feesOf: FeesOf;
  readonly markets: Map<string, SimMarket>;
  readonly accounts: Map<string, SimAccount>;
  readonly orders: Map<string, SimOrder>;
  orderCount: number;
  tradeCount: number;
  incomeCount: number;
  /** By currency: liquidation fees received less shortfalls covered. It has no bottom. */
  readonly insuranceFund: Map<string, Decimal>;
  /** Coins that the venue lends by its rules, and lends no more. */
  readonly recalled: Set<string>;
  tapeStopped: boolean;
  /** Market time of the newest event. */
  lastEventAtMs: number | null;
}

export function newAccount(name: string, defaultLeverage: number): SimAccount {
  return {
    name,
    balances: new Map(),
    positions: new Map(),
    leverage: new Map(),
    defaultLeverage,
    openOrders: new Set(),
    orders: [],
    byClientId: new Map(),
    trades: [],
    income: [],
    lagsUntilMs: 0,
  };
}

export function accountOf(state: VenueState, name: string): SimAccount {
  const account = state.accounts.get(name);
  if (account === undefined) throw new Error(`no account ${name} at ${state.venue}`);
  return account;
}

export function marketOf(state: VenueState, instrument: string): SimMarket {
  const market = state.markets.get(instrument);
  if (market === undefined) throw new Error(`no instrument ${instrument} at ${state.venue}`);
  return market;
}

export function orderOf(state: VenueState, id: string): SimOrder {
  const order = state.orders.get(id);
  if (order === undefined) throw new Error(`no order ${id} at ${state.venue}`);
  return order;
}

/** Base units still to be filled; of an order that spends quote, the quote still to be spent. */
export function remaining(order: SimOrder): Decimal {
  return order.quantity.minus(order.quantityUnit === 'base' ? order.filledBase : order.filledQuote);
}

export function signedQuantity(side: OrderSide, quantity: Decimal): Decimal {
  return side === 'buy' ? quantity : quantity.neg();
}

/** Public trades after the one with this id; all that are kept when it is unknown. */
export function tradesAfter(market: SimMarket, id: string | null): readonly PublicTrade[] {
  return market.publicTrades.slice(market.publicTrades.findLastIndex((trade) => trade.id === id) + 1);
}
