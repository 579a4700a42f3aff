/** The fields in which somebody types a card. */
import { html } from './html';
import type { Html } from './html';
import { field } from './layout';

export function cardFields(): Html {
  const number = { required: '', inputmode: 'numeric', autocomplete: 'cc-number' };
  return html`${field('number', 'Card number', { ...number, placeholder: '4242 4242 4242 4242' })}
    <div class="pair">
      ${field('expiry', 'Expires (MM / YY)', {
        ...{ required: '', placeholder: '12 / 34', autocomplete: 'cc-exp' },
      })}
      ${field('cvc', 'CVC', { required: '', inputmode: 'numeric', autocomplete: 'cc-csc' })}
    </div>
    ${field('name', 'Name on the card', { required: '', autocomplete: 'cc-name' })}`;
}
