// Sends files, or a C-ECHO when there are none, and prints a line of JSON for each response.
// node send.js '{"port": 11112, "calling": "DCMJS", "called": "OFSEP_NODE", "files": []}'
'use strict';

const { Client, log, requests } = require('dcmjs-dimse');

log.disableAll();

const { port, calling, called, files, ...options } = JSON.parse(process.argv[2]);
const client = new Client();

function say(what) {
  console.log(JSON.stringify(what));
}

function ask(request, file) {
  request.on('response', (response) => say({ file, status: response.getStatus() }));
  client.addRequest(request);
}

for (const file of files) {
  ask(new requests.CStoreRequest(file), file);
}
if (files.length === 0) {
  ask(new requests.CEchoRequest(), null);
}

client.on('associationAccepted', (association) => {
  say({
    accepted: {
      asyncOps: [association.getMaxAsyncOpsInvoked(), association.getMaxAsyncOpsPerformed()],
      maxPduLength: association.getMaxPduLength(),
      implementation: association.getImplementationVersion(),
    },
  });
});
client.on('associationRejected', (result) => say({ rejected: result }));
client.on('associationReleased', () => say({ released: true }));
client.on('networkError', (error) => {
  say({ error: error.message });
  process.exitCode = 1;
});
client.send('127.0.0.1', port, calling, called, options);
