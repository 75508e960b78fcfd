// Finds a study and gets it, and prints a line of JSON for each match, object and last response.
// node fetch.js '{"port": 11112, "calling": "VIEWER", "called": "OFSEP_NODE", "study": "1.2"}'
'use strict';

const { Client, Dataset, constants, log, requests, responses } = require('dcmjs-dimse');

log.disableAll();

const { port, calling, called, study } = JSON.parse(process.argv[2]);
const { CFindRequest, CGetRequest } = requests;
const { Status } = constants;
const client = new Client();

function say(what) {
  console.log(JSON.stringify(what));
}

const find = new CFindRequest();
find.setDataset(
  new Dataset({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: study, PatientName: '' }),
);
find.on('response', (response) => {
  if (response.getStatus() === Status.Pending && response.hasDataset()) {
    const name = response.getDataset().getElement('PatientName');
    say({ kind: 'find', name: typeof name === 'string' ? name : name[0].Alphabetic });
  }
});
client.addRequest(find);

const get = CGetRequest.createStudyGetRequest(study);
get.on('response', (response) => {
  if (response.getStatus() !== Status.Pending) {
    say({ kind: 'get', status: response.getStatus() });
  }
});
client.addRequest(get);

client.on('cStoreRequest', (request, done) => {
  say({ kind: 'store', instance: request.getAffectedSopInstanceUid() });
  const response = responses.CStoreResponse.fromRequest(request);
  response.setStatus(Status.Success);
  done(response);
});
client.on('networkError', (error) => {
  say({ kind: 'error', error: error.message });
  process.exitCode = 1;
});
client.send('127.0.0.1', port, calling, called);
