/** Disputes: read, answered, given up. */
import { closeDispute, EVIDENCE_FIELDS, isOpen, submitEvidence } from '../money/disputes';
import { change } from '../events';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';

const URL = '/v1/disputes';
const EVIDENCE = p.object(
  Object.fromEntries(EVIDENCE_FIELDS.map((name) => [name, p.unsettable(p.text)])),
);

export const DISPUTE_ROUTES = [
  route(
    `GET ${URL}`,
    { ...p.PAGE, charge: p.text, payment_intent: p.text },
    ({ world, params }) => {
      const { charge, payment_intent } = params;
      return pageOf(world, 'dispute', { charge, payment_intent }, { url: URL, params });
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'dispute', path.id)),
  ),
  route(
    `POST ${URL}/:id`,
    { evidence: EVIDENCE, metadata: p.metadata, submit: p.bool },
    ({ world, params, path }) => {
      const dispute = stored(world, 'dispute', path.id);
      const { evidence: evidenceParams, metadata, submit = true } = params;
      if (evidenceParams && !isOpen(dispute))
        throw invalid(`Dispute ${dispute.id} is ${dispute.status}: it takes no evidence.`);
      const evidence = { ...dispute.evidence, ...evidenceParams };
      const details = { ...dispute.evidence_details };
      details.has_evidence = EVIDENCE_FIELDS.some((name) => evidence[name] !== null);
      const mergedMetadata = p.mergeMetadata(dispute.metadata, metadata);
      const update = { evidence, evidence_details: details, metadata: mergedMetadata };
      change(world, 'dispute', dispute, update, 'charge.dispute.updated');
      if (evidenceParams && submit) submitEvidence(world, dispute);
      return present(world, dispute);
    },
  ),
  route(`POST ${URL}/:id/close`, {}, ({ world, path }) => {
    const dispute = stored(world, 'dispute', path.id);
    closeDispute(world, dispute, 'lost');
    return present(world, dispute);
  }),
];
