/** Kraken's pairs and assets, with the names that its REST and websocket protocols give them. */
import type { DecimalText } from '../../../domain/decimal.ts';
import { decimal, one } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { decimalPlaces } from '../../exchange/instruments.ts';

export interface KrakenPair {
  /** Its `id` is the key of AssetPairs: `XXBTZUSD`. Currencies are unified codes: `BTC`, `USD`. */
  readonly instrument: SimInstrument;
  /** `XBTUSD` */
  readonly altname: string;
  /** `XBT/USD`: the name of the first websocket protocol; the second uses the unified symbol. */
  readonly wsname: string;
  readonly pairDecimals: number;
}

export const lotDecimals = 8;
export const costDecimals = 5;
const costMinimum = '0.5';

export interface KrakenAsset {
  /** Key of Assets and of balances: `ZUSD`. */
  readonly id: string;
  /** `USD` */
  readonly altname: string;
  readonly decimals: number;
  readonly displayDecimals: number;
}

const assets: ReadonlyMap<string, KrakenAsset> = new Map([
  ['USD', { id: 'ZUSD', altname: 'USD', decimals: 4, displayDecimals: 2 }],
  ['EUR', { id: 'ZEUR', altname: 'EUR', decimals: 4, displayDecimals: 2 }],
  ['BTC', { id: 'XXBT', altname: 'XBT', decimals: 10, displayDecimals: 5 }],
  ['ETH', { id: 'XETH', altname: 'ETH', decimals: 10, displayDecimals: 5 }],
  ['USDC', { id: 'USDC', altname: 'USDC', decimals: 8, displayDecimals: 4 }],
  ['USDT', { id: 'USDT', altname: 'USDT', decimals: 8, displayDecimals: 4 }],
]);

const codes = new Map(
  [...assets].flatMap(([code, { id, altname }]) => [code, id, altname].map((name) => [name, code])),
);

/** The asset of a unified code; currencies that the exchange's old naming does not touch are called the same. */
export function assetOf(code: string): KrakenAsset {
  return assets.get(code) ?? { id: code, altname: code, decimals: 8, displayDecimals: 5 };
}

/** The unified code of `ZUSD`, `USD`, `XXBT`, `XBT` … */
export function codeOf(asset: string): string {
  return codes.get(asset) ?? asset;
}

interface PairFacts {
  readonly id: string;
  readonly altname: string;
  readonly wsname: string;
  readonly base: string;
  readonly quote: string;
  readonly tick: DecimalText;
  readonly minimum: DecimalText;
  /** Base units: a model, the exchange publishes no maximum. */
  readonly maximum: DecimalText;
  readonly listedByDefault: boolean;
}

function pair(facts: PairFacts): KrakenPair {
  const priceTick = decimal(facts.tick);
  return {
    altname: facts.altname,
    wsname: facts.wsname,
    pairDecimals: decimalPlaces(priceTick),
    instrument: {
      venue: 'kraken',
      id: facts.id,
      symbol: `${facts.base}/${facts.quote}`,
      kind: 'spot',
      base: facts.base,
      quote: facts.quote,
      contractSize: one,
      priceTick,
      quantityStep: decimal('0.00000001'),
      minimumQuantity: decimal(facts.minimum),
      maximumQuantity: decimal(facts.maximum),
      minimumNotional: decimal(costMinimum),
      brackets: [],
      listedByDefault: facts.listedByDefault,
    },
  };
}

const stable = { minimum: '5', maximum: '50000000', listedByDefault: true };
/** Ticks and minima of these are a model of what the exchange had. */
const bitcoin = { tick: '0.1', minimum: '0.00005', maximum: '10000', listedByDefault: false };
const ether = { tick: '0.01', minimum: '0.001', maximum: '100000', listedByDefault: false };
const solana = { tick: '0.01', minimum: '0.02', maximum: '1000000', listedByDefault: false };

const pairs: readonly KrakenPair[] = [
  pair({
    id: 'USDCUSD',
    altname: 'USDCUSD',
    wsname: 'USDC/USD',
    base: 'USDC',
    quote: 'USD',
    tick: '0.0001',
    ...stable,
  }),
  pair({
    id: 'USDCUSDT',
    altname: 'USDCUSDT',
    wsname: 'USDC/USDT',
    base: 'USDC',
    quote: 'USDT',
    tick: '0.0001',
    ...stable,
  }),
  pair({
    id: 'USDTZUSD',
    altname: 'USDTUSD',
    wsname: 'USDT/USD',
    base: 'USDT',
    quote: 'USD',
    tick: '0.00001',
    ...stable,
  }),
  pair({ id: 'XXBTZUSD', altname: 'XBTUSD', wsname: 'XBT/USD', base: 'BTC', quote: 'USD', ...bitcoin }),
  pair({ id: 'XBTUSDT', altname: 'XBTUSDT', wsname: 'XBT/USDT', base: 'BTC', quote: 'USDT', ...bitcoin }),
  pair({ id: 'XETHZUSD', altname: 'ETHUSD', wsname: 'ETH/USD', base: 'ETH', quote: 'USD', ...ether }),
  pair({ id: 'ETHUSDT', altname: 'ETHUSDT', wsname: 'ETH/USDT', base: 'ETH', quote: 'USDT', ...ether }),
  pair({ id: 'SOLUSD', altname: 'SOLUSD', wsname: 'SOL/USD', base: 'SOL', quote: 'USD', ...solana }),
  pair({ id: 'SOLUSDT', altname: 'SOLUSDT', wsname: 'SOL/USDT', base: 'SOL', quote: 'USDT', ...solana }),
];

export const krakenInstruments: readonly SimInstrument[] = pairs.map(({ instrument }) => instrument);

const byName = new Map(
  pairs.flatMap((entry) =>
    [entry.instrument.id, entry.altname, entry.wsname, entry.instrument.symbol].map((name) => [name, entry]),
  ),
);

/** By key, altname, wsname or unified symbol. Null when there is no such pair, listed or not. */
export function pairNamed(name: string): KrakenPair | null {
  return byName.get(name) ?? null;
}

export function pairOf(instrument: SimInstrument): KrakenPair {
  const found = byName.get(instrument.id);
  if (found === undefined) throw new Error(`kraken has no pair ${instrument.id}`);
  return found;
}
