/** What simulated binance USDⓈ-M can list. */
import { decimal } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../instruments.ts';
import { stablecoinBrackets } from '../../instruments.ts';

export const binanceUsdmInstruments: readonly SimInstrument[] = [
  {
    venue: 'binanceusdm',
    id: 'USDCUSDT',
    symbol: 'USDC/USDT:USDT',
    kind: 'perpetual',
    base: 'USDC',
    quote: 'USDT',
    contractSize: decimal('1'),
    priceTick: decimal('0.000001'),
    quantityStep: decimal('1'),
    minimumQuantity: decimal('1'),
    maximumQuantity: decimal('9000000'),
    minimumNotional: decimal('5'),
    brackets: stablecoinBrackets,
    listedByDefault: true,
  },
];
