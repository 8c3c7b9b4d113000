/** A person's yes, on the terminal. */
import { createInterface } from 'node:readline/promises';
import { BadInput } from '../errors.ts';

/** @throws BadInput where there is no terminal to ask on */
export async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new BadInput('there is no terminal to confirm on: add --yes');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
