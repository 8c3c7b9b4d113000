/** What the simulated exchanges list, with the filters that they enforce. */
import type { Decimal, DecimalText } from '../../domain/decimal.ts';
import { decimal } from '../../domain/decimal.ts';
import type { InstrumentKind } from '../../domain/instrument.ts';

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
  /** Base units of one contract of the wire; 1 for spot. All other quantities here are base units. */
  readonly contractSize: Decimal;
  readonly priceTick: Decimal;
  readonly quantityStep: Decimal;
  readonly minimumQuantity: Decimal;
  readonly maximumQuantity: Decimal;
  /** In quote units. */
  readonly minimumNotional: Decimal;
  /** Empty for spot. */
  readonly brackets: readonly MarginBracket[];
  /** Whether the venue lists it when the configuration names no instruments. */
  readonly listedByDefault: boolean;
}

/** One tier, from decimal text. */
export function bracket(
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
export const stablecoinBrackets: readonly MarginBracket[] = [
  bracket('0', '50000', 50, '0.01', '0'),
  bracket('50000', '600000', 25, '0.02', '500'),
  bracket('600000', '3000000', 10, '0.05', '18500'),
  bracket('3000000', '6000000', 5, '0.1', '168500'),
  bracket('6000000', '30000000', 2, '0.25', '1068500'),
];

/** A model of a major coin's table, in quote units. */
export const majorBrackets: readonly MarginBracket[] = [
  bracket('0', '50000', 125, '0.004', '0'),
  bracket('50000', '600000', 100, '0.005', '50'),
  bracket('600000', '3000000', 75, '0.0065', '950'),
  bracket('3000000', '12000000', 50, '0.01', '11450'),
  bracket('12000000', '70000000', 25, '0.02', '131450'),
  bracket('70000000', '300000000', 10, '0.05', '2231450'),
];

/** Digits after the point of a step such as `0.0001` (4) or `1` (0). */
export function decimalPlaces(step: Decimal): number {
  return step.toFixed().split('.')[1]?.length ?? 0;
}
