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
