/** What a form of an invoice's page does, and where the browser goes next. */
import type { Control } from '../control/route';
import { invoiceAt } from '../hosted-invoice/address';
import { answerBankOf, payInvoice } from '../hosted-invoice/paying';
import { StripeFault } from '../protocol/fault';
import { outcomeOf } from './challenge';
import { tell } from './forms';

export function doOnInvoice(
  { world }: Control,
  pathname: string,
  order: Record<string, unknown>,
): string {
  const match = invoiceAt(world, pathname);
  if (!match?.isOpen) return pathname.slice(0, pathname.lastIndexOf('/'));
  const { invoice, address, step } = match;
  const text = (name: string): string => String(order[name] ?? '');
  try {
    if (step === 'answer') answerBankOf(world, invoice, outcomeOf(text('outcome')));
    else if (step === 'pay') {
      const payer = {
        ...{ number: text('number'), expiry: text('expiry'), cvc: text('cvc') },
        ...{ name: text('name') || null, isKept: text('keep') === 'yes' },
      };
      if (payInvoice(world, invoice, payer) === 'challenge') return `${address}/challenge`;
    }
    return tell(address, 'said', 'Thank you: the invoice is paid.');
  } catch (error) {
    if (error instanceof StripeFault) return tell(address, 'wrong', error.message);
    throw error;
  }
}
