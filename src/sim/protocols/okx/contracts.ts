/** Between base units, in which the core counts, and the wire: contracts for swaps, base units for spot. Exact. */
import type { Decimal, DecimalText } from '../../../domain/decimal.ts';
import { decimal, divide, toText } from '../../../domain/decimal.ts';
import type { LevelText } from '../../feed/book-feed.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';

export type InstrumentType = 'SPOT' | 'MARGIN' | 'SWAP';

/** Contract values are powers of ten, so that a division by one ends. */
export function toWireSize(instrument: SimInstrument, quantityBase: Decimal): Decimal {
  return instrument.kind === 'spot' ? quantityBase : divide(quantityBase, instrument.contractSize);
}

export function wireSizeText(instrument: SimInstrument, quantityBase: Decimal): DecimalText {
  return toText(toWireSize(instrument, quantityBase));
}

export function toBase(instrument: SimInstrument, wireSize: Decimal): Decimal {
  return wireSize.times(instrument.contractSize);
}

export function instrumentType(instrument: SimInstrument): 'SPOT' | 'SWAP' {
  return instrument.kind === 'spot' ? 'SPOT' : 'SWAP';
}

/** `USDC-USDT`: the index that a swap follows, and the family that it belongs to. */
export function familyOf(instrument: SimInstrument): string {
  return `${instrument.base}-${instrument.quote}`;
}

/** OKX's rows of a book: price, size, a deprecated zero, number of orders. */
export type BookRow = readonly [price: DecimalText, size: DecimalText, deprecated: '0', orders: DecimalText];

export function bookRow(instrument: SimInstrument, [price, quantity]: LevelText): BookRow {
  const size = instrument.kind === 'spot' || quantity === '0' ? quantity : wireSizeText(instrument, decimal(quantity));
  return [price, size, '0', quantity === '0' ? '0' : '1'];
}
