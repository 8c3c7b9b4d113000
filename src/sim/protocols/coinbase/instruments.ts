/**
 * What simulated Coinbase can list. Ticks and steps of the stablecoin pairs are the exchange's; those of BTC, ETH and SOL, and
 * all upper limits, are a model. USDC and USD are two currencies here: on the exchange most `-USDC` products share the
 * book of their `-USD` product, which is not modelled; USDT-USD and USDT-USDC have books of their own there as well.
 */
import type { DecimalText } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';

interface Filters {
  readonly tick: DecimalText;
  readonly step: DecimalText;
  readonly minimum: DecimalText;
  readonly maximum: DecimalText;
  readonly listedByDefault: boolean;
}

function spot(base: string, quote: string, filters: Filters): SimInstrument {
  return {
    venue: 'coinbase',
    id: `${base}-${quote}`,
    symbol: `${base}/${quote}`,
    kind: 'spot',
    base,
    quote,
    contractSize: decimal('1'),
    priceTick: decimal(filters.tick),
    quantityStep: decimal(filters.step),
    minimumQuantity: decimal(filters.minimum),
    maximumQuantity: decimal(filters.maximum),
    minimumNotional: decimal('0.01'),
    brackets: [],
    listedByDefault: filters.listedByDefault,
  };
}

const stable = { step: '0.01', minimum: '0.01', maximum: '9000000', listedByDefault: true };
const major = { tick: '0.01', step: '0.00000001', minimum: '0.00000001', listedByDefault: false };

export const coinbaseInstruments: readonly SimInstrument[] = [
  spot('USDT', 'USD', { ...stable, tick: '0.00001' }),
  spot('USDT', 'USDC', { ...stable, tick: '0.0001' }),
  spot('BTC', 'USD', { ...major, maximum: '3400' }),
  spot('ETH', 'USD', { ...major, maximum: '42000' }),
  spot('SOL', 'USD', { ...major, maximum: '600000' }),
];
