/** What simulated binance spot can list. Ticks, steps and minimum notionals are the exchange's; maxima are a model. */
import { decimal } from '../../../domain/decimal.ts';
import type { DecimalText } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';

interface Filters {
  readonly tick: DecimalText;
  readonly step: DecimalText;
  readonly most: DecimalText;
}

function spot(base: string, filters: Filters, listedByDefault: boolean): SimInstrument {
  return {
    venue: 'binance',
    id: `${base}USDT`,
    symbol: `${base}/USDT`,
    kind: 'spot',
    base,
    quote: 'USDT',
    contractSize: decimal('1'),
    priceTick: decimal(filters.tick),
    quantityStep: decimal(filters.step),
    minimumQuantity: decimal(filters.step),
    maximumQuantity: decimal(filters.most),
    minimumNotional: decimal('5'),
    brackets: [],
    listedByDefault,
  };
}

export const binanceInstruments: readonly SimInstrument[] = [
  spot('USDC', { tick: '0.00001', step: '1', most: '9000000' }, true),
  spot('BTC', { tick: '0.01', step: '0.00001', most: '9000' }, false),
  spot('ETH', { tick: '0.01', step: '0.0001', most: '9000' }, false),
  spot('SOL', { tick: '0.01', step: '0.001', most: '90000' }, false),
];
