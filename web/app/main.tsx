import { createRoot } from 'react-dom/client';
import { assert } from '#shared/base';
import { createQueryClient } from '#web/data';
import { followSystemTheme } from '#web/kit';
import { App } from './App.tsx';
import { pageAt } from './pages.ts';

// the page's code is on its way while the frame is drawn
void pageAt(window.location.pathname === '/' ? '/overview' : window.location.pathname)?.load();
followSystemTheme();
const root = document.getElementById('root');
assert(root !== null, 'index.html has an element with id "root"');
createRoot(root).render(<App client={createQueryClient()} />);
