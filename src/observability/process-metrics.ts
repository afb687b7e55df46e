/** What prom-client tells of a process (`process_*`, `nodejs_*`), and how reports of several processes become one. */
import { type Aggregator, AggregatorRegistry, collectDefaultMetrics, type Registry } from 'prom-client'

/** All metrics of one process, as data. */
export type Report = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Where prom-client's own choice would hide the one process that is in trouble, or leave the figure out. */
const AGGREGATORS: readonly (readonly [name: RegExp, aggregator: Aggregator])[] = [
  [/^nodejs_eventloop_lag_(?!min)/, 'max'],
  [/^process_start_time_seconds$/, 'min'],
]

export function collectProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry })
  for (const { name } of registry.getMetricsAsArray()) {
    const [, aggregator] = AGGREGATORS.find(([pattern]) => pattern.test(name)) ?? []
    // prom-client takes it when a metric is made, and these it makes itself.
    if (aggregator !== undefined) Object.assign(registry.getSingleMetric(name)!, { aggregator })
  }
}

/** The reports as one, in Prometheus's format. */
export function pageOf(reports: readonly Report[]): Promise<string> {
  return AggregatorRegistry.aggregate([...reports]).metrics()
}

/** What has been counted by all together, without what was so only at the moment of the report. */
export async function countsOf(reports: readonly Report[]): Promise<Report> {
  const all = await AggregatorRegistry.aggregate([...reports]).getMetricsAsJSON()
  // Some hold the type as text, whatever the declaration says.
  return all.filter(({ type }) => ['counter', 'histogram'].includes(String(type)))
}
