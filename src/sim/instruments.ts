/** What the simulated exchanges list, with the filters that they enforce. */
import type { Decimal, DecimalText } from '../domain/decimal.ts';
import { decimal } from '../domain/decimal.ts';
import type { InstrumentKind } from '../domain/instrument.ts';

/** One tier of maintenance margin: holds while the notional is in [floor, cap). Margin = ratio · notional − cumulative. */
export interface MarginBracket {
  readonly notionalFloor: Decimal;
  readonly notionalCap: Decimal;
  readonly maximumLeverage: number;
  readonly maintenanceRatio: Decimal;
  readonly cumulative: Decimal;
}

export interface SimInstrument {
  /** ccxt id of the venue. */
  readonly venue: string;
  /** The venue's own id, as on the wire: `USDCUSDT`. */
  readonly id: string;
  /** Unified symbol, as in the tape: `USDC/USDT:USDT`. */
  readonly symbol: string;
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
  readonly priceTick: Decimal;
  readonly quantityStep: Decimal;
  readonly minimumQuantity: Decimal;
  readonly maximumQuantity: Decimal;
  /** In quote units. */
  readonly minimumNotional: Decimal;
  /** Empty for spot. */
  readonly brackets: readonly MarginBracket[];
}

function bracket(
  floor: DecimalText,
  cap: DecimalText,
  leverage: number,
  ratio: DecimalText,
  cumulative: DecimalText,
): MarginBracket {
  return {
    notionalFloor: decimal(floor),
    notionalCap: decimal(cap),
    maximumLeverage: leverage,
    maintenanceRatio: decimal(ratio),
    cumulative: decimal(cumulative),
  };
}

/** A model, not a copy of the exchange's table: each cumulative = the one before + floor · (ratio − ratio before). */
const usdcPerpetualBrackets = [
  bracket('0', '50000', 50, '0.01', '0'),
  bracket('50000', '600000', 25, '0.02', '500'),
  bracket('600000', '3000000', 10, '0.05', '18500'),
  bracket('3000000', '6000000', 5, '0.1', '168500'),
  bracket('6000000', '30000000', 2, '0.25', '1068500'),
];

export const defaultInstruments: readonly SimInstrument[] = [
  {
    venue: 'bybit',
    id: 'USDCUSDT',
    symbol: 'USDC/USDT',
    kind: 'spot',
    base: 'USDC',
    quote: 'USDT',
    priceTick: decimal('0.0001'),
    quantityStep: decimal('0.01'),
    minimumQuantity: decimal('1'),
    maximumQuantity: decimal('9000000'),
    minimumNotional: decimal('1'),
    brackets: [],
  },
  {
    venue: 'binanceusdm',
    id: 'USDCUSDT',
    symbol: 'USDC/USDT:USDT',
    kind: 'perpetual',
    base: 'USDC',
    quote: 'USDT',
    priceTick: decimal('0.000001'),
    quantityStep: decimal('1'),
    minimumQuantity: decimal('1'),
    maximumQuantity: decimal('9000000'),
    minimumNotional: decimal('5'),
    brackets: usdcPerpetualBrackets,
  },
];

/** Digits after the point of a step such as `0.0001` (4) or `1` (0). */
export function decimalPlaces(step: Decimal): number {
  return step.toFixed().split('.')[1]?.length ?? 0;
}
