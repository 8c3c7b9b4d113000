/** `asset/currencies`. */
import type { ProtocolContext } from '../protocol.ts';
import type { OkxCall } from './call.ts';

/** One chain a coin: transfers in and out of the exchange are not modelled. */
export function currencies(context: ProtocolContext, { params }: OkxCall): Record<string, unknown>[] {
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
