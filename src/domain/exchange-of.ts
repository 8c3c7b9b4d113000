/** Which exchange a ccxt id belongs to: some have one id a market type, and fail as one. */
const exchanges: Readonly<Record<string, string>> = {
  binanceusdm: 'binance',
  binancecoinm: 'binance',
  krakenfutures: 'kraken',
  coinbaseinternational: 'coinbase',
  coinbaseexchange: 'coinbase',
};

export function exchangeOf(venue: string): string {
  return Object.hasOwn(exchanges, venue) ? (exchanges[venue] ?? venue) : venue;
}

/** `binance and bybit`, whichever of them has the spot leg: everything between two exchanges is under one cap. */
export function exchangePair(one: string, other: string): string {
  return [exchangeOf(one), exchangeOf(other)].sort().join(' and ');
}
