/** Leverage of swaps. Margin is always crossed, positions always net. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, zero } from '../../../domain/decimal.ts';
import { leverageOf, marginSummary, positionOf } from '../../exchange/funds.ts';
import { bracketOf } from '../../exchange/position.ts';
import type { SimAccount, SimMarket } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { OkxBody, OkxCall, OkxHandler } from './call.ts';
import { answer, choice, marketNamed, required, requiredMarket } from './call.ts';
import { missingParameter, OkxError, parameterError, unknownInstrument } from './errors.ts';
import { isolatedUnsupported } from './orders.ts';

export function leverageHandlers(context: ProtocolContext): Readonly<Record<string, OkxHandler>> {
  return {
    'GET account/leverage-info': (call) => {
      marginMode(call);
      const account = accountOf(context.exchange.state, call.account);
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
  };
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
  const account = accountOf(context.exchange.state, call.account);
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
