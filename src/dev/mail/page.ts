/** The kept mail as one plain page. */
import type { KeptMail } from './kept-mail';

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; }
article { border-top: 1px solid #ccc; padding: 1rem 0; }
pre { white-space: pre-wrap; } small { color: #666; }`;

export function mailPage(messages: readonly KeptMail[]): string {
  const list = messages.length === 0 ? '<p>No mail yet.</p>' : messages.map(article).join('\n');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mail</title>
<style>${STYLE}</style></head><body><h1>Mail</h1>${list}</body></html>`;
}

const article = (mail: KeptMail) => `<article><h2>${escaped(mail.subject)}</h2>
<small>${mail.receivedAt} · ${escaped(mail.from)} → ${escaped(mail.to.join(', '))}</small>
<pre>${escaped(mail.text)}</pre></article>`;

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
