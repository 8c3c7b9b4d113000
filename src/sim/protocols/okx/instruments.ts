/**
 * What simulated OKX can list.
 *
 * Contract values of the BTC, ETH and SOL swaps (0.01, 0.1 and 1 coins) and one-contract lots of the stablecoin swap are
 * OKX's. A model, because no public table of them was at hand: the contract value of USDC-USDT-SWAP (10 USDC, so that
 * nobody gets away with taking it for 1), lots and minimums of the spot pairs, and the margin tiers.
 */
import { decimal, one } from '../../../domain/decimal.ts';
import type { DecimalText } from '../../../domain/decimal.ts';
import type { MarginBracket, SimInstrument } from '../../exchange/instruments.ts';
import { majorBrackets, stablecoinBrackets } from '../../exchange/instruments.ts';

interface SpotFilters {
  readonly tick: DecimalText;
  readonly lot: DecimalText;
  readonly minimum: DecimalText;
  readonly maximum: DecimalText;
}

function spot(base: string, filters: SpotFilters, listedByDefault: boolean): SimInstrument {
  return {
    venue: 'okx',
    id: `${base}-USDT`,
    symbol: `${base}/USDT`,
    kind: 'spot',
    base,
    quote: 'USDT',
    contractSize: one,
    priceTick: decimal(filters.tick),
    quantityStep: decimal(filters.lot),
    minimumQuantity: decimal(filters.minimum),
    maximumQuantity: decimal(filters.maximum),
    minimumNotional: decimal('0'),
    brackets: [],
    listedByDefault,
  };
}

interface SwapFilters {
  readonly tick: DecimalText;
  /** Base units of one contract. */
  readonly contract: DecimalText;
  /** In contracts, also the minimum. */
  readonly lot: DecimalText;
  /** In contracts. */
  readonly maximum: DecimalText;
  readonly brackets: readonly MarginBracket[];
}

function swap(base: string, filters: SwapFilters, listedByDefault: boolean): SimInstrument {
  const contract = decimal(filters.contract);
  return {
    venue: 'okx',
    id: `${base}-USDT-SWAP`,
    symbol: `${base}/USDT:USDT`,
    kind: 'perpetual',
    base,
    quote: 'USDT',
    contractSize: contract,
    priceTick: decimal(filters.tick),
    quantityStep: decimal(filters.lot).times(contract),
    minimumQuantity: decimal(filters.lot).times(contract),
    maximumQuantity: decimal(filters.maximum).times(contract),
    minimumNotional: decimal('0'),
    brackets: filters.brackets,
    listedByDefault,
  };
}

export const okxInstruments: readonly SimInstrument[] = [
  spot('USDC', { tick: '0.0001', lot: '0.000001', minimum: '1', maximum: '9000000' }, true),
  swap('USDC', { tick: '0.0001', contract: '10', lot: '1', maximum: '900000', brackets: stablecoinBrackets }, true),
  spot('BTC', { tick: '0.1', lot: '0.00000001', minimum: '0.00001', maximum: '10000' }, false),
  swap('BTC', { tick: '0.1', contract: '0.01', lot: '0.01', maximum: '1000000', brackets: majorBrackets }, false),
  spot('ETH', { tick: '0.01', lot: '0.000001', minimum: '0.001', maximum: '100000' }, false),
  swap('ETH', { tick: '0.01', contract: '0.1', lot: '0.01', maximum: '1000000', brackets: majorBrackets }, false),
  spot('SOL', { tick: '0.01', lot: '0.000001', minimum: '0.01', maximum: '1000000' }, false),
  swap('SOL', { tick: '0.01', contract: '1', lot: '0.01', maximum: '1000000', brackets: majorBrackets }, false),
];
