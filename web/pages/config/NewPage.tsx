import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { peek } from '#shared/base';
import { links, useConfigKinds } from '#web/data';
import { PanelBody } from '#web/kit';
import { ObjectEditor } from './ObjectEditor.tsx';

/** A new object of a kind, from its starting text. */
export function NewPage({ kind }: { readonly kind: string }): ReactNode {
  const kinds = useConfigKinds();
  const [, navigate] = useLocation();
  const known = kinds.reading === undefined ? undefined : peek(kinds.reading)?.find((candidate) => candidate.kind === kind);
  if (known === undefined) return <PanelBody what="kinds" reading={kinds.reading} onRetry={kinds.onRetry} skeleton="lines" isEmpty={() => true} empty={{ title: `No kind ${kind}`, why: 'The cluster does not know it: its CRD may be missing.' }}>{() => null}</PanelBody>;
  return <ObjectEditor title={`New ${kind}`} kind={known} saved={undefined} start={known.template} onSaved={(object) => navigate(links.object(object))} onDeleted={() => navigate(links.config())} />;
}
