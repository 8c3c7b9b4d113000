/** Fields of a request to the control API, each refused by its name. */
import type { Decimal } from '../../domain/decimal.ts';
import { decimal } from '../../domain/decimal.ts';
import type { ScriptedLevels } from '../exchange/exchange.ts';
import { isPlainNumber } from '../json.ts';

export class ControlError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
  }
}

export type Body = Readonly<Record<string, unknown>>;

export function text(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw new ControlError(400, `${name}: must be text`);
  return value;
}

/** A decimal without a sign. */
export function amount(body: Body, name: string): Decimal {
  const value = text(body, name);
  if (!isPlainNumber(value)) throw new ControlError(400, `${name}: must be a decimal in quotes`);
  return decimal(value);
}

export function signedAmount(body: Body, name: string): Decimal {
  const value = text(body, name);
  if (!/^-?\d+(\.\d+)?$/.test(value)) throw new ControlError(400, `${name}: must be a decimal in quotes`);
  return decimal(value);
}

export function whole(body: Body, name: string, least: number, most: number): number {
  const value = body[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ControlError(400, `${name}: must be a whole number from ${least} to ${most}`);
}

/** `[["0.9996", "1000"], …]`, best first. */
export function levels(body: Body, name: string): ScriptedLevels | null {
  const value = body[name];
  if (value === undefined) return null;
  if (!Array.isArray(value)) throw new ControlError(400, `${name}: must be a list of [price, quantity]`);
  return value.map((level: unknown): [string, string] => {
    const [price, quantity] = Array.isArray(level) ? (level as unknown[]) : [];
    if (
      typeof price !== 'string' ||
      typeof quantity !== 'string' ||
      !isPlainNumber(price) ||
      !isPlainNumber(quantity)
    ) {
      throw new ControlError(400, `${name}: must be a list of [price, quantity], decimals in quotes`);
    }
    return [price, quantity];
  });
}
