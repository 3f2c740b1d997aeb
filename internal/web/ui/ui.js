// The script of all pages. Every page works without it; it makes keys, menus, toasts and drafts.
(() => {
  'use strict';
  const body = document.body;
  const typing = (e) => e.closest?.('input:not([type=checkbox]):not([type=radio]):not([type=submit]):not([type=button]), textarea, select, [contenteditable]');
  document.documentElement.classList.add('script');

  // The person's zone, so that the server writes local times.
  try {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone) document.cookie = 'zone=' + zone + ';path=/;max-age=31536000;samesite=lax' + (location.protocol === 'https:' ? ';secure' : '');
  } catch { /* UTC it is */ }

  // Menus: one open at a time, closed by Escape or a click elsewhere.
  const menus = 'details.menu[open]';
  document.addEventListener('click', (e) => {
    for (const menu of document.querySelectorAll(menus)) if (!menu.contains(e.target)) menu.open = false;
    const closer = e.target.closest('[data-close]');
    if (closer) closer.closest('details').open = false;
    if (e.target.closest('[data-dismiss]')) e.target.closest('[data-toast]').remove();
  });

  // Copying.
  document.addEventListener('click', async (e) => {
    const button = e.target.closest('[data-copy]');
    if (!button) return;
    try { await navigator.clipboard.writeText(button.dataset.copy); say(body.dataset.copied, 'good'); } catch { getSelection().selectAllChildren(button.previousElementSibling); }
  });

  // Toasts go after ten seconds, unless somebody is about to use them.
  const toasts = document.getElementById('toasts');
  function say(text, tone) {
    const toast = document.createElement('div');
    toast.className = 'toaster toaster-' + tone;
    toast.dataset.toast = '';
    const p = document.createElement('p');
    p.textContent = text;
    toast.append(p);
    toasts.append(toast);
    return toast;
  }
  function expire(toast) {
    if (toast.dataset.toast === 'set') return;
    toast.dataset.toast = 'set';
    const go = () => setTimeout(() => (toast.matches(':hover, :focus-within') ? go() : toast.remove()), 10000);
    go();
  }
  const all = () => toasts.querySelectorAll('[data-toast=""]').forEach(expire);
  new MutationObserver(all).observe(toasts, { childList: true });
  all();

  // A lost connection says so.
  let lost;
  const offline = () => { if (!lost?.isConnected) { lost = say(body.dataset.offline, 'bad'); lost.dataset.toast = 'set'; } };
  addEventListener('offline', offline);
  addEventListener('online', () => lost?.remove());
  document.addEventListener('htmx:sendError', () => { offline(); setTimeout(() => { if (navigator.onLine) lost?.remove(); }, 10000); });

  // A second click does nothing.
  document.addEventListener('submit', (e) => {
    const form = e.target;
    if (form.method === 'dialog') return;
    if (form.dataset.sent !== undefined) { e.preventDefault(); return; }
    if (form.method === 'post' && !form.closest('[hx-post]')) { form.dataset.sent = ''; setTimeout(() => delete form.dataset.sent, 8000); }
  });
  addEventListener('pageshow', () => document.querySelectorAll('[data-sent]').forEach((form) => delete form.dataset.sent));

  // What is wrong with a form is read first.
  function arrive(root) { root.querySelector('[data-focus]')?.focus(); drafts(root); autosave(root); photos(root); ticked(); }

  // Ticking rows.
  const boxes = () => [...document.querySelectorAll('input[type=checkbox][form=bulk]')];
  function ticked() {
    const bar = document.getElementById('bulk');
    if (!bar) return;
    const count = boxes().filter((b) => b.checked).length;
    bar.classList.toggle('bulk-on', count > 0);
    const text = bar.querySelector('[data-ticked]');
    if (text) text.textContent = count ? text.dataset.ticked.replace('#', count) : '';
  }
  document.addEventListener('change', (e) => {
    if (e.target.matches('[data-tick-all]')) boxes().forEach((b) => { b.checked = e.target.checked; });
    if (e.target.matches('[type=checkbox]')) ticked();
    if (e.target.matches('[data-submit]')) e.target.form.requestSubmit();
  });

  // Drafts: what was typed stays in this browser until it is sent.
  function drafts(root) {
    for (const form of root.querySelectorAll('form[data-draft]:not([data-kept])')) {
      form.dataset.kept = '';
      const key = 'draft:' + location.pathname + ':' + form.dataset.draft;
      const fields = () => [...form.elements].filter((f) => f.name && !['password', 'file', 'hidden', 'submit', 'checkbox', 'radio'].includes(f.type));
      try {
        const kept = JSON.parse(localStorage.getItem(key) || 'null');
        if (kept && !form.querySelector('.problems')) {
          let changed = false;
          for (const f of fields()) if (kept[f.name] !== undefined && kept[f.name] !== f.value) { f.value = kept[f.name]; changed = true; }
          if (changed) say(body.dataset.draftRestored, 'info');
        }
      } catch { localStorage.removeItem(key); }
      form.addEventListener('input', () => localStorage.setItem(key, JSON.stringify(Object.fromEntries(fields().map((f) => [f.name, f.value])))));
      form.addEventListener('submit', () => localStorage.removeItem(key));
    }
  }

  // Forms that save themselves, answer by answer. What could not be sent stays in this browser with the digest of what it was begun from, and goes when the
  // line is back. An answer that somebody else has changed meanwhile is shown beside one's own.
  function autosave(root) {
    for (const form of root.querySelectorAll('form[data-autosave]:not([data-kept])')) {
      form.dataset.kept = '';
      const key = 'answers:' + form.dataset.autosave;
      const state = form.querySelector('[data-autosave-state]');
      const was = (name) => form.elements['was.' + name];
      let kept = {}, timer, busy = false, slow = 1;
      const store = () => { try { Object.keys(kept).length ? localStorage.setItem(key, JSON.stringify(kept)) : localStorage.removeItem(key); } catch { /* no room: the line has to do */ } };
      const soon = (wait) => { clearTimeout(timer); timer = setTimeout(send, wait); };
      async function send() {
        const sent = { ...kept };
        if (busy || !Object.keys(sent).length) return;
        busy = true;
        try {
          const body = new URLSearchParams();
          for (const [name, k] of Object.entries(sent)) { body.set(name, k.value); body.set('was.' + name, k.was); }
          const reply = await fetch(form.dataset.autosave, { method: 'POST', body, headers: { Accept: 'application/json' } });
          if (!reply.ok) throw new Error(reply.status);
          const told = await reply.json();
          for (const [name, digest] of Object.entries(told.saved)) {
            was(name).value = digest;
            was(name).closest('[data-autosave-field]').dataset.saved = digest;
            if (kept[name]?.value === sent[name].value) delete kept[name]; else if (kept[name]) kept[name].was = digest;
          }
          for (const c of told.collisions) { delete kept[c.field]; differ(c, sent[c.field].value); }
          state.textContent = told.text;
          slow = 1;
          store();
        } catch {
          state.textContent = form.dataset.autosaveKept;
          slow = Math.min(slow * 2, 60);
          soon(slow * 1000);
        }
        busy = false;
        if (slow === 1 && Object.keys(kept).length) soon(300);
      }
      function differ(c, mine) {
        const place = form.querySelector('[data-autosave-field="' + c.field + '"]');
        place.querySelector('.apply-collision')?.remove();
        const box = document.createElement('div'), p = document.createElement('p'), keep = document.createElement('button'), take = document.createElement('button');
        box.className = 'apply-collision';
        box.setAttribute('role', 'alert');
        p.textContent = c.text;
        for (const [button, text] of [[keep, c.keep], [take, c.take]]) { button.type = 'button'; button.className = 'btn'; button.textContent = text; }
        const done = (value) => { was(c.field).value = c.was; form.elements[c.field].value = value; box.remove(); form.elements[c.field].focus(); };
        keep.addEventListener('click', () => { done(mine); kept[c.field] = { value: mine, was: c.was }; store(); soon(0); });
        take.addEventListener('click', () => done(c.theirs));
        box.append(p, keep, ' ', take);
        place.append(box);
      }
      try { kept = JSON.parse(localStorage.getItem(key) || '{}'); } catch { localStorage.removeItem(key); }
      let back = false;
      for (const [name, k] of Object.entries(kept)) {
        const field = form.elements[name];
        if (!field || field.value === k.value) { delete kept[name]; continue; }
        field.value = k.value;
        was(name).value = k.was;
        back = true;
      }
      store();
      if (back) { state.textContent = form.dataset.autosaveRestored; soon(0); }
      form.addEventListener('input', (e) => {
        const name = e.target.name;
        if (!name || !was(name)) return;
        kept[name] = { value: e.target.value, was: kept[name]?.was ?? was(name).value };
        store();
        soon(800);
      });
      form.addEventListener('change', () => soon(0));
      addEventListener('online', () => { slow = 1; soon(0); });
    }
  }

  // Photos that send themselves, one by one. Those that could not be sent stay in this browser's database, also when the page is closed, and go when the line
  // is back and the page is open. A photo that was sent and whose answer was lost is sent again: the server knows it by its content.
  const shelf = () => new Promise((done, fail) => {
    const asked = indexedDB.open('ownmark', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('photos', { keyPath: 'id', autoIncrement: true }).createIndex('form', 'form');
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
  const onShelf = async (mode, act) => {
    const held = await shelf();
    try {
      return await new Promise((done, fail) => {
        const deal = held.transaction('photos', mode), asked = act(deal.objectStore('photos'));
        deal.oncomplete = () => done(asked?.result);
        deal.onerror = deal.onabort = () => fail(deal.error);
      });
    } finally { held.close(); }
  };
  function photos(root) {
    for (const form of root.querySelectorAll('form[data-photos]:not([data-kept])')) {
      form.dataset.kept = '';
      const key = form.action, says = form.dataset, state = form.querySelector('[data-photos-state]'), file = form.elements.file;
      let busy = false, slow = 1, refused = 0, shelfless = false;
      const waiting = () => onShelf('readonly', (s) => s.index('form').getAll(key));
      async function tell() {
        const left = (await waiting()).length;
        state.textContent = refused ? says.photosRefused.replace('#', refused) : left ? says.photosWait.replace('#', left) : says.sentOnce ? says.photosSent : '';
        form.dataset.waiting = left;
      }
      async function send() {
        if (busy) return;
        busy = true;
        try {
          for (const one of await waiting()) {
            const body = new FormData();
            for (const name of ['line', 'place', 'taken']) body.set(name, one[name]);
            body.set('file', one.file, one.name);
            const reply = await fetch(key, { method: 'POST', body, headers: { Accept: 'application/json' } });
            if ([400, 413, 415, 422].includes(reply.status)) refused++; // it will never be taken
            else if (!reply.ok) throw new Error(reply.status);
            else draw(await reply.json());
            await onShelf('readwrite', (s) => s.delete(one.id));
            slow = 1;
          }
        } catch {
          slow = Math.min(slow * 2, 60);
          setTimeout(send, slow * 1000);
        }
        busy = false;
        await tell();
      }
      function draw(kept) {
        says.sentOnce = '';
        const list = document.querySelector('[data-photos-kept]');
        if (list.querySelector('a[href="' + kept.src + '"]')) return;
        const row = document.createElement('li'), a = document.createElement('a'), img = document.createElement('img'), p = document.createElement('p');
        const drop = document.createElement('form'), button = document.createElement('button');
        a.href = img.src = kept.src;
        Object.assign(img, { alt: kept.alt, width: 96, height: 96 });
        a.append(img);
        p.textContent = (kept.line || says.photosWhole) + (kept.place ? ' · ' + kept.place : '');
        Object.assign(drop, { method: 'post', action: kept.remove });
        Object.assign(button, { className: 'btn btn-ghost-secondary', textContent: says.photosRemove });
        drop.append(button);
        row.append(a, p, drop);
        list.append(row);
        document.querySelector('[data-photos-none]')?.remove();
      }
      async function keep() {
        const chosen = [...file.files], line = form.elements.line.value, place = form.elements.place.value;
        if (!chosen.length || shelfless) return;
        refused = 0;
        try {
          for (const one of chosen) await onShelf('readwrite', (s) => s.add({ form: key, line, place, taken: one.lastModified || 0, name: one.name, file: one }));
          file.value = '';
        } catch { state.textContent = says.photosFull; return; }
        await tell();
        slow = 1;
        await send();
      }
      file.addEventListener('change', keep);
      form.addEventListener('submit', (e) => { if (shelfless) return; e.preventDefault(); e.stopPropagation(); if (file.files.length) keep(); else { slow = 1; send(); } }, true);
      addEventListener('online', () => { slow = 1; send(); });
      const here = form.querySelector('[data-photos-here]');
      if (here && navigator.geolocation) {
        here.hidden = false;
        here.addEventListener('click', () => navigator.geolocation.getCurrentPosition((at) => {
          form.elements.place.value = at.coords.latitude.toFixed(5) + ', ' + at.coords.longitude.toFixed(5) + ' (±' + Math.round(at.coords.accuracy) + ' m)';
        }, () => form.elements.place.focus(), { enableHighAccuracy: true, timeout: 20000 }));
      }
      tell().then(send).catch(() => { shelfless = true; }); // no database in this browser: the form is sent as any other
    }
  }

  // What is handed in is all there: answers and photos that wait for the line go first.
  document.addEventListener('submit', (e) => {
    const words = e.target.dataset.afterAll;
    if (!words) return;
    const answers = [...document.querySelectorAll('form[data-autosave]')].some((f) => localStorage.getItem('answers:' + f.dataset.autosave));
    if (!answers && ![...document.querySelectorAll('form[data-photos]')].some((f) => f.dataset.waiting > 0)) return;
    e.preventDefault();
    e.stopPropagation();
    say(words, 'bad');
  }, true);

  // Keys. data-key="j" presses what bears it; "g r" is one key after the other; the last one shown wins.
  const shown = (e) => e.offsetParent !== null || e.getClientRects().length > 0;
  const bearers = () => [...document.querySelectorAll('[data-key]')].filter(shown);
  const off = body.dataset.keysOff !== undefined;
  let first = '', timer;
  function press(key) {
    const found = bearers().filter((e) => e.dataset.key === key).pop();
    if (!found) return false;
    if (typing(found)) { found.focus(); found.select?.(); } else found.click();
    return true;
  }
  // Boxes of a board: j and k go from one to the next, x ticks where one is.
  function walk(key) {
    const all = [...document.querySelectorAll('[data-walk]')].filter(shown), at = all.indexOf(document.activeElement);
    if (!all.length || !'jkx'.includes(key)) return false;
    if (key === 'x') { if (at < 0) return false; all[at].click(); return true; }
    all[key === 'j' ? Math.min(at + 1, all.length - 1) : Math.max(at - 1, 0)].focus();
    return true;
  }
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') {
      const open = document.querySelector(menus);
      if (open) { open.open = false; open.querySelector('summary').focus(); } else if (typing(e.target)) e.target.blur();
      return;
    }
    if (off || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e.target) || document.querySelector('dialog[open]')) return;
    const pair = first ? first + ' ' + e.key : '';
    clearTimeout(timer);
    first = '';
    if (pair && press(pair)) { e.preventDefault(); return; }
    if (press(e.key) || walk(e.key)) { e.preventDefault(); return; }
    if (bearers().some((b) => b.dataset.key.startsWith(e.key + ' '))) { first = e.key; timer = setTimeout(() => { first = ''; }, 1500); e.preventDefault(); }
  });
  const label = (e) => e.dataset.keyLabel || e.getAttribute('aria-label') || [...e.childNodes].filter((n) => n.nodeName !== 'KBD').map((n) => n.textContent).join(' ').trim();
  document.addEventListener('click', (e) => {
    if (!e.target.closest('[data-keys]')) return;
    e.preventDefault();
    const list = document.createElement('dl');
    const seen = new Set();
    for (const b of bearers()) {
      if (seen.has(b.dataset.key)) continue;
      seen.add(b.dataset.key);
      const row = document.createElement('div'), dt = document.createElement('dt'), dd = document.createElement('dd');
      for (const k of b.dataset.key.split(' ')) { const kbd = document.createElement('kbd'); kbd.textContent = k; dt.append(kbd, ' '); }
      dd.textContent = label(b);
      row.append(dt, dd);
      list.append(row);
    }
    const dialog = document.querySelector('.keys-list');
    dialog.querySelector('[data-keys-here]').replaceChildren(list);
    dialog.showModal();
  });

  document.addEventListener('htmx:afterSwap', (e) => arrive(e.detail.elt?.parentNode || document));
  arrive(document);
})();
