// Tells of a step, or asks for storage commitment, and prints a line of JSON for each response.
// With "lingerMs" it waits so long before it releases, and prints what it is told meanwhile.
// node tell.js '{"port": 11112, "calling": "DCMJS", "called": "OFSEP_NODE", "requests": [
//   {"kind": "NCreate", "sopClass": "...", "sopInstance": "...", "elements": {}}]}'
'use strict';

const { Client, Dataset, constants, log, requests, responses } = require('dcmjs-dimse');

log.disableAll();

const { port, calling, called, lingerMs = 0, requests: asked } = JSON.parse(process.argv[2]);
const client = new Client();

for (const { kind, sopClass, sopInstance, action, elements } of asked) {
  const Request = requests[`${kind}Request`];
  const request = new Request(sopClass, sopInstance, action);
  request.setDataset(new Dataset(elements));
  request.on('response', (response) => {
    console.log(JSON.stringify({ kind, status: response.getStatus() }));
  });
  client.addRequest(request);
}
client.on('networkError', (error) => {
  console.log(JSON.stringify({ error: error.message }));
  process.exitCode = 1;
});
client.on('nEventReportRequest', (request, callback) => {
  const { TransactionUID, ReferencedSOPSequence } = request.getDataset().getElements();
  const safe = ReferencedSOPSequence.map((item) => item.ReferencedSOPInstanceUID);
  console.log(JSON.stringify({ told: TransactionUID, safe }));
  const response = responses.NEventReportResponse.fromRequest(request);
  response.setStatus(constants.Status.Success);
  callback(response);
});
client.send('127.0.0.1', port, calling, called, { associationLingerTimeout: lingerMs });
