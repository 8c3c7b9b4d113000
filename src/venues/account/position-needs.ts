/** Whether a venue and a symbol can do what one leg of a position needs, before anything is spent on it. Without ccxt. */
import { decimal, zero } from '../../domain/decimal.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { LegName } from '../../domain/order.ts';
import type { ExecutionStyle } from '../../domain/position.ts';
import type { OrderKind, VenueCapabilities } from '../../ports/venue.ts';

/** What each style sends. */
const kindsOf: Readonly<Record<ExecutionStyle, readonly OrderKind[]>> = {
  taker_taker: ['ioc'],
  maker_hedge: ['ioc', 'post_only'],
  market: ['market'],
};

const kindNames: Readonly<Record<OrderKind, string>> = {
  ioc: 'immediate-or-cancel limit orders',
  gtc: 'orders that rest',
  post_only: 'post-only orders',
  market: 'market orders',
};

/** Null when the venue takes every order that the style sends; otherwise the reason, with the styles that it can do. */
export function styleRefusal({ venue, orderKinds }: VenueCapabilities, style: ExecutionStyle): string | null {
  const missing = kindsOf[style].filter((kind) => !orderKinds.includes(kind));
  if (missing.length === 0) return null;
  const possible = Object.entries(kindsOf)
    .filter(([, kinds]) => kinds.every((kind) => orderKinds.includes(kind)))
    .map(([name]) => name);
  const reason = `${venue} takes no ${missing.map((kind) => kindNames[kind]).join(' and no ')}`;
  return `${reason}, which the execution style ${style} needs; it can do: ${possible.join(', ') || 'none'}`;
}

/** Null when it can; otherwise the reason, for a person. */
export function legRefusal(
  capabilities: VenueCapabilities,
  instrument: Instrument,
  leg: LegName,
  style: ExecutionStyle = 'taker_taker',
): string | null {
  const { venue, symbol, kind, quote, settle } = instrument;
  const refuse = (reason: string): string => `${venue}: ${symbol} cannot be the ${leg} leg of a position: ${reason}`;
  const unable = styleRefusal(capabilities, style);
  if (unable !== null) return refuse(unable);
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
