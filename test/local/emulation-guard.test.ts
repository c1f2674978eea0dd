import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../support/source-files.ts';

/** A process of its own: the guard is for all servers of one. */
const SERVER = `
  import http from 'node:http';
  import { guardServers } from './local/emulation-guard.ts';
  guardServers('pass');
  const server = http.createServer((_, response) => response.end('run'));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

test('the servers of the emulation answer to nobody but the local stack', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SERVER], { cwd: ROOT });
  onTestFinished(() => void child.kill());
  const [port] = await once(child.stdout, 'data');
  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(`http://127.0.0.1:${String(port).trim()}/`, { headers });
    return [answer.status, await answer.text()];
  };
  expect(await ask({})).toEqual([403, '']);
  expect(await ask({ 'x-sluice-pass': 'another' })).toEqual([403, '']);
  expect(await ask({ authorization: 'AWS4-HMAC-SHA256 Credential=local/x' })).toEqual([403, '']);
  expect(await ask({ 'x-sluice-pass': 'pass' })).toEqual([200, 'run']);
  expect(await ask({ authorization: 'AWS4-HMAC-SHA256 Credential=pass/x' })).toEqual([200, 'run']);
});
