import { useState } from 'react';
import type { ReactNode } from 'react';
import type { SchemaNode } from '#shared/mesh';
import { isRecord } from '#shared/base';
import { useConfigDelete, useConfigMarkers, useConfigSave, useRollout, useUndo, useUrlState } from '#web/data';
import type { ConfigKind, ConfigObject, Marker, ObjectRef, Rollout, SaveResult } from '#web/data';
import { YamlEditor } from '#web/editor';
import { Button, Facts, Inspector, InspectorPart, PageBody, PageHead, PageSplit, Segments, duration, plural, toast, useAlive } from '#web/kit';
import { Findings } from './Findings.tsx';
import { lineOfPath } from './line-of-path.ts';
import { EDIT_MODES, editUrl } from './url.ts';
import { useDraft } from './use-draft.ts';
import type { Draft } from './use-draft.ts';
import css from './config.module.css';

type Props = {
  readonly title: string; readonly kind: ConfigKind | undefined; readonly saved: ConfigObject | undefined; readonly start: string;
  readonly onSaved: (object: ObjectRef) => void; readonly onDeleted: () => void;
};

/** The schema came over the wire as JSON; only its being an object is checked, since every use of it tolerates what is missing. */
const schemaOf = (kind: ConfigKind | undefined): SchemaNode | undefined => (isRecord(kind?.schema) ? kind.schema : undefined);
const noErrors = (markers: readonly Marker[]): boolean => markers.every((marker) => marker.level !== 'error');

/** What the object is called in its text, for the address after a create. */
function refIn(text: string, kind: ConfigKind | undefined): ObjectRef {
  const metadata = /^metadata:\n((?:[ \t]+.*\n?)*)/m.exec(text)?.[1] ?? '';
  const field = (name: string): string => new RegExp(`^\\s+${name}:\\s*["']?([^\\s"']+)`, 'm').exec(metadata)?.[1] ?? '';
  return { group: kind?.group ?? '', kind: kind?.kind ?? '', namespace: field('namespace') === '' ? 'default' : field('namespace'), name: field('name') };
}

/** An object as YAML: checked while typing, tried on the server, compared, applied, deleted with undo. */
export function ObjectEditor({ title, kind, saved, start, onSaved, onDeleted }: Props): ReactNode {
  const draft = useDraft(saved, start);
  const [url, setUrl] = useUrlState(editUrl);
  const [tried, setTried] = useState<{ readonly text: string; readonly result: SaveResult } | undefined>(undefined);
  const [rolloutId, setRolloutId] = useState<string | undefined>(undefined);
  const [line, setLine] = useState(() => (url.path === undefined ? undefined : lineOfPath(start, url.path)));
  const [side, setSide] = useState(true);
  const { markers: typed, checked } = useConfigMarkers(draft.edited || saved === undefined ? draft.text : saved.yaml);
  const save = useConfigSave();
  const rollout = useRollout(rolloutId);
  const alive = useAlive();
  const fromServer = tried?.text === draft.text ? tried.result.markers : [];
  const markers = [...typed, ...fromServer.filter((marker) => !typed.some((known) => known.line === marker.line && known.message === marker.message))];
  // until the answer is there, a new version may be our own
  const conflict = draft.conflict && !(save.isPending && save.variables?.dryRun === false);
  const send = (dryRun: boolean): void => save.mutate({ yaml: draft.text, dryRun, ...(saved === undefined ? {} : { path: saved, ...(draft.baseVersion === undefined ? {} : { resourceVersion: draft.baseVersion }) }) }, {
    onSuccess: (result) => {
      setTried({ text: result.saved ? result.yaml : draft.text, result });
      if (!result.saved) {
        toast(noErrors(result.markers) ? { state: 'healthy', text: dryRun ? 'The API server would take it' : 'Nothing was saved' } : { state: 'failing', text: 'The API server would refuse it', detail: result.markers.find((marker) => marker.level === 'error')?.message });
        return;
      }
      draft.rebase(draft.text, result.yaml, result.resourceVersion);
      setRolloutId(result.rolloutId);
      if (alive()) onSaved(saved ?? refIn(draft.text, kind));
    },
    onError: (error) => toast({ state: 'failing', text: dryRun ? 'The dry run failed' : 'Not applied', detail: error.message }),
  });
  const words = saved === undefined ? 'new, not applied' : draft.edited ? `edited, not applied · based on version ${draft.baseVersion ?? ''}` : `version ${saved.resourceVersion}`;
  const blocked = !draft.edited && saved !== undefined ? 'Nothing is changed' : conflict ? 'Decide first what to do with the other change' : noErrors(typed) ? undefined : 'The text has errors';
  return (
    <>
      <PageHead title={title} tabTitle={title} facts={`${saved?.kind ?? kind?.kind ?? ''} · ${saved?.namespace ?? 'namespace from the text'} · ${words}`} actions={<>
        <Segments label="View" options={EDIT_MODES} value={url.mode} onChange={(mode) => setUrl({ mode })} words={(mode) => (mode === 'yaml' ? 'YAML' : 'Diff')} />
        {side ? null : <Button onClick={() => setSide(true)}>{plural(markers.length, 'finding')}</Button>}
        <Button busy={save.isPending && save.variables?.dryRun === true} onClick={() => send(true)}>Server dry run</Button>
        {saved === undefined ? null : <DeleteButton saved={saved} onDeleted={onDeleted} />}
        <Button look="primary" reason={blocked} busy={save.isPending && save.variables?.dryRun === false} onClick={() => send(false)}>{saved === undefined ? 'Create' : 'Apply'}</Button>
      </>} />
      {conflict && saved !== undefined ? <Conflict draft={draft} version={saved.resourceVersion} onCompare={() => setUrl({ mode: 'diff' })} /> : null}
      <PageSplit side={side ? <Side onClose={() => setSide(false)} markers={markers} checked={checked} saved={saved} kind={kind} rollout={rollout} onLine={(next) => { setLine(undefined); setTimeout(() => setLine(next)); }} /> : null}>
        <PageBody fill>
          <YamlEditor label={`${saved?.kind ?? kind?.kind ?? 'Object'} ${saved?.name ?? ''} as YAML`} value={draft.text} onChange={draft.setText} schema={schemaOf(kind)} markers={markers} goToLine={line} onSave={() => { if (blocked === undefined) send(false); }}
            original={url.mode === 'diff' ? (saved?.yaml ?? '') : undefined} />
        </PageBody>
      </PageSplit>
    </>
  );
}

function Conflict({ draft, version, onCompare }: { readonly draft: Draft; readonly version: string; readonly onCompare: () => void }): ReactNode {
  return (
    <div className={css['conflict']} role="alert">
      <p><strong>Someone else changed this object</strong> (version {version}) while you were editing version {draft.baseVersion}. Nothing of theirs is overwritten unless you say so.</p>
      <Button onClick={onCompare}>Compare</Button>
      <Button onClick={draft.takeTheirs}>Take theirs</Button>
      <Button onClick={draft.keepMine}>Keep mine</Button>
    </div>
  );
}

function DeleteButton({ saved, onDeleted }: { readonly saved: ConfigObject; readonly onDeleted: () => void }): ReactNode {
  const remove = useConfigDelete();
  const undo = useUndo();
  const alive = useAlive();
  const bringBack = (id: string): void => undo.mutate(id, { onSuccess: () => toast({ state: 'healthy', text: `${saved.kind} ${saved.name} is back` }), onError: (error) => toast({ state: 'failing', text: `${saved.kind} ${saved.name} is not back`, detail: error.message }) });
  return (
    <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate(saved, {
      onSuccess: (done) => { toast({ state: 'healthy', text: `${saved.kind} ${saved.namespace}/${saved.name} was deleted`, undo: () => bringBack(done.undoId) }); if (alive()) onDeleted(); },
      onError: (error) => toast({ state: 'failing', text: 'Not deleted', detail: error.message }),
    })}>Delete</Button>
  );
}

type SideProps = { readonly markers: readonly Marker[]; readonly checked: boolean; readonly saved: ConfigObject | undefined; readonly kind: ConfigKind | undefined; readonly rollout: Rollout | undefined; readonly onLine: (line: number) => void; readonly onClose: () => void };

function Side({ markers, checked, saved, kind, rollout, onLine, onClose }: SideProps): ReactNode {
  return (
    <Inspector label="About the object" title="Findings" subtitle={checked ? plural(markers.length, 'finding') : 'checking…'} onClose={onClose}>
      {rollout === undefined ? null : <InspectorPart title="On its way to the proxies"><RolloutWords rollout={rollout} /></InspectorPart>}
      <InspectorPart><Findings markers={markers} onLine={onLine} /></InspectorPart>
      <InspectorPart title="The object">
        <Facts rows={[['Kind', saved?.kind ?? kind?.kind], ['Group', saved?.group ?? kind?.group], ['Version', saved?.version ?? kind?.version], ['Namespace', saved?.namespace], ['resourceVersion', saved?.resourceVersion], ['In effect', kind === undefined ? undefined : kind.actedOn ? 'yes' : 'stored, not acted on yet']]} />
      </InspectorPart>
      <InspectorPart title="Keys"><p className="muted">Ctrl Space completes, Ctrl F finds, Ctrl S applies, Esc then Tab leaves the editor.</p></InspectorPart>
    </Inspector>
  );
}

/** "live on 7 / 7 proxies in 184 ms", or who refused and why. */
function RolloutWords({ rollout }: { readonly rollout: Rollout }): ReactNode {
  const { acknowledged, total } = rollout.proxies;
  return (
    <div role="status">
      <p>{rollout.state === 'live' ? `Live on ${acknowledged} / ${total} proxies in ${duration(rollout.ms)}` : rollout.state === 'failed' ? `Not live: ${rollout.error?.message ?? 'a proxy refused it'}` : `${acknowledged} / ${total} proxies have it`}</p>
      {rollout.rejected.map((refusal) => <p key={refusal.proxy} className={css['refused']}>{refusal.proxy} refused {refusal.type}: {refusal.message}</p>)}
    </div>
  );
}
