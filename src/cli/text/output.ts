/** What a command prints: a table or sentences for a person, or one JSON document. Progress goes to standard error. */

export interface Output {
  readonly json: boolean;
  /** The command's one result. */
  result(document: unknown, text: () => string): void;
  progress(line: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result(document, text) {
      process.stdout.write(`${json ? JSON.stringify(document) : text()}\n`);
    },
    progress(line) {
      process.stderr.write(`${line}\n`);
    },
  };
}
