/** What simulated binance USDⓈ-M can list: the stablecoin contract as the exchange filters it, and the majors as a model. */
import { decimal } from '../../../domain/decimal.ts';
import type { DecimalText } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { majorBrackets, stablecoinBrackets } from '../../exchange/instruments.ts';

interface Filters {
  readonly tick: DecimalText;
  readonly step: DecimalText;
  readonly most: DecimalText;
  /** In USDT. */
  readonly minimumNotional: DecimalText;
}

function perpetual(base: string, filters: Filters, isStable: boolean): SimInstrument {
  return {
    venue: 'binanceusdm',
    id: `${base}USDT`,
    symbol: `${base}/USDT:USDT`,
    kind: 'perpetual',
    base,
    quote: 'USDT',
    contractSize: decimal('1'),
    priceTick: decimal(filters.tick),
    quantityStep: decimal(filters.step),
    minimumQuantity: decimal(filters.step),
    maximumQuantity: decimal(filters.most),
    minimumNotional: decimal(filters.minimumNotional),
    brackets: isStable ? stablecoinBrackets : majorBrackets,
    listedByDefault: isStable,
  };
}

export const binanceUsdmInstruments: readonly SimInstrument[] = [
  perpetual('USDC', { tick: '0.000001', step: '1', most: '9000000', minimumNotional: '5' }, true),
  perpetual('BTC', { tick: '0.1', step: '0.001', most: '1000', minimumNotional: '100' }, false),
  perpetual('ETH', { tick: '0.01', step: '0.001', most: '10000', minimumNotional: '20' }, false),
  perpetual('SOL', { tick: '0.01', step: '0.01', most: '1000000', minimumNotional: '5' }, false),
];
