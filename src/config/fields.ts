/**
 * Fields of the configuration. The file is read so that every scalar arrives as text; each field says in words what
 * it accepts, so that a wrong one can be corrected without looking anything up.
 */
import { z } from 'zod';
import { decimal, toText, type Decimal, type DecimalText } from '../domain/decimal.ts';

interface Bounds {
  /** Smallest value allowed. */
  readonly min?: DecimalText;
  readonly max?: DecimalText;
  /** The value must be larger than this. */
  readonly above?: DecimalText;
}

const plainDecimal = /^-?(\d+(\.\d+)?|\.\d+)$/;

/** A decimal without its unit; the unit is the field's name. */
export function amount(unit: string, bounds: Bounds = {}, example = '12.5') {
  const allowed = `a plain number${unit === '' ? '' : ` of ${unit}`}${boundsText(bounds)}, such as ${example}`;
  return scalar(allowed).transform((text, context): DecimalText => {
    const value = plainDecimal.test(text) ? decimal(text) : null;
    if (value !== null && isWithin(value, bounds)) return toText(value);
    return refuse(context, text, allowed);
  });
}

/** A whole number that is counted, not traded: it becomes a JavaScript number. */
export function count(unit: string, min: number, max: number) {
  const allowed = `a whole number of ${unit} from ${min} to ${max}`;
  return scalar(allowed).transform((text, context): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : refuse(context, text, allowed);
  });
}

const unitsMs = { hours: '3600000', minutes: '60000', seconds: '1000' } as const;

/** A duration written as a decimal of `unit`, kept as whole milliseconds. */
export function durationMs(unit: keyof typeof unitsMs, min: DecimalText) {
  const unitMs = decimal(unitsMs[unit]);
  return amount(unit, { min }, '1').transform((text) => Number(decimal(text).times(unitMs).round(0, 1).toFixed()));
}

/** A number for clocks and counts, never for money. */
export function ratio(unit: string, bounds: Bounds) {
  return amount(unit, bounds, '1').transform(Number);
}

export function choice<const T extends readonly [string, ...string[]]>(...values: T) {
  return z.enum(values, { error: (issue) => wrong(issue.input, `one of: ${values.join(', ')}`) });
}

export const accountName = 'a name of lower-case letters, digits and hyphens, starting with a letter';
export const accountPattern = /^[a-z][a-z0-9-]*$/;

/** What positions may be entered for. */
export function positionKinds() {
  return z
    .array(choice('basis', 'funding'), { error: 'must be a list of kinds, of: basis, funding' })
    .min(1, { error: 'must name at least one kind, of: basis, funding' })
    .prefault(['basis']);
}

export function yesOrNo() {
  return choice('true', 'false').transform((text) => text === 'true');
}

/** `off`, or an amount; `off` becomes null. */
export function amountOrOff(unit: string, bounds: Bounds, example: string) {
  const allowed = `off, or a plain number of ${unit}${boundsText(bounds)}, such as ${example}`;
  return scalar(allowed).transform((text, context): DecimalText | null => {
    if (text === 'off') return null;
    const value = plainDecimal.test(text) ? decimal(text) : null;
    return value !== null && isWithin(value, bounds) ? toText(value) : refuse(context, text, allowed);
  });
}

/** `off`, or a section; `off` becomes null. */
export function sectionOrOff<T extends z.ZodRawShape>(shape: T) {
  const given = section(shape);
  const keys = Object.keys(shape).join(', ');
  return z.unknown().transform((input, context): z.output<typeof given> | null => {
    if (input === 'off') return null;
    if (typeof input !== 'object' || input === null) {
      context.addIssue({ code: 'custom', message: wrong(input, `off, or a section with the keys: ${keys}`) });
      return z.NEVER;
    }
    const parsed = given.safeParse(input);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      const path = [...issue.path];
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
      for (const at of paths) context.addIssue({ code: 'custom', message: issue.message, path: at });
    }
    return z.NEVER;
  });
}

export function text(allowed: string, pattern = /\S/) {
  return scalar(allowed).refine((value) => pattern.test(value), { error: (issue) => wrong(issue.input, allowed) });
}

/** A group of fields; a key that is none of them is refused, and the message lists them. */
export function section<T extends z.ZodRawShape>(shape: T) {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `is not a key here; allowed are: ${keys}`
        : wrong(issue.input, `a section with the keys: ${keys}`),
  });
}

function scalar(allowed: string) {
  return z.string({ error: (issue) => wrong(issue.input, allowed) });
}

/** @returns never: the issue is on record, and zod's sentinel stands in for the value. */
function refuse(context: z.RefinementCtx, text: string, allowed: string): never {
  context.addIssue({ code: 'custom', message: wrong(text, allowed) });
  return z.NEVER;
}

function wrong(input: unknown, allowed: string): string {
  if (input === undefined) return `is missing: must be ${allowed}`;
  if (typeof input === 'string') return `${JSON.stringify(input)} is not allowed: must be ${allowed}`;
  return `must be ${allowed}`;
}

function isWithin(value: Decimal, { min, max, above }: Bounds): boolean {
  return (
    (min === undefined || value.gte(decimal(min))) &&
    (max === undefined || value.lte(decimal(max))) &&
    (above === undefined || value.gt(decimal(above)))
  );
}

function boundsText({ min, max, above }: Bounds): string {
  const parts = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
