/** Bybit v5's position endpoints. One-way mode and cross margin only; everything else is refused. */
import { floorToStep, decimal, zero } from '../../../domain/decimal.ts';
import { leverageOf, positionOf } from '../../exchange/funds.ts';
import { isPlainNumber } from '../../json.ts';
import { bracketOf } from '../../exchange/position.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitCall, BybitHandler } from './call.ts';
import { closedPnlHandler } from './closed-pnl.ts';
import { BybitError, parameterError } from './errors.ts';
import { marketsOf, page, requiredCategory, requiredMarket, requireNarrowed } from './parameters.ts';
import { positionView } from './position-view.ts';

export function positionHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  return {
    'GET /v5/position/list': (call) => listPositions(context, call),
    'GET /v5/position/closed-pnl': closedPnlHandler(context),
    'POST /v5/position/set-leverage': (call) => setLeverage(context, call),
    'POST /v5/position/switch-isolated': (call) => {
      requiredPerpetual(context, call);
      if (call.params.get('tradeMode') === '0')
        throw new BybitError(110026, 'Cross/isolated margin mode is not modified');
      throw new BybitError(100028, 'The API cannot be accessed by unified account users.');
    },
    'POST /v5/position/switch-mode': (call) => {
      if (requiredCategory(call) !== 'linear') throw parameterError('category is illegal');
      if (call.params.has('symbol')) requiredMarket(context, call);
      else if (call.params.get('coin') !== 'USDT') throw parameterError('symbol or coin is required');
      const mode = call.params.get('mode');
      if (mode === '0') throw new BybitError(110025, 'Position mode is not modified');
      if (mode === '3') throw new BybitError(110029, 'Hedge mode is not supported for this symbol.');
      throw parameterError('params error: mode is invalid');
    },
    'POST /v5/position/trading-stop': (call) => {
      requiredPerpetual(context, call);
      throw parameterError('params error: take profit, stop loss and trailing stop are not supported');
    },
  };
}

function listPositions(context: ProtocolContext, call: BybitCall): unknown {
  const category = requiredCategory(call);
  requireNarrowed(call, category);
  const account = accountOf(context.exchange.state, call.account);
  const isNamed = call.params.has('symbol');
  const held = category === 'linear' ? marketsOf(context, call, category) : [];
  const rows = held
    .filter(({ instrument }) => isNamed || !positionOf(account, instrument.id).quantity.eq(zero))
    .map((market, index) => ({ market, rank: held.length - index }));
  const view = ({ market }: { readonly market: SimMarket }): unknown => positionView(context, account, market);
  return { category, ...page(call, rows, { usual: 20, most: 200, keyOf: ({ rank }) => rank, view }) };
}

/** Whole numbers only: the exchange's step is 0.01. */
function setLeverage(context: ProtocolContext, call: BybitCall): unknown {
  const market = requiredPerpetual(context, call);
  const { instrument } = market;
  const buy = call.params.get('buyLeverage') ?? '';
  const sell = call.params.get('sellLeverage') ?? '';
  if (!isPlainNumber(buy) || !isPlainNumber(sell)) throw parameterError('params error: leverage invalid');
  const wanted = decimal(buy);
  if (!wanted.eq(decimal(sell))) throw parameterError('buy leverage not equal sell leverage');
  const most = instrument.brackets[0]?.maximumLeverage ?? 1;
  const isWhole = floorToStep(wanted, decimal('1')).eq(wanted);
  if (!isWhole || wanted.lt(decimal('1')) || wanted.gt(decimal(String(most)))) {
    throw parameterError('params error: leverage invalid');
  }
  const account = accountOf(context.exchange.state, call.account);
  const leverage = Number(wanted.toFixed());
  if (leverage === leverageOf(account, instrument.id)) throw new BybitError(110043, 'Set leverage not modified');
  const { entryNotional } = positionOf(account, instrument.id);
  if (leverage > bracketOf(instrument.brackets, entryNotional.abs()).maximumLeverage) {
    throw new BybitError(110013, 'Cannot set leverage due to risk limit level');
  }
  context.exchange.setLeverage(call.account, instrument.id, leverage);
  return {};
}

/** @throws BybitError 10001 */
function requiredPerpetual(context: ProtocolContext, call: BybitCall): SimMarket {
  const market = requiredMarket(context, call);
  if (market.instrument.kind !== 'perpetual') throw parameterError('category is illegal');
  return market;
}
