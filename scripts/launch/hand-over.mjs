/** Runs the real command under Node 24 and steps aside: its streams, its exit code, and the signals that we get. */
import { spawn } from 'node:child_process';
import { codeOfSignal } from './child.mjs';
import { projectEnv, projectNode, repository } from './paths.mjs';
import { onStop } from './stop.mjs';
import { Refusal } from './refusal.mjs';

export async function handOver(args, env) {
  const child = spawn(projectNode, args, {
    cwd: repository,
    stdio: 'inherit',
    env: projectEnv({ ...env, BASIS_LAUNCHER_PID: String(process.pid) }),
  });
  const release = onStop((signal) => child.kill(signal));
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Refusal(`${projectNode} cannot be started: ${error.message}`)));
      child.once('exit', (code, signal) => resolve(code ?? codeOfSignal(signal)));
    });
  } finally {
    release();
  }
}
