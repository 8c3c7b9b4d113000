/** A document as it was written, looked into without trusting its shape. */

import { decimal, type Decimal } from '../domain/decimal.ts';

export type Node = Readonly<Record<string, unknown>>;

/** A section; an empty one where there is none. */
export function node(value: unknown): Node {
  return isNode(value) ? value : {};
}

/** A list; an empty one where there is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function string(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Null for what is no plain number: the schema says so. */
export function number(value: unknown): Decimal | null {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? decimal(value) : null;
}
