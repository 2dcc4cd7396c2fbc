import { lazy, Suspense } from 'react';
import type { ReactNode } from 'react';
import { Skeleton } from '#web/kit';
import type { TimeChartProps } from './time-chart-props.ts';

const Drawn = lazy(() => import('./RechartsTime.tsx'));

/** Lines over time with change marks; Recharts is fetched when the first chart is shown. */
export function TimeChart(props: TimeChartProps): ReactNode {
  return <Suspense fallback={<Skeleton shape="chart" what={props.label} />}><Drawn {...props} /></Suspense>;
}
