/**
 * What simulated bybit can list: the stablecoin pair as the exchange filters it, and three majors as a model.
 *
 * Bybit calls a pair and its perpetual by one name (`USDCUSDT`) and tells them apart by category. The core needs one
 * id each, so a perpetual's has a suffix that never reaches the wire.
 */
import { decimal } from '../../../domain/decimal.ts';
import type { DecimalText } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { majorBrackets, stablecoinBrackets } from '../../exchange/instruments.ts';
import type { Category } from './call.ts';

const linearSuffix = '.linear';

/** Id of the core for a name on the wire. */
export function instrumentId(category: Category, wireSymbol: string): string {
  return category === 'spot' ? wireSymbol : `${wireSymbol}.${category}`;
}

/** Name on the wire. */
export function wireSymbol(instrument: SimInstrument): string {
  return instrument.kind === 'spot' ? instrument.id : instrument.id.slice(0, -linearSuffix.length);
}

export function categoryOf(instrument: SimInstrument): Category {
  return instrument.kind === 'spot' ? 'spot' : 'linear';
}

interface Filters {
  readonly tick: DecimalText;
  readonly step: DecimalText;
  readonly minimum: DecimalText;
  readonly maximum: DecimalText;
  /** In USDT. */
  readonly minimumNotional: DecimalText;
}

function spot(base: string, filters: Filters, listedByDefault: boolean): SimInstrument {
  return { ...common(base, filters, listedByDefault), id: `${base}USDT`, symbol: `${base}/USDT`, kind: 'spot' };
}

function linear(
  base: string,
  filters: Filters,
  brackets: SimInstrument['brackets'],
  listedByDefault: boolean,
): SimInstrument {
  return {
    ...common(base, filters, listedByDefault),
    id: `${base}USDT${linearSuffix}`,
    symbol: `${base}/USDT:USDT`,
    kind: 'perpetual',
    brackets,
  };
}

function common(
  base: string,
  filters: Filters,
  listedByDefault: boolean,
): Omit<SimInstrument, 'id' | 'symbol' | 'kind'> {
  return {
    venue: 'bybit',
    base,
    quote: 'USDT',
    contractSize: decimal('1'),
    priceTick: decimal(filters.tick),
    quantityStep: decimal(filters.step),
    minimumQuantity: decimal(filters.minimum),
    maximumQuantity: decimal(filters.maximum),
    minimumNotional: decimal(filters.minimumNotional),
    brackets: [],
    listedByDefault,
  };
}

const usdcSpot: Filters = { tick: '0.0001', step: '0.01', minimum: '1', maximum: '9000000', minimumNotional: '1' };
const usdcLinear: Filters = { tick: '0.0001', step: '0.1', minimum: '0.1', maximum: '9000000', minimumNotional: '5' };
// A model of the majors, near the exchange's filters of 2025.
const btcSpot: Filters = { tick: '0.01', step: '0.000001', minimum: '0.00004', maximum: '63', minimumNotional: '1' };
const ethSpot: Filters = { tick: '0.01', step: '0.00001', minimum: '0.0005', maximum: '1200', minimumNotional: '1' };
const solSpot: Filters = { tick: '0.01', step: '0.001', minimum: '0.01', maximum: '40000', minimumNotional: '1' };
const btcLinear: Filters = { tick: '0.1', step: '0.001', minimum: '0.001', maximum: '1190', minimumNotional: '5' };
const ethLinear: Filters = { tick: '0.01', step: '0.01', minimum: '0.01', maximum: '7240', minimumNotional: '5' };
const solLinear: Filters = { tick: '0.01', step: '0.1', minimum: '0.1', maximum: '79770', minimumNotional: '5' };

export const bybitInstruments: readonly SimInstrument[] = [
  spot('USDC', usdcSpot, true),
  linear('USDC', usdcLinear, stablecoinBrackets, true),
  spot('BTC', btcSpot, false),
  linear('BTC', btcLinear, majorBrackets, false),
  spot('ETH', ethSpot, false),
  linear('ETH', ethLinear, majorBrackets, false),
  spot('SOL', solSpot, false),
  linear('SOL', solLinear, majorBrackets, false),
];
