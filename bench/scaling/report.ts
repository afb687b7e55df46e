/** The figures as Markdown: what was measured, the lines through it, and what follows from them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { audiencesOf, costsOf, isSingle } from './costs.ts'
import { extrapolate } from './extrapolate.ts'
import type { Line } from './fit.ts'
import { machineInWords } from './machine.ts'
import type { Measurements } from './measure.ts'
import { figure, table } from './table.ts'

const PAGE = fileURLToPath(new URL('../../docs/scaling.md', import.meta.url))
const BEGIN = '<!-- Measured: npm run bench:scaling writes from here on. -->\n'
const END = '<!-- So far. -->\n'

export function reportOf(measured: Measurements, plan: { readonly rounds: number; readonly seconds: number }): string {
  const { publishing, following, fanOut, memory, idle, isPinned, load } = measured
  const costs = costsOf(measured)
  const single = publishing.filter(isSingle)
  const fannedOut = fanOut.filter(isSingle)
  return [
    `Measured on ${machineInWords()}, ${new Date().toISOString().slice(0, 10)}: medians of ${plan.rounds} rounds of ${plan.seconds} s; load average before it began ${load.toFixed(1)}${load > cpus().length ? ', so other programs had their share of the cores: rates are far too low, and costs too high' : ''}. ${
      isPinned
        ? 'One gateway of one process has a core to itself, and generator and broker share the other; several gateways, or workers, share both cores with them.'
        : 'Nothing was pinned to a core: gateways, generator and broker share them all.'
    } An idle process uses ${(idle.cores * 100).toFixed(1)} % of a core and ${mb(idle.bytes)}; \`WORKERS=2\` ${mb(idle.workersBytes)}.`,
    '### Publishing by rate: one gateway, one partition',
    table(
      ['connections', 'events/s', 'p99, ms', 'cores', 'µs an event', "broker's µs an event"],
      single
        .filter(({ partitions }) => partitions === 1)
        .map((p) => [p.connections, p.rate, p.p99Ms, (p.rate * p.cpu) / 1e6, p.cpu, p.broker]),
    ),
    `Fitted: ${cores(costs.publish)}.`,
    '### Publishing by partitions: one gateway, 64 connections',
    table(
      ['partitions', 'events/s', 'µs an event', "broker's µs an event"],
      single.filter(({ connections }) => connections === 64).map((p) => [p.partitions, p.rate, p.cpu, p.broker]),
    ),
    `Fitted: ${perEvent(costs.publishPartitions, 'partition')}.`,
    '### Publishing by processes: 64 connections',
    table(
      ['gateways', 'workers each', 'partitions', 'events/s', 'µs an event', "broker's µs an event"],
      publishing
        .filter((p) => p.connections === 64 && (!isSingle(p) || p.partitions === 1 || p.partitions === 24))
        .map((p) => [p.gateways, p.workers, p.partitions, p.rate, p.cpu, p.broker]),
    ),
    '### Following the log: one gateway that sends nothing on',
    table(
      ['events/s', 'cores', 'µs an event'],
      following.map((p) => [p.rate, (p.rate * p.cpu) / 1e6, p.cpu]),
    ),
    `Fitted: ${cores(costs.follow)}.`,
    '### Fan-out by subscribers: one gateway, all ask for the same',
    table(
      ['subscribers', 'events/s', 'deliveries/s', 'µs an event', 'µs a delivery'],
      fannedOut
        .filter(({ partitions, audiences }) => partitions === 1 && audiences === 1)
        .map((p) => [p.subscribers, p.rate, p.rate * p.subscribers, p.cpu, p.cpu / p.subscribers]),
    ),
    `Fitted: ${perEvent(costs.deliver, 'subscriber')}.`,
    '### Fan-out by audiences: one gateway, each asks for a guild of its own, to which nothing comes',
    table(
      ['audiences', 'events/s', 'µs an event', 'µs an audience'],
      audiencesOf(fannedOut).map((p) => [p.audiences, p.rate, p.cpu, p.cpu / p.audiences]),
    ),
    `Fitted: ${perEvent(costs.audiences, 'audience')}.`,
    '### Fan-out by partitions: one gateway, 100 subscribers',
    table(
      ['partitions', 'events/s', 'µs an event'],
      fannedOut.filter((p) => p.subscribers === 100 && p.audiences === 1).map((p) => [p.partitions, p.rate, p.cpu]),
    ),
    `Fitted: ${perEvent(costs.deliverPartitions, 'partition')}.`,
    '### Fan-out by processes: together so many subscribers',
    table(
      ['gateways', 'workers each', 'subscribers', 'events/s', 'µs an event, all together'],
      fanOut
        .filter((p) => p.audiences === 1 && p.partitions === 1 && (!isSingle(p) || p.subscribers >= 100))
        .map((p) => [p.gateways, p.workers, p.subscribers, p.rate, p.cpu]),
    ),
    '### Memory: one gateway, idle subscribers',
    table(
      ['subscribers', 'resident, MB'],
      [[0, idle.bytes / 1e6], ...memory.map((p) => [p.subscribers, p.bytes / 1e6] as const)],
    ),
    `Fitted: ${mb(costs.memory.base)} and ${(costs.memory.slope / 1e3).toFixed(1)} kB a subscriber; the farthest point is ${percent(costs.memory)} off.`,
    '### What follows',
    extrapolate(costs),
  ].join('\n\n')
}

/** Puts it between the page's markers; returns the page's path. */
export function writeReport(report: string): string {
  const page = readFileSync(PAGE, 'utf8')
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has lost its markers`)
  writeFileSync(PAGE, `${page.slice(0, begin + BEGIN.length)}\n${report}\n\n${page.slice(end)}`)
  return PAGE
}

function cores({ base, slope, error }: Line): string {
  return `${base.toFixed(3)} cores and ${figure(slope * 1e6)} µs of CPU time an event; the farthest point is ${percent({ error })} off`
}

function perEvent({ base, slope, error }: Line, what: string): string {
  return `${figure(base)} µs an event and ${figure(slope)} µs for each ${what}; the farthest point is ${percent({ error })} off`
}

function percent({ error }: Pick<Line, 'error'>): string {
  return `${Math.round(error * 100)} %`
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
