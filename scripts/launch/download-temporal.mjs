/** `node download-temporal.mjs DIR VERSION`, under Node 24: lets Temporal's SDK fetch its development server into DIR. */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [, , downloadDir, version] = process.argv;
const parent = process.ppid;
setInterval(() => {
  // The whole group goes, and with it the server that the SDK may just have started.
  if (process.ppid !== parent) process.kill(-process.pid, 'SIGKILL');
}, 250).unref();

try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir, version } },
  });
  await environment.teardown();
  process.exit(0);
} catch (error) {
  const causes = [];
  for (let at = error; at instanceof Error; at = at.cause) causes.push(at.message);
  process.stderr.write(`${causes.join(': ').replaceAll('\n', ' ')}\n`);
  process.exit(1);
}
