// Charts: own sparklines at once, Recharts only when a chart is shown.
export { Spark, sparkPath } from './Spark.tsx';
export type { SparkProps, SparkTone } from './Spark.tsx';
