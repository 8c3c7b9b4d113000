/**
 * What simulated Kraken Futures can list: linear perpetuals in USD, a contract of one base unit. Ticks, steps, limits and
 * margin tiers are a model in the form of the exchange's: each tier names its initial and its maintenance margin.
 */
import type { DecimalText } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { bracket } from '../../exchange/instruments.ts';

interface Terms {
  /** Part of the id after `PF_`: `XBT` for bitcoin. */
  readonly code: string;
  readonly base: string;
  readonly tick: DecimalText;
  readonly step: DecimalText;
  readonly maximum: DecimalText;
  readonly listedByDefault: boolean;
}

/** Initial margins of 2, 4, 10, 20 and 50 %; half of each maintains. Each cumulative follows from the one before. */
const brackets = [
  bracket('0', '500000', 50, '0.01', '0'),
  bracket('500000', '2000000', 25, '0.02', '5000'),
  bracket('2000000', '10000000', 10, '0.05', '65000'),
  bracket('10000000', '20000000', 5, '0.1', '565000'),
  bracket('20000000', '60000000', 2, '0.25', '3565000'),
];

function perpetual({ code, base, tick, step, maximum, listedByDefault }: Terms): SimInstrument {
  return {
    venue: 'krakenfutures',
    id: `PF_${code}USD`,
    symbol: `${base}/USD:USD`,
    kind: 'perpetual',
    base,
    quote: 'USD',
    contractSize: decimal('1'),
    priceTick: decimal(tick),
    quantityStep: decimal(step),
    minimumQuantity: decimal(step),
    maximumQuantity: decimal(maximum),
    minimumNotional: decimal('0'),
    brackets,
    listedByDefault,
  };
}

const stable = { tick: '0.0001', step: '1', maximum: '10000000', listedByDefault: true };

export const krakenFuturesInstruments: readonly SimInstrument[] = [
  perpetual({ ...stable, code: 'USDC', base: 'USDC' }),
  perpetual({ ...stable, code: 'USDT', base: 'USDT' }),
  perpetual({ code: 'XBT', base: 'BTC', tick: '1', step: '0.0001', maximum: '2000', listedByDefault: false }),
  perpetual({ code: 'ETH', base: 'ETH', tick: '0.1', step: '0.001', maximum: '16000', listedByDefault: false }),
  perpetual({ code: 'SOL', base: 'SOL', tick: '0.01', step: '0.01', maximum: '500000', listedByDefault: false }),
];

/** The exchange's own name of a coin. */
export function wireCurrency(currency: string): string {
  return currency === 'BTC' ? 'XBT' : currency;
}
