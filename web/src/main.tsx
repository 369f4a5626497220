/** Starts the page. */
import './styles/tokens.css';
import './styles/base.css';
import './styles/buttons.css';
import './styles/forms.css';
import './styles/layout.css';
import './styles/feedback.css';
import './styles/pictures.css';
import './styles/compare.css';
import './styles/runs.css';
import './styles/data.css';
import { render } from 'preact';
import { App } from './app/app.tsx';
import { restore } from './state/jobs.ts';
import { startRouting } from './state/route.ts';
import { applySettings } from './state/settings.ts';
import { systemState } from './state/system.ts';

applySettings();
startRouting();
void systemState.load();
// A server that does not answer is told by the pages, which ask it too.
restore().catch(() => undefined);
render(<App />, document.getElementById('app')!);
