// SPDX-License-Identifier: ISC
// npm's ssh2 as a client. Standard input: {port, user, key, data, cells: [{algorithms}...]}; standard output:
// for each cell what came back from cat, as base64, or what went wrong.
'use strict';
const { Client } = require('ssh2');
const fs = require('fs');

const job = JSON.parse(fs.readFileSync(0));
const data = Buffer.from(job.data, 'base64');
const privateKey = fs.readFileSync(job.key);

function talk(algorithms) {
  return new Promise((resolve) => {
    const client = new Client();
    const chunks = [];
    client.on('error', (error) => resolve({ error: error.message }));
    client.on('ready', () => client.exec('cat', (error, stream) => {
      if (error) return resolve({ error: error.message });
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('close', () => {
        client.end();
        resolve({ data: Buffer.concat(chunks).toString('base64') });
      });
      stream.end(data);
    }));
    client.connect({ host: '127.0.0.1', port: job.port, username: job.user, privateKey, algorithms });
  });
}

(async () => {
  const results = [];
  for (const algorithms of job.cells) results.push(await talk(algorithms));
  process.stdout.write(JSON.stringify(results));
})();
