/** The benchmark's markets: 100 assets, spot and perpetual, on ten venues. */
import type { Instrument } from '../src/domain/instrument.ts';
import type { Quote } from '../src/domain/quote.ts';
import type { Pair } from '../src/strategy/pair.ts';

const [assets, venues] = [100, 10];

export interface ScanUniverse {
  readonly pairs: readonly Pair[];
  readonly quotes: readonly Quote[];
  /** Each a tick higher. */
  readonly moved: readonly Quote[];
}

/** Flat order books whose prices differ by up to so much from venue to venue: the further apart, the more pairs pass. */
export function scanUniverse(apartBps: number): ScanUniverse {
  const instrument = (venue: string, base: string, kind: Instrument['kind']): Instrument => ({
    venue,
    symbol: kind === 'spot' ? `${base}/USDT` : `${base}/USDT:USDT`,
    kind,
    base,
    quote: 'USDT',
    settle: kind === 'spot' ? null : 'USDT',
    contractSize: '1',
    priceTick: '0.0001',
    quantityStep: '0.01',
    minimumQuantity: '0.01',
    minimumNotional: '1',
    feeCurrency: 'quote',
  });
  const quoteOf = ({ venue, symbol }: Instrument, seed: number, moveBps: number): Quote => {
    const bid = 1 + (((seed * 7919) % (apartBps + 1)) + moveBps) / 10_000;
    return {
      venue,
      symbol,
      bids: [{ price: bid.toFixed(4), quantityBase: '1000000' }],
      asks: [{ price: (bid + 0.0001).toFixed(4), quantityBase: '1000000' }],
      aliveAtMs: 0,
    };
  };
  const legs = Array.from({ length: assets * venues }, (_, index) => {
    const [asset, venue] = [`A${Math.floor(index / venues)}`, `venue${index % venues}`];
    return { asset, spot: instrument(venue, asset, 'spot'), perp: instrument(venue, asset, 'perpetual') };
  });
  const plan = (one: Instrument) => ({ account: one.venue, instrument: one, takerFeeBps: '5' });
  const pairs = legs.flatMap(({ asset, spot }): Pair[] =>
    legs
      .filter((leg) => leg.asset === asset)
      .map(({ perp }) => ({
        pairId: `${spot.symbol}@${spot.venue}~${perp.venue}`,
        asset,
        spot: plan(spot),
        perp: plan(perp),
        leverage: '3',
      })),
  );
  const quotesAt = (moveBps: number): Quote[] =>
    legs.flatMap(({ spot, perp }, index) => [quoteOf(spot, index, moveBps), quoteOf(perp, index * 3 + 1, moveBps)]);
  return { pairs, quotes: quotesAt(0), moved: quotesAt(1) };
}
