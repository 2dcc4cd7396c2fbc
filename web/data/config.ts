import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ROUTES } from '#shared/api';
import type { Reply } from '#shared/api';
import { call } from './api/call.ts';
import type { Marker } from './types.ts';
import { asked, keyOf, useRoute } from './use-route.ts';
import type { Asked } from './use-route.ts';

export type ConfigKind = Reply<'configKinds'>[number];

/** The kinds that can be edited, with schema and a starting text; they change with the cluster's CRDs only. */
export const useConfigKinds = (): Asked<ConfigKind[]> => asked(useRoute(ROUTES.configKinds, {}));

/** How long typing must rest before the text is checked. */
const REST_MS = 350;

/** Markers of a text as it is typed: syntax, schema and what the objects around it say. Nothing is stored. */
export function useConfigMarkers(yaml: string | undefined): { readonly markers: readonly Marker[]; readonly checked: boolean } {
  const [rested, setRested] = useState(yaml);
  useEffect(() => {
    const timer = setTimeout(() => setRested(yaml), REST_MS);
    return () => clearTimeout(timer);
  }, [yaml]);
  const body = { yaml: rested ?? '' };
  const query = useQuery({ queryKey: keyOf(ROUTES.configCheck, { body }), queryFn: ({ signal }) => call(ROUTES.configCheck, { body }, signal), enabled: rested !== undefined, placeholderData: keepPreviousData, staleTime: 2_000 });
  return { markers: yaml === undefined ? [] : (query.data ?? []), checked: rested === yaml && query.isSuccess && !query.isPlaceholderData };
}
