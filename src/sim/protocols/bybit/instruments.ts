/** What simulated bybit can list. */
import { decimal } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../instruments.ts';

export const bybitInstruments: readonly SimInstrument[] = [
  {
    venue: 'bybit',
    id: 'USDCUSDT',
    symbol: 'USDC/USDT',
    kind: 'spot',
    base: 'USDC',
    quote: 'USDT',
    contractSize: decimal('1'),
    priceTick: decimal('0.0001'),
    quantityStep: decimal('0.01'),
    minimumQuantity: decimal('1'),
    maximumQuantity: decimal('9000000'),
    minimumNotional: decimal('1'),
    brackets: [],
    listedByDefault: true,
  },
];
