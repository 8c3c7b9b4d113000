/** What every benchmark is asked for. */
export interface RunOptions {
  /** Measured runs. */
  readonly runs: number;
  /** Runs before them that are not counted: processes compile their code and open their connections in these. */
  readonly warmup: number;
  readonly signal: AbortSignal;
  /** Progress, for standard error. */
  readonly log: (line: string) => void;
}
