/** Application fees: read, and given back. */
import { refundApplicationFee } from '../connect/application-fees';
import { missing } from '../protocol/fault';
import { page, pageOf } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';

const URL = '/v1/application_fees';

export const APPLICATION_FEE_ROUTES = [
  route(`GET ${URL}`, { ...p.PAGE, charge: p.text }, ({ world, params }) => {
    const { charge } = params;
    const fees = world.store
      .all('application_fee')
      .filter((one) => charge === undefined || isOf(one, charge));
    return page(URL, fees, params, (one) => present(world, one));
  }),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'application_fee', path.id)),
  ),
  route(
    `POST ${URL}/:id/refunds`,
    { amount: p.positive, metadata: p.metadata },
    ({ world, params, path }) => {
      const fee = stored(world, 'application_fee', path.id);
      const amount = params.amount ?? fee.amount - fee.amount_refunded;
      const metadata = p.mergeMetadata({}, params.metadata);
      const feeRefund = refundApplicationFee(world, fee, amount, { metadata, withRefund: false });
      return present(world, feeRefund);
    },
  ),
  route(`GET ${URL}/:id/refunds`, p.PAGE, ({ world, params, path }) => {
    const { id } = stored(world, 'application_fee', path.id);
    return pageOf(world, 'fee_refund', { fee: id }, { url: `${URL}/${id}/refunds`, params });
  }),
  route(`GET ${URL}/:id/refunds/:refund`, {}, ({ world, path }) => {
    const refund = stored(world, 'fee_refund', path.refund);
    if (refund.fee !== path.id) throw missing('fee_refund', refund.id);
    return present(world, refund);
  }),
];

function isOf(fee: { charge: string; originating_transaction: string | null }, charge: string) {
  return fee.charge === charge || fee.originating_transaction === charge;
}
