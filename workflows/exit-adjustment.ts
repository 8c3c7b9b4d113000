/** New exit thresholds of an open position: checked before they are taken, merged into those that hold. */
import { decimal, toText, zero, type Decimal } from '../src/domain/decimal.ts';
import type { PositionState } from '../src/domain/position-state.ts';
import type { ExitRules } from '../src/domain/position.ts';
import type { ExitAdjustment } from './messages.ts';

const hourMs = decimal('3600000');
const longestHours = decimal('8760');
const mostBps = decimal('10000');
const hundred = decimal('100');

interface Field {
  readonly words: string;
  readonly holds: (text: string) => boolean;
}

const onOrOff: Field = { words: 'on or off', holds: (text) => text === 'on' || text === 'off' };
const percent: Field = decimals(
  'percent above 0, at most 100, as text',
  (value) => value.gt(zero) && value.lte(hundred),
);

const allowed: Readonly<Record<keyof ExitAdjustment, Field>> = {
  stopLossPct: percent,
  profitTargetPct: percent,
  exitBps: decimals('basis points from -10000 to 10000, as text', (value) => value.abs().lte(mostBps)),
  maxHoldingHours: decimals(
    `hours above 0, at most ${longestHours.toFixed()}, as text`,
    (value) => value.gt(zero) && value.lte(longestHours),
  ),
  liquidationDistancePct: percent,
  liquidationTargetPct: percent,
  depegMaxCostBps: decimals('basis points from 0 to 10000, as text', (value) => value.gte(zero) && value.lte(mostBps)),
  depegBuyBack: onOrOff,
  fundingFlip: onOrOff,
};

/** @throws Error with every mistake: only a hedged position has exits to adjust */
export function mayAdjust(kind: PositionState['kind'] | 'reducing', adjustment: unknown): void {
  if (kind !== 'hedged') throw new Error(`only a hedged position is adjusted: this one is ${kind}`);
  const mistakes = adjustmentMistakes(adjustment);
  if (mistakes.length > 0) throw new Error(mistakes.join('; '));
}

/** Every mistake, each with what is allowed; none when the adjustment can be taken. It may be typed by hand. */
function adjustmentMistakes(adjustment: unknown): string[] {
  const names = Object.keys(allowed).join(', ');
  if (typeof adjustment !== 'object' || adjustment === null || Object.keys(adjustment).length === 0) {
    return [`give an object with at least one of ${names}`];
  }
  return Object.entries(adjustment).flatMap(([name, value]) => {
    const field = isField(name) ? allowed[name] : null;
    if (field === null) return [`${name} is none of ${names}`];
    return typeof value === 'string' && field.holds(value) ? [] : [`${name}: must be ${field.words}`];
  });
}

/** @param adjustment without mistakes */
export function adjusted(exits: ExitRules, adjustment: ExitAdjustment): ExitRules {
  const { maxHoldingHours, fundingFlip, depegBuyBack } = adjustment;
  const amounts = [
    'stopLossPct',
    'profitTargetPct',
    'exitBps',
    'liquidationDistancePct',
    'liquidationTargetPct',
    'depegMaxCostBps',
  ] as const;
  const given = amounts.flatMap((name) => {
    const text = adjustment[name];
    return text === undefined ? [] : [[name, toText(decimal(text))] as const];
  });
  return {
    ...exits,
    ...Object.fromEntries(given),
    ...(depegBuyBack === undefined ? {} : { depegBuyBack: depegBuyBack === 'on' }),
    ...(fundingFlip === undefined ? {} : { fundingFlip: fundingFlip === 'on' ? 'on' : 'off' }),
    ...(maxHoldingHours === undefined
      ? {}
      : { maxHoldingMs: Number(decimal(maxHoldingHours).times(hourMs).round(0).toFixed()) }),
  };
}

function decimals(words: string, holds: (value: Decimal) => boolean): Field {
  return { words, holds: (text) => /^-?\d+(\.\d+)?$/.test(text) && holds(decimal(text)) };
}

function isField(name: string): name is keyof ExitAdjustment {
  return Object.hasOwn(allowed, name);
}
