// Before the first paint, so that no page flashes in the other scheme.
(() => {
  try {
    const chosen = localStorage.getItem('troupe.theme');
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
  } catch {
    /* a browser that keeps nothing shows what the system says */
  }
})();
