/** Private channels of balances and positions: the whole at first and every five seconds, and what events changed. */
import { toText, zero } from '../../../domain/decimal.ts';
import type { SimEvent, Transaction } from '../../exchange/events.ts';
import { balanceOf, positionOf } from '../../exchange/funds.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { accountOf, marketOf, orderOf } from '../../exchange/state.ts';
import { touchedBy } from '../../views/transaction-view.ts';
import type { ProtocolContext } from '../protocol.ts';
import { balanceView, heldMarkets, positionView } from './account-views.ts';
import type { ChannelArgument, SendTo, Subscription } from './connection.ts';
import { familyOf } from './contracts.ts';
import type { Ledgers } from './ledger.ts';

type Told = Omit<Transaction, 'sequence'>;

export interface AccountSource {
  readonly context: ProtocolContext;
  readonly ledgers: Ledgers;
  readonly argument: ChannelArgument;
  /** Repeated with each message. */
  readonly pushedArgument: ChannelArgument;
  readonly account: string;
  /** Between pushes of the whole, wall time; null: only at first. */
  readonly everyMs: number | null;
  readonly send: SendTo;
}

export function balanceSubscription(source: AccountSource): Subscription {
  const { context, argument, account } = source;
  const { exchange } = context;
  const rows = (): unknown[] => {
    const shown = argument['ccy'];
    const named = shown === undefined ? null : [shown];
    return [balanceView(context, accountOf(exchange.state, account), named, exchange.clock.marketMs())];
  };
  return wholeAndEvents(source, 'balances', rows, (transaction) => {
    const { balances } = touchedBy(exchange.state, account, transaction);
    return balances || leverageSet(account, transaction.events).length > 0 ? rows() : [];
  });
}

/** A position that was closed is told once, with a size of 0. */
export function positionSubscription(source: AccountSource): Subscription {
  const { context, argument, account, ledgers } = source;
  const { exchange } = context;
  const view = (market: SimMarket): unknown => {
    const holder = accountOf(exchange.state, account);
    return positionView(context, holder, market, ledgers.of(holder), exchange.clock.marketMs());
  };
  const matches = ({ instrument }: SimMarket): boolean =>
    instrument.kind === 'perpetual' &&
    (argument['instType'] === 'ANY' || argument['instType'] === 'SWAP') &&
    (argument['instId'] === undefined || argument['instId'] === instrument.id) &&
    (argument['instFamily'] === undefined || argument['instFamily'] === familyOf(instrument));
  return wholeAndEvents(
    source,
    'positions',
    () => heldMarkets(context, accountOf(exchange.state, account)).filter(matches).map(view),
    (transaction) => movedMarkets(context, account, transaction).filter(matches).map(view),
  );
}

function wholeAndEvents(
  { argument, pushedArgument, everyMs, send }: AccountSource,
  faultChannel: string,
  whole: () => unknown[],
  changed: (transaction: Told) => unknown[],
): Subscription {
  let wholeAtMs: number | null = null;
  return {
    argument,
    push(_nowMs, wallMs) {
      if (wholeAtMs !== null && (everyMs === null || wallMs - wholeAtMs < everyMs)) return;
      wholeAtMs = wallMs;
      const page = { eventType: 'snapshot', curPage: 1, lastPage: true };
      send({ arg: pushedArgument, ...page, data: whole() }, faultChannel);
    },
    tell(transaction) {
      const data = changed(transaction);
      if (data.length > 0) send({ arg: pushedArgument, eventType: 'event_update', data }, faultChannel);
    },
  };
}

/** Perpetuals in which a transaction moved the account's position, or what it needs. */
function movedMarkets(context: ProtocolContext, account: string, { events }: Told): SimMarket[] {
  const { state } = context.exchange;
  const filled = events.flatMap((event) => {
    const order = event.kind === 'order_filled' ? orderOf(state, event.orderId) : null;
    return order !== null && order.account === account ? [order.instrument.id] : [];
  });
  const moved = new Set([...filled, ...funded(account, events), ...leverageSet(account, events)]);
  return [...moved].map((id) => marketOf(state, id));
}

function funded(account: string, events: readonly SimEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'funding_settled' && event.payments.some((payment) => payment.account === account)
      ? [event.instrument]
      : [],
  );
}

function leverageSet(account: string, events: readonly SimEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'leverage_set' && event.account === account ? [event.instrument] : [],
  );
}

/** The briefest of them: cash and sizes, told when one of them has moved. */
export function balanceAndPositionSubscription(source: AccountSource): Subscription {
  const { context, argument, pushedArgument, account, send } = source;
  const { state, clock } = context.exchange;
  const post = (eventType: string, currencies: readonly string[], markets: readonly SimMarket[], trades: unknown[]) => {
    const pTime = String(clock.marketMs());
    const body = {
      pTime,
      eventType,
      balData: currencies.map((ccy) => ({
        ccy,
        cashBal: toText(balanceOf(accountOf(state, account), ccy)),
        uTime: pTime,
      })),
      posData: markets.map((market) => briefPosition(source, market)),
      trades,
    };
    send({ arg: pushedArgument, data: [body] }, 'balances');
  };
  let isFirst = true;
  return {
    argument,
    push() {
      if (!isFirst) return;
      isFirst = false;
      const holder = accountOf(state, account);
      post('snapshot', [...holder.balances.keys()], heldMarkets(context, holder), []);
    },
    tell(transaction) {
      const { trades } = touchedBy(state, account, transaction);
      const moved = movedMarkets(context, account, transaction);
      const currencies = new Set([
        ...trades.flatMap(({ order: { instrument } }) =>
          instrument.kind === 'spot' ? [instrument.base, instrument.quote] : [instrument.quote],
        ),
        ...funded(account, transaction.events).map((id) => marketOf(state, id).instrument.quote),
        ...transaction.events.flatMap((event) =>
          'currency' in event && 'account' in event && event.account === account ? [event.currency] : [],
        ),
      ]);
      if (currencies.size === 0) return;
      const origin = trades[0]?.order.origin;
      const ended = origin === 'liquidation' || origin === 'adl' ? origin : 'filled';
      const isFunding = funded(account, transaction.events).length > 0;
      post(
        origin === undefined ? (isFunding ? 'funding_fee' : 'transferred') : ended,
        [...currencies],
        moved,
        trades.map(({ order, tradeId }) => ({ instId: order.instrument.id, tradeId })),
      );
    },
  };
}

function briefPosition({ context, ledgers, account }: AccountSource, market: SimMarket): Record<string, unknown> {
  const holder = accountOf(context.exchange.state, account);
  const view = positionView(context, holder, market, ledgers.of(holder), context.exchange.clock.marketMs());
  const names = ['posId', 'tradeId', 'instId', 'instType', 'mgnMode', 'posSide', 'pos', 'ccy', 'posCcy', 'avgPx'];
  const rest = ['baseBal', 'quoteBal', 'nonSettleAvgPx', 'settledPnl', 'uTime'];
  const isFlat = positionOf(holder, market.instrument.id).quantity.eq(zero);
  return Object.fromEntries([...names, ...rest].map((name) => [name, isFlat && name === 'pos' ? '0' : view[name]]));
}
