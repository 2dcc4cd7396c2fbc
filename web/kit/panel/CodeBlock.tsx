import type { ReactNode } from 'react';
import { Button } from '../controls/Button.tsx';
import { IconCopy } from '../icons.ts';
import css from './panel.module.css';

/** Text to read and copy: YAML, a certificate. Editing is the editor's job. */
export function CodeBlock({ text, label }: { readonly text: string; readonly label: string }): ReactNode {
  return (
    <div className={css['code']}>
      <Button look="quiet" onClick={() => void navigator.clipboard.writeText(text)}><IconCopy aria-hidden />Copy</Button>
      <pre tabIndex={0} role="region" aria-label={label}>{text.split('\n').map((line, i) => <Line key={`${i} ${line}`} line={line} />)}</pre>
    </div>
  );
}

/** Keys of YAML stand out; nothing else is coloured. */
function Line({ line }: { readonly line: string }): ReactNode {
  const match = /^(\s*(?:- )?)([\w./-]+:)(.*)$/.exec(line);
  return match === null ? <span>{`${line}\n`}</span> : <span>{match[1]}<b>{match[2]}</b>{`${match[3] ?? ''}\n`}</span>;
}
