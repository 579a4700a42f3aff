/** The bank's own page, on which the cardholder says whether it is they who pay. */
import { invalid } from '../protocol/fault';
import { html } from './html';
import { card } from './layout';
import type { PageContent } from './layout';

/** Its form posts to the address, with the outcome. */
export function challengePage(address: string): PageContent {
  const button = (outcome: string, text: string, mood: string) =>
    html`<button class="${mood}" name="outcome" value="${outcome}">${text}</button>`;
  return {
    title: '3D Secure',
    place: null,
    body: html`<h1>3D Secure 2 test page</h1>
      <p class="lead">Your bank wants to know whether it is you who pays.</p>
      ${card(
        'Your bank asks',
        html`<form method="post" action="${address}">
          <div class="row">
            ${button('succeed', 'Complete', 'main')} ${button('fail', 'Fail', '')}
          </div>
        </form>`,
      )}`,
  };
}

export function outcomeOf(answer: string): 'fail' | 'succeed' {
  if (answer === 'fail' || answer === 'succeed') return answer;
  throw invalid(`The bank was answered ${answer}: expected succeed or fail.`);
}
