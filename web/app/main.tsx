import { createRoot } from 'react-dom/client';
import { assert } from '#shared/base';
import { createQueryClient } from '#web/data';
import { followSystemTheme } from '#web/kit';
import { App } from './App.tsx';

followSystemTheme();
const root = document.getElementById('root');
assert(root !== null, 'index.html has an element with id "root"');
createRoot(root).render(<App client={createQueryClient()} />);
