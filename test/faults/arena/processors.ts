/** How much of its processors the machine has left. */
import { cpus } from 'node:os';

const everyMs = 250;
/** Over which idle time is counted. */
const windowMs = 1_000;

export interface Processors {
  /** Share of the last second, over all processors; 1 before anything is known. */
  idle(): number;
  end(): void;
}

interface Sample {
  readonly idleMs: number;
  readonly allMs: number;
}

export function watchProcessors(): Processors {
  const samples: Sample[] = [sample()];
  const timer = setInterval(() => {
    samples.push(sample());
    if (samples.length > windowMs / everyMs + 1) samples.shift();
  }, everyMs);
  return {
    idle() {
      const [first, last] = [samples[0], samples.at(-1)];
      if (first === undefined || last === undefined || last.allMs === first.allMs) return 1;
      return (last.idleMs - first.idleMs) / (last.allMs - first.allMs);
    },
    end: () => clearInterval(timer),
  };
}

function sample(): Sample {
  let idleMs = 0;
  let allMs = 0;
  for (const { times } of cpus()) {
    idleMs += times.idle;
    allMs += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idleMs, allMs };
}
