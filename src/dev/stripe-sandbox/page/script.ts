/** The script of the pages: they follow the sandbox, and a kept state can be put back. */

export const SCRIPT = `
const EVERY_MS = 2000;

/** Replaces what changed, where nobody is typing, without moving what is being read. */
async function follow() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const fresh = next.getElementById(part.id);
    if (!fresh || part.contains(document.activeElement)) continue;
    if (fresh.innerHTML === part.dataset.seen) continue;
    const isFirst = part.dataset.seen === undefined;
    part.dataset.seen = fresh.innerHTML;
    if (isFirst && fresh.innerHTML === part.innerHTML) continue;
    const known = new Set([...part.querySelectorAll('tr[id]')].map((row) => row.id));
    part.innerHTML = fresh.innerHTML;
    for (const row of part.querySelectorAll('tr[id]'))
      if (known.size > 0 && !known.has(row.id)) row.classList.add('fresh');
  }
}

if (document.querySelector('[data-live]')) {
  setInterval(() => follow().catch(() => undefined), EVERY_MS);
}

document.addEventListener('submit', (event) => {
  const question = event.target.dataset.ask;
  if (question && !confirm(question)) event.preventDefault();
});

document.addEventListener('change', async (event) => {
  const input = event.target;
  if (!input.matches('[data-restore]') || !input.files[0]) return;
  const kept = JSON.parse(await input.files[0].text());
  const answer = await fetch('/_sandbox/restore', {
    method: 'POST',
    body: JSON.stringify({ snapshot: kept.snapshot }),
  });
  const { error } = await answer.json();
  const said = error ? 'wrong=' + encodeURIComponent(error.message) : 'said=Restored.';
  location.href = '/_sandbox/view/faults?' + said;
});
`;
