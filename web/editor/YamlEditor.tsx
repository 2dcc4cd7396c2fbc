import { lazy, Suspense } from 'react';
import type { ReactNode } from 'react';
import { Skeleton } from '#web/kit';
import type { YamlEditorProps } from './CodeEditor.tsx';

const CodeEditor = lazy(() => import('./CodeEditor.tsx'));

/** A YAML editor; CodeMirror is fetched when the first one is shown. */
export const YamlEditor = (props: YamlEditorProps): ReactNode => <Suspense fallback={<Skeleton shape="lines" what="the editor" />}><CodeEditor {...props} /></Suspense>;
