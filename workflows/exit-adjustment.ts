/** New exit thresholds of an open position: checked before they are taken, merged into those that hold. */
import { decimal, toText, zero, type Decimal } from '../src/domain/decimal.ts';
import type { ExitRules } from '../src/domain/position.ts';
import type { ExitAdjustment } from './messages.ts';

const hourMs = decimal('3600000');
const longestHours = decimal('8760');

const allowed: Readonly<Record<keyof ExitAdjustment, { readonly words: string; holds(value: Decimal): boolean }>> = {
  stopLossPct: { words: 'percent above 0, at most 100', holds: (value) => value.gt(zero) && value.lte(decimal('100')) },
  profitTargetPct: {
    words: 'percent above 0, at most 100',
    holds: (value) => value.gt(zero) && value.lte(decimal('100')),
  },
  exitBps: { words: 'basis points from -10000 to 10000', holds: (value) => value.abs().lte(decimal('10000')) },
  maxHoldingHours: {
    words: `hours above 0, at most ${longestHours.toFixed()}`,
    holds: (value) => value.gt(zero) && value.lte(longestHours),
  },
};

/** Every mistake, each with what is allowed; none when the adjustment can be taken. It may be typed by hand. */
export function adjustmentMistakes(adjustment: unknown): string[] {
  const names = Object.keys(allowed).join(', ');
  if (typeof adjustment !== 'object' || adjustment === null || Object.keys(adjustment).length === 0) {
    return [`give an object with at least one of ${names}`];
  }
  return Object.entries(adjustment).flatMap(([name, value]) => {
    const rule = isField(name) ? allowed[name] : null;
    if (rule === null) return [`${name} is none of ${names}`];
    return isDecimalText(value) && rule.holds(decimal(value)) ? [] : [`${name}: must be ${rule.words}, as text`];
  });
}

/** @param adjustment without mistakes */
export function adjusted(exits: ExitRules, adjustment: ExitAdjustment): ExitRules {
  const { stopLossPct, profitTargetPct, exitBps, maxHoldingHours } = adjustment;
  return {
    ...exits,
    ...(stopLossPct === undefined ? {} : { stopLossPct: toText(decimal(stopLossPct)) }),
    ...(profitTargetPct === undefined ? {} : { profitTargetPct: toText(decimal(profitTargetPct)) }),
    ...(exitBps === undefined ? {} : { exitBps: toText(decimal(exitBps)) }),
    ...(maxHoldingHours === undefined
      ? {}
      : { maxHoldingMs: Number(decimal(maxHoldingHours).times(hourMs).round(0).toFixed()) }),
  };
}

function isField(name: string): name is keyof ExitAdjustment {
  return Object.hasOwn(allowed, name);
}

function isDecimalText(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
}
