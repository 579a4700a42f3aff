/** The page begins here: it shows what the API put into it, then whatever comes by the stream. */
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DashboardView } from '../view';
import '../address.js';
import '../dashboard.css';
import './app.css';
import { createFormats } from '../../react/data/formats';
import { Formats } from './formats';
import { followView } from './live-view';
import type { LiveState } from './live-view';
import { openDesk } from './manage/desk';
import './manage/manage.css';
import { Page } from './page';
import { streamHref } from './period-link';

const formats = createFormats(navigator.languages);
const desk = openDesk();

function App({ first }: { readonly first: DashboardView }) {
  const [view, setView] = useState(first);
  const [state, setState] = useState<LiveState>('connecting');
  useEffect(() => followView(streamHref(), setView, setState), []);
  return (
    <Formats.Provider value={formats}>
      <Page view={view} state={state} desk={desk} />
    </Formats.Provider>
  );
}

const place = document.getElementById('app');
if (place?.dataset.view) {
  const first = JSON.parse(place.dataset.view) as DashboardView;
  delete place.dataset.view;
  place.replaceChildren();
  render(<App first={first} />, place);
}
