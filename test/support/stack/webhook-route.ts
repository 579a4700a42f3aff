/** What plays the documented route of an app that takes notifications. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import type { Newcomer } from './newcomer';

/** The app's route, in an app: it takes what is signed, and nothing else. */
export async function takesAWebhook(newcomer: Newcomer, code: string): Promise<void> {
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const id = 'msg_1';
  const body = JSON.stringify({ type: 'usage.threshold_reached', data: {} });
  const at = new Date();
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
  const post = (text: string) =>
    `(await fetch(url, ${JSON.stringify({ method: 'POST', headers, body: text })})).status`;
  writeFileSync(
    join(newcomer.clone, 'hooks.cjs'),
    `const express = require('express');
     const app = express();
     app.set('env', 'test');
     const secret = ${JSON.stringify(secret)};
     ${code}
     const server = app.listen(0, '127.0.0.1', async () => {
       const url = 'http://127.0.0.1:' + server.address().port + '/hooks';
       console.log(${post(body)}, ${post('{}')});
       process.exit();
     });`,
  );
  expect((await newcomer.run('node hooks.cjs')).trim()).toBe('204 500');
}
