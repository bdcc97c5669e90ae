// The page: which view is shown, the keyboard, and light or dark.

import { $ } from './dom.js';
import * as mocks from './mocks.js';
import * as modes from './modes.js';
import { go, place, tell, watch } from './place.js';
import * as recordings from './recordings.js';
import * as status from './status.js';
import * as traffic from './traffic.js';

const VIEWS = { traffic, mocks, recordings };
const THEMES = ['auto', 'light', 'dark'];

const left = {};        // where each view was when another was gone to

function view({ view: name, ...more }) {
  if (!VIEWS[name]) {
    go({ view: 'traffic' });
    return;
  }
  left[name] = { view: name, ...more };
  for (const one of Object.keys(VIEWS)) {
    $(`#${one}`).hidden = one !== name;

    $(`#go-${one}`).setAttribute('aria-current',
      one === name ? 'page' : 'false');
  }
  VIEWS[name].show(more);
}

const goto = (name) => go(left[name] || { view: name });

/* Keys. */

const GOES = { t: 'traffic', m: 'mocks', r: 'recordings' };
let gone = false;       // g was the last key

const typing = (target) =>
  target.closest('input:not([type=checkbox], [type=radio]), textarea, select');

function key(event) {
  if (event.key === 'Escape' && typing(event.target))
    event.target.blur();
  if (typing(event.target) || $('dialog[open]') || event.ctrlKey ||
    event.metaKey || event.altKey || event.defaultPrevented)
    return;
  const after = gone;
  gone = event.key === 'g';
  if (after && GOES[event.key])
    goto(GOES[event.key]);
  else if (event.key === '?')
    $('#help').showModal();
  else if (event.key === 'm')
    modes.openModes();
  else if (/^(Enter|Page|Home|End|Arrow)/.test(event.key) &&
    event.target.closest('button, a, summary, .panel, [role=grid] + *'))
    return;
  else if (!VIEWS[place().view].key(event))
    return;
  event.preventDefault();
}

/* Light and dark. */

function theme(name) {
  localStorage.setItem('hark-theme', name);
  document.documentElement.dataset.theme = name;
  $('#theme').title = $('#theme').ariaLabel =
    `Colours: ${name === 'auto' ? 'as the system has them' : name}`;
}

function nextTheme() {
  const at = THEMES.indexOf(document.documentElement.dataset.theme);
  theme(THEMES[(at + 1) % THEMES.length]);
}

theme(THEMES.includes(localStorage.getItem('hark-theme'))
  ? localStorage.getItem('hark-theme') : 'auto');
$('#theme').addEventListener('click', nextTheme);
$('#help-open').addEventListener('click', () => $('#help').showModal());
for (const name of Object.keys(VIEWS)) {
  VIEWS[name].start();
  $(`#go-${name}`).addEventListener('click', (event) => {
    event.preventDefault();
    goto(name);
  });
}
addEventListener('keydown', key);
watch(view);
modes.start();
status.start();
tell();
