/** Instruments as a venue's own market list states them, or the reason why a symbol is refused. */
import { decimal, toText, type DecimalText } from '../../domain/decimal.ts';
import { VenueError } from '../../ports/venue.ts';
import { decimalText, decimalTextOrNull } from '../capabilities/raw.ts';
import type { VenueDialect } from '../capabilities/venue-dialect.ts';
import type { Instrument } from '../../domain/instrument.ts';
import type { ExactExchange, ExactMarket } from '../exact-exchange.ts';

const longestList = 8;

/** What may be opened now. @throws VenueError `bad_symbol`, also of a market that is closed. */
export function tradableInstrumentOf(exchange: ExactExchange, dialect: VenueDialect, symbol: string): Instrument {
  const instrument = instrumentOf(exchange, dialect, symbol);
  if (!isClosed(exchange, symbol)) return instrument;
  throw new VenueError('bad_symbol', `${instrument.venue}: ${symbol} exists but is not open for trading now`);
}

/** Whether the market list, as it was last read, says that nothing is traded in it. */
export function isClosed(exchange: ExactExchange, symbol: string): boolean {
  return exchange.markets?.[symbol]?.active === false;
}

/** @throws VenueError `bad_symbol`, naming what exists instead. */
export function instrumentOf(exchange: ExactExchange, dialect: VenueDialect, symbol: string): Instrument {
  const market = servedMarket(exchange, dialect, symbol);
  const contractSize = market.spot === true ? '1' : decimalText(market.contractSize, `${symbol}: contract size`);
  const step = decimalText(market.precision.amount, `${symbol}: quantity step`);
  const smallest = decimalTextOrNull(market.limits.amount?.min, `${symbol}: smallest quantity`) ?? step;
  return {
    venue: dialect.capabilities.venue,
    symbol,
    kind: market.spot === true ? 'spot' : 'perpetual',
    base: market.base,
    quote: market.quote,
    settle: market.spot === true ? null : (market.settle ?? null),
    contractSize,
    priceTick: decimalText(market.precision.price, `${symbol}: price tick`),
    quantityStep: times(step, contractSize),
    minimumQuantity: times(smallest, contractSize),
    minimumNotional: decimalTextOrNull(market.limits.cost?.min, `${symbol}: smallest notional`) ?? '0',
    feeCurrency: market.spot === true ? dialect.capabilities.spotFeeCurrency : 'quote',
  };
}

/**
 * The market behind a symbol that we may trade, open or closed: what is held in one that is closed is read all the same,
 * and whether it takes an order that reduces is the venue's to say. @throws VenueError `bad_symbol`.
 */
export function servedMarket(exchange: ExactExchange, dialect: VenueDialect, symbol: string): ExactMarket {
  const venue = dialect.capabilities.venue;
  const markets = exchange.markets ?? {};
  const market = Object.hasOwn(markets, symbol) ? markets[symbol] : undefined;
  const refuse = (reason: string): VenueError => new VenueError('bad_symbol', `${venue}: ${symbol} ${reason}`);
  if (market === undefined) throw refuse(`does not exist; ${similar(markets, symbol)}`);
  const kind = market.spot === true ? 'spot' : market.swap === true ? 'perpetual' : null;
  if (kind === null) throw refuse('is neither a spot pair nor a perpetual');
  if (!dialect.kinds.includes(kind)) throw refuse(`is a ${kind}, and only ${dialect.kinds.join(', ')} is served here`);
  if (kind === 'perpetual') {
    if (market.linear !== true) throw refuse('is an inverse contract: only linear perpetuals can be hedged one to one');
    if (market.settle !== market.quote) {
      throw refuse(`is quoted in ${market.quote} but settles in ${market.settle ?? 'nothing'}`);
    }
  }
  const [base, rest] = symbol.split('/');
  const quote = rest?.split(':')[0];
  if (base !== market.base || quote !== market.quote) {
    throw refuse(`is ${market.base} quoted in ${market.quote} at the venue, not what its name says`);
  }
  return market;
}

function similar(markets: Readonly<Record<string, ExactMarket>>, symbol: string): string {
  const base = symbol.split('/')[0] ?? symbol;
  const found = Object.keys(markets).filter((name) => name.split('/')[0] === base);
  if (found.length === 0) return `nothing with base ${base} exists among its ${Object.keys(markets).length} markets`;
  const more = found.length > longestList ? ', …' : '';
  return `with base ${base} exist: ${found.slice(0, longestList).join(', ')}${more}`;
}

/** Base units from contracts, and back; exact. */
export function toBase(contracts: DecimalText, contractSize: DecimalText): DecimalText {
  return times(contracts, contractSize);
}

function times(left: DecimalText, right: DecimalText): DecimalText {
  return toText(decimal(left).times(decimal(right)));
}

export function contractSizeOf(exchange: ExactExchange, symbol: string): DecimalText {
  const market = exchange.markets?.[symbol];
  if (market === undefined) throw new VenueError('bad_symbol', `${exchange.id}: ${symbol} is not loaded`);
  return market.spot === true ? '1' : decimalText(market.contractSize, `${symbol}: contract size`);
}
