(() => {
  // Strings become markup in one place only: the framework clones static parts of the pages from templates that it
  // fills with text of its own binary, through a generated call that knows no policy by name. So the policy is the
  // default one, and lets nothing through that could run, load or send.
  const active = /<\s*(?:script|iframe|frame|object|embed|base|link|meta|style|template)\b|[\s"'\/]on[a-z]+\s*=|(?:java|vb)script:/i;
  window.trustedTypes?.createPolicy('default', {
    createHTML: (text) => (active.test(text) ? null : text),
    createScriptURL: (url) => (url === '/sw.js' ? url : null),
  });
  // The entry of the history that a page began with is marked: before it may be anything. One without the mark was made by
  // the client, out of an entry of ours, so that going back from it stays here. A reload finds what was marked before.
  const [began] = performance.getEntriesByType('navigation');
  if (!history.state && (began?.type ?? 'navigate') === 'navigate') history.replaceState({ first: true }, '');
  const beside = (name) => import(`/beside/${name}.js`);
  const root = document.documentElement;
  if ('offline' in root.dataset) {
    // This page came out of the browser's cache: its looks and its language are this browser's, and its state what was
    // kept.
    const chosen = (name) => new RegExp(`(?:^|; )${name}=([a-z.]+)`).exec(document.cookie)?.[1];
    root.dataset.theme = chosen('theme') ?? root.dataset.theme;
    (chosen('look') ?? '').split('.').forEach((value, at) => {
      const name = ['density', 'accent', 'wallpaper'][at];
      if (name && value) root.dataset[name] = value;
    });
    const lang = chosen('lang') ?? root.lang;
    if (lang !== root.lang) {
      root.lang = lang;
      root.dir = lang === 'ar' ? 'rtl' : 'ltr';
      document.getElementById('texts')?.remove();
      if (lang !== 'en') {
        const texts = document.createElement('link');
        Object.assign(texts, { id: 'texts', rel: 'preload', as: 'fetch', crossOrigin: 'anonymous', href: `/i18n/${lang}.json` });
        document.head.append(texts);
      }
    }
    window.switchboardKept = beside('keep').then((keep) => keep.load()).catch(() => null);
  }
  if (location.pathname === '/login') {
    // Nobody is signed in here (any more): what was kept of the workspace goes.
    try { indexedDB.deleteDatabase('switchboard'); } catch { /* nothing could be kept either */ }
    // Of what was begun to be written, what the server has goes, too, unless the session has only run out. What it was not
    // told yet waits for whoever wrote it; what is from before it was kept by user is nobody's.
    try {
      const out = !new URLSearchParams(location.search).has('next');
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith('switchboard.draft.')) continue;
        const owned = name.split('.').length > 3;
        const [had, text] = owned && out ? JSON.parse(localStorage.getItem(name)) : [];
        if (!owned || (out && had === text)) localStorage.removeItem(name);
      }
    } catch { /* nor here */ }
    navigator.clearAppBadge?.().catch(() => {});
    const worker = navigator.serviceWorker?.getRegistration();
    worker?.then((one) => one?.pushManager?.getSubscription()).then((one) => one?.unsubscribe()).catch(() => {});
    worker?.then((one) => one?.getNotifications()).then((all) => all?.forEach((one) => one.close())).catch(() => {});
    return;
  }
  // Whoever followed a link is nobody yet.
  if (location.pathname === '/sign-in') return;
  // What happens before the rest is loaded is not missed.
  const early = (window.switchboardEarly = []);
  const note = (event) => {
    if (early.push(event.detail) <= 5000) return;
    early.length = 0;
    early.over = true;
  };
  addEventListener('switchboard:frame', note);
  early.done = () => removeEventListener('switchboard:frame', note);
  addEventListener('load', () => beside('index').catch(() => {}));
})();
