/** Fetches this page again every two seconds and puts what changed in the place of what was. */
(() => {
  const PAUSE_MS = 2000;

  async function refresh() {
    const response = await fetch(location.href, { cache: 'no-store', credentials: 'omit' });
    if (response.status >= 500) throw new Error(String(response.status));
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const name of ['main', 'footer']) replace(name, fresh);
    document.title = fresh.title;
    return response.ok;
  }

  // An unchanged part is left alone, so that focus and selection stay.
  function replace(name, fresh) {
    const before = document.querySelector(name);
    const after = fresh.querySelector(name);
    if (before && after && before.innerHTML !== after.innerHTML) {
      const focused = document.activeElement && document.activeElement.getAttribute('href');
      before.replaceWith(document.adoptNode(after));
      if (focused) document.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  async function keepFresh() {
    let isValid = true;
    if (!document.hidden) {
      try {
        isValid = await refresh();
        document.documentElement.classList.remove('stale');
      } catch {
        // The API is away: what is shown stays, and the footer says that it is not live.
        document.documentElement.classList.add('stale');
      }
    }
    // A link that has expired does not come back.
    if (isValid) setTimeout(keepFresh, PAUSE_MS);
  }

  setTimeout(keepFresh, PAUSE_MS);
})();
