/** Settings of a binance USDⓈ-M account: leverage, margin type, position mode, the dead-man timer. */
import { toText } from '../../../domain/decimal.ts';
import { leverageOf } from '../../exchange/funds.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { accountOf } from '../../exchange/state.ts';
import type { BinanceCall, Endpoints } from '../binance-shared/call.ts';
import { BinanceError } from '../binance-shared/errors.ts';
import { chosenMarkets, flag, integerOrNull, required, requiredMarket } from '../binance-shared/parameters.ts';
import type { DeadMan } from '../dead-man.ts';
import type { ProtocolContext } from '../protocol.ts';
import { maximumNotional } from './position-views.ts';

/** Cross margin and one-way mode are all there is: what is set already is said to be so, as the exchange says it. */
export function settingEndpoints(context: ProtocolContext, deadMan: DeadMan): Endpoints {
  return {
    'POST /fapi/v1/leverage': { access: 'trade', weight: 1, handle: (call) => setLeverage(context, call) },
    'POST /fapi/v1/marginType': { access: 'trade', weight: 1, handle: (call) => setMarginType(context, call) },
    'GET /fapi/v1/positionSide/dual': { access: 'read', weight: 30, handle: () => ({ dualSidePosition: false }) },
    'POST /fapi/v1/positionSide/dual': {
      access: 'trade',
      weight: 1,
      handle: (call) => {
        required(call, 'dualSidePosition');
        if (!flag(call, 'dualSidePosition')) throw new BinanceError(-4059, 'No need to change position side.');
        const message = 'Position side cannot be changed: this simulated exchange has one-way mode only.';
        throw new BinanceError(-4068, message);
      },
    },
    'GET /fapi/v1/multiAssetsMargin': { access: 'read', weight: 30, handle: () => ({ multiAssetsMargin: false }) },
    'GET /fapi/v1/symbolConfig': {
      access: 'read',
      weight: 5,
      handle: (call) => {
        const account = accountOf(context.exchange.state, call.account);
        return chosenMarkets(context, call).map((market) => ({
          symbol: market.instrument.id,
          marginType: 'CROSSED',
          isAutoAddMargin: false,
          leverage: leverageOf(account, market.instrument.id),
          maxNotionalValue: toText(maximumNotional(account, market)),
        }));
      },
    },
    'GET /fapi/v1/leverageBracket': {
      access: 'read',
      weight: 1,
      handle: (call) => chosenMarkets(context, call).map(({ instrument }) => bracketsView(instrument)),
    },
    'POST /fapi/v1/countdownCancelAll': {
      access: 'trade',
      weight: 10,
      handle: (call) => {
        const { instrument } = requiredMarket(context, call);
        required(call, 'countdownTime');
        const countdownMs = integerOrNull(call, 'countdownTime') ?? 0;
        deadMan.arm(call.account, instrument.id, countdownMs === 0 ? null : call.wallMs + countdownMs);
        return { symbol: instrument.id, countdownTime: String(countdownMs) };
      },
    },
  };
}

/** @throws BinanceError -4028 */
function setLeverage(context: ProtocolContext, call: BinanceCall): Record<string, unknown> {
  const { exchange } = context;
  const market = requiredMarket(context, call);
  required(call, 'leverage');
  const leverage = integerOrNull(call, 'leverage') ?? 0;
  const most = market.instrument.brackets[0]?.maximumLeverage ?? 1;
  if (leverage < 1 || leverage > most) throw new BinanceError(-4028, `Leverage ${leverage} is not valid`);
  exchange.setLeverage(call.account, market.instrument.id, leverage);
  const account = accountOf(exchange.state, call.account);
  return { leverage, maxNotionalValue: toText(maximumNotional(account, market)), symbol: market.instrument.id };
}

/** @throws BinanceError always */
function setMarginType(context: ProtocolContext, call: BinanceCall): never {
  requiredMarket(context, call);
  const type = required(call, 'marginType');
  if (type === 'CROSSED') throw new BinanceError(-4046, 'No need to change margin type.');
  if (type !== 'ISOLATED') throw new BinanceError(-4048, 'Margin type cannot be changed.');
  throw new BinanceError(-4047, 'Margin type cannot be changed: this simulated exchange has cross margin only.');
}

function bracketsView(instrument: SimInstrument): Record<string, unknown> {
  return {
    symbol: instrument.id,
    notionalCoef: 1,
    brackets: instrument.brackets.map((bracket, index) => ({
      bracket: index + 1,
      initialLeverage: bracket.maximumLeverage,
      notionalCap: Number(toText(bracket.notionalCap)),
      notionalFloor: Number(toText(bracket.notionalFloor)),
      maintMarginRatio: Number(toText(bracket.maintenanceRatio)),
      cum: Number(toText(bracket.cumulative)),
    })),
  };
}
