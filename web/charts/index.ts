// Charts: own sparklines at once, Recharts only when a chart is shown.
export { Spark, sparkPath } from './Spark.tsx';
export type { SparkProps, SparkTone } from './Spark.tsx';
export { TimeChart } from './TimeChart.tsx';
export type { ChartLine, ChartMark, ChartUnit, TimeChartProps } from './time-chart-props.ts';
