/** What Kraken publishes of its assets and pairs. */
import { toText } from '../../../domain/decimal.ts';
import { invalidArguments } from './errors.ts';
import type { KrakenPair } from './instruments.ts';
import { assetOf, costDecimals, lotDecimals } from './instruments.ts';

/** Volume in USD over thirty days, and per cent of the value of a trade. */
const takerTiers = [
  [0, 0.26],
  [50_000, 0.24],
  [100_000, 0.22],
  [250_000, 0.2],
  [500_000, 0.18],
  [1_000_000, 0.16],
  [2_500_000, 0.14],
  [5_000_000, 0.12],
  [10_000_000, 0.1],
];
const makerTiers = [
  [0, 0.16],
  [50_000, 0.14],
  [100_000, 0.12],
  [250_000, 0.1],
  [500_000, 0.08],
  [1_000_000, 0.06],
  [2_500_000, 0.04],
  [5_000_000, 0.02],
  [10_000_000, 0],
];

export function assetView(code: string): Record<string, unknown> {
  const { altname, decimals, displayDecimals } = assetOf(code);
  return { aclass: 'currency', altname, decimals, display_decimals: displayDecimals, status: 'enabled' };
}

/** @param info which part: `info` is all. @throws KrakenError when it is none that exists */
export function pairView(pair: KrakenPair, info: string): Record<string, unknown> {
  const leverage = { leverage_buy: [], leverage_sell: [] };
  const fees = { fees: takerTiers, fees_maker: makerTiers, fee_volume_currency: 'ZUSD' };
  const margin = { margin_call: 80, margin_stop: 40 };
  switch (info) {
    case 'info':
      return { ...identity(pair), ...leverage, ...fees, ...margin, ...minima(pair), status: 'online' };
    case 'leverage':
      return leverage;
    case 'fees':
      return fees;
    case 'margin':
      return margin;
    default:
      throw invalidArguments('info');
  }
}

function identity({ instrument, altname, wsname, pairDecimals }: KrakenPair): Record<string, unknown> {
  return {
    altname,
    wsname,
    aclass_base: 'currency',
    base: assetOf(instrument.base).id,
    aclass_quote: 'currency',
    quote: assetOf(instrument.quote).id,
    lot: 'unit',
    cost_decimals: costDecimals,
    pair_decimals: pairDecimals,
    lot_decimals: lotDecimals,
    lot_multiplier: 1,
  };
}

function minima({ instrument }: KrakenPair): Record<string, unknown> {
  return {
    ordermin: toText(instrument.minimumQuantity),
    costmin: toText(instrument.minimumNotional),
    tick_size: toText(instrument.priceTick),
  };
}
