/** Whether a venue and a symbol can do what one leg of a position needs, before anything is spent on it. Without ccxt. */
import { decimal, zero } from '../domain/decimal.ts';
import type { Instrument } from '../domain/instrument.ts';
import type { LegName } from '../domain/order.ts';
import type { VenueCapabilities } from '../ports/venue.ts';

/** Null when it can; otherwise the reason, for a person. */
export function legRefusal(capabilities: VenueCapabilities, instrument: Instrument, leg: LegName): string | null {
  const { venue, symbol, kind, quote, settle } = instrument;
  const refuse = (reason: string): string => `${venue}: ${symbol} cannot be the ${leg} leg of a position: ${reason}`;
  if (!capabilities.orderKinds.includes('ioc')) {
    return refuse('its legs are immediate-or-cancel limit orders, and the venue takes none');
  }
  if (leg === 'spot' && kind !== 'spot') return refuse(`it is a ${kind}`);
  if (leg === 'perp' && kind !== 'perpetual')
    return refuse('it is a spot pair: it has no funding and cannot be sold short');
  if (leg === 'perp' && settle !== quote) {
    return refuse(
      `it settles in ${settle ?? 'nothing'} and is quoted in ${quote}: its profit would not be in one currency`,
    );
  }
  const sizes = [instrument.contractSize, instrument.priceTick, instrument.quantityStep];
  if (!sizes.every((size) => decimal(size).gt(zero))) return refuse('the venue does not say its lot, tick or contract');
  return null;
}
