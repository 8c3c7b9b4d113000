/** Errors that a command shows as a sentence, and the exit code that each kind has. */

/** Refused: the request is understood, and a rule stands against it. Exit 1. */
export class Refused extends Error {
  readonly reasons: readonly string[];
  constructor(reasons: readonly string[]) {
    super(reasons.join('; '));
    this.name = 'Refused';
    this.reasons = reasons;
  }
}

/** Bad input: what was given is wrong, and the message says what is allowed. Exit 2. */
export class BadInput extends Error {
  readonly issues: readonly { readonly path: string; readonly message: string }[];
  constructor(message: string, issues: readonly { readonly path: string; readonly message: string }[] = []) {
    super(message);
    this.name = 'BadInput';
    this.issues = issues;
  }
}

/** One JSON document: `{error: {kind, message, …}}`. */
export function errorDocument(error: unknown): { readonly error: Record<string, unknown> } {
  if (error instanceof Refused) return { error: { kind: 'refused', message: error.message, reasons: error.reasons } };
  if (error instanceof BadInput) return { error: { kind: 'bad_input', message: error.message, issues: error.issues } };
  const message = error instanceof Error ? error.message : String(error);
  return { error: { kind: 'failed', message } };
}

export function exitCodeOf(error: unknown): number {
  return error instanceof BadInput ? 2 : 1;
}
