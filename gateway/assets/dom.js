// Elements and what every view needs of the page.  Text that came over the
// wire becomes text nodes and attributes only: nothing here reads markup.

const SVG = 'http://www.w3.org/2000/svg';

export const $ = (selector, within = document) =>
  within.querySelector(selector);

// el('button', { class: 'quiet', onclick: f, disabled: true }, 'Copy')
export function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on'))
      made.addEventListener(key.slice(2), value);
    else if (typeof value === 'boolean')
      made.toggleAttribute(key, value);
    else if (value !== null && value !== undefined)
      made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

// One of the symbols of index.html; the word beside it says the same.
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

export function button(label, onclick, properties = {}) {
  return el('button', { type: 'button', onclick, ...properties }, label);
}

// A short word to the user, which a screen reader says, too.
export function toast(text, kind = 'done', ...more) {
  const one = el('p', { class: `toast ${kind}` }, text, ...more);
  $('#toasts').append(one);
  setTimeout(() => one.remove(), kind === 'failed' ? 9000 : 5000);
}

// Runs what a button does; its failure is told and not thrown.
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message, 'failed');
    return undefined;
  }
}

// Browsers only let pages of this machine or of HTTPS copy.
export async function copy(text, what) {
  await attempt(async () => {
    if (!navigator.clipboard)
      throw new Error(`The browser does not let this page copy: ${text}`);
    await navigator.clipboard.writeText(text);
    toast(`Copied ${what}`);
  });
}

// Saved, never opened: the type keeps a browser from making a page of it.
export function download(bytes, name) {
  const url = URL.createObjectURL(
    new Blob([bytes], { type: 'application/octet-stream' }));
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60e3);
}

// Asks in a dialog; whether the button with that label was pressed.
export function confirmed(question, label) {
  const dialog = el('dialog', { class: 'small', 'aria-label': question },
    el('form', { method: 'dialog' },
      el('p', {}, question),
      el('div', { class: 'actions' },
        el('button', { value: 'yes', class: 'danger' }, label),
        el('button', { value: 'no', autofocus: true }, 'Cancel'))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

// Tabs and what they show: [{ key, label, show: (panel) => … }].
export function tabs(label, list, chosen, onChoose) {
  const panel = el('div', { role: 'tabpanel', class: 'tabpanel', id: 'tabpanel',
    tabindex: 0 });
  const bar = el('div', { role: 'tablist', class: 'tabs',
    'aria-label': label });
  const choose = (one, focus) => {
    for (const tab of bar.children) {
      const yes = tab.id === `tab-${one.key}`;
      tab.setAttribute('aria-selected', yes);
      tab.tabIndex = yes ? 0 : -1;
      if (yes && focus)
        tab.focus();
    }
    panel.setAttribute('aria-labelledby', `tab-${one.key}`);
    panel.replaceChildren();
    panel.scrollTop = 0;
    one.show(panel);
    onChoose(one.key);
  };
  for (const one of list)
    bar.append(button(one.label, () => choose(one, false), {
      role: 'tab', id: `tab-${one.key}`, 'aria-controls': 'tabpanel' }));
  bar.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = list.findIndex((one) => `tab-${one.key}` === event.target.id);
    if (step && at >= 0) {
      event.preventDefault();
      choose(list[(at + step + list.length) % list.length], true);
    }
  });
  choose(list.find((one) => one.key === chosen) || list[0], false);
  return [bar, panel];
}
