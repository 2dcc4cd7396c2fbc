import { createRoot } from 'react-dom/client';
import { assert } from '#shared/base';
import { createQueryClient, onUntoldFailure } from '#web/data';
import { followSystemTheme, toast } from '#web/kit';
import { App } from './App.tsx';
import { pageAt } from './pages.ts';

// the page's code is on its way while the frame is drawn
void pageAt(window.location.pathname === '/' ? '/overview' : window.location.pathname)?.load();
followSystemTheme();
onUntoldFailure((error) => toast({ state: 'failing', text: 'A change failed', detail: error.message }));
const root = document.getElementById('root');
assert(root !== null, 'index.html has an element with id "root"');
createRoot(root).render(<App client={createQueryClient()} />);
